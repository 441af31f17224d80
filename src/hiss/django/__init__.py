"""Hiss for Django: middleware, wrappers, storages, and development as people expect it.

In `wsgi.py` and `asgi.py`, `from hiss.django import get_wsgi_application` (or
`get_asgi_application`) in place of Django's: static requests are then answered before Django
builds a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hiss.django.handlers import ASGIHandler, WSGIHandler

__all__ = ["get_asgi_application", "get_wsgi_application"]


def get_wsgi_application() -> WSGIHandler:
    """Set Django up and return its WSGI application, with its static files in front."""
    from hiss.django import handlers

    return handlers.get_wsgi_application()


def get_asgi_application() -> ASGIHandler:
    """Set Django up and return its ASGI application, with its static files in front."""
    from hiss.django import handlers

    return handlers.get_asgi_application()
