"""`hiss release`: which releases are kept, what they hold, and which of them is in force."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hiss.build.report import summarise
from hiss.build.terminal import format_size
from hiss.cli import adopt
from hiss.cli.project import find_retention, find_root
from hiss.errors import ManifestError
from hiss.files.pin import find_release
from hiss.release.ledger import read_ledger
from hiss.release.prune import plan_prune, prune
from hiss.release.switch import switch

if TYPE_CHECKING:
    from collections.abc import Callable

    from hiss.release.ledger import Ledger, Release
    from hiss.release.prune import Pruning

NAME: Final = "release"
HELP: Final = "list, show, compare, roll back, prune and adopt releases"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own commands."""
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, words: str, run: Callable[[argparse.Namespace], int]) -> Any:  # noqa: ANN401
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(do=run)
        command.add_argument(
            "-d", "--root", metavar="DIR", help="the folder that is served (`output`, STATIC_ROOT)"
        )
        command.add_argument("--json", action="store_true", help="say it as JSON")
        return command

    add("list", "the kept releases, the last to be put in force first", _list)
    command = add("show", "what a release holds", _show)
    command.add_argument("release", nargs="?", metavar="ID", help="(default: the one in force)")
    command = add("diff", "what changed, and what users will download again", _diff)
    command.add_argument("before", metavar="A", help="the earlier release")
    command.add_argument("after", nargs="?", metavar="B", help="(default: the one in force)")
    command = add("rollback", "put a former release in force again", _rollback)
    command.add_argument(
        "release", nargs="?", metavar="ID", help="(default: the one that was in force before)"
    )
    command.add_argument("-n", "--dry-run", action="store_true", help="say it; change nothing")
    command = add("prune", "let go of releases that are not to be kept any more", _prune)
    command.add_argument("--keep-releases", type=int, metavar="N", help="(KEEP_RELEASES; 3)")
    command.add_argument("--keep-days", type=float, metavar="D", help="(KEEP_DAYS; 7)")
    command.add_argument("-n", "--dry-run", action="store_true", help="say it; change nothing")
    command = commands.add_parser(adopt.NAME, help=adopt.HELP, description=adopt.HELP)
    adopt.add_arguments(command)
    command.set_defaults(do=adopt.run)


def run(options: argparse.Namespace) -> int:
    """Run the command that was named. 0: good; 1: what there is to know of; 2: it cannot run."""
    code: int = options.do(options)
    return code


def _read(options: argparse.Namespace) -> Ledger:
    root = find_root(options)
    ledger = read_ledger(root)
    if not ledger.releases:
        raise ManifestError(f"there is no release in {root}", "Build one.")
    for each in ledger.unreadable:
        print(f"hiss: {each} cannot be read: its release does not count here", file=sys.stderr)
    return ledger


def _find(ledger: Ledger, word: str | None) -> Release:
    if word is None and not ledger.current:
        raise ManifestError(f"no release in {ledger.root} is in force", "Name one.")
    return ledger.get(find_release(ledger.root, word) if word else ledger.current)


def _list(options: argparse.Namespace) -> int:
    ledger = _read(options)
    expired = find_retention(options, ledger.root).expired(ledger)
    if options.json:
        _print_json({"releases": [_document(each, ledger) for each in ledger.releases]})
        return 0
    for each in ledger.releases:
        note = "goes with the next build or prune" if each in expired else ""
        print("  ".join(part for part in (_line(each, ledger), note) if part))
    return 0


def _line(release: Release, ledger: Ledger) -> str:
    mark = "*" if release.id == ledger.current else " "
    if release.until is None:
        when = f"in force since {_moment(release.since)}"
    elif release.until == release.since:
        when = f"built {_moment(release.since)}, not in force since"
    else:
        when = f"in force until {_moment(release.until)}"
    entries = release.manifest.entries
    size = format_size(sum(entry.size for entry in entries))
    label = f"  {release.manifest.label}" if release.manifest.label else ""
    return f"{mark} {release.id}{label}  {when}  {len(entries)} files, {size}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _document(release: Release, ledger: Ledger) -> dict[str, Any]:
    return {
        "id": release.id,
        "label": release.manifest.label,
        "created": release.manifest.created,
        "since": release.since.isoformat(),
        "until": release.until.isoformat() if release.until else None,
        "current": release.id == ledger.current,
        "files": len(release.manifest.entries),
        "size": sum(entry.size for entry in release.manifest.entries),
    }


