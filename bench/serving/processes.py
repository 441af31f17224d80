"""Starts servers on loopback, pinned to a core of their own, and ends them, whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serving.subjects import Subject

Address = tuple[str, int]

_BENCH: Final = Path(__file__).resolve().parents[1]
_MODULES: Final = Path("/usr/lib/nginx/modules")
_BROTLI: Final = _MODULES / "ngx_http_brotli_static_module.so"
_START_SECONDS: Final = 240.0

_cores: Final = sorted(os.sched_getaffinity(0))
#: The cores of the servers and of what asks them: two where there are two.
SERVER_CORE: Final = _cores[0]
CLIENT_CORE: Final = _cores[-1]


class DidNotStartError(Exception):
    """A server ended before it answered; says what it wrote."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    address: Address
    process: subprocess.Popen[bytes]
    #: Seconds from its start to where it was ready.
    took: float

    def workers(self) -> list[int]:
        """The processes that it started, or itself where there are none."""
        of = self.process.pid
        text = Path(f"/proc/{of}/task/{of}/children").read_text()
        return [int(each) for each in text.split()] or [of]

    def cpu(self) -> float:
        """Seconds that it has computed so far, all its processes and threads together."""
        total = 0
        for process in {self.process.pid, *self.workers()}:
            for thread in Path(f"/proc/{process}/task").iterdir():
                # A thread may end while we look.
                with suppress(OSError):
                    total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e9


def find_nginx() -> str | None:
    """Where nginx is, with the module it needs; Debian keeps it out of some people's path."""
    where = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return shutil.which("nginx", path=where) if _BROTLI.exists() else None


def pin(command: Sequence[str], core: int) -> list[str]:
    """The command, held to a core."""
    return ["taskset", "--cpu-list", str(core), *command]


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """What our processes find in theirs."""
    paths = os.pathsep.join(str(each) for each in (_BENCH, _BENCH.parent / "src"))
    return {**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": "ignore", **more}


@dataclass(frozen=True)
class Yard:
    """Where servers run: their folder of files, and one for what they write."""

    root: Path
    folder: Path

    @contextmanager
    def run(
        self,
        subject: Subject,
        *,
        root: Path | None = None,
        workers: int = 1,
        more: str = "",
        is_ready: Callable[[Address], bool] | None = None,
    ) -> Iterator[Server]:
        """A server; yields it once it is ready: it takes connections, or what `is_ready` says.

        Raises:
            DidNotStartError: It does not.
        """
        port = _free_port()
        place = self.folder / f"{subject.key}-{port}"
        place.mkdir()
        root = root or self.root
        if subject.mode:
            command = [sys.executable, "-m", *subject.command(port, workers, more)]
        else:
            command = self._nginx(place, root, port)
        fill = {
            "SERVING_ANSWERS": str(self.folder),
            "SERVING_APP": subject.app,
            "SERVING_MODE": subject.mode,
            "SERVING_ROOT": str(root),
        }
        log = place / "log"
        address = "127.0.0.1", port
        began = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                pin(command, SERVER_CORE),
                env=environment(fill),
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A group of its own, so that it ends with all that it started.
                start_new_session=True,
            )
            try:
                _wait(process, address, log, is_ready or _takes_connections)
                yield Server(address, process, time.perf_counter() - began)
            finally:
                _stop(process)

    @contextmanager
    def run_all(self, subjects: Sequence[Subject]) -> Iterator[dict[str, Server]]:
        """Servers side by side, by the subjects' keys."""
        with ExitStack() as stack:
            yield {each.key: stack.enter_context(self.run(each)) for each in subjects}

    def _nginx(self, place: Path, root: Path, port: int) -> list[str]:
        program = find_nginx()
        assert program
        text = (_BENCH / "serving" / "nginx.conf").read_text(encoding="utf-8")
        filled = {"MODULES": _MODULES, "PREFIX": place, "PORT": port, "ROOT": root}
        for name, value in filled.items():
            text = text.replace(f"@{name}@", str(value))
        (place / "nginx.conf").write_text(text, encoding="utf-8")
        return [program, "-p", str(place), "-e", "stderr", "-c", str(place / "nginx.conf")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _takes_connections(address: Address) -> bool:
    try:
        with socket.create_connection(address, 1):
            return True
    except OSError:
        return False


def _wait(
    process: subprocess.Popen[bytes],
    address: Address,
    log: Path,
    is_ready: Callable[[Address], bool],
) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if is_ready(address):
            return
        time.sleep(0.005)
    raise DidNotStartError(log.read_text(errors="replace")[-2000:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Its whole group at once: none has anything to finish."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
