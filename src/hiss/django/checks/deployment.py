"""What is right at work, and wrong in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name


def check_debug(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W013: DEBUG is on."""
    if not settings.DEBUG:
        return []
    return [
        Warning(
            "DEBUG is on: files are looked for on each request, under plain names, and errors show "
            "the project's settings to everybody.",
            hint="Let production's settings say DEBUG = False.",
            id="hiss.W013",
        )
    ]


def check_hosts(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W014: ALLOWED_HOSTS is empty: without DEBUG every page is a 400."""
    if settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS is empty: without DEBUG every page is a 400, while static files answer.",
            hint='ALLOWED_HOSTS = ["example.com"]',
            id="hiss.W014",
        )
    ]
