"""Django's settings for a site of the cases, and the project behind: one view for everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.urls import re_path

from .cases.message import MOUNT, SITES

if TYPE_CHECKING:
    from pathlib import Path

#: What makes of Django's own handlers the other two doors.
MIDDLEWARE: Final = "hiss.django.middleware.HissMiddleware"
_MEMORY: Final = 4 * 1024 * 1024

_BY_SITE: Final[dict[str, dict[str, Any]]] = {
    "main": {},
    "index": {"HISS": {"INDEX_FILE": True, "MEMORY": _MEMORY}},
    "mounted": {"FORCE_SCRIPT_NAME": MOUNT},
    "plain": {
        "HISS": {
            "MAX_AGE": None,
            "ALLOW_ALL_ORIGINS": False,
            "CROSS_ORIGIN_RESOURCE_POLICY": None,
            "NOSNIFF": False,
            "MISSES": "pass",
            "MEMORY": _MEMORY,
        },
        "SECURE_CONTENT_TYPE_NOSNIFF": False,
    },
    "secure": {"SECURE_HSTS_SECONDS": 3600, "SECURE_SSL_REDIRECT": True},
}


def settings_for(site: str, root: Path) -> dict[str, Any]:
    """The settings of a site, without Hiss in the middleware stack."""
    return {
        "ALLOWED_HOSTS": ["127.0.0.1"],
        "DEBUG": False,
        "HISS": {"MEMORY": _MEMORY},
        "INSTALLED_APPS": ["hiss.django"],
        "LOGGING_CONFIG": None,
        "MIDDLEWARE": ["django.middleware.security.SecurityMiddleware"],
        "ROOT_URLCONF": __name__,
        "SECRET_KEY": "for the cases alone",
        "STATIC_ROOT": str(root),
        "STATIC_URL": SITES[site],
        **_BY_SITE[site],
    }


def page(request):
    """The page that everything but static files is."""
    body = b"" if request.META["REQUEST_METHOD"] == "HEAD" else b"app"
    headers = {"X-App": "yes", "Content-Length": "3"}
    return HttpResponse(body, headers=headers, content_type="text/plain")


urlpatterns = [re_path(r"^(?s:.)*$", page)]
