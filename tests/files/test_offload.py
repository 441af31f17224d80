"""Offloading: a thread under either event loop."""

import asyncio
import threading

import pytest
import trio

from hiss.files.offload import offload

RUN = {
    "asyncio": lambda function, *args: asyncio.run(function(*args)),
    "trio": lambda function, *args: trio.run(function, *args),
}


@pytest.mark.parametrize("backend", sorted(RUN))
def test_offload(backend):
    """A function runs in another thread, with its arguments, and its result comes back."""
    thread, total = RUN[backend](offload, lambda a, b: (threading.get_ident(), a + b), 1, 2)
    assert total == 3
    assert thread != threading.get_ident()


@pytest.mark.parametrize("backend", sorted(RUN))
def test_offload_raises_what_is_raised(backend):
    """An error in the thread is the caller's."""
    with pytest.raises(ZeroDivisionError):
        RUN[backend](offload, lambda: 1 // 0)