def _show(options: argparse.Namespace) -> int:
    ledger = _read(options)
    release = _find(ledger, options.release)
    entries = sorted(release.manifest.entries, key=lambda each: each.file)
    if options.json:
        files = [
            {"name": e.name, "file": e.file, "size": e.size, "codings": dict(e.codings)}
            for e in entries
        ]
        _print_json({**_document(release, ledger), "entries": files})
        return 0
    print(_line(release, ledger))
    for each in entries:
        sizes = [f"{coding} {format_size(size)}" for coding, size in each.codings.items()]
        codings = f"  ({', '.join(sizes)})" if sizes else ""
        print(f"    {each.file}  {format_size(each.size)}{codings}")
    return 0


def _diff(options: argparse.Namespace) -> int:
    ledger = _read(options)
    before, after = (_find(ledger, word) for word in (options.before, options.after))
    changes = summarise(after.manifest, before.manifest, []).changes
    assert changes is not None
    if options.json:
        _print_json(
            {
                "before": before.id,
                "after": after.id,
                **{
                    kind: [each.name for each in getattr(changes, kind)]
                    for kind in ("added", "changed", "removed")
                },
                "bytes": {"again": changes.again, "new": changes.first, "kept": changes.kept},
            }
        )
        return 0
    signs = {"added": "+", "changed": "~", "removed": "-"}
    for kind, sign in signs.items():
        for each in getattr(changes, kind):
            size = f"  {format_size(each.after)}" if each.after is not None else ""
            print(f"{sign} {each.name}{size}")
    print(
        f"from {before.id} to {after.id}, as sent: {format_size(changes.again)} to download again, "
        f"{format_size(changes.first)} new, {format_size(changes.kept)} stays in caches"
    )
    return 0


def _rollback(options: argparse.Namespace) -> int:
    ledger = _read(options)
    if options.dry_run:
        target = _find(ledger, options.release) if options.release else ledger.before()
        if target is None:
            raise ManifestError(f"there is no release in {ledger.root} to go back to")
        if options.json:
            _print_json({"before": ledger.current, "release": _document(target, ledger)})
        else:
            print(f"would put {target.id} in force in the place of {ledger.current}")
        return 0
    wanted = find_release(ledger.root, options.release) if options.release else None
    if wanted is not None and wanted == ledger.current:
        print(f"release {wanted} is in force already", file=sys.stderr)
    switched = switch(ledger.root, wanted, "rollback", instead=ledger.current)
    if options.json:
        document = _document(switched.release, read_ledger(ledger.root))
        _print_json({"before": switched.before, "release": document, "lost": [*switched.lost]})
    else:
        place = f", in the place of {switched.before}" if switched.before else ""
        forward = f" To go forward again: hiss release rollback {switched.before}"
        print(f"release {switched.release.id} is in force{place}")
        print(
            "Start the application again, with the code of that release: until then it renders "
            f"what it did.{forward if switched.before else ''}"
        )
        for each in switched.lost:
            print(f"  {each} could not be put back: it says what it said", file=sys.stderr)
    return 1 if switched.lost else 0


def _prune(options: argparse.Namespace) -> int:
    ledger = _read(options)
    retention = find_retention(options, ledger.root, must_know=True)
    do = partial(plan_prune, ledger) if options.dry_run else partial(prune, ledger.root)
    pruning = do(retention)
    if options.json:
        _print_json(
            {
                "releases": [each.id for each in pruning.releases],
                "files": [*pruning.files],
                "bytes": pruning.size,
                "obstacle": pruning.obstacle,
            }
        )
    else:
        _tell_pruning(pruning, dry_run=options.dry_run)
    return 1 if pruning.obstacle else 0


def _tell_pruning(pruning: Pruning, *, dry_run: bool) -> None:
    if pruning.obstacle:
        print(f"nothing is removed: {pruning.obstacle}")
        return
    for release in pruning.releases:
        label = f" ({release.manifest.label})" if release.manifest.label else ""
        print(f"- release {release.id}{label}")
    for name in pruning.files:
        print(f"    {name}")
    count = len(pruning.releases)
    print(
        f"{'would remove' if dry_run else 'removed'} {count} release{'' if count == 1 else 's'}, "
        f"{len(pruning.files)} files, {format_size(pruning.size)}"
    )


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=1))
