"""What stops a deploy: Ctrl-C, a `kill`, a terminal that is closed. Never the way back."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")


class Stop:
    """Raises `KeyboardInterrupt` for the first signal, while it is armed."""

    def __init__(self) -> None:
        self.is_armed = True

    def disarm(self) -> None:
        """From now on a signal changes nothing."""
        self.is_armed = False

    def __call__(self, number: int, _frame: object) -> None:
        if self.is_armed:
            self.is_armed = False
            raise KeyboardInterrupt(signal.Signals(number).name)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Have signals go to a `Stop`, within the block; but for those that are ignored, as under
    `nohup`, and outside the main thread, which alone can do that.
    """
    stop = Stop()
    former = {}
    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                former[number] = signal.signal(number, stop)
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
