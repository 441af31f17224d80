"""The history of a root: which release was put in force, when, and by what.

It tells how long ago a release stopped being in force, which is how long ago the last page was
rendered that names its files. A line for each switch:

    2026-11-20T10:00:00.000+00:00 5f2a0c9d1e7b3344 build
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.files.atomic import write_atomic
from hiss.files.release import HISTORY, is_release_id

if TYPE_CHECKING:
    from collections.abc import Iterable


#: How a deploy that failed put the former release back.
UNDO: Final = "undo"


class Event(NamedTuple):
    """A release was put in force."""

    at: datetime
    release: str
    #: The command that did it: `build`, `rollback`.
    how: str


def read_history(root: str, now: datetime | None = None) -> list[Event]:
    """The events of a root, oldest first; lines that say nothing are passed over, and what a clock
    that was ahead has put into the future is of `now`.
    """
    now = now or datetime.now(UTC)
    try:
        with open(os.path.join(root, HISTORY), encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    events = dict.fromkeys(event for line in lines if (event := _parse(line)))
    return sorted(
        (each._replace(at=min(each.at, now)) for each in events), key=lambda each: each.at
    )


def add_switch(root: str, release: str, how: str) -> None:
    """Write down that a release is put in force now, after all that is known."""
    now = datetime.now(UTC)
    _write(root, [*read_history(root, now), Event(now, release, how)])


def add_events(root: str, events: Iterable[Event], *, kept: Iterable[str] = ()) -> None:
    """Write events down, and forget those of releases that are not `kept` any more."""
    known, ids = [*read_history(root), *events], set(kept)
    _write(root, [each for each in known if not ids or each.release in ids])


def _write(root: str, events: Iterable[Event]) -> None:
    lines = [
        f"{each.at.isoformat(timespec='milliseconds')} {each.release} {each.how}\n"
        for each in sorted(dict.fromkeys(events), key=lambda each: each.at)
    ]
    write_atomic(os.path.join(root, HISTORY), "".join(lines).encode("utf-8"), durable=True)


def parse_time(text: str) -> datetime:
    """A moment as a manifest or a history says it; the beginning of time where it says none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parse(line: str) -> Event | None:
    words = line.split()
    if len(words) != 3 or not is_release_id(words[1]):
        return None
    moment = parse_time(words[0])
    return None if moment.year == 1 else Event(moment, words[1], words[2])
