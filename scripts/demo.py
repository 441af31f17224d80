"""Runs examples/shop under uvicorn and asks it what browsers and CDNs ask."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SHOP = Path(__file__).resolve().parent.parent / "examples" / "shop"
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
VIDEO = "/static/catalog/media/kettle.webm"


@dataclass(frozen=True)
class Answer:
    """What came back: field names in lower case, and the body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True)
class Question:
    """A request, the words for it, and what makes the answer right."""

    asked: str
    target: str
    came: Callable[[Answer], str]
    why: str
    is_right: Callable[[Answer], bool]
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"


def main() -> int:
    """Set up, start, ask, show; stay or end."""
    options = _parse_arguments()
    environment = {**os.environ, "DJANGO_SUPERUSER_PASSWORD": "demo"}
    _manage(environment, "migrate", "--verbosity=0")
    _manage(environment, "collectstatic", "--noinput", "--verbosity=1")
    # There may be a user of that name from the time before: then this one says so and fails.
    user = ("--noinput", "--username=demo", "--email=demo@example.com")
    _manage(environment, "createsuperuser", *user, quietly=True)
    with _server(options.port) as port:
        good = _show(port)
        print(f"\nThe shop: http://127.0.0.1:{port}/   Its admin: /admin/ (demo, demo)")
        if not options.check:
            print("Ctrl-C ends it.")
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    return 0 if good else 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="end after the table")
    parser.add_argument("--port", type=int, default=0, help="default: 8000, or a free one")
    return parser.parse_args()


def _manage(environment: Mapping[str, str], *arguments: str, quietly: bool = False) -> None:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=SHOP, env=environment, capture_output=quietly, check=False)
    if done.returncode and not quietly:
        sys.exit(f"{' '.join(command[1:])} failed in {SHOP}; what it says is above.")


