"""Raw bytes, mixed by chance: gunicorn with the lane and without it answer alike."""

from __future__ import annotations

import os
import random
import time
from typing import Final

import pytest

from conftest import write_release

from .gunicorns import ask, serving

pytestmark = pytest.mark.live

# `HISS_FUZZ=60 pytest tests/servers/test_gunicorn_fuzz.py`, for a minute of it.
_SECONDS: Final = float(os.environ.get("HISS_FUZZ", "6"))
_SEED: Final = int(os.environ.get("HISS_FUZZ_SEED", "0"))

_METHODS: Final = ("GET", "GET", "GET", "HEAD", "POST", "get", "OPTIONS", "", "G\tT")
_TARGETS: Final = (
    *("/static/a.txt",) * 6,
    "/static/b.css?v=1",
    "/static/%61.txt",
    "/static/../static/a.txt",
    "//static/a.txt",
    "/static/a.txt#f",
    "/static/a.txt?a b",
    "/static/nothing",
    "/static/\xe9",
    "/page",
    "http://a/static/a.txt",
    "*",
    "",
)
_VERSIONS: Final = (*("HTTP/1.1",) * 6, "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ")
_FIELDS: Final = (
    *("Host: a", "Accept-Encoding: br, gzip") * 3,
    "Accept: */*",
    "If-None-Match: *",
    "Range: bytes=0-4",
    "Connection: keep-alive",
    "Connection: close",
    "Connection: Keep-Alive, close",
    "connection:keep-alive ",
    "Content-Length: 0",
    "Content-Length: 4",
    "Content-Length: +4",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\x0bchunked",
    "Expect: 100-continue",
    "Upgrade: h2c",
    "TE: trailers",
    "X_Y: z",
    "X-Forwarded-Proto: https",
    " folded",
    "\tfolded",
    "nocolon",
    ": noname",
    "X: \x00",
    "X: \x7f",
    "X: \xff",
    "X: a\rb",
    "X: a\nb",
)
_ENDS: Final = (*("\r\n",) * 40, "\n", "\r", "\r\r\n", "")
_BODIES: Final = (*("",) * 6, "abcd", "0\r\n\r\n", "4\r\nabcd\r\n0\r\n\r\n", "GET / HTTP/1.1\r\n")


def _request(chance):
    """One request, more or less."""
    end = chance.choice(("\r\n", None))
    pick = chance.choice
    line = f"{pick(_METHODS)} {pick(_TARGETS)} {pick(_VERSIONS)}"
    plain = ["GET /static/a.txt HTTP/1.1", "Host: a"]
    lines = plain if chance.random() < 0.5 else [line, "Host: a"]
    lines = [*lines, *(pick(_FIELDS) for _ in range(pick((0, 0, 1, 1, 2, 4))))]
    text = "".join(each + (end or pick(_ENDS)) for each in [*lines, ""])
    return (text + pick(_BODIES)).encode("latin-1")


def _bytes(chance):
    """Some requests, and now and then a byte that is not what it was."""
    data = bytearray(b"".join(_request(chance) for _ in range(chance.choice((1, 1, 2, 3)))))
    while chance.random() < 0.2:
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(2)] = bytes([chance.randrange(256)])
    return bytes(data)


def test_whatever_comes_is_answered_alike(tmp_path):
    """For every one of many byte strings, the answers are the same bytes."""
    files = {"a.txt": "a" * 400, "b.css": "b { c: d }" * 40}
    write_release(tmp_path, files, codings=("br",), immutable=tuple(files))
    chance = random.Random(_SEED)
    with (
        serving(tmp_path / "lane", tmp_path) as lane,
        serving(tmp_path / "plain", tmp_path, worker="gthread") as plain,
    ):
        deadline = time.monotonic() + _SECONDS
        count = 0
        while time.monotonic() < deadline:
            data = _bytes(chance)
            count += 1
            begun = time.monotonic()
            assert (data, ask(lane.port, data)) == (data, ask(plain.port, data)), count
            # Two that hang are alike as well.
            assert time.monotonic() - begun < 9, data
        print(f"{count} byte strings")
    assert "Error in Hiss's lane" not in lane.log.read_text()
