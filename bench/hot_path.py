"""Where the time of a static answer goes, in process, without a server or a socket.

    python bench/hot_path.py [--rounds N] [--write]

Microseconds of one core for a file of 4 KB in memory, asked for with a browser's ten header
fields: at the doors, beside an application that answers a constant, and in uvicorn's lane, beside
its parser alone. Every request is of new objects, as a server makes them. Each figure is the median
of the rounds, with quartiles; all take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httptools
import uvicorn
from uvicorn.server import ServerState

import hiss.asgi
import hiss.wsgi
from hiss.core.request import Request, plain_key
from hiss.servers.uvicorn import StaticProtocol

PAGE = Path(__file__).parents[1] / "docs" / "bench-hot-path.md"
#: How many requests are made, and then timed; what is much more falls out of the caches.
BATCH = 64
BATCHES = 30

#: What makes a request, and what is done with it.
Case = tuple[Callable[[], Any], Callable[[Any], object]]

PATH = "/static/app.css"
FIELDS = (
    ("Host", "localhost:8000"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0"),
    ("Accept", "text/css,*/*;q=0.1"),
    ("Accept-Language", "en-GB,en;q=0.9"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Referer", "http://localhost:8000/"),
    ("Sec-Fetch-Dest", "style"),
    ("Sec-Fetch-Mode", "no-cors"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Connection", "keep-alive"),
)


class Wire:
    """A transport that takes everything at once."""

    def write(self, data: bytes) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def is_closing(self) -> bool:
        """Never."""
        return False

    def get_extra_info(self, _name: str, default: object = None) -> object:
        """None."""
        return default


def drive(coroutine: Any) -> None:  # noqa: ANN401 - whatever an application returns
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waited")


async def receive() -> dict[str, Any]:
    """Never asked."""
    return {"type": "http.disconnect"}


async def send(_message: object) -> None:
    """Takes everything."""


def is_immutable(_path: str, _url: str) -> bool:
    """All are."""
    return True


def head(*more: tuple[str, str]) -> bytes:
    """The bytes of a request."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*FIELDS, *more))
    return f"GET {PATH} HTTP/1.1\r\n{lines}\r\n".encode()


