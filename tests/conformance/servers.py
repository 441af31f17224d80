"""Starts real servers on loopback, and stops them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.ports import free_port

from .cases import Request
from .client import ask

_WSGI: Final = "conformance.served:wsgi"
_ASGI: Final = "conformance.served:asgi"

#: Name to the command, after `python -m`; `{port}` is filled in.
SERVERS: Final = {
    "gunicorn-sync": f"gunicorn --bind 127.0.0.1:{{port}} --worker-class sync {_WSGI}",
    "gunicorn-gthread": (
        f"gunicorn --bind 127.0.0.1:{{port}} --worker-class gthread --threads 4 {_WSGI}"
    ),
    "gunicorn-lane": (
        "gunicorn --bind 127.0.0.1:{port} --threads 4 "
        f"--worker-class hiss.servers.gunicorn.StaticThreadWorker {_WSGI}"
    ),
    "gunicorn-asgi": f"gunicorn --bind 127.0.0.1:{{port}} --worker-class asgi {_ASGI}",
    "uvicorn-h11": f"uvicorn --host 127.0.0.1 --port {{port}} --http h11 {_ASGI}",
    "uvicorn-httptools": f"uvicorn --host 127.0.0.1 --port {{port}} --http httptools {_ASGI}",
    "uvicorn-lane": (
        "uvicorn --host 127.0.0.1 --port {port} --http hiss.servers.uvicorn:StaticProtocol "
        f"{_ASGI}"
    ),
    "granian-wsgi": f"granian --host 127.0.0.1 --port {{port}} --interface wsgi {_WSGI}",
    "granian-asgi": f"granian --host 127.0.0.1 --port {{port}} --interface asgi {_ASGI}",
    "hypercorn": f"hypercorn --bind 127.0.0.1:{{port}} {_ASGI}",
    "daphne": f"daphne --bind 127.0.0.1 --port {{port}} {_ASGI}",
    "waitress": f"waitress --listen 127.0.0.1:{{port}} {_WSGI}",
}

_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 5.0


@contextmanager
def running(name: str, root: Path, log: Path) -> Iterator[tuple[str, int]]:
    """A server for the tree at `root`, its output in `log`; yields its address."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", *SERVERS[name].format(port=port).split()]
    environment = {
        # Coverage, where it is measured, is measured in process.
        **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        "CONFORMANCE_ROOT": str(root),
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=log.parent, stdout=output, stderr=output
        )
        try:
            _wait(process, ("127.0.0.1", port), log)
            yield "127.0.0.1", port
        finally:
            _stop(process)


def _wait(process: subprocess.Popen[bytes], address: tuple[str, int], log: Path) -> None:
    """Until the application behind answers."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ask(address, Request(target="/ready")).field("x-app") == "yes":
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
