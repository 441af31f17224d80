"""What answers hold without their coding, as long as there is room: a few kilobytes can stand for
as many megabytes, and checks look at one file after the other.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

#: Bytes. All codings of one large file.
MOST_OF_SHELF: Final = 128 * 1024 * 1024

T = TypeVar("T", bound="Sized")


class Shelf(Generic[T]):
    """What was made lately, up to so many bytes; what had to go is made again."""

    def __init__(self, most: int = MOST_OF_SHELF) -> None:
        self._most = most
        self._held = 0
        self._lock = Lock()
        #: By the id of what it was made of, which is kept beside it so that the id stays its own.
        self._made: OrderedDict[int, tuple[object, T]] = OrderedDict()

    def get(self, of: object, make: Callable[[], T]) -> T:
        """What is made of an object."""
        with self._lock:
            known = self._made.get(id(of))
            if known is not None:
                self._made.move_to_end(id(of))
                return known[1]
        made = make()
        with self._lock:
            if id(of) not in self._made:
                self._made[id(of)] = of, made
                self._held += len(made)
            while self._held > self._most:
                _, (_, gone) = self._made.popitem(last=False)
                self._held -= len(gone)
        return made
