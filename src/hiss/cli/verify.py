"""`hiss verify`: what is live against what was built."""

from __future__ import annotations

import argparse
import os
import sys
from threading import Lock
from typing import TYPE_CHECKING, Final

from hiss.build.config import BuildConfig
from hiss.build.terminal import is_watched
from hiss.cli.project import find_config
from hiss.cli.settings import read_prefix
from hiss.core.nearest import nearest
from hiss.errors import ConfigurationError
from hiss.verify.checks import CHECKS
from hiss.verify.fetch import Limits
from hiss.verify.report import format_json, format_junit, format_table
from hiss.verify.verify import Wishes, verify

if TYPE_CHECKING:
    from typing import TextIO

    from hiss.verify.messages import Field

NAME: Final = "verify"
HELP: Final = "look at a site as browsers and CDNs do, and say what is wrong with its static files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.epilog = "Exit code: 0 nothing is wrong, 1 findings, 2 the site cannot be looked at."
    parser.set_defaults(takes_more="pages")
    parser.add_argument("url", metavar="URL", help="the site, https://shop.example/")
    parser.add_argument(
        "pages",
        nargs="*",
        metavar="PAGE",
        help="paths or URLs of pages (default: URL itself and admin/login/ below it, if they are "
        "there)",
    )
    parser.add_argument(
        "--prefix",
        metavar="PATH",
        help="what static files are below; a URL where that is a CDN (default: `prefix` of the "
        "project, or /static/)",
    )
    parser.add_argument(
        "--host",
        metavar="NAME",
        action="append",
        default=[],
        help="another host that may be asked, such as a CDN's; may be repeated",
    )
    parser.add_argument("--root", metavar="DIR", help="the folder that was built, to compare with")
    parser.add_argument(
        "--expect-hiss", action="store_true", help="Hiss itself must answer, no server in front"
    )
    parser.add_argument(
        "--header",
        metavar="NAME:VALUE",
        action="append",
        default=[],
        help="a header for the site's own host; may be repeated",
    )
    parser.add_argument(
        "--ignore", metavar="ID", action="append", default=[], help="a finding not to say (V013)"
    )
    limits = Limits()
    parser.add_argument(
        "--max-requests",
        metavar="N",
        type=int,
        default=limits.requests,
        help="ask for no more than that (%(default)s)",
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        default=limits.timeout,
        help="seconds for a connection, and for each piece of an answer; four times as many for "
        "the whole of it (%(default)g)",
    )
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    parser.add_argument("--junit", metavar="FILE", help="write it as JUnit, too")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def run(options: argparse.Namespace) -> int:
    """Look at the site. 0: nothing is wrong; 1: findings."""
    wishes = _settle(options)
    watch = _Terminal(sys.stderr, is_quiet=options.quiet or options.json)
    try:
        report = verify(wishes, watch)
    finally:
        watch.end()
    if options.junit:
        with open(options.junit, "w", encoding="utf-8") as file:
            file.write(format_junit(report))
    sys.stdout.write(format_json(report) if options.json else format_table(report))
    return 0 if report.is_good else 1


def _settle(options: argparse.Namespace) -> Wishes:
    for name, value in (("--max-requests", options.max_requests), ("--timeout", options.timeout)):
        if not value > 0:
            raise ConfigurationError(f"{name} must be more than 0, not {value:g}")
    return Wishes(
        url=options.url,
        pages=tuple(options.pages),
        prefix=options.prefix or _prefix(options),
        hosts=tuple(options.host),
        root=os.path.abspath(options.root) if options.root else "",
        headers=tuple(_header(each) for each in options.header),
        expects_hiss=options.expect_hiss,
        ignored=frozenset(_key(each) for each in options.ignore),
        limits=Limits(requests=options.max_requests, timeout=options.timeout),
    )


def _prefix(options: argparse.Namespace) -> str:
    """The project's prefix: pyproject.toml says it, or the settings that manage.py names."""
    config = find_config(options)
    is_said = config.sources or config.prefix != BuildConfig().prefix
    if options.config is not None or is_said:
        return config.prefix
    try:
        return read_prefix() or config.prefix
    except ConfigurationError as error:
        print(
            f"hiss: STATIC_URL cannot be read ({error.message}); {config.prefix} counts, or "
            "--prefix.",
            file=sys.stderr,
        )
        return config.prefix


def _header(text: str) -> Field:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ConfigurationError(f"--header must be NAME:VALUE, not {name!r}")
    return name.strip(), value.strip()


def _key(text: str) -> str:
    key = text.removeprefix("hiss.").upper()
    if key not in CHECKS:
        near = nearest(key, CHECKS, most=1)
        hint = f"Did you mean {near[0]}?" if near else "docs/verify.md lists them."
        raise ConfigurationError(f"--ignore {text}: there is no such finding", hint)
    return key


class _Terminal:
    """Shows how far it is: one line that changes, where a person watches."""

    def __init__(self, stream: TextIO, *, is_quiet: bool) -> None:
        self._stream = stream
        self._is_shown = not is_quiet and is_watched(stream)
        self._lock = Lock()
        self._words = ""

    def stage(self, words: str) -> None:
        """Something begins."""
        self._words = words

    def advance(self, done: int, known: int) -> None:
        """So many requests were made, of so many that are known to be needed."""
        if self._is_shown:
            with self._lock:
                self._write(f"\r\x1b[2K{self._words}: {done} of {max(done, known)} requests")

    def end(self) -> None:
        """Leave the line empty."""
        if self._is_shown:
            self._write("\r\x1b[2K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
