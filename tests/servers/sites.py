"""The applications that the servers of these tests run, with the files in `ROOT`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hiss.asgi import StaticFiles as AsgiFiles
from hiss.wsgi import StaticFiles


def page(environ, start_response):
    """Says what came; asked to wait, it does so until there is a file, for some seconds at most."""
    word, _, path = environ["QUERY_STRING"].partition("=")
    deadline = time.monotonic() + 20
    while word == "wait" and not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    body = environ["wsgi.input"].read()
    said = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(body)}".encode("latin-1")
    fields = [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))]
    start_response("200 OK", fields)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else said]


async def asgi_page(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"page"})


ROOT = os.environ["ROOT"]
site = StaticFiles(page, ROOT)
# Two doors, one behind the other.
stacked = StaticFiles(site, ROOT, "/assets/")
# One in front of the other, at the same place: which has a file, only the outer knows.
fronted = StaticFiles(
    StaticFiles(page, ROOT, immutable_file_test=lambda _path, _url: True),
    os.environ.get("FRONT", ROOT), autorefresh=True, misses="pass",
)  # fmt: skip
asgi_site = AsgiFiles(asgi_page, ROOT)


def wrapped(environ, start_response):
    """No door: something is around it."""
    return site(environ, start_response)


class Broken(StaticFiles):
    """A door that says it is plain and is not: its search fails."""

    is_plain = True

    def find(self, environ, look):
        if "HTTP_X_BREAK" in environ:
            raise RuntimeError("broken on purpose")
        return super().find(environ, look)


broken = Broken(page, ROOT)


def make_django():
    """Django's application behind a proxy that says https in a field."""
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    settings.configure(
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["hiss.django"],
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware"],
        ROOT_URLCONF=type("Urls", (), {"urlpatterns": [path("", lambda _: HttpResponse("page"))]}),
        SECRET_KEY="for the tests alone",
        SECURE_HSTS_SECONDS=60,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
        SECURE_SSL_REDIRECT=True,
        STATIC_ROOT=ROOT,
        STATIC_URL="/static/",
        STORAGES={"staticfiles": {"BACKEND": "hiss.django.storage.HissStorage"}},
    )
    from hiss.django import get_wsgi_application

    return get_wsgi_application()