@contextlib.contextmanager
def _server(port: int) -> Iterator[int]:
    port = port or _free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", "shop.asgi:application"),
        *("--port", str(port), "--log-level", "warning", "--lifespan", "off"),
    ]
    process = subprocess.Popen(command, cwd=SHOP)
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    for port in (8000, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    sys.exit("There is no free port on 127.0.0.1.")


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit("The server did not start; what it says is above.")


def _ask(port: int, question: Question) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        # Accept-Encoding only where the question has it: an old client sends none.
        connection.putrequest(question.method, question.target, skip_accept_encoding=True)
        for name, value in question.headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
    finally:
        connection.close()


def _questions(port: int) -> Iterator[Question]:
    """The questions, some of which need an answer to an earlier one."""
    root = SHOP / "staticfiles"
    hashed = json.loads((root / "staticfiles.json").read_text())["paths"]
    css = f"/static/{hashed['catalog/css/app.css']}"
    module = f"/static/{hashed['catalog/js/main.js']}"
    size = (root / hashed["catalog/css/app.css"]).stat().st_size

    yield Question(
        asked="the first page",
        target="/",
        headers=BROWSER,
        came=lambda a: "names " + css.rpartition("/")[2],
        why="Django renders it; its links carry hashes of the content.",
        is_right=lambda a: a.status == 200 and css.encode() in a.body,
    )
    coded = Question(
        asked="its CSS, as a browser",
        target=css,
        headers=BROWSER,
        came=lambda a: f"{a['content-encoding']}, {len(a.body)} of {size} bytes, immutable",
        why="The smallest of what the client takes, made at build; the hash in the name "
        "lets it be kept for a year.",
        is_right=lambda a: (
            a.status == 200
            and a["content-encoding"] in {"br", "zstd"}
            and a["cache-control"] == "max-age=31536000, public, immutable"
        ),
    )
    yield coded
    yield Question(
        asked="the same, as an old client",
        target=css,
        came=lambda a: f"plain, {len(a.body)} bytes, Vary: {a['vary']}",
        why="No Accept-Encoding, no coding; Vary keeps a cache from mixing them up.",
        is_right=lambda a: len(a.body) == size and a["vary"] == "Accept-Encoding",
    )
    yield Question(
        asked="the same, “gzip;q=0, br;q=0”",
        target=css,
        headers={"Accept-Encoding": "gzip;q=0, br;q=0"},
        came=lambda a: f"{a['content-encoding'] or 'plain'}, {len(a.body)} bytes",
        why="q=0 means “not this one”, and zstd was not asked for.",
        is_right=lambda a: len(a.body) == size and not a["content-encoding"],
    )
    etag = _ask(port, coded)["etag"]
    for asked, tag, why in (
        ("again, with its ETag", etag, "Unchanged: the client has it already."),
        ("again, through a CDN", f"W/{etag}", "CDNs weaken tags; a weak one still matches."),
    ):
        yield Question(
            asked=asked,
            target=css,
            headers={**BROWSER, "If-None-Match": tag},
            came=lambda a: f"no body, {len(a.headers)} fields",
            why=why,
            is_right=lambda a: a.status == 304 and not a.body,
        )
    yield Question(
        asked="a video's first two bytes",
        target=VIDEO,
        headers={"Range": "bytes=0-1"},
        came=lambda a: a["content-range"],
        why="How iOS asks before it plays; a server that cannot is not played from.",
        is_right=lambda a: a.status == 206 and len(a.body) == 2,
    )
    yield Question(
        asked="the rest of another version",
        target=VIDEO,
        headers={"Range": "bytes=2-", "If-Range": '"another"'},
        came=lambda a: f"all {len(a.body)} bytes",
        why="If-Range does not hold: half of this would not fit half of that.",
        is_right=lambda a: a.status == 200 and len(a.body) == int(a["content-length"]),
    )
    yield Question(
        asked="bytes beyond its end",
        target=VIDEO,
        headers={"Range": "bytes=99999999-"},
        came=lambda a: a["content-range"],
        why="There are none; the answer says how many there are.",
        is_right=lambda a: a.status == 416 and a["content-range"].startswith("bytes */"),
    )
    yield Question(
        asked="HEAD of a module",
        target=module,
        method="HEAD",
        headers=BROWSER,
        came=lambda a: f"{a['content-type']}, {a['content-length']} bytes to come",
        why="As GET says it, without the body; browsers run no module of another type.",
        is_right=lambda a: (
            a.status == 200 and not a.body and a["content-type"] == "text/javascript; charset=utf-8"
        ),
    )
    yield Question(
        asked="the CSS by its plain name",
        target="/static/catalog/css/app.css",
        headers=BROWSER,
        came=lambda a: a["cache-control"],
        why="The name will outlive the content: a minute, no more.",
        is_right=lambda a: a.status == 200 and a["cache-control"] == "max-age=60, public",
    )
    yield Question(
        asked="a hash that never was",
        target="/static/catalog/css/app.000000000000.css",
        came=lambda a: a["cache-control"],
        why="A miss is ours to answer, and no cache keeps it.",
        is_right=lambda a: a.status == 404 and a["cache-control"] == "no-store",
    )
    yield Question(
        asked="what is not ours to give",
        target="/static/../shop/settings.py",
        came=lambda a: f"{len(a.body)} bytes of nothing",
        why="No path leads out of the folder.",
        is_right=lambda a: a.status == 404 and b"SECRET_KEY" not in a.body,
    )
    yield Question(
        asked="POST to a stylesheet",
        target=css,
        method="POST",
        came=lambda a: f"Allow: {a['allow']}",
        why="Files are to be read.",
        is_right=lambda a: a.status == 405 and a["allow"] == "GET, HEAD",
    )
    yield Question(
        asked="robots.txt",
        target="/robots.txt",
        came=lambda a: a["content-type"],
        why="A file for the root of the site, from HISS['ROOT'].",
        is_right=lambda a: a.status == 200 and b"User-agent" in a.body,
    )


def _show(port: int) -> bool:
    widths = (27, 6, 37, 46)
    print()
    _row(widths, ("What was asked", "", "What came", "Why it is right"))
    _row(widths, tuple("─" * width for width in widths))
    good = True
    for question in _questions(port):
        answer = _ask(port, question)
        right = question.is_right(answer)
        good = good and right
        why = question.why if right else f"IT IS NOT. {question.why}"
        mark = "✓" if right else "✗"
        _row(widths, (question.asked, f"{answer.status} {mark}", question.came(answer), why))
    return good


def _row(widths: tuple[int, ...], cells: tuple[str, ...]) -> None:
    columns = [
        textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)
    ]
    for line in range(max(map(len, columns))):
        texts = [column[line] if line < len(column) else "" for column in columns]
        padded = [text.ljust(width) for text, width in zip(texts, widths, strict=True)]
        print("  ".join(padded).rstrip())


if __name__ == "__main__":
    sys.exit(main())