def environ() -> dict[str, Any]:
    """A request as a WSGI server tells of it."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": renew(PATH),
        "RAW_URI": renew(PATH),
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper().replace('-', '_')}": renew(value) for name, value in FIELDS},
    }


def scope() -> dict[str, Any]:
    """A request as an ASGI server tells of it."""
    return {
        "type": "http",
        "method": "GET",
        "path": renew(PATH),
        "raw_path": renew(PATH).encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode().lower(), value.encode()) for name, value in FIELDS],
    }


def renew(text: str) -> str:
    """A text of the same letters, which nobody has the hash of."""
    return "".join((text[:1], text[1:]))


def cases(root: Path) -> dict[str, Case]:
    """What is measured, by its words."""
    # As a build's hashed files: of others, the disk is looked at once a second.
    wsgi_door = hiss.wsgi.StaticFiles(None, root, immutable_file_test=is_immutable)
    asgi_door = hiss.asgi.StaticFiles(None, root, immutable_file_test=is_immutable)
    said: list[tuple[str, str]] = []
    [body] = wsgi_door(environ(), lambda _status, fields: said.extend(fields))
    raw = [(name.lower().encode(), value.encode()) for name, value in said]
    found = asgi_door.find(scope(), asgi_door.origin.find)
    assert found is not None
    entry, _ = found
    asgi_door.origin.answer(entry, Request.from_raw_headers("GET", "", scope()["headers"]))
    key = plain_key("GET", scope()["headers"])
    assert key is not None

    def nothing(*_: object) -> None:
        pass

    def constant_wsgi(_environ: object) -> list[bytes]:
        nothing("200 OK", list(said))
        return [body]

    async def constant(_scope: object, _receive: object, _send: Callable[..., Any]) -> None:
        await _send({"type": "http.response.start", "status": 200, "headers": raw})
        await _send({"type": "http.response.body", "body": body})

    def find(door: Any) -> Callable[[Any], object]:  # noqa: ANN401 - of either kind
        return lambda each: door.find(each, door.origin.find)

    etag = dict(said)["ETag"]
    bare = httptools.HttpRequestParser(object())
    warm, numbers = lane(asgi_door), itertools.count()
    return {
        "WSGI: a constant": (environ, constant_wsgi),
        "WSGI door": (environ, lambda each: wsgi_door(each, nothing)),
        "- finding the file": (environ, find(wsgi_door)),
        "- reading the fields": (environ, hiss.wsgi.plain_key),
        "ASGI: a constant": (scope, lambda each: drive(constant(each, receive, send))),
        "ASGI door": (scope, lambda each: drive(asgi_door(each, receive, send))),
        "- finding the file (ASGI)": (
            scope,
            lambda each: asgi_door.find(each, asgi_door.origin.find),
        ),
        "- reading the fields (ASGI)": (scope, lambda each: plain_key("GET", each["headers"])),
        "- the answer that is known": (
            scope,
            lambda _: asgi_door.origin.answer_known(entry, key),
        ),
        "uvicorn's parser alone": (head, bare.feed_data),
        "uvicorn's lane, 200": (head, warm),
        "uvicorn's lane, 304": (lambda: head(("If-None-Match", etag)), warm),
        "uvicorn's lane, a header section that is new": (
            lambda: head(("X-Request", f"{next(numbers):09}")),
            warm,
        ),
    }


def lane(door: hiss.asgi.StaticFiles) -> Callable[[bytes], None]:
    """A connection of uvicorn's, with the lane in it."""
    config = uvicorn.Config(door, http=StaticProtocol, lifespan="off", log_config=None)
    config.load()
    logging.getLogger("uvicorn.access").handlers.clear()
    state = ServerState()
    state.default_headers = [(b"date", b"Fri, 20 Nov 2026 12:00:00 GMT"), (b"server", b"uvicorn")]
    protocol: Any = StaticProtocol(config, state, {})
    assert type(protocol) is StaticProtocol
    protocol.access_log = False
    protocol.connection_made(Wire())

    def receive_data(data: bytes) -> None:
        protocol.data_received(data)
        assert protocol.cycle is None, "the lane did not answer"

    return receive_data


def measure(rounds: int) -> dict[str, tuple[float, float, float]]:
    """Microseconds of each: median, and quartiles."""
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        text = "".join(f".a{draw.randrange(10**9)}{{color:#{n:06x}}}\n" for n in range(160))
        (Path(folder) / "app.css").write_text(text)

        async def run() -> dict[str, list[float]]:
            running = cases(Path(folder))
            found: dict[str, list[float]] = {name: [] for name in running}
            for at in range(rounds + 1):
                for name, (make, run_one) in running.items():
                    taken = 0.0
                    for _ in range(BATCHES):
                        batch = [make() for _ in range(BATCH)]
                        began = time.perf_counter()
                        for each in batch:
                            run_one(each)
                        taken += time.perf_counter() - began
                    # The first round is for what is made when it is first wanted.
                    if at:
                        found[name].append(taken / BATCHES / BATCH * 1e6)
                await asyncio.sleep(0)
            return found

        found = asyncio.run(run())
    summary = {}
    for name, each in found.items():
        low, middle, high = statistics.quantiles(each, n=4)
        summary[name] = middle, low, high
    return summary


def page(summary: dict[str, tuple[float, float, float]]) -> str:
    """The figures as a page."""
    rows = [
        f"| {name} | {middle:.2f} ({low:.2f} to {high:.2f}) |"
        for name, (middle, low, high) in summary.items()
    ]
    return f"""\
# Where the time of a static answer goes

`python bench/hot_path.py`: microseconds of one core, in process, for a file of about 4 KB in
memory, asked for with a browser's ten header fields; median of the rounds and quartiles. Python
{sys.version.split()[0]}, uvicorn {uvicorn.__version__}.

| | µs |
|---|--:|
{chr(10).join(rows)}

This bounds the ratios of [bench-serving.md](bench-serving.md). An answer under uvicorn takes some
25 µs of a core, one under granian some 12: what a door takes more than a constant, in percent of
that, is what it loses. In the lane, the rest of an answer is the system's: a read, a write, a poll.
"""


def main() -> None:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="write the page into docs")
    options = parser.parse_args()
    text = page(measure(options.rounds))
    if options.write:
        PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
