"""The Django app, under the name and the label that it always had."""

from __future__ import annotations

from django.apps import AppConfig

from hiss.django.checks import register


class RunserverNostaticConfig(AppConfig):
    """Brings `runserver` without Django's own way for static files, and Hiss's system checks."""

    name = "whitenoise.runserver_nostatic"

    def ready(self) -> None:
        """Register the checks; with `"hiss.django"` installed, too, each is made once."""
        register()
