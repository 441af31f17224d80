"""Where the time of a static answer goes, in process, without a server or a socket.

    python bench/hot_path.py [--rounds N] [--write]

Microseconds of one core for a file of 4 KB in memory, asked for with a browser's ten header
fields: at the doors, beside an application that answers a constant, and in uvicorn's lane, beside
its parser alone. Each figure is the median of the rounds, with quartiles; all take turns.
"""

from __future__ import annotations

import argparse
import asyncio
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
from hiss.wsgi import read_request

PAGE = Path(__file__).parents[1] / "docs" / "bench-hot-path.md"
REPEATS = 2000

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


def drive(make: Callable[[], Any]) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        make().send(None)
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


def head(path: str, *more: tuple[str, str]) -> bytes:
    """The bytes of a request."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*FIELDS, *more))
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


def cases(root: Path) -> dict[str, Callable[[], object]]:
    """What is measured, by its words."""
    path = "/static/app.css"
    # As a build's hashed files: of others, the disk is looked at once a second.
    wsgi_door = hiss.wsgi.StaticFiles(None, root, immutable_file_test=is_immutable)
    asgi_door = hiss.asgi.StaticFiles(None, root, immutable_file_test=is_immutable)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "RAW_URI": path,
        "QUERY_STRING": "",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in FIELDS},
    }
    headers = [(name.lower().encode(), value.encode()) for name, value in FIELDS]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
    }
    said: list[tuple[str, str]] = []
    [body] = wsgi_door(environ, lambda _status, fields: said.extend(fields))
    raw = [(name.lower().encode(), value.encode()) for name, value in said]
    found = asgi_door.find(scope)
    assert found is not None
    entry, _ = found
    asgi_door.origin.answer(entry, Request.from_raw_headers("GET", "", headers))
    key = plain_key("GET", headers)
    assert key is not None

    def nothing(*_: object) -> None:
        pass

    def constant_wsgi() -> list[bytes]:
        nothing("200 OK", list(said))
        return [body]

    async def constant(_scope: object, _receive: object, _send: Callable[..., Any]) -> None:
        await _send({"type": "http.response.start", "status": 200, "headers": raw})
        await _send({"type": "http.response.body", "body": body})

    etag = dict(said)["ETag"]
    bare = httptools.HttpRequestParser(object())
    plain, again = head(path), head(path, ("If-None-Match", etag))
    warm, numbers = lane(asgi_door), iter(range(10**9))
    fresh = [head(path, ("X-Request", f"{n:09}")) for n in range(4096)]
    return {
        "WSGI: a constant": constant_wsgi,
        "WSGI door": lambda: wsgi_door(environ, nothing),
        "- finding the file": lambda: wsgi_door.find(environ),
        "- reading the fields": lambda: read_request(environ),
        "ASGI: a constant": lambda: drive(lambda: constant(scope, receive, send)),
        "ASGI door": lambda: drive(lambda: asgi_door(scope, receive, send)),
        "- finding the file (ASGI)": lambda: asgi_door.find(scope),
        "- reading the fields (ASGI)": lambda: plain_key("GET", headers),
        "- the answer that is known": lambda: asgi_door.origin.answer_known(entry, key),
        "uvicorn's parser alone": lambda: bare.feed_data(plain),
        "uvicorn's lane, 200": lambda: warm(plain),
        "uvicorn's lane, 304": lambda: warm(again),
        "uvicorn's lane, a header section that is new": lambda: warm(fresh[next(numbers) % 4096]),
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
            for case in running.values():
                case()
            found: dict[str, list[float]] = {name: [] for name in running}
            for _ in range(rounds):
                for name, case in running.items():
                    began = time.perf_counter()
                    for _ in range(REPEATS):
                        case()
                    found[name].append((time.perf_counter() - began) / REPEATS * 1e6)
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
