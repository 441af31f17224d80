"""Clients that ask from a core of their own, as fast as they can or at a steady rate."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from serving.processes import CLIENT_CORE, Address, environment, pin

_LUA: Final = Path(__file__).with_name("browser.lua")
_TIMEOUT: Final = "30s"


@dataclass(frozen=True)
class Load:
    """What wrk counted."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class FailedLoadError(Exception):
    """Requests were refused or broke off, so that the figure says nothing."""


def wrk_command(
    address: Address,
    target: str,
    fields: dict[str, str],
    connections: int,
    seconds: int,
    *,
    sections: int = 1,
) -> list[str]:
    """wrk with a browser's request, or with `sections` that differ in their header sections."""
    host, port = address
    words = [str(sections), *(word for pair in fields.items() for word in pair)]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", _TIMEOUT]
    return pin(
        [*command, "-s", str(_LUA), f"http://{host}:{port}{target}", "--", *words], CLIENT_CORE
    )


def read_wrk(output: str) -> dict[str, Any]:
    """What wrk measured."""
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def wrk(
    address: Address,
    target: str,
    fields: dict[str, str],
    connections: int,
    seconds: int,
    *,
    sections: int = 1,
    refusals: bool = False,
) -> Load:
    """Ask as fast as answers come; `refusals`: whether each is to be answered with a 4xx.

    Raises:
        FailedLoadError: It was otherwise, or connections broke off.
    """
    command = wrk_command(address, target, fields, connections, seconds, sections=sections)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = read_wrk(done.stdout)
    wanted = found["requests"] if refusals else 0
    if found["refused"] != wanted or found["failed"] or not found["requests"]:
        raise FailedLoadError(
            f"of {found['requests']} requests for {target}, {found['refused']} had an error for an "
            f"answer and {found['failed']} broke off"
        )
    return Load(found["requests"], found["microseconds"] / 1e6)


def drain(address: Address, target: str, connections: int, seconds: float) -> float:
    """Bytes of bodies per second."""
    return float(_client("sink", address, target, connections, seconds)["rate"])


def visit(address: Address, target: str, rate: int, seconds: float) -> dict[str, float]:
    """Milliseconds to the answer, the 50th and 99th of a hundred, at a steady rate."""
    return _client("visitor", address, target, rate, seconds)


def _client(name: str, address: Address, target: str, *numbers: float) -> dict[str, float]:
    words = [*address, target, *numbers]
    command = [sys.executable, "-m", f"serving.{name}", *(str(word) for word in words)]
    done = subprocess.run(
        pin(command, CLIENT_CORE),
        capture_output=True,
        text=True,
        env=environment({}),
        check=False,
    )
    if done.returncode:
        raise FailedLoadError(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout)
    return found
