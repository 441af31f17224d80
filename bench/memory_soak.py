"""Whether the lanes leak: millions of requests, and clients that vanish in the midst of theirs.

    python bench/memory_soak.py [--requests N] [--lane uvicorn|gunicorn…] [--stages N] [--write]

For each lane: one worker, wrk as fast as it can, and beside it clients that send half a request,
or hang up before, within or right after a body, some of them with a reset. After each stage, when
all have gone, it notes the handles, threads, asyncio tasks, objects and memory of the worker. 1,
where one of them is higher in the last third than it was in the first. `--write` puts that into
docs/bench-soak.md. On request, not in CI: ten million requests take some minutes for each lane.
Linux only; wants wrk.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_BENCH: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(_BENCH), str(_BENCH.parent / "src")]

from serving.cases import BROWSER
from serving.check import ask
from serving.load import read_wrk, wrk_command
from serving.processes import Address, Server, Yard
from serving.site import Site, make_site
from serving.subjects import SUBJECTS

_CONNECTIONS: Final = 64
_VANISHERS: Final = 4
#: wrk counts time, not requests: it runs for so long at a time.
_SECONDS: Final = 5
_QUIET_SECONDS: Final = 60.0
_RESET: Final = struct.pack("ii", 1, 0)

#: By how much the last third may exceed the first: what allocators and clocks do by themselves.
#: 6 MiB are less than a byte a request, of ten million.
_ALLOWED: Final = {"handles": 2, "threads": 1, "tasks": 1, "objects": 500, "MiB": 6.0}

_PAGE: Final = _BENCH.parent / "docs" / "bench-soak.md"
_INTRO: Final = """\
# Millions of requests, and clients that vanish

`python bench/memory_soak.py --write`: one worker with a lane, `wrk` on 64 connections as fast as it
can, and beside it clients that send half a request, or hang up before, within or right after a
body, some of them with a reset. After each stage, when all have gone: what the worker holds. The
last third of the stages must hold no more than the first."""
_HEAD: Final = f"""\
| requests | vanished | minutes | handles | threads | tasks | objects | MiB |
|{"--:|" * 8}"""


@dataclass(frozen=True)
class Sample:
    """A worker at rest."""

    requests: int
    vanished: int
    minutes: float
    figures: dict[str, float]


class Vanishers:
    """Clients that hang up at the wrong moment, again and again, on threads of their own."""

    def __init__(self, address: Address, site: Site) -> None:
        self._address = address
        fields = {"Host": "127.0.0.1", **BROWSER}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        small, middle, large = (
            f"GET {site.files[size].url} HTTP/1.1\r\n{lines}\r\n".encode()
            for size in ("4 KB", "1 MB", "100 MB")
        )
        #: What is sent, and how much of the answer is read before the client has gone.
        self._acts = (
            (small[: len(small) // 2], 0),
            (small[:5], 0),
            (small, 0),
            (small, 1),
            (small + small[:40], 1),
            (small * 20, 100),
            (middle, 1),
            (middle + middle, 70_000),
            (large, 1),
            (large, 300_000),
        )
        self._is_over = threading.Event()
        self._counts = [0] * _VANISHERS
        self._threads = [
            threading.Thread(target=self._vanish, args=(number,)) for number in range(_VANISHERS)
        ]

    def __enter__(self) -> Vanishers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self._counts)

    def _vanish(self, number: int) -> None:
        acts = itertools.cycle(itertools.product(self._acts, (False, True)))
        for (words, amount), is_reset in acts:
            if self._is_over.is_set():
                return
            try:
                with socket.create_connection(self._address, 10) as client:
                    if is_reset:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    client.sendall(words)
                    while amount > 0 and (piece := client.recv(min(amount, 65536))):
                        amount -= len(piece)
            except OSError:
                # Under so much load some are not let in at all.
                continue
            self._counts[number] += 1


def soak(yard: Yard, site: Site, lane: str, requests: int, stages: int) -> list[Sample]:
    """What a lane's worker held after each stage."""
    subject = replace(SUBJECTS[f"{lane}-lane"], app="hiss-soak")
    samples: list[Sample] = []
    with yard.run(subject) as server:
        began = time.monotonic()
        done = vanished = 0
        for number in range(1, stages + 1):
            with Vanishers(server.address, site) as vanishers:
                while done < requests * number // stages:
                    done += _ask_many(server.address, site.files["4 KB"].url)
            vanished += vanishers.count
            minutes = (time.monotonic() - began) / 60
            samples.append(Sample(done, vanished, minutes, _look(server)))
            print(_row(samples[-1]), flush=True)
    return samples


