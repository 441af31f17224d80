"""The file that pins code to a release: written at the switch, and put back on the way back."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from hiss.files.atomic import write_atomic

if TYPE_CHECKING:
    from hiss.release.deploy.journal import Journal


def note_pin(journal: Journal, release_file: str) -> Journal:
    """The journal, knowing what the file says now. What it said before a deploy that was killed,
    the journal knows already.

    Raises:
        OSError: The file cannot be read; or one that another path led to cannot be put back.
    """
    path = os.path.realpath(release_file) if release_file else ""
    if path == journal.pin_file:
        return journal
    # The code has another folder than that of the deploy that was killed.
    put_back_pin(journal)
    if not path:
        return replace(journal, pin_file="", had_pin=False, former_pin="")
    said = _read(path)
    return replace(journal, pin_file=path, had_pin=said is not None, former_pin=said or "")


def put_back_pin(journal: Journal) -> None:
    """Have the file say what it said before the deploy, or be gone as it was.

    Raises:
        OSError: It cannot be written, or removed.
    """
    path = journal.pin_file
    if not path:
        return
    if not journal.had_pin:
        with suppress(FileNotFoundError):
            os.unlink(path)
    elif _read(path) != journal.former_pin:
        data = journal.former_pin.encode("utf-8", "surrogateescape")
        write_atomic(path, data, durable=True)


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
