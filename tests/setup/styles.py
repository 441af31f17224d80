"""Settings as people write them, and what setting Hiss up adds to each: nothing else may change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

HEAD = '''\
"""Settings."""
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "s" * 60
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
'''
APPS = """
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
]
"""
MIDDLEWARE = """
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
"""
STATIC = """
STATIC_URL = "static/"
"""

APP = ['+    "hiss.django",']
ORDER = ['+    "hiss.django.middleware.HissMiddleware",']
ROOT = ['+STATIC_ROOT = BASE_DIR / "staticfiles"']
STORAGES = [
    "+",
    "+STORAGES = {",
    '+    "default": {',
    '+        "BACKEND": "django.core.files.storage.FileSystemStorage",',
    "+    },",
    '+    "staticfiles": {',
    '+        "BACKEND": "hiss.django.storage.CompressedManifestStaticFilesStorage",',
    "+    },",
    "+}",
]
PLAIN = [*APP, *ORDER, *ROOT, *STORAGES]

_STORAGE = "hiss.django.storage.CompressedManifestStaticFilesStorage"


class Style(NamedTuple):
    """A settings file, and the lines that differ afterwards."""

    text: str
    changed: list[str]
    module: str = "shop.settings"
    path: str = "shop/settings.py"
    #: Other files of the project.
    files: Mapping[str, str | bytes] = MappingProxyType({})
    encoding: str = "utf-8"


def _style(apps=APPS, order=MIDDLEWARE, static=STATIC, head=HEAD, changed=PLAIN, **more):
    return Style(head + apps + order + static, changed, **more)


def _single(lines):
    return [line.replace('"', "'") for line in lines]


def _crlf(style):
    return style._replace(
        text=style.text.replace("\n", "\r\n"), changed=[f"{line}\r" for line in style.changed]
    )


STYLES: dict[str, Style] = {
    "plain": _style(),
    **{
        f"startproject {version}": Style(
            (Path(__file__).parent / "startproject" / f"settings-{version}.txt").read_text(),
            _single(PLAIN),
        )
        for version in ("6.0", "6.1")
    },
    "single quotes": Style(
        (HEAD + APPS + MIDDLEWARE + STATIC).replace('"', "'").replace("'''", '"""'), _single(PLAIN)
    ),
    "tuples": _style(
        APPS.replace("[", "(").replace("]", ")"), MIDDLEWARE.replace("[", "(").replace("]", ")")
    ),
    "on one line": _style(
        'INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles"]\n',
        'MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]\n',
        changed=[
            '-INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles"]',
            '-MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]',
            '+INSTALLED_APPS = ["django.contrib.contenttypes", "hiss.django", '
            '"django.contrib.staticfiles"]',
            '+MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", '
            '"hiss.django.middleware.HissMiddleware"]',
            *ROOT,
            *STORAGES,
        ],
    ),
    "a tuple of one": _style(
        order='MIDDLEWARE = ("django.middleware.security.SecurityMiddleware",)\n',
        changed=[
            *APP,
            '-MIDDLEWARE = ("django.middleware.security.SecurityMiddleware",)',
            '+MIDDLEWARE = ("django.middleware.security.SecurityMiddleware", '
            '"hiss.django.middleware.HissMiddleware",)',
            *ROOT,
            *STORAGES,
        ],
    ),
    "a tuple without brackets": _style(
        order='MIDDLEWARE = "django.middleware.security.SecurityMiddleware", '
        '"django.middleware.common.CommonMiddleware"\n',
        changed=[
            *APP,
            '-MIDDLEWARE = "django.middleware.security.SecurityMiddleware", '
            '"django.middleware.common.CommonMiddleware"',
            '+MIDDLEWARE = "django.middleware.security.SecurityMiddleware", '
            '"hiss.django.middleware.HissMiddleware", "django.middleware.common.CommonMiddleware"',
            *ROOT,
            *STORAGES,
        ],
    ),
    "without trailing commas": _style(
        order='MIDDLEWARE = [\n  "django.middleware.security.SecurityMiddleware"  # first\n]\n',
        changed=[
            *APP,
            '-  "django.middleware.security.SecurityMiddleware"  # first',
            '+  "django.middleware.security.SecurityMiddleware",  # first',
            '+  "hiss.django.middleware.HissMiddleware"',
            *ROOT,
            *STORAGES,
        ],
    ),
    "comments within": _style(
        apps="""
INSTALLED_APPS = [
    # Django's own, "all" of it
    "django.contrib.contenttypes",  # types, of content
    # "django.contrib.admin",
    "django.contrib.staticfiles",  # css
    # the end
]
""",
        order="""
MIDDLEWARE = [  # in this order!
    # first
    "django.middleware.security.SecurityMiddleware",  # https, ]

    # then
    "django.middleware.common.CommonMiddleware",
]
""",
    ),
    "added to": _style(
        apps='INSTALLED_APPS = ["django.contrib.contenttypes"]\n'
        'INSTALLED_APPS += ["django.contrib.staticfiles"]\n',
        changed=[
            '-INSTALLED_APPS += ["django.contrib.staticfiles"]',
            '+INSTALLED_APPS += ["hiss.django", "django.contrib.staticfiles"]',
            *ORDER,
            *ROOT,
            *STORAGES,
        ],
    ),
    "insert and append": _style(
        order=MIDDLEWARE + 'MIDDLEWARE.insert(1, "django.middleware.locale.LocaleMiddleware")\n'
        'MIDDLEWARE.append("django.middleware.clickjacking.XFrameOptionsMiddleware")\n',
    ),
    "lists in lists": _style(
        apps="""
DJANGO_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
]
LOCAL_APPS = []
INSTALLED_APPS = [*DJANGO_APPS, *LOCAL_APPS]
""",
        order="""
_FIRST = (
    "django.middleware.security.SecurityMiddleware",
)
MIDDLEWARE = [*_FIRST, "django.middleware.common.CommonMiddleware"]
""",
    ),
    "sums of lists": _style(
        apps="""
DJANGO_APPS = (
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
)
LOCAL_APPS = ()
INSTALLED_APPS = DJANGO_APPS + LOCAL_APPS
""",
    ),
    "annotated": _style(
        apps=APPS.replace("INSTALLED_APPS =", "INSTALLED_APPS: list[str] ="),
        order=MIDDLEWARE.replace("MIDDLEWARE =", "MIDDLEWARE: list[str] ="),
        static='\nSTATIC_URL: str = "static/"  # below the root\n',
    ),
    "environ": _style(
        head="""\
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env(DEBUG=(bool, False))
environ.Env.read_env(BASE_DIR / ".env")
SECRET_KEY = env("SECRET_KEY") * 12
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
DATABASES = {"default": env.db()}
ROOT_URLCONF = "shop.urls"
""",
        static='\nSTATIC_URL = env("STATIC_URL", default="/static/")\n',
    ),
    "decouple": _style(
        head="""\
import os
from decouple import Csv, config

BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECRET_KEY = config("SECRET_KEY") * 12
DEBUG = config("DEBUG", default=False, cast=bool)
ALLOWED_HOSTS = config("ALLOWED_HOSTS", default="*", cast=Csv())
ROOT_URLCONF = "shop.urls"
""",
        changed=[*APP, *ORDER, '+STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")', *STORAGES],
    ),
    "the root is a text": _style(
        head=HEAD.replace(
            "BASE_DIR = Path(__file__).resolve().parent.parent",
            "import os\n\n"
            "PROJECT_DIR = os.path.dirname(os.path.abspath(__file__))\n"
            "BASE_DIR = os.path.dirname(PROJECT_DIR)",
        ),
        changed=[*APP, *ORDER, '+STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")', *STORAGES],
    ),
    "if DEBUG": _style(
        order=MIDDLEWARE
        + """
if DEBUG:
    INSTALLED_APPS += ["django.contrib.messages"]
    MIDDLEWARE += ["django.contrib.messages.middleware.MessageMiddleware"]
    MIDDLEWARE.insert(0, "django.middleware.common.BrokenLinkEmailsMiddleware")
""",
    ),
    "elements that are computed": _style(
        apps=APPS.replace("\n]", '\n    *(["django.contrib.messages"] if DEBUG else []),\n]'),
        order="\ndef more(): return []\n" + MIDDLEWARE.replace("\n]", "\n    *more(),\n] + more()"),
    ),
    "STATIC_ROOT is there": _style(
        static='\nSTATIC_URL = "/static/"\nSTATIC_ROOT = BASE_DIR / "out" / "static"\n',
        changed=[*APP, *ORDER, *STORAGES],
    ),
    "STATIC_ROOT is empty": _style(
        static='\nSTATIC_URL = "/static/"\nSTATIC_ROOT = ""\n',
        changed=[*APP, *ORDER, '-STATIC_ROOT = ""', *ROOT, *STORAGES],
    ),
    "sources in staticfiles": _style(
        static='\nSTATIC_URL = "/static/"\nSTATICFILES_DIRS = [BASE_DIR / "staticfiles"]\n',
        changed=[*APP, *ORDER, '+STATIC_ROOT = BASE_DIR / "static_root"', *STORAGES, "+"],
        files={"staticfiles/app.css": "a {}"},
    ),
    "STORAGES with another default": _style(
        static=STATIC
        + """
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
""",
        changed=[
            *APP,
            *ORDER,
            *ROOT,
            '+    "staticfiles": {',
            f'+        "BACKEND": "{_STORAGE}",',
            "+    },",
        ],
    ),
    "STORAGES on one line": _style(
        static=STATIC
        + 'STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}\n',
        changed=[
            *APP,
            *ORDER,
            '-STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}',
            *ROOT,
            '+STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}, '
            f'"staticfiles": {{"BACKEND": "{_STORAGE}"}}}}',
        ],
    ),
    "Django's own hashing storage": _style(
        static=STATIC
        + """
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    },
}
""",
        changed=[
            *APP,
            *ORDER,
            *ROOT,
            '-        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",',
            f'+        "BACKEND": "{_STORAGE}",',
        ],
    ),
    "STORAGES by item": _style(
        static=STATIC
        + """
STORAGES = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
STORAGES["staticfiles"] = {
    "BACKEND": 'django.contrib.staticfiles.storage.StaticFilesStorage'
}
""",
        changed=[
            *APP,
            *ORDER,
            *ROOT,
            "-    \"BACKEND\": 'django.contrib.staticfiles.storage.StaticFilesStorage'",
            f"+    \"BACKEND\": '{_STORAGE}'",
        ],
    ),
    "in the midst": _style(
        static='\nSTATIC_URL = "static/"  # below\nLANGUAGE_CODE = "de"\n',
        changed=[*APP, *ORDER, *ROOT, *STORAGES, "+"],
    ),
    "a settings package": _style(
        head=HEAD.replace("parent.parent", "parent.parent.parent"),
        path="shop/settings/__init__.py",
    ),
    "settings of another name": _style(
        path="config/main.py",
        module="config.main",
        files={
            "config/__init__.py": "",
            "manage.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "config.main"\n',
            "shop/settings.py": "",
        },
    ),
    "not ASCII": _style(
        head='"""Läden, 店."""\n' + HEAD,
        apps=APPS.replace('    "django.contrib.c', '    # ☃ é\n    "django.contrib.c'),
        order="Grüße = '☃'; MIDDLEWARE = [\"django.middleware.security.SecurityMiddleware\"]\n",
        changed=[
            *APP,
            *(
                line.encode().decode("latin-1")
                for line in (
                    "-Grüße = '☃'; MIDDLEWARE = "
                    '["django.middleware.security.SecurityMiddleware"]',
                    "+Grüße = '☃'; MIDDLEWARE = "
                    '["django.middleware.security.SecurityMiddleware", '
                    '"hiss.django.middleware.HissMiddleware"]',
                )
            ),
            *ROOT,
            *STORAGES,
        ],
    ),
    "Latin-1": _style(head="# -*- coding: latin-1 -*-\n# \xe4\n" + HEAD, encoding="latin-1"),
    "a BOM": _style(encoding="utf-8-sig"),
    "without a line at the end": _style(
        static='\nSTATIC_URL = "static/"',
        changed=[
            *APP,
            *ORDER,
            '-STATIC_URL = "static/"',
            '+STATIC_URL = "static/"',
            *ROOT,
            *STORAGES,
        ],
    ),
    "tabs": _style(
        apps=APPS.replace("    ", "\t"),
        order=MIDDLEWARE.replace("    ", "\t"),
        changed=[line.replace("+    ", "+\t") for line in (*APP, *ORDER)] + [*ROOT, *STORAGES],
    ),
    "no SecurityMiddleware": _style(
        order='\nMIDDLEWARE = [\n    "django.middleware.common.CommonMiddleware",\n]\n'
    ),
    "the app's whole name": _style(
        apps=APPS.replace("staticfiles", "staticfiles.apps.StaticFilesConfig")
    ),
    "local settings on top": _style(
        static=STATIC
        + "\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\n",
        files={"shop/local_settings.py": "LANGUAGE_CODE = 'de'\n"},
    ),
}
STYLES["CRLF"] = _crlf(_style())
STYLES["CRLF and a BOM"] = _crlf(_style(encoding="utf-8-sig"))
