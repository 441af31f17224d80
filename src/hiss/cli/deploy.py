"""`hiss deploy`: build, switch, restart, look, and go back if anything is wrong."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tomllib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hiss.build.config import find_pyproject, read_pyproject
from hiss.cli.project import find_retention
from hiss.errors import ConfigurationError
from hiss.release.deploy.config import parse_deploy
from hiss.release.deploy.plan import plan_deploy
from hiss.release.deploy.run import deploy, find_journal, undo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from hiss.build.config import BuildConfig
    from hiss.release.deploy.config import DeployConfig
    from hiss.release.deploy.plan import Step
    from hiss.release.deploy.run import Done, Outcome

NAME: Final = "deploy"
HELP: Final = "build, switch, restart, look at the site, and go back if anything is wrong"

_TABLE: Final = "[tool.hiss.deploy]"
# Options that are keys of the table, with what they are given.
_OPTIONS: Final = {
    "root": ("DIR", "the folder that is served (default: `output` of [tool.hiss])"),
    "build": ("COMMAND", "builds a release into it (default: `hiss build`, with its `sources`)"),
    "restart": ("COMMAND", "restarts the application, and returns"),
    "url": ("URL", "where the application answers, http://127.0.0.1:8000 or unix:/run/shop.sock"),
    "prefix": ("PATH", "the path of the static files (default: /static/)"),
    "host": ("NAME", "the Host header (default: that of the URL)"),
    "release_file": (
        "FILE",
        "the file beside the code that names its release (default: that of [tool.hiss])",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.epilog = f"Every option is a key of {_TABLE} in pyproject.toml, too."
    for key, (metavar, words) in _OPTIONS.items():
        parser.add_argument(f"--{key.replace('_', '-')}", metavar=metavar, help=words)
    parser.add_argument(
        "--check",
        metavar="COMMAND",
        action="append",
        help="must end well before anything is done; may be repeated",
    )
    parser.add_argument(
        "--undo-command",
        metavar="COMMAND",
        help="puts the former code back, before the restart after a failure (`undo`)",
    )
    parser.add_argument(
        "--page",
        metavar="PATH",
        action="append",
        help="a page to look at; may be repeated (`pages`; default: /)",
    )
    parser.add_argument(
        "--header",
        metavar="NAME:VALUE",
        action="append",
        help="a header to send; may be repeated (`headers`)",
    )
    parser.add_argument(
        "--timeout", metavar="S", type=float, help="seconds that the new process may take (60)"
    )
    parser.add_argument(
        "--command-timeout", metavar="S", type=float, help="seconds that a command may take (600)"
    )
    parser.add_argument(
        "--settle", metavar="N", type=int, help="answers in a row that name the new release (5)"
    )
    parser.add_argument(
        "--undo", action="store_true", help="go back to what was before a deploy that was killed"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="say the steps; do nothing")
    parser.add_argument("--json", action="store_true", help="say what came of it as JSON")


def run(options: argparse.Namespace) -> int:
    """Deploy. 0: the site answers with the new release; 1: with what it had before; 2: neither."""
    config = _read(options)
    if options.dry_run:
        _tell_plan(config, as_json=options.json)
        return 0
    watch = _Terminal(sys.stderr)
    outcome = undo(config, watch) if options.undo else deploy(config, watch)
    with suppress(OSError):
        # Who was to read this may be gone: what was done stays done.
        if options.json:
            print(json.dumps(_document(outcome), indent=1), flush=True)
        else:
            _tell(outcome)
    if outcome.result == "broken":
        return 2
    return 0 if options.undo or outcome.result == "deployed" else 1


def _read(options: argparse.Namespace) -> DeployConfig:
    path = find_pyproject(os.getcwd()) or ""
    folder = os.path.dirname(path) if path else os.getcwd()
    build = read_pyproject(folder)
    settings: BuildConfig | None = getattr(options, "config", None)
    # `manage.py` says what Django's settings say, which counts before [tool.hiss].
    known = settings or build
    defaults = {
        "root": os.path.abspath(known.output) if known.output else "",
        "prefix": known.prefix,
        "release_file": os.path.abspath(known.release_file) if known.release_file else "",
    }
    if build.sources and settings is None:
        defaults["build"] = f"{shlex.quote(sys.executable)} -m hiss build"
    place = f"{path}, {_TABLE}: " if path else ""
    try:
        config = parse_deploy({**_table(path), **_flags(options)}, folder, defaults)
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}{error.message}", error.hint) from error
    # The way back lets nothing go.
    retention = find_retention(options, config.root, must_know=not options.undo)
    return replace(config, retention=retention)


def _table(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    with open(path, "rb") as file:
        # The reader of [tool.hiss] has seen that it is TOML, and that these are tables.
        table = tomllib.load(file).get("tool", {}).get("hiss", {}).get("deploy", {})
    found: Mapping[str, Any] = table
    return found


def _flags(options: argparse.Namespace) -> dict[str, Any]:
    """What the command line says, as the table would."""
    flags = {
        **{key: getattr(options, key) for key in _OPTIONS},
        "check": options.check,
        "undo": options.undo_command,
        "pages": options.page,
        "timeout": options.timeout,
        "command_timeout": options.command_timeout,
        "settle": options.settle,
    }
    if options.header is not None:
        pairs = [each.partition(":") for each in options.header]
        for name, colon, _ in pairs:
            if not colon or not name.strip():
                raise ConfigurationError(f"--header must be NAME:VALUE, not {name!r}")
        flags["headers"] = {name.strip(): value.strip() for name, _, value in pairs}
    for key in ("root", "release_file"):
        if flags[key] is not None:
            flags[key] = os.path.abspath(flags[key])
    return {key: value for key, value in flags.items() if value is not None}


class _Terminal:
    """Shows a deploy: a line for each step, and what its command says before that line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # How what was written last ends: a step's name, a line, or within a line.
        self._is_open = False
        self._is_silent = True

    def say(self, words: str) -> None:
        """A line."""
        self._write(f"{self._break()}hiss: {words}\n")

    def begin(self, step: Step) -> None:
        """The beginning of a line."""
        self._write(f"{step.name} …")
        self._is_open = self._is_silent = True

    def output(self, data: bytes) -> None:
        """What a command says, as it says it."""
        self._write(self._break() if self._is_silent else "")
        self._is_silent = False
        self._write(data.decode(self._stream.encoding or "utf-8", "replace"))
        self._is_open = not data.endswith(b"\n")

    def end(self, done: Done, words: str = "") -> None:
        """The end of the line."""
        if not self._is_silent:
            self._write(f"{self._break()}{done.step.name} …")
        verdict = "" if done.is_good else ", failed"
        self._write(f" {done.seconds:.1f} s{verdict}{', ' if words else ''}{words}\n")
        self._is_open = False

    def _break(self) -> str:
        was_open, self._is_open = self._is_open, False
        return "\n" if was_open else ""

    def _write(self, text: str) -> None:
        # A terminal that was closed is no reason to stop half-way.
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


