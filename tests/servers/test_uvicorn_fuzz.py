"""Raw bytes, whole and broken, in pieces of any size: the lane and uvicorn without it answer alike.

`HISS_FUZZ=100000 pytest tests/servers/test_uvicorn_fuzz.py` for more of them. A case is its number:
what fails says it, and `HISS_FUZZ_CASE=NUMBER` plays it alone.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from itertools import pairwise

import pytest

from conftest import write_tree

from .test_uvicorn import (
    BODY,
    BROWSED,
    FILES,
    MODIFIED,
    differences,
    get,
    make_static,
    options,
    page,
)
from .uvicorn_twins import RELIEVE, SHUTDOWN, STALL, VANISH, Site, ask_lane, ask_server, cut

COUNT = int(os.environ.get("HISS_FUZZ", "3000"))
ONLY = os.environ.get("HISS_FUZZ_CASE")
BLOCKS = 4

STATIC = [
    get(),
    get(),
    BROWSED,
    BROWSED,
    BROWSED.replace(b"app.css", b"large.bin"),
    BROWSED.replace(b"GET", b"HEAD"),
    BROWSED.replace(b".css ", b".css?v=1 "),
    get("/static/sp%20ace/%C3%BC.txt"),
    get("/static/app.css", "If-None-Match: *"),
    get("/static/app.css", "Range: bytes=5-9"),
    get("/static/app.css", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"),
    get("/static/app.css", "Connection: close"),
    get("/static/app.css", "Connection: keep-alive", version="HTTP/1.0"),
]
OTHERS = [
    page(),
    page("/stream"),
    page("/slow"),
    page("/bye"),
    page("/page", "Content-Length: 7", method="POST") + BODY,
    page("/early", "Content-Length: 7", method="POST") + BODY,
    page("/page", "Content-Length: 7", "Expect: 100-continue", method="POST") + BODY,
    page("/page", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n0\r\n\r\n",
    get("/static/app.css", "Content-Length: 7") + BODY,
    get("/static/app.css", "Expect: 100-continue"),
    get("/static/app.css", "Connection: Upgrade", "Upgrade: h2c"),
    page("/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    get("/static/none.css"),
    get("http://x/static/app.css"),
    get("/%73tatic/app.css"),
    b"\r\n",
    b"garbage\r\n\r\n",
]  # fmt: skip
# What HTTP's readers trip over.
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b"\0", b"\xff", b"%", b"%00", b"%2F",
    b"?", b"#", b"//", b"/../", b"GET ", b"HEAD ", b"POST ", b" HTTP/1.1", b" HTTP/1.0",
    b"/static/",
    b"Connection: close\r\n", b"Connection: upgrade\r\n", b"Upgrade: h2c\r\n",
    b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
    b"Range: bytes=0-1\r\n", b"0\r\n\r\n",
]  # fmt: skip
MAKERS = [
    ({}, {}),
    ({}, {"root_path": "/shop"}),
    ({}, {"limit_concurrency": 2}),
    ({}, {"forwarded_allow_ips": "*", "headers": [("X-Own", "1")]}),
    ({"prefix": "/"}, {}),
    ({"memory": 16_000}, {}),
]


def spoil(rng, data):
    """The bytes, something about them changed."""
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
        place = rng.randrange(len(data) + 1)
        end = min(len(data), place + rng.choice((1, 1, 2, 8, 40)))
        match rng.randrange(6):
            case 0:
                data = data[:place] + rng.choice(TOKENS) + data[place:]
            case 1:
                data = data[:place] + data[end:]
            case 2:
                data = data[:end] + data[place:]
            case 3:
                data = data[:place] + rng.choice(TOKENS) + data[end:]
            case 4:
                flipped = bytes(byte ^ rng.choice((1, 32, 128)) for byte in data[place:][:1])
                data = data[:place] + flipped + data[place + 1 :]
            case _:
                other = rng.choice(STATIC)
                data = data[:place] + other[rng.randrange(len(other)) :]
    return data


def pieces(rng, data):
    """The bytes as they may come: whole, by the request, in any pieces, one by one."""
    match rng.randrange(5):
        case 0:
            return [data]
        case 1:
            ends = [place + 4 for place in range(len(data)) if data.startswith(b"\r\n\r\n", place)]
        case 2 if len(data) < 400:
            ends = list(range(len(data)))
        case _:
            ends = [rng.randrange(len(data) + 1) for _ in range(rng.choice((1, 2, 5)))]
    bounds = sorted({0, *ends, len(data)})
    return [data[start:stop] for start, stop in pairwise(bounds)]


def make_script(rng):
    """What one or two clients do."""
    script = []
    connections = rng.choice((1, 1, 1, 2))
    for _ in range(rng.choice((1, 2, 3))):
        number = rng.randrange(connections)
        requests = [
            rng.choice(STATIC if rng.random() < 0.7 else OTHERS)
            for _ in range(rng.choice((1, 1, 2, 3)))
        ]
        data = b"".join(requests)
        if rng.random() < 0.6:
            data = spoil(rng, data)
        steps = [(number, piece) for piece in pieces(rng, data)]
        if rng.random() < 0.3:
            act = rng.choice((STALL, RELIEVE, VANISH, SHUTDOWN, 3.0, 4.5, 5.5, 21.0))
            steps.insert(rng.randrange(len(steps) + 1), (number, act))
        script += steps
    return script


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Sites whose doors are made once, and the static root."""
    root = write_tree(tmp_path_factory.mktemp("tree"), FILES)
    for path in sorted(root.rglob("*")):
        os.utime(path, (MODIFIED, MODIFIED))
    return [make_site(how, settings) for how, settings in MAKERS], root


