"""Settings of published guides, word for word, in what `django-admin startproject` makes."""
# ruff: noqa: E501 - their lines are as long as they are

import re

import brotli
import pytest

from conformance.cases.message import Request
from conformance.client import ask

pytestmark = pytest.mark.live

SERVERS = {
    "gunicorn": "-m gunicorn --bind 127.0.0.1:{port} mysite.wsgi",
    "uvicorn": "-m uvicorn --host 127.0.0.1 --port {port} mysite.asgi:application",
}

SECURITY = "    'django.middleware.security.SecurityMiddleware',\n"
LAST = "    'django.middleware.clickjacking.XFrameOptionsMiddleware',\n"
URL = "STATIC_URL = 'static/'"
APPS = "INSTALLED_APPS = [\n"

# Right after SecurityMiddleware, as each guide but one has it.
MIDDLEWARE = (SECURITY, SECURITY + "    'whitenoise.middleware.WhiteNoiseMiddleware',\n")

# https://whitenoise.readthedocs.io/en/stable/django.html
WHITENOISE = """
STATIC_ROOT = BASE_DIR / "staticfiles"

STORAGES = {
    # ...
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

import os
STATIC_HOST = os.environ.get("DJANGO_STATIC_HOST", "")
STATIC_URL = STATIC_HOST + "/static/"
"""

# https://github.com/heroku/python-getting-started
HEROKU = """
STATIC_ROOT = BASE_DIR / "staticfiles"
STATIC_URL = "static/"

STORAGES = {
    # Enable WhiteNoise's GZip and Brotli compression of static assets:
    # https://whitenoise.readthedocs.io/en/latest/django.html#add-compression-and-caching-support
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# Don't store the original (un-hashed filename) version of static files, to reduce slug size:
# https://whitenoise.readthedocs.io/en/latest/django.html#WHITENOISE_KEEP_ONLY_HASHED_FILES
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
"""

# https://github.com/render-examples/django
RENDER = """
import os
STATIC_URL = '/static/'

# The Following code for production may break development mode, so we need to check if we're in DEBUG mode
if not DEBUG:
    # Tell Django to copy static assets into a path called `staticfiles` (this is specific to Render)
    STATIC_ROOT = os.path.join(BASE_DIR, 'staticfiles')

    # Turn on the WhiteNoise storage backend which compresses static files for smaller disk use,
    # and renames the files with unique names for each version of that file for long term caching
    STATICFILES_STORAGE = 'whitenoise.storage.CompressedManifestStaticFilesStorage'
"""

# https://github.com/digitalocean/sample-django
DIGITALOCEAN = """
import os
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")
STATICFILES_DIRS = (os.path.join(BASE_DIR, "static"),)
STATICFILES_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
"""

# https://developer.mozilla.org/en-US/docs/Learn_web_development/Extensions/Server-side/Django/Deployment
MDN = """
# The absolute path to the directory where collectstatic will collect static files for deployment.
STATIC_ROOT = BASE_DIR / 'staticfiles'

# The URL to use when referring to static files (where they will be served from)
STATIC_URL = '/static/'

# Static file serving.
# https://whitenoise.readthedocs.io/en/stable/django.html#add-compression-and-caching-support
STORAGES = {
    # ...
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
"""

# Edits of what startproject made, the guide's own lines, and whether that hashes: Django ignores
# STATICFILES_STORAGE since 5.1, and so the guides that have it do not.
GUIDES = {
    "whitenoise": (
        [
            MIDDLEWARE,
            (APPS, APPS + '    "whitenoise.runserver_nostatic",\n'),
        ],
        WHITENOISE,
        True,
    ),
    "heroku": (
        [
            MIDDLEWARE,
            (APPS, APPS + '    "whitenoise.runserver_nostatic",\n'),
        ],
        HEROKU,
        True,
    ),
    "render": ([MIDDLEWARE], RENDER, False),
    "digitalocean": (
        [(LAST, LAST + '    "whitenoise.middleware.WhiteNoiseMiddleware",\n')],
        DIGITALOCEAN,
        False,
    ),
    "mdn": ([MIDDLEWARE], MDN, True),
}


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide(make_project, guide):
    """After collectstatic the admin's stylesheet is hashed, compressed and immutable, with gunicorn
    and with uvicorn alike; where the guide's settings do not hash, it is there all the same.
    """
    edits, bottom, hashes = GUIDES[guide]
    project = make_project(edits, bottom)
    # The repository of the guide has it.
    (project.folder / "static").mkdir()
    said = project.manage("collectstatic", "--noinput")
    assert "static file" in said
    project.manage("check", "--fail-level", "ERROR")
    answers = []
    for command in SERVERS.values():
        with project.serve(command) as address:
            answers.append(_ask_for_admin(address, hashes=hashes))
            plain = ask(address, Request(target="/static/admin/css/base.css"))
            assert plain.status == (404 if "ONLY_HASHED" in bottom else 200)
            missed = ask(address, Request(target="/static/admin/css/none.css"))
            assert (missed.status, missed.field("cache-control")) == (404, "no-store")
    assert answers[0] == answers[1]


def _ask_for_admin(address, *, hashes):
    """The admin's stylesheet as its login page names it; what identifies the answer."""
    page = ask(address, Request(target="/admin/login/"))
    assert page.status == 200, page.body
    [url] = re.findall(r'href="(/static/admin/css/base[^"]*\.css)"', page.body.decode())
    assert bool(re.fullmatch(r"/static/admin/css/base\.[0-9a-f]{12}\.css", url)) is hashes
    accepts = (("Accept-Encoding", "gzip, deflate, br"),)
    response = ask(address, Request(target=url, headers=accepts))
    expected = {
        "content-type": "text/css; charset=utf-8",
        "cache-control": "max-age=31536000, public, immutable" if hashes else "max-age=60, public",
        "content-encoding": "br" if hashes else None,
        "vary": "Accept-Encoding" if hashes else None,
        "access-control-allow-origin": "*",
    }
    assert {name: response.field(name) for name in expected} == expected
    assert (response.status, response.faults) == (200, ())
    body = brotli.decompress(response.body) if hashes else response.body
    assert b"DJANGO Admin styles" in body
    again = (*accepts, ("If-None-Match", response.field("etag")))
    assert ask(address, Request(target=url, headers=again)).status == 304
    return url, response.field("etag"), response.body


def test_runserver(make_project):
    """`manage.py runserver`, with the app of the guides, has static files come through Hiss."""
    edits, bottom, _ = GUIDES["whitenoise"]
    project = make_project([*edits, ("DEBUG = False", "DEBUG = True")], bottom)
    with project.serve("manage.py runserver --noreload 127.0.0.1:{port}") as address:
        response = ask(address, Request(target="/static/admin/css/base.css"))
    assert response.status == 200
    assert response.field("cache-control") == "max-age=0, public"
    assert response.field("cross-origin-resource-policy") == "cross-origin"
