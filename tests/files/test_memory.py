"""The memory for bodies: a budget, the oldest first to go."""

import threading

import pytest

from hiss.files.memory import DEFAULT_BUDGET, Memory


class Holder:
    """Something whose bytes may be kept."""

    def __init__(self):
        self.data = None


def test_default():
    """64 MiB, of which one body takes 4 at the most."""
    assert Memory().budget == DEFAULT_BUDGET == 64 * 2**20
    assert Memory().largest == 4 * 2**20


def test_the_oldest_go_first():
    """When the budget is spent the oldest go, as many as it takes."""
    memory = Memory(320)
    holders = [Holder() for _ in range(20)]
    for holder in holders:
        memory.keep(holder, bytes(20))
        assert memory.used <= 320
    assert [holder.data is None for holder in holders] == [True] * 4 + [False] * 16
    assert memory.used == 320


@pytest.mark.parametrize(("size", "kept"), [(0, True), (10, True), (11, False)])
def test_one_body_takes_a_share_at_the_most(size, kept):
    """What is too large is not kept, and drives nothing out."""
    memory = Memory(160)
    small, holder = Holder(), Holder()
    memory.keep(small, bytes(10))
    memory.keep(holder, bytes(size))
    assert (holder.data is not None) is kept
    assert small.data is not None


@pytest.mark.parametrize("budget", [0, 15])
def test_no_budget_keeps_nothing(budget):
    """With no room for a byte, only what has none is kept."""
    memory = Memory(budget)
    holder, empty = Holder(), Holder()
    memory.keep(holder, b"a")
    memory.keep(empty, b"")
    assert (holder.data, empty.data, memory.used) == (None, b"", 0)


def test_kept_twice_counts_once():
    """What is there already is neither replaced nor counted again."""
    memory = Memory()
    holder = Holder()
    memory.keep(holder, b"aa")
    memory.keep(holder, b"bb")
    assert (holder.data, memory.used) == (b"aa", 2)


def test_an_evicted_body_may_come_back():
    """What was driven out is kept again when it is read again."""
    memory = Memory(160)
    first = Holder()
    memory.keep(first, bytes(10))
    for _ in range(16):
        memory.keep(Holder(), bytes(10))
    assert first.data is None
    memory.keep(first, bytes(10))
    assert first.data == bytes(10)
    assert memory.used == 160


def test_threads_do_not_lose_count():
    """Kept from many threads at once, the sum stays what is kept."""
    memory = Memory(16_000)
    holders = [Holder() for _ in range(4000)]

    def keep(part):
        for holder in part:
            memory.keep(holder, bytes(7))

    threads = [threading.Thread(target=keep, args=(holders[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = sum(len(holder.data) for holder in holders if holder.data is not None)
    assert kept == memory.used <= 16_000
    assert kept > 15_900
