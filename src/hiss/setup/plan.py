"""What is to be done to a project: files to change, and what is left to a person."""

from __future__ import annotations

import difflib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hiss.errors import ConfigurationError
from hiss.files.atomic import write_atomic
from hiss.setup.text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Change:
    """A file, as it is and as it shall be."""

    path: str
    #: `None` where there is none yet.
    before: bytes | None
    after: bytes
    #: What is done to it, for a person.
    what: tuple[str, ...]
    #: Whether it is a program.
    runs: bool = False


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person must do, and why Hiss does not."""

    #: The file; empty where no file is meant.
    path: str
    #: From 1; 0 where no line is meant.
    line: int
    why: str
    #: What to write there.
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes, what is left to a person, and what is good to know."""

    changes: tuple[Change, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __add__(self, other: Plan) -> Plan:
        return Plan(
            self.changes + other.changes,
            self.by_hand + tuple(each for each in other.by_hand if each not in self.by_hand),
            self.notes + tuple(each for each in other.notes if each not in self.notes),
        )


def combine(plans: Iterable[Plan]) -> Plan:
    """One plan of several."""
    return sum(plans, Plan())


def without_links_out(plan: Plan, folder: str) -> Plan:
    """The plan without what a link would write outside of the project: that is left to a person."""
    kept, by_hand = [], []
    for change in plan.changes:
        target = os.path.realpath(change.path)
        if _is_inside(target, change.path, folder):
            kept.append(change)
            continue
        why = (
            f"it leads out of the project, to {target}, where nothing is written: "
            f"{'; '.join(change.what)}"
        )
        lines = format_diff(change, folder).splitlines()[2:]
        added = tuple(line[1:] for line in lines if line.startswith("+"))
        by_hand.append(ByHand(change.path, 0, why, added))
    return replace(plan, changes=tuple(kept)) + Plan(by_hand=tuple(by_hand))


def _is_inside(target: str, path: str, folder: str) -> bool:
    """Whether a file is in the project; .gitignore may be in a folder above, and is in that one."""
    above = os.path.dirname(path)
    if os.path.commonpath([above, folder]) == above:
        folder = above
    place = os.path.realpath(folder)
    return os.path.commonpath([place, target]) == place


def lines_after(plan: Plan) -> Plan:
    """What is left to a person, with its lines in the files as they are once it is applied."""
    changes = {change.path: change for change in plan.changes if change.before is not None}
    by_hand = (
        replace(each, line=_line_after(changes[each.path], each.line))
        if each.path in changes and each.line
        else each
        for each in plan.by_hand
    )
    return replace(plan, by_hand=tuple(by_hand))


def _line_after(change: Change, line: int) -> int:
    matcher = difflib.SequenceMatcher(
        None, _lines(change.before or b""), _lines(change.after), autojunk=False
    )
    for block in matcher.get_matching_blocks():
        if block.a <= line - 1 < block.a + block.size:
            return line - block.a + block.b
    return line


def format_diff(change: Change, folder: str) -> str:
    """A change as a unified diff, with paths relative to `folder`."""
    name = os.path.relpath(change.path, folder).replace(os.sep, "/")
    before = b"" if change.before is None else change.before
    lines = difflib.unified_diff(
        _lines(before),
        _lines(change.after),
        "/dev/null" if change.before is None else f"a/{name}",
        f"b/{name}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(data: bytes) -> list[str]:
    return read_text(data).raw.splitlines(keepends=True) if b"\r" not in data else _crlf(data)


def _crlf(data: bytes) -> list[str]:
    # Only a line feed ends a line of a diff.
    text = read_text(data)
    return [f"{line}\n" for line in text.raw.split("\n")[:-1]] + [
        line for line in text.raw.split("\n")[-1:] if line
    ]


def apply(plan: Plan) -> None:
    """Write the changes, each in one step; if one cannot be written, none stays.

    Raises:
        ConfigurationError: A file is not what it was when the plan was made.
        OSError: A file cannot be written.
    """
    for change in plan.changes:
        if _read(change.path) != change.before:
            raise ConfigurationError(
                f"{change.path} has changed since the plan was made", "Run the command again."
            )
    done: list[Change] = []
    try:
        for change in plan.changes:
            done.append(change)
            _write(change, change.after)
    except BaseException:
        for change in reversed(done):
            with suppress(OSError):
                _put_back(change)
        raise


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _write(change: Change, data: bytes) -> None:
    # A link within the project stays a link, and a program one.
    path = os.path.realpath(change.path)
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else None
    write_atomic(path, data, durable=True)
    if mode is None and change.runs:
        mode = stat.S_IMODE(os.stat(path).st_mode) | 0o111
    if mode is not None:
        os.chmod(path, mode)


def _put_back(change: Change) -> None:
    if change.before is not None:
        _write(change, change.before)
    else:
        os.unlink(change.path)
