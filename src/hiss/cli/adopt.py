"""`hiss release adopt`: bring the releases of elsewhere into the folder that is served."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any, Final

from hiss.build.terminal import TerminalProgress, format_size
from hiss.cli.project import find_config, find_retention
from hiss.errors import ConfigurationError
from hiss.release.adopt.carry import adopt, plan
from hiss.release.adopt.kinds import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.core.manifest import Manifest
    from hiss.release.adopt.carry import Adopted
    from hiss.release.adopt.plan import Adoption, Left, Note

NAME: Final = "adopt"
HELP: Final = "bring earlier releases from another folder, an archive, or a live site"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder that Hiss built into, a tar or zip of one, or the URL of a live site's "
        "static files (which names its releases with SHOW_MANIFEST)",
    )
    parser.add_argument(
        "-d", "--root", metavar="DIR", help="the folder to adopt into (`output`, STATIC_ROOT)"
    )
    parser.add_argument("--keep-releases", type=int, metavar="N", help="(KEEP_RELEASES; 3)")
    parser.add_argument("--keep-days", type=float, metavar="D", help="(KEEP_DAYS; 7)")
    parser.add_argument("-n", "--dry-run", action="store_true", help="plan, and write nothing")
    parser.add_argument("--json", action="store_true", help="say it as JSON")


def run(options: argparse.Namespace) -> int:
    """Adopt. 0: all that is kept is here; 1: something is wrong with a release, and it is not."""
    root = options.root or find_config(options).output
    if not root:
        raise ConfigurationError(
            "there is no folder to adopt into",
            "Name it with --root DIR, or `output` in [tool.hiss]; with Django, "
            "`manage.py hiss …` takes STATIC_ROOT.",
        )
    retention = find_retention(options, root)
    with open_source(options.source) as source:
        if options.dry_run:
            planned = plan(source, root, retention)
            document, lines = _plan_document(planned), [*_plan_lines(planned)]
            left = planned.left
        else:
            watch = None if options.json else TerminalProgress()
            done = adopt(source, root, retention, watch=watch)
            document, lines = _document(done), [*_lines(done)]
            left = done.left
    if options.json:
        print(json.dumps({"version": 1, "dry_run": options.dry_run, **document}, indent=1))
    else:
        print("\n".join(lines))
    return 1 if any(each.is_fault for each in left) else 0


def _plan_document(planned: Adoption) -> dict[str, Any]:
    adopted = [
        {
            **_summary(each.manifest),
            "files": sum(len(wanted.homes) for wanted in each.wanted),
            "bytes": each.size,
        }
        for each in planned.taken
    ]
    notes = [note for each in planned.taken for note in each.notes]
    mended = [
        {
            **_summary(each.manifest),
            "files": sum(len(wanted.homes) for wanted in each.wanted),
            "bytes": each.size,
        }
        for each in planned.mended
    ]
    return {"adopted": adopted, "mended": mended, **_rest(planned.left, notes, ())}


def _document(done: Adopted) -> dict[str, Any]:
    adopted = [
        {**_summary(each.manifest), "files": each.files, "bytes": each.size} for each in done.taken
    ]
    mended = [
        {**_summary(each.manifest), "files": each.files, "bytes": each.size} for each in done.mended
    ]
    return {"adopted": adopted, "mended": mended, **_rest(done.left, done.notes, done.lacking)}


def _summary(manifest: Manifest) -> dict[str, str]:
    return {"id": manifest.id, "label": manifest.label, "created": manifest.created}


def _rest(
    left: Iterable[Left], notes: Iterable[Note], lacking: Iterable[Note]
) -> dict[str, list[dict[str, Any]]]:
    return {
        "left": [
            {"id": each.id, "label": each.label, "why": each.why, "fault": each.is_fault}
            for each in left
        ],
        "variants_left_out": [each._asdict() for each in notes],
        "plain_files_lacking": [each._asdict() for each in lacking],
    }


def _plan_lines(planned: Adoption) -> Iterable[str]:
    for each in planned.taken:
        files = sum(len(wanted.homes) for wanted in each.wanted)
        yield f"would take {_named(each.manifest)}: {_amount(files, each.size)}"
    for mending in planned.mended:
        files = sum(len(wanted.homes) for wanted in mending.wanted)
        yield f"would mend {_named(mending.manifest)}: {_amount(files, mending.size)}"
    yield from _left_lines(planned.left)
    if not (planned.taken or planned.mended):
        yield "nothing to take"


def _lines(done: Adopted) -> Iterable[str]:
    for each in done.taken:
        yield f"took {_named(each.manifest)}: {_amount(each.files, each.size)}"
    for each in done.mended:
        yield f"mended {_named(each.manifest)}: {_amount(each.files, each.size)}"
    for note in done.notes:
        yield f"  left out {_shown(note.file)} of {note.release}: {_shown(note.why)}"
    yield from _left_lines(done.left)
    if not (done.taken or done.mended):
        yield "nothing was taken"


def _left_lines(left: Iterable[Left]) -> Iterable[str]:
    for each in left:
        label = f" ({each.label})" if each.label else ""
        word = "refused" if each.is_fault else "passed over"
        yield f"{word} {_shown(each.id)}{label}: {_shown(each.why)}"


def _named(manifest: Manifest) -> str:
    label = f" ({manifest.label})" if manifest.label else ""
    return f"release {manifest.id}{label}"


def _amount(files: int, size: int) -> str:
    return f"{files} file{'' if files == 1 else 's'}, {format_size(size)}"


def _shown(text: str) -> str:
    """Text of elsewhere, without what a terminal would obey."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
