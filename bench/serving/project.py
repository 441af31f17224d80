"""A Django project: a page, and the middleware that `startproject` gives, but for what wants a
database.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

_HEAD = ["django.middleware.security.SecurityMiddleware"]
_TAIL = [
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles"]
_PAGE = b"<!doctype html><title>Shop</title>" + b"<p>One thing and another.</p>" * 70


def settings_for(
    root: str, *, middleware: str = "", apps: tuple[str, ...] = (), storage: str = ""
) -> dict[str, Any]:
    """The settings, with this middleware for static files in its place."""
    return {
        "ALLOWED_HOSTS": ["127.0.0.1"],
        "DEBUG": False,
        "INSTALLED_APPS": [*apps, *_APPS],
        "LOGGING_CONFIG": None,
        "MIDDLEWARE": [*_HEAD, *([middleware] if middleware else []), *_TAIL],
        "ROOT_URLCONF": __name__,
        "SECRET_KEY": "of a benchmark",
        "STATIC_ROOT": root,
        "STATIC_URL": "/static/",
        **({"STORAGES": {"staticfiles": {"BACKEND": storage}}} if storage else {}),
    }


def page(_request: HttpRequest) -> HttpResponse:
    """A page of 2 KB."""
    return HttpResponse(_PAGE)


urlpatterns = [path("", page)]
