"""The Django app: `"hiss.django"` in INSTALLED_APPS, before `"django.contrib.staticfiles"`."""

from __future__ import annotations

from django.apps import AppConfig

from hiss.django.checks import register


class HissConfig(AppConfig):
    """Brings `runserver`, which serves through Hiss, and the system checks."""

    name = "hiss.django"
    label = "hiss"
    verbose_name = "Hiss"

    def ready(self) -> None:
        """Register the checks."""
        register()