def make_site(how, settings):
    """A site with one door, which is told anew what is behind it."""
    doors = []

    def make(app, root):
        if not doors:
            doors.append(make_static(app, root, **how))
        doors[0].app = app
        return doors[0]

    return options(Site(make), **settings)


def has_eager(outcome):
    """Whether there was something that uvicorn turned to as it read it: also a handshake that it
    refused, of which the application knows nothing.
    """
    is_refused = any(b"\r\nSec-WebSocket-Version: " in sent for sent in outcome.sent)
    is_called = any("websocket" in call for call in outcome.calls)
    return is_refused or is_called or bool(warnings(outcome))


def warnings(outcome):
    """What uvicorn said of requests as it read them."""
    return [line for line in outcome.log if "WARNING" in line]


def without_warnings(outcome):
    """The outcome, but for that."""
    return replace(outcome, log=tuple(line for line in outcome.log if "WARNING" not in line))


def check(case, sites):
    """Play a case to both, and compare."""
    rng = random.Random(f"hiss {case}")
    made, root = sites
    site, script = rng.choice(made), make_script(rng)
    expected = ask_server(script, site, root)
    found, answered = ask_lane(script, site, root)
    if {*differences(expected, found)} == {"is_reading"}:
        # From a client that does not read its answers nothing is read, either: of those that came
        # at once, the lane has given the first already, and so it comes to that a request sooner.
        script = [*script, *((number, RELIEVE) for number in sorted({each for each, _ in script}))]
        expected, (found, _) = ask_server(script, site, root), ask_lane(script, site, root)
    if differences(expected, found):
        # What is no HTTP, and WebSockets, uvicorn turns to as it reads them: what it was about to
        # answer to requests that came at once with them is lost, or late. The lane has answered
        # those before, as uvicorn has when they come by themselves.
        assert has_eager(expected), (case, script)
        by_itself = ask_server(cut(script, site, root), site, root)
        assert warnings(found) in (warnings(expected), warnings(by_itself)), (case, script)
        expected, found = (without_warnings(each) for each in (by_itself, found))
    assert differences(expected, found) == {}, (case, script)
    return answered


@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.timeout(3600)
def test_any_bytes(sites, block):
    """Whatever clients send, and however it is cut, the lane and uvicorn do the same."""
    cases = [int(ONLY)] if ONLY else range(block, COUNT, BLOCKS)
    answered = sum(check(case, sites) for case in cases)
    assert ONLY or answered > len(cases) / 2
