"""A Django project with one site of the cases, behind the door that `CONFORMANCE_DOOR` names."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import django.core.asgi
import django.core.wsgi
from django.conf import settings

import conformance.apps
import hiss.django
from conformance.cases.message import MOUNT, SITES
from conformance.django_settings import settings_for
from peers.page import ROOT, SITE

_WHITENOISE: Final[dict[str, dict[str, Any]]] = {
    "main": {},
    "index": {"WHITENOISE_INDEX_FILE": True},
    "mounted": {"FORCE_SCRIPT_NAME": MOUNT},
    "plain": {
        "WHITENOISE_MAX_AGE": None,
        "WHITENOISE_ALLOW_ALL_ORIGINS": False,
        "SECURE_CONTENT_TYPE_NOSNIFF": False,
    },
}


_SECURITY: Final = "django.middleware.security.SecurityMiddleware"


def _hiss(*middleware: str) -> dict[str, Any]:
    return {**settings_for(SITE, ROOT), "MIDDLEWARE": [_SECURITY, *middleware]}


def _whitenoise() -> dict[str, Any]:
    return {
        "ALLOWED_HOSTS": ["127.0.0.1"],
        "DEBUG": False,
        "INSTALLED_APPS": ["django.contrib.staticfiles"],
        "LOGGING_CONFIG": None,
        "MIDDLEWARE": [_SECURITY, "whitenoise.middleware.WhiteNoiseMiddleware"],
        "ROOT_URLCONF": "conformance.django_settings",
        "SECRET_KEY": "for the cases alone",
        "STATIC_ROOT": str(ROOT),
        "STATIC_URL": SITES[SITE],
        "STORAGES": {
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
        },
        **_WHITENOISE[SITE],
    }


#: Door to its settings, and how its application is made.
_DOORS: Final[dict[str, tuple[Callable[[], dict[str, Any]], Callable[[], Any]]]] = {
    "hiss-middleware": (
        lambda: _hiss("hiss.django.middleware.HissMiddleware"),
        django.core.wsgi.get_wsgi_application,
    ),
    "hiss-asgi": (_hiss, hiss.django.get_asgi_application),
    "whitenoise": (_whitenoise, django.core.wsgi.get_wsgi_application),
}


def _make() -> Any:  # noqa: ANN401 - of one kind or the other
    door = os.environ["CONFORMANCE_DOOR"]
    read, make = _DOORS[door]
    settings.configure(**read())
    application = make()
    if SITE != "mounted":
        return application
    is_asgi = door.endswith("asgi")
    return (conformance.apps.shift_asgi if is_asgi else conformance.apps.shift_wsgi)(application)


application = _make()
