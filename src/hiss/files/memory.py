"""Bodies kept in memory, within a budget of bytes."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final, Protocol

#: 64 MiB a process.
DEFAULT_BUDGET: Final = 64 * 1024 * 1024

# One body may take a sixteenth of the budget (4 MiB of the default): what is larger is read as it
# is sent, and a site's many small files are not driven out by one large one.
_LARGEST_SHARE: Final = 16


class Keepable(Protocol):
    """Something whose bytes may be in memory or not."""

    data: bytes | None


class Memory:
    """Keeps the bytes of sources, and lets the oldest go when the budget is spent.

    In the order they came, not of their last use: counting uses would cost each request, and the
    working set of a site's static files fits the budget or does not.
    """

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        self.budget = budget
        self.largest = budget // _LARGEST_SHARE
        self.used = 0
        self._kept: deque[tuple[Keepable, int]] = deque()
        self._lock = Lock()

    def keep(self, source: Keepable, data: bytes) -> None:
        """Keep `data` as the bytes of `source`, if they are not too many."""
        size = len(data)
        if size > self.largest:
            return
        if not size:
            # Nothing to count, and nothing to let go.
            source.data = data
            return
        with self._lock:
            if source.data is not None:
                return
            source.data = data
            self._kept.append((source, size))
            self.used += size
            while self.used > self.budget:
                oldest, freed = self._kept.popleft()
                oldest.data = None
                self.used -= freed
