"""Running a project's own command, so that nothing it leaves running holds us up."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hiss.release.deploy.plan import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

_INTERVAL: Final = 0.05
# The shell waits until it is told to go on, which is when its process was noted: if we are killed
# before, it reads the end of the file and ends, and so nothing runs that nobody knows of.
_GATE: Final = "read -r _ || exit 0\nexec </dev/null\n"
# After it is asked to end, before it is made to.
_GRACE: Final = 3.0
_LINES: Final = 20
# The last lines are looked for in so many bytes.
_TAIL: Final = 8_000


def run_command(
    command: str,
    *,
    folder: str,
    environment: Mapping[str, str],
    timeout: float,
    output: Callable[[bytes], None],
    note: Callable[[int | None], None],
) -> None:
    """Run a command in a shell, and wait until it ends well; what it says goes to `output`.

    It writes to a file and not to a pipe: a daemon that it starts would keep a pipe open, and
    whoever reads would wait for it. It has a session of its own, so that Ctrl-C in a terminal
    reaches only us, who know what to do about it. `note` is told its process while there is one.

    Raises:
        StepFailedError: It ended badly, or not in time.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S602 - the project's own command, as it wrote it
            _GATE + command,
            shell=True,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        shown = 0
        deadline = time.monotonic() + timeout
        try:
            note(process.pid)
            _open(process)
            while process.poll() is None and time.monotonic() < deadline:
                shown = _show(said, shown, output)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_INTERVAL)
            code = process.poll()
            if code is None:
                _end(process)
        except BaseException:
            _end(process)
            raise
        finally:
            note(None)
            _show(said, shown, output)
        if code is None:
            raise StepFailedError(
                f"`{command}` was still running after {timeout:g} s{_tail(said)}",
                "It must return: a server goes on in the background, with its output elsewhere. "
                "If it only takes long, raise command_timeout.",
            )
        if code:
            how = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
            raise StepFailedError(f"`{command}` {how}{_tail(said)}")


def _open(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as gate:
        gate.write(b"\n")


def _show(said: BinaryIO, shown: int, output: Callable[[bytes], None]) -> int:
    # Not seek(): the place in the file is the command's own, too.
    size = os.fstat(said.fileno()).st_size
    while shown < size and (data := os.pread(said.fileno(), 65536, shown)):
        output(data)
        shown += len(data)
    return shown


def _tail(said: BinaryIO) -> str:
    """What it said last, indented."""
    size = os.fstat(said.fileno()).st_size
    data = os.pread(said.fileno(), _TAIL, max(size - _TAIL, 0))
    lines = data.decode("utf-8", "replace").splitlines()[-_LINES:]
    return "".join(f"\n    {line}" for line in lines)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command, and what it has started in its session."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], which: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, which)
