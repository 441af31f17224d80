"""`manage.py hiss …`: the `hiss` command, with what Django's settings say."""

from __future__ import annotations

import sys
from argparse import REMAINDER
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from hiss.build.config import BuildConfig
from hiss.cli.main import CANNOT, main
from hiss.django.building import read_building
from hiss.django.conf import read_configuration

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Hands everything on, with STATIC_ROOT and HISS in the place of pyproject.toml."""

    help = "Static files: releases, deploys and reports, by this project's settings."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django has it

    def run_from_argv(self, argv: list[str]) -> None:
        """As from a shell: the exit code is the command's."""
        try:
            # What is wrong with the settings, the doctor says.
            config = None if argv[2:3] == ["doctor"] else _config()
        except ImproperlyConfigured as error:
            self.stderr.write(f"hiss: {error}")
            sys.exit(CANNOT)
        sys.exit(main(argv[2:], config=config, program=f"{argv[0]} {argv[1]}"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For `call_command("hiss", "release", "list")`."""
        parser.add_argument("arguments", nargs=REMAINDER)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it; raises CommandError where its exit code is not 0."""
        code = main(options["arguments"], config=_config(), program="manage.py hiss")
        if code:
            raise CommandError(f"hiss ended with {code}", returncode=code)


def _config() -> BuildConfig:
    configuration, building = read_configuration(), read_building()
    return BuildConfig(
        output=configuration.static_root or "",
        prefix=configuration.static_prefix or "/static/",
        cache_dir=building.cache_dir,
        choices=building.choices,
        retention=building.retention,
        release_file=configuration.release_file,
    )
