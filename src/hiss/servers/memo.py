"""What is made of bytes that come again and again, kept within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")

#: Values that are kept; then all are forgotten, which costs less than to know the oldest.
ENTRIES: Final = 512
#: Bytes that a value may be kept of.
LONGEST: Final = 2048
_MET: Final = 4096


class Memo(Generic[Value]):
    """Makes values of bytes, and keeps those of bytes that came before.

    What comes once, as from a client with a cookie of its own, is not worth its memory, nor the
    garbage collector's time. The network chooses what is kept: it is bounded in number and length.
    """

    def __init__(self, make: Callable[[bytes], Value | None]) -> None:
        """`make`: the value of some bytes; `None`: there is none."""
        self._make = make
        #: The hashes of what came.
        self._met: set[int] = set()
        #: What is kept, by what it was made of.
        self.kept: dict[bytes, Value] = {}

    def get(self, key: bytes) -> Value | None:
        """The value of these bytes."""
        value = self.kept.get(key)
        if value is None:
            value = self._make(key)
            if value is not None and len(key) <= LONGEST:
                self._meet(key, value)
        return value

    def _meet(self, key: bytes, value: Value) -> None:
        met = hash(key)
        if met in self._met:
            if len(self.kept) >= ENTRIES:
                self.kept.clear()
            self.kept[key] = value
        else:
            if len(self._met) >= _MET:
                self._met.clear()
            self._met.add(met)