def _ask_many(address: Address, url: str) -> int:
    command = wrk_command(address, url, {}, _CONNECTIONS, _SECONDS)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = read_wrk(done.stdout)
    assert found["requests"], "no request was answered"
    assert not found["refused"], found
    return int(found["requests"])


def _look(server: Server) -> dict[str, float]:
    """What the worker holds once it has seen that all have gone."""
    [worker] = server.workers()
    _wait(lambda: _connections(worker, server.address[1]) == 0)
    # Once more, so that what was let go in the meantime is gone.
    ask(server.address, "/", {})
    insides = json.loads(ask(server.address, "/", {}).body)
    _wait(lambda: _connections(worker, server.address[1]) == 0)
    status = Path(f"/proc/{worker}/status").read_text()
    words = dict(line.split(":", 1) for line in status.splitlines())
    return {
        "handles": len(os.listdir(f"/proc/{worker}/fd")),
        "threads": int(words["Threads"]),
        "tasks": insides["tasks"],
        "objects": insides["objects"],
        "MiB": int(words["VmRSS"].split()[0]) / 1024,
    }


def _connections(worker: int, port: int) -> int:
    """Sockets to clients that the process holds, of any state."""
    known = {
        fields[9]
        for line in Path(f"/proc/{worker}/net/tcp").read_text().splitlines()[1:]
        if int((fields := line.split())[1].rpartition(":")[2], 16) == port and fields[3] != "0A"
    }
    held = set()
    for name in os.listdir(f"/proc/{worker}/fd"):
        try:
            held.add(os.readlink(f"/proc/{worker}/fd/{name}"))
        except OSError:
            continue
    return len({f"socket:[{inode}]" for inode in known} & held)


def _wait(is_so: Callable[[], bool]) -> None:
    """Until it is so; who never lets go is found out by what it holds then."""
    deadline = time.monotonic() + _QUIET_SECONDS
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)


def find_growth(samples: Sequence[Sample]) -> list[str]:
    """What grew, in words."""
    third = max(len(samples) // 3, 1)
    # The first is of a worker that is still filling its memory of bodies.
    first, last = samples[1 : 1 + third], samples[-third:]
    grown = []
    for name, allowed in _ALLOWED.items():
        before, after = (
            statistics.median(each.figures[name] for each in part) for part in (first, last)
        )
        if after - before > allowed:
            grown.append(f"{name} grew from {before:,.1f} to {after:,.1f}")
    return grown


def _row(sample: Sample) -> str:
    found = sample.figures
    cells = (
        f"{sample.requests:,}",
        f"{sample.vanished:,}",
        f"{sample.minutes:.1f}",
        *(f"{found[name]:,.0f}" for name in ("handles", "threads", "tasks", "objects")),
        f"{found['MiB']:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Soak the lanes, print, and say what grew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lanes = [name for name in ("uvicorn", "gunicorn") if f"{name}-lane" in SUBJECTS]
    parser.add_argument("--requests", type=int, default=10_000_000, help="for each lane")
    parser.add_argument("--lane", nargs="+", choices=lanes, default=lanes)
    parser.add_argument("--stages", type=int, default=12)
    parser.add_argument("--write", action="store_true", help="write the page into docs")
    options = parser.parse_args()
    # So that a `kill` ends the servers, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    grown: list[str] = []
    tables: list[str] = []
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        site = make_site(folder)
        for lane in options.lane:
            print(f"\n{lane}'s lane\n\n{_HEAD}")
            yard = Yard(site.root, folder)
            samples = soak(yard, site, lane, options.requests, max(options.stages, 4))
            grown += [f"{lane}'s lane: {words}" for words in find_growth(samples)]
            tables.append("\n".join((f"## {lane}'s lane\n", _HEAD, *map(_row, samples))))
    verdict = "; ".join(grown) or "Nothing grew"
    print(f"\n{verdict}.")
    if options.write:
        _PAGE.write_text("\n\n".join((_INTRO, *tables, f"{verdict}.\n")))
    return 1 if grown else 0


if __name__ == "__main__":
    raise SystemExit(main())
