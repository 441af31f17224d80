"""What is kept of what was made."""

from __future__ import annotations

from hiss.verify.shelf import Shelf


def test_what_was_used_lately_is_kept():
    """What is more than there is room for goes, the longest unused first, and is made again."""
    shelf, made = Shelf(20), []
    things = [object() for _ in range(3)]

    def make(number):
        made.append(number)
        return bytes(10)

    for number in (0, 1, 0, 2, 0, 1):
        assert shelf.get(things[number], lambda number=number: make(number)) == bytes(10)
    assert made == [0, 1, 2, 1]


def test_what_is_too_large_is_not_kept():
    """It is given all the same."""
    shelf, thing = Shelf(20), object()
    assert [len(shelf.get(thing, lambda: bytes(30))) for _ in range(2)] == [30, 30]
