"""Django's applications with its static files in front, answered before Django builds a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import django
from django.conf import settings
from django.core import asgi as django_asgi
from django.core import wsgi as django_wsgi

from hiss import asgi, wsgi
from hiss.django.origin import open_origin, sharing
from hiss.django.security import Security, security_headers
from hiss.http.paths import decode_wsgi_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from hiss.files.origin import Origin


def get_wsgi_application() -> WSGIHandler:
    """Set Django up and return its WSGI application, with its static files in front."""
    django.setup(set_prefix=False)
    origin = open_origin(always=security_headers())
    with sharing(origin):
        return WSGIHandler(django_wsgi.get_wsgi_application(), origin)


def get_asgi_application() -> ASGIHandler:
    """Set Django up and return its ASGI application, with its static files in front."""
    django.setup(set_prefix=False)
    origin = open_origin(always=security_headers())
    with sharing(origin):
        # Django's stubs say more of the messages than ASGI does.
        return ASGIHandler(cast("asgi.ASGIApp", django_asgi.get_asgi_application()), origin)


class WSGIHandler:
    """A WSGI application with a Django project's static files in front."""

    def __init__(self, app: WSGIApplication, origin: Origin) -> None:
        self.app = app
        self.origin = origin
        self._security = Security()
        self._script_name: str | None = settings.FORCE_SCRIPT_NAME
        self.prefixes = _prefixes(origin)
        self.is_plain = type(self) is WSGIHandler

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = self.find(environ)
        if found is None:
            return self.app(environ, start_response)
        return wsgi.answer(self.origin, found, environ, start_response)

    def find(self, environ: WSGIEnvironment, *, known: bool = False) -> wsgi.Found | None:
        """What a request is for; `None`: it is Django's."""
        entry = wsgi.find(self.origin, environ, known=known)
        security = self._security
        if entry is None or security.is_moot:
            return None if entry is None else (entry, ())
        proxy_value = environ.get(security.proxy_key)
        secure = security.is_secure(environ["wsgi.url_scheme"], proxy_value)
        script_name = self._script_name or decode_wsgi_path(environ.get("SCRIPT_NAME", ""))
        path = script_name.rstrip("/") + decode_wsgi_path(environ.get("PATH_INFO", ""))
        if security.leaves_to_django(path, secure=secure):
            return None
        return entry, security.headers(secure=secure)


class ASGIHandler:
    """An ASGI application with a Django project's static files in front."""

    def __init__(self, app: asgi.ASGIApp, origin: Origin) -> None:
        self.app = app
        self.origin = origin
        self._security = Security()
        self._script_name: str | None = settings.FORCE_SCRIPT_NAME
        self.prefixes = _prefixes(origin)
        self.is_plain = type(self) is ASGIHandler
        self.goes_by_path = self._security.is_moot and not self._script_name
        self.proxy_field = self._security.proxy_field

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        found = self.find(scope) if scope["type"] == "http" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        known = asgi.known_answer(self.origin, found, scope)
        if known is None:
            await asgi.answer(self.origin, found, scope, receive, send)
        else:
            await send(known[0])
            await send(known[1])

    def find(self, scope: asgi.Scope, *, known: bool = False) -> asgi.Found | None:
        """What an http scope is for; `None`: it is Django's."""
        entry = asgi.find(self.origin, scope, self._script_name, known=known)
        if entry is None or self._security.is_moot:
            return None if entry is None else (entry, ())
        secure = self._is_secure(scope)
        if self._security.leaves_to_django(scope["path"], secure=secure):
            return None
        return entry, self._security.headers(secure=secure)

    def _is_secure(self, scope: asgi.Scope) -> bool:
        field = self._security.proxy_field
        values = [value.decode("latin-1") for name, value in scope["headers"] if name == field]
        proxy_value = ",".join(values) if values else None
        return self._security.is_secure(scope.get("scheme", "http"), proxy_value)


def _prefixes(origin: Origin) -> tuple[str, ...]:
    """The prefixes of files, also below the place that the project has on its host."""
    place = (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    below = tuple(place + prefix for prefix in origin.prefixes) if place else ()
    return origin.prefixes + below