def _tell_plan(config: DeployConfig, *, as_json: bool) -> None:
    journal = find_journal(config.root)
    plan = plan_deploy(config, journal.before)
    if as_json:
        document = {
            "version": 1,
            "before": journal.before,
            "unfinished": journal.step,
            "steps": [{"name": each.name, "does": each.does} for each in (*plan.steps, plan.last)],
            "way_back": [{"name": each.name, "does": each.does} for each in plan.way_back],
        }
        print(json.dumps(document, indent=1))
        return
    if journal.step:
        print(f"A deploy was killed in its step `{journal.step}`; this would begin it again.")
    print(f"In {config.folder}:")
    _tell_steps((*plan.steps, plan.last))
    if plan.way_back:
        print("Should a step fail once the site was changed:")
        _tell_steps(plan.way_back)
    else:
        print("There is no release in force: should a step fail, there is nothing to go back to.")


def _tell_steps(steps: tuple[Step, ...]) -> None:
    width = max(len(each.name) for each in steps)
    for number, each in enumerate(steps, start=1):
        print(f" {number}. {each.name:{width}}  {each.does}")


def _tell(outcome: Outcome) -> None:
    former = f"release {outcome.before}" if outcome.before else "no release"
    if outcome.problem:
        place = f"{outcome.failed}: " if outcome.failed else ""
        print(f"hiss: {place}{outcome.problem}", file=sys.stderr)
    match outcome.result:
        case "deployed":
            print(f"deployed: the site answers with release {outcome.release} (before: {former})")
        case "unchanged":
            print(f"nothing was changed: {former} is in force, as before", file=sys.stderr)
        case "undone":
            print(f"undone: {former} is in force again, and the site answers with it")
        case "broken":
            print(f"hiss: NOT undone: {outcome.trouble}", file=sys.stderr)
            if outcome.before:
                print(f"  `hiss deploy --undo` tries again to go back to {former}", file=sys.stderr)
            else:
                print("  Mend what is wrong, and deploy again.", file=sys.stderr)


def _document(outcome: Outcome) -> dict[str, Any]:
    return {
        "version": 1,
        "result": outcome.result,
        "before": outcome.before,
        "release": outcome.release,
        "failed": outcome.failed,
        "problem": outcome.problem,
        "trouble": outcome.trouble,
        "steps": [
            {
                "name": each.step.name,
                "does": each.step.does,
                "seconds": round(each.seconds, 3),
                "good": each.is_good,
            }
            for each in outcome.steps
        ],
    }
