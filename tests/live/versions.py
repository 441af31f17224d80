"""Three versions of examples/shop, as they are or served by WhiteNoise, and their commands.

A version differs from the one before in its CSS, scripts and images, has a module that no other
has, and says in each page which version rendered it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

HISS: Final = "hiss"
WHITENOISE: Final = "whitenoise"

_REPOSITORY: Final = Path(__file__).parents[2]
_SHOP: Final = _REPOSITORY / "examples" / "shop"
_STATIC: Final = "catalog/static/catalog"
_BASE: Final = "catalog/templates/catalog/base.html"

#: What is added at the end of files that differ; a shared file must change with what it names.
_ADDED: Final = {
    f"{_STATIC}/css/app.css": '.version::after { content: "@"; }\n',
    f"{_STATIC}/img/hills.svg": "<!-- @ -->\n",
    f"{_STATIC}/img/logo.svg": "<!-- @ -->\n",
    f"{_STATIC}/js/dialog.js": "export const version = @;\n",
    f"{_STATIC}/js/lazy/zoom.js": "export const version = @;\n",
    f"{_STATIC}/js/main.js": 'export const later = () => import("./lazy/only-@.js");\n',
}
_ONLY: Final = 'import { version } from "./zoom.js";\nexport const only = [@, version];\n'

# WhiteNoise at its best: with Django's rewriting of what modules import, which is off by default.
_STORAGE: Final = '''"""WhiteNoise's storage."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """With names of modules rewritten."""

    support_js_module_import_aggregation = True
'''

#: File to what is replaced in it.
_WITH_WHITENOISE: Final = {
    "shop/settings.py": {
        '    "hiss.django",\n': "",
        "hiss.django.middleware.HissMiddleware": "whitenoise.middleware.WhiteNoiseMiddleware",
        "hiss.django.storage.CompressedManifestStaticFilesStorage": "shop.storage.Storage",
        'HISS = {"ROOT": BASE_DIR / "public"}': 'WHITENOISE_ROOT = BASE_DIR / "public"',
    },
    "shop/wsgi.py": {"from hiss.django import": "from django.core.wsgi import"},
    "shop/asgi.py": {"from hiss.django import": "from django.core.asgi import"},
    _BASE: {
        "{% load hiss static %}": "{% load static %}",
        '{% asset "catalog/img/favicon.svg" rel="icon" %}': (
            '<link rel="icon" href="{% static \'catalog/img/favicon.svg\' %}">'
        ),
        '{% preload "catalog/fonts/eb-garamond-regular.woff2" %}': (
            '<link rel="preload" as="font" crossorigin '
            "href=\"{% static 'catalog/fonts/eb-garamond-regular.woff2' %}\">"
        ),
        '{% asset "catalog/css/app.css" %}': (
            '<link rel="stylesheet" href="{% static \'catalog/css/app.css\' %}">'
        ),
        '{% modulepreload "catalog/js/main.js" %}': (
            '<link rel="modulepreload" href="{% static \'catalog/js/main.js\' %}">'
        ),
        '{% asset "catalog/js/main.js" module %}': (
            '<script type="module" src="{% static \'catalog/js/main.js\' %}"></script>'
        ),
    },
}


class CommandError(Exception):
    """A command of a version failed; says what it wrote."""


def make_version(folder: Path, version: int, subject: str) -> Path:
    """A copy of the shop in `folder`, with what makes it this version."""
    copy = folder / f"shop-{version}"
    unwanted = shutil.ignore_patterns("staticfiles", "*.sqlite3", "__pycache__")
    shutil.copytree(_SHOP, copy, ignore=unwanted)
    _replace(copy / _BASE, {"<head>\n": f"<head>\n  {marker(version).decode()}\n"})
    for name, text in _ADDED.items():
        path = copy / name
        path.write_text(path.read_text() + text.replace("@", str(version)))
    only = copy / _STATIC / "js" / "lazy" / f"only-{version}.js"
    only.write_text(_ONLY.replace("@", str(version)))
    if subject == WHITENOISE:
        (copy / "shop" / "storage.py").write_text(_STORAGE)
        for name, pairs in _WITH_WHITENOISE.items():
            _replace(copy / name, pairs)
    return copy


def check_out(copy: Path) -> None:
    """Have its files the time of now, as when a version is checked out: what is older than the file
    of that name in STATIC_ROOT, collectstatic takes for collected.
    """
    for path in (copy / _STATIC).rglob("*"):
        os.utime(path)


def marker(version: int) -> bytes:
    """What the pages of a version have in them, and no other's."""
    return b'<meta name="version" content="%d">' % version


def _replace(path: Path, pairs: Mapping[str, str]) -> None:
    text = path.read_text()
    for old, new in pairs.items():
        assert old in text, f"{path} has no {old!r} any more"
        text = text.replace(old, new)
    path.write_text(text)


def environment_of(database: Path, root: Path, release: str = "") -> dict[str, str]:
    """The environment of the shop's commands and servers; with `release`, pinned to that."""
    unwanted = ("COVERAGE_", "HISS_", "SHOP_", "WHITENOISE_")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
    paths = [str(_REPOSITORY / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join(paths),
        "SHOP_DATABASE": str(database),
        "SHOP_STATIC_ROOT": str(root),
        **({"HISS_RELEASE": release} if release else {}),
    }


def manage(copy: Path, environment: Mapping[str, str], *arguments: str) -> None:
    """Run a command of Django's.

    Raises:
        CommandError: It failed.
    """
    _run([sys.executable, "manage.py", *arguments, "--verbosity=0"], copy, environment)


def hiss(environment: Mapping[str, str], *arguments: str) -> None:
    """Run a command of Hiss's.

    Raises:
        CommandError: It failed.
    """
    _run([sys.executable, "-m", "hiss", *arguments], Path.cwd(), environment)


def _run(command: Iterable[str], folder: Path, environment: Mapping[str, str]) -> None:
    words = [*command]
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr}")


def current_release(root: Path) -> str:
    """The id of the release in force in a folder; empty where WhiteNoise serves it."""
    pointer = root / ".hiss" / "current"
    return pointer.read_text().strip() if pointer.exists() else ""


def published_names(root: Path) -> frozenset[str]:
    """The hashed names of the last version that was collected into a folder."""
    paths: dict[str, str] = json.loads((root / "staticfiles.json").read_text())["paths"]
    return frozenset(paths.values())
