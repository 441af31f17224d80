"""The Django app: `"hiss.django"` in INSTALLED_APPS, before `"django.contrib.staticfiles"`."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from hiss.django.checks import (
    check_apps,
    check_order,
    check_release,
    check_settings,
    check_storage,
)


class HissConfig(AppConfig):
    """Brings `runserver`, which serves through Hiss, and the system checks."""

    name = "hiss.django"
    label = "hiss"
    verbose_name = "Hiss"

    def ready(self) -> None:
        """Register the checks."""
        checks.register(check_settings, checks.Tags.staticfiles)
        checks.register(check_apps, checks.Tags.staticfiles)
        # Not of staticfiles: collectstatic, which runs those, is what mends it.
        checks.register(check_release, "hiss")
        checks.register(check_order, checks.Tags.staticfiles)
        checks.register(check_storage, checks.Tags.staticfiles)
