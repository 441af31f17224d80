"""`hiss init`: set a Django project up, or show what that would change."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from hiss.setup.init import plan_init
from hiss.setup.plan import apply, format_diff, lines_after, without_links_out
from hiss.setup.project import find_project
from hiss.setup.recipes import RECIPES, plan_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.setup.plan import ByHand, Plan

NAME: Final = "init"
HELP: Final = "set a Django project up: show what that changes, and write it with --apply"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_common_arguments(parser)
    parser.add_argument(
        "--recipe",
        choices=RECIPES,
        help="the files of a way to deploy instead: collectstatic in its place, restart, verify",
    )


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of all commands that change a project's own files."""
    parser.add_argument(
        "folder",
        nargs="?",
        default=".",
        metavar="DIR",
        help="where manage.py is, or a folder above",
    )
    parser.add_argument(
        "--settings", default="", metavar="MODULE", help="the settings (what manage.py names)"
    )
    parser.add_argument("--apply", action="store_true", help="write it")
    parser.add_argument("--json", action="store_true", help="say it as JSON")


def run(options: argparse.Namespace) -> int:
    """Show, or write. 0: nothing is left to do by hand; 1: something is."""
    project = find_project(options.folder, options.settings)
    if options.recipe:
        plan = plan_recipe(options.recipe, project, plan_init(project))
    else:
        plan = plan_init(project)
    return finish(plan, project.folder, options)


def finish(plan: Plan, folder: str, options: argparse.Namespace, **more: Any) -> int:
    """Show a plan, or write it; the exit code. `more` is what else JSON says."""
    plan = without_links_out(plan, folder)
    if options.apply:
        apply(plan)
        plan = lines_after(plan)
    if options.json:
        print(json.dumps({**_document(plan, folder, applied=options.apply), **more}, indent=1))
    else:
        for change in plan.changes:
            sys.stdout.write("" if options.apply else format_diff(change, folder))
        sys.stdout.flush()
        for line in _lines(plan, folder, applied=options.apply):
            print(line, file=sys.stdout if options.apply or not plan.changes else sys.stderr)
    return 1 if plan.by_hand else 0


def _lines(plan: Plan, folder: str, *, applied: bool) -> Iterator[str]:
    """What is said in words: what was done, what is left, what is good to know."""
    for change in plan.changes if applied else ():
        yield f"{_shown(change.path, folder)}: {'; '.join(change.what)}"
    for each in plan.by_hand:
        yield from _by_hand_lines(each, folder)
    for note in plan.notes:
        yield f"note: {note.replace(f'{folder}{os.sep}', '')}"
    if not plan.changes:
        yield "nothing else to do" if plan.by_hand else "nothing to do: all is set up"
    elif not applied:
        count = len(plan.changes)
        yield f"{count} file{'' if count == 1 else 's'} to change; --apply writes it"


def _by_hand_lines(each: ByHand, folder: str) -> Iterator[str]:
    place = f"{_shown(each.path, folder)}: " if each.path else ""
    if each.line:
        place = f"{place.removesuffix(': ')}:{each.line}: "
    yield f"by hand: {place}{each.why}"
    for line in each.lines:
        yield f"    {line}"


def _shown(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _document(plan: Plan, folder: str, *, applied: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "applied": applied,
        "changes": [
            {
                "file": _shown(change.path, folder),
                "new": change.before is None,
                "what": list(change.what),
                "diff": format_diff(change, folder),
            }
            for change in plan.changes
        ],
        "by_hand": [
            {
                "file": _shown(each.path, folder) if each.path else "",
                "line": each.line,
                "why": each.why,
                "lines": list(each.lines),
            }
            for each in plan.by_hand
        ],
        "notes": list(plan.notes),
    }
