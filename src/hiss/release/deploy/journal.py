"""What a deploy leaves for the next, should it be killed: a journal of where it is, and a lock.

The lock is let go by the system when its holder dies. A command that the holder had begun may
live on; the lock's file says which.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from hiss.errors import ManifestError
from hiss.files.atomic import write_atomic
from hiss.files.release import FOLDER
from hiss.release.deploy.plan import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

JOURNAL: Final = f"{FOLDER}/deploy.json"
LOCK: Final = f"{FOLDER}/deploy.lock"

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Where a deploy is."""

    #: The release to go back to; empty where there is none.
    before: str
    #: The release that comes; empty until it is built.
    release: str = ""
    #: The name of the step that was begun last.
    step: str = ""
    #: Whether a switch was begun.
    switched: bool = False
    #: Whether a restart was begun: the process that answers may be a new one.
    restarted: bool = False
    #: When the deploy began, as RFC 3339 has it.
    started: str = ""
    #: The file that pins the code to a release, as the disk has it: whatever link led there may
    #: lead elsewhere by the time of the way back. Empty until it was looked at.
    pin_file: str = ""
    #: Whether it was there, and what it said.
    had_pin: bool = False
    former_pin: str = ""


def read_journal(root: str) -> Journal | None:
    """The journal of a deploy that was killed, or is at work; `None` where there is none.

    Raises:
        ManifestError: It is there and cannot be read.
    """
    path = os.path.join(root, JOURNAL)
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        return _parse(document)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestError(
            f"{path}, the journal of a deploy, cannot be read: {error}",
            "See with `hiss release list` which release is in force, then remove the file.",
        ) from error


def _parse(document: dict[str, Any]) -> Journal:
    version = document.pop("version")
    if version != _VERSION:
        raise ValueError(f"it is of version {version!r}")
    journal = Journal(**document)
    for each in fields(Journal):
        value = getattr(journal, each.name)
        if not isinstance(value, bool if each.default is False else str):
            raise TypeError(f"{each.name} is {value!r}")
    return journal


def write_journal(root: str, journal: Journal) -> None:
    """Write down where a deploy is, before it goes there."""
    document = {"version": _VERSION, **asdict(journal)}
    data = json.dumps(document, indent=1).encode("ascii") + b"\n"
    write_atomic(os.path.join(root, JOURNAL), data, durable=True)


def remove_journal(root: str) -> None:
    """The deploy is over: nothing is left to do."""
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(root, JOURNAL))


def needed_releases(root: str) -> frozenset[str]:
    """The ids of the releases that a deploy, at work or killed, may still put in force: no prune
    may let them go. Of a journal that cannot be read, none are known.
    """
    try:
        journal = read_journal(root)
    except ManifestError:
        return frozenset()
    return frozenset({journal.before, journal.release} - {""}) if journal else frozenset()


class Hold:
    """The lock of a deploy, held."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        words = file.read().decode("ascii", "replace").split()
        #: The command that a killed deploy had begun, as its process's id and when that began.
        self._left = (int(words[0]), words[1]) if len(words) == 2 and words[0].isdigit() else None

    def left_behind(self) -> int | None:
        """The process of a killed deploy's command, if it is still running."""
        if self._left is None or _began(self._left[0]) != self._left[1]:
            return None
        return self._left[0]

    def note(self, process: int | None) -> None:
        """Write down the process of the command that runs now; `None`: there is none."""
        text = "" if process is None else f"{process} {_began(process)}\n"
        # On a full disk, too, a deploy must find its way back.
        with suppress(OSError):
            self._file.seek(0)
            self._file.truncate()
            self._file.write(text.encode("ascii"))
            self._file.flush()


@contextmanager
def only_deploy(root: str) -> Iterator[Hold]:
    """Hold the lock of deploys into `root`.

    Raises:
        StepFailedError: Another deploy is at work.
    """
    path = os.path.join(root, LOCK)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with open(descriptor, "r+b") as file:
        if not _lock(descriptor):
            raise StepFailedError(
                f"another deploy into {root} is at work", "Wait until it is over, or stop it."
            )
        yield Hold(file)


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # The file system knows no locks.
        return True
    return True


def _began(process: int) -> str:
    """When a process began, so that another with its id is not taken for it; empty: it is over."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            # The name, in brackets, may hold anything. After it: the state, and at 22 the time.
            words = file.read().rpartition(")")[2].split()
        return "" if words[0] in {"Z", "X"} else words[19]
    except (OSError, IndexError):
        pass
    if os.path.exists("/proc/self/stat"):
        return ""
    try:
        os.kill(process, 0)
    except OSError:
        return ""
    return "running"
