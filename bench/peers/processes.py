"""Starts subjects and servers on loopback, each on a port of its own, and stops them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from conformance.cases import Request
from conformance.client import ask

Address = tuple[str, int]

_BENCH: Final = Path(__file__).parent.parent
_TESTS: Final = _BENCH.parent / "tests"
_SOURCE: Final = _BENCH.parent / "src"
_MODULES: Final = Path("/usr/lib/nginx/modules")
_BROTLI: Final = _MODULES / "ngx_http_brotli_static_module.so"
_START_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 5.0


class DidNotStartError(Exception):
    """A subject ended before it answered; says what it wrote."""


def find_nginx() -> str | None:
    """Where nginx is, with the module it needs; Debian keeps it out of some people's path."""
    where = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return shutil.which("nginx", path=where) if _BROTLI.exists() else None


def version(package: str) -> str | None:
    """The version of a distribution, of `nginx` or of `python`; `None`: it is not installed."""
    match package:
        case "hiss":
            return _own_version()
        case "python":
            return platform.python_version()
        case "nginx":
            program = find_nginx()
            if program is None:
                return None
            done = subprocess.run([program, "-v"], capture_output=True, text=True, check=True)
            found = re.search(r"nginx/(\S+)", done.stderr)
            return found[1] if found else None
        case _:
            try:
                return importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                return None


def _own_version() -> str:
    text = (_BENCH.parent / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'(?m)^version = "(.+)"', text)
    assert found
    return found[1]


@contextmanager
def running(
    arguments: str, environment: Mapping[str, str], log: Path, fill: Mapping[str, str]
) -> Iterator[Address]:
    """A process of `python -m arguments`; yields its address once it answers.

    Raises:
        DidNotStartError: It does not.
    """
    port = _free_port()
    words = arguments.format(port=port, **fill).split()
    with _process([sys.executable, "-W", "ignore", "-m", *words], environment, log, port) as found:
        yield found


@contextmanager
def running_nginx(root: Path, folder: Path) -> Iterator[Address]:
    """An nginx with its prefix in `folder`; yields its address once it answers.

    Raises:
        DidNotStartError: It does not.
    """
    program = find_nginx()
    assert program
    port = _free_port()
    text = (Path(__file__).parent / "nginx.conf").read_text(encoding="utf-8")
    filled = {"MODULES": _MODULES, "PREFIX": folder, "PORT": port, "ROOT": root}
    for name, value in filled.items():
        text = text.replace(f"@{name}@", str(value))
    configuration = folder / "nginx.conf"
    configuration.write_text(text, encoding="utf-8")
    command = [program, "-p", str(folder), "-e", "stderr", "-c", str(configuration)]
    with _process(command, {}, folder / "log", port) as found:
        yield found


@contextmanager
def _process(
    command: list[str], environment: Mapping[str, str], log: Path, port: int
) -> Iterator[Address]:
    paths = os.pathsep.join(str(each) for each in (_TESTS, _BENCH, _SOURCE))
    every = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=every, cwd=log.parent, stdout=output, stderr=output)
        try:
            _wait(process, ("127.0.0.1", port), log)
            yield "127.0.0.1", port
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], address: Address, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ask(address, Request(target="/ready")).status:
            return
        time.sleep(0.05)
    raise DidNotStartError(log.read_text(errors="replace")[-2000:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
