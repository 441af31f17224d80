"""Progress on a terminal: a bar where a person watches, a line for each stage where not."""

from __future__ import annotations

import os
import shutil
import sys
import time
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TextIO

# Often enough to look alive, seldom enough to cost nothing.
_INTERVAL: Final = 0.1
_BAR: Final = 24


def is_watched(stream: TextIO) -> bool:
    """Whether a person is likely to look at what `stream` shows."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and "CI" not in os.environ


def format_size(size: float) -> str:
    """A number of bytes, for people."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


class TerminalProgress:
    """Shows how far a build is."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_watched = is_watched(self._stream)
        self._lock = Lock()
        self._stage = ""
        self._files = self._size = self._done_files = self._done_size = 0
        self._started = self._shown = 0.0

    def begin(self, stage: str, files: int, size: int) -> None:
        """A stage begins."""
        self._stage, self._files, self._size = stage, files, size
        self._done_files = self._done_size = 0
        self._started = time.monotonic()
        self._shown = 0.0

    def advance(self, size: int, what: str = "") -> None:
        """One file, of so many bytes, is done."""
        with self._lock:
            self._done_files += 1
            self._done_size += size
            now = time.monotonic()
            if self._is_watched and now - self._shown >= _INTERVAL:
                self._shown = now
                self._draw(now, what)

    def end(self) -> None:
        """The stage is over: one line says what it was."""
        took = time.monotonic() - self._started
        size = f", {format_size(self._done_size)}" if self._done_size else ""
        count = f"{self._done_files} file{'' if self._done_files == 1 else 's'}"
        clear = "\r\x1b[2K" if self._is_watched else ""
        print(f"{clear}{self._stage}: {count}{size}, {took:.1f} s", file=self._stream, flush=True)

    def _draw(self, now: float, what: str) -> None:
        share = self._share()
        filled = int(share * _BAR)
        left = (now - self._started) * (1 - share) / share if share else 0.0
        parts = [
            f"{self._stage} {'█' * filled}{'░' * (_BAR - filled)} {share:4.0%}",
            f"{self._done_files}/{self._files} files",
            format_size(self._done_size),
            what,
            f"{left:.0f} s left" if share else "",
        ]
        line = " · ".join(part for part in parts if part)
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r\x1b[2K{line[:width]}")
        self._stream.flush()

    def _share(self) -> float:
        """How much is done, from 0 to 1; by bytes where they are known."""
        if self._size:
            return min(self._done_size / self._size, 1.0)
        return self._done_files / self._files if self._files else 1.0
