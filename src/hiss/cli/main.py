"""One parser for `hiss X` and for `manage.py hiss X`; a module for each command."""

from __future__ import annotations

import argparse
import io
import sys
from typing import TYPE_CHECKING, Final

import hiss
from hiss.cli import build, deploy, doctor, init, migrate, release, report, serve, verify
from hiss.errors import HissError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hiss.build.config import BuildConfig

#: Exit codes.
GOOD: Final = 0
FINDINGS: Final = 1
CANNOT: Final = 2

_COMMANDS: Final = (
    init,
    migrate,
    build,
    serve,
    deploy,
    doctor,
    verify,
    release,
    report,
)


def main(
    arguments: Sequence[str] | None = None,
    *,
    config: BuildConfig | None = None,
    program: str = "hiss",
) -> int:
    """Run a command; the exit code: 0 good, 1 findings, 2 cannot run.

    `config`: what the project says, where that is not for pyproject.toml to say.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that a terminal cannot show is no reason to stop.
            stream.reconfigure(errors="backslashreplace")
    options = _parse(make_parser(program), arguments)
    options.config = config
    try:
        code: int = options.run(options)
    except HissError as error:
        print(f"hiss: {error}", file=sys.stderr)
        return CANNOT
    except BrokenPipeError:
        # Whoever read this has read enough.
        sys.stdout = None
        return GOOD
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"hiss: {place}{error.strerror or error}", file=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        print("hiss: stopped", file=sys.stderr)
        return 130
    return code


def _parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; those of a command that takes any number of them may stand behind options."""
    options, more = parser.parse_known_args(arguments)
    takes_more: str = getattr(options, "takes_more", "")
    if more and (not takes_more or any(each.startswith("-") for each in more)):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    if more:
        setattr(options, takes_more, [*getattr(options, takes_more), *more])
    return options


def make_parser(program: str = "hiss") -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog=program, description="Static files: built once, served, safe across deploys."
    )
    parser.add_argument("--version", action="version", version=f"hiss {hiss.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        command = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
