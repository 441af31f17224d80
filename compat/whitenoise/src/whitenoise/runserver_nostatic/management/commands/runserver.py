"""`runserver` without Django's own way for static files: the middleware serves them.

Whichever `runserver` the apps further down in INSTALLED_APPS bring, Channels' or Django's, is the
one that runs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.apps import apps
from django.core.management import find_commands, load_command_class

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from django.core.management.base import BaseCommand

_APP = "whitenoise.runserver_nostatic"


def find_next(command: str) -> type[BaseCommand]:
    """The class of a command, as the apps below this one have it, or else Django itself."""
    configs = list(apps.get_app_configs())
    names = [config.name for config in configs]
    below = configs[names.index(_APP) + 1 :] if _APP in names else configs
    for config in below:
        if command in find_commands(os.path.join(config.path, "management")):
            return type(load_command_class(config.name, command))
    return type(load_command_class("django.core", command))


Next = find_next("runserver")


class Command(Next):  # type: ignore[valid-type, misc]  # which one, the settings say
    """The command, with --nostatic."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Its arguments, with another default."""
        super().add_arguments(parser)
        if parser.get_default("use_static_handler"):
            parser.set_defaults(use_static_handler=False)
