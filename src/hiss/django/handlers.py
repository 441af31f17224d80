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
    from wsgiref.types import WSGIApplication, WSGIEnvironment

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


class WSGIHandler(wsgi.Door):
    """A WSGI application with a Django project's static files in front."""

    is_plain = True

    def __init__(self, app: WSGIApplication, origin: Origin) -> None:
        super().__init__(app, origin)
        self._security = Security()
        self._script_name: str | None = settings.FORCE_SCRIPT_NAME
        self.prefixes = _prefixes(origin)

    def find(self, environ: WSGIEnvironment, look: wsgi.Look) -> wsgi.Found | None:
        """What a request is for; `None`: it is Django's."""
        found = super().find(environ, look)
        security = self._security
        if found is None or security.is_moot:
            return found
        proxy_value = environ.get(security.proxy_key)
        secure = security.is_secure(environ["wsgi.url_scheme"], proxy_value)
        script_name = self._script_name or decode_wsgi_path(environ.get("SCRIPT_NAME", ""))
        path = script_name.rstrip("/") + decode_wsgi_path(environ.get("PATH_INFO", ""))
        if security.leaves_to_django(path, secure=secure):
            return None
        return found[0], security.headers(secure=secure)


class ASGIHandler(asgi.Door):
    """An ASGI application with a Django project's static files in front."""

    is_plain = True

    def __init__(self, app: asgi.ASGIApp, origin: Origin) -> None:
        super().__init__(app, origin, settings.FORCE_SCRIPT_NAME)
        self._security = Security()
        self.prefixes = _prefixes(origin)
        self.goes_by_path = self.goes_by_path and self._security.is_moot
        self.proxy_field = self._security.proxy_field

    def find(self, scope: asgi.Scope, look: asgi.Look) -> asgi.Found | None:
        """What an http scope is for; `None`: it is Django's."""
        found = super().find(scope, look)
        if found is None or self._security.is_moot:
            return found
        secure = self._is_secure(scope)
        if self._security.leaves_to_django(scope["path"], secure=secure):
            return None
        return found[0], self._security.headers(secure=secure)

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
