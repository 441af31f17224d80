"""Asking: how many at once, how often, how long, and of whom."""

from __future__ import annotations

import socketserver
import threading
import time
import tracemalloc
from dataclasses import replace

import pytest

from hiss.errors import ConfigurationError
from hiss.http.codings import compress
from hiss.verify import fetch
from hiss.verify.fetch import USER_AGENT, Fetcher, Hosts, Limits
from hiss.verify.messages import Answer, Request
from hiss.verify.verify import Wishes, verify

from .conftest import Silent, look
from .faults import page_says
from .server import Misbehaving, Reply


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]


@pytest.fixture
def site():
    with Misbehaving(app) as server:
        yield server


def fetcher(site, *, headers=(), **limits):
    given = Limits(**{"back_off": 0.01, "timeout": 2.0, **limits})
    return Fetcher(given, Hosts(frozenset({f"127.0.0.1:{site.port}"})), site.url, headers)


def test_answers_come_in_the_order_of_their_requests(site):
    """However long each takes."""

    def slow_at_first(asked, reply):
        time.sleep(0.05 if asked.path == "/0" else 0)
        return reply

    site.fault = slow_at_first
    with fetcher(site) as ask:
        answers = ask.ask_all(Request(f"{site.url}/{number}") for number in range(20))
    assert [each.body.decode() for each in answers] == [f"/{number}" for number in range(20)]


def test_no_more_connections_than_four(site):
    """And they are used again."""
    gate = threading.Barrier(4)

    def wait(asked, reply):
        if asked.path == "/gate":
            gate.wait(5)
        return reply

    site.fault = wait
    with fetcher(site) as ask:
        # All four are there at once, or the barrier breaks.
        answers = ask.ask_all([Request(f"{site.url}/gate")] * 8)
        assert [each.status for each in answers] == [200] * 8
    assert site.most_open == 4


def test_three_tries(site):
    """What says "later" is asked again; the last answer counts."""
    site.fault = lambda asked, reply: Reply(503) if asked.before < 2 else reply
    with fetcher(site) as ask:
        assert ask.ask(Request(f"{site.url}/")).status == 200
        assert len(site.asked) == 3
        site.fault = lambda asked, reply: Reply(503)
        assert ask.ask(Request(f"{site.url}/other")).status == 503
    assert len(site.asked) == 6


@pytest.mark.parametrize("status", [200, 301, 403, 404, 500])
def test_an_answer_is_an_answer(site, status):
    """What does not say "later" is asked once."""
    site.fault = lambda asked, reply: replace(reply, status=status)
    with fetcher(site) as ask:
        assert ask.ask(Request(f"{site.url}/")).status == status
    assert len(site.asked) == 1


def test_tries_wait_longer_each_time(site):
    """Twice as long; or as Retry-After says."""
    moments = []

    def later(asked, reply):
        moments.append(time.monotonic())
        return Reply(429, [("Retry-After", "0")] if asked.path == "/said" else [])

    site.fault = later
    with fetcher(site, back_off=0.1) as ask:
        ask.ask(Request(f"{site.url}/"))
        ask.ask(Request(f"{site.url}/said"))
    first, second, third, *said = moments
    assert 0.1 <= second - first < third - second
    assert said[2] - said[0] < 0.1


def test_retry_after_is_not_heeded_for_ever():
    """A person waits."""
    with Fetcher(Limits(), Hosts(frozenset())) as ask:
        answer = Answer(Request("http://x/"), 503, (("Retry-After", "86400"),))
        assert ask._patience(answer, 0) == 10


def test_the_limit_holds_with_tries(site):
    """So many requests, and no more."""
    site.fault = lambda asked, reply: Reply(503)
    with fetcher(site, requests=5) as ask:
        answers = ask.ask_all([Request(f"{site.url}/{number}") for number in range(8)])
    assert len(site.asked) == ask.sent == 5
    assert None in answers
    assert ask.refused


def test_the_limit_is_said_and_shows_each_kind_first(server):
    """What was seen until then is of every kind of file."""
    report = look(server.url, requests=60)
    assert report.requests == len(server.asked) == 60
    assert any("--max-requests is 60" in each for each in report.notes)
    assert report.findings == ()


def test_another_host_is_not_asked(site):
    """Also not by a redirect."""
    with fetcher(site) as ask:
        assert ask.ask(Request(f"http://localhost:{site.port}/")) is None
        assert ask.ask(Request("ftp://127.0.0.1/")) is None
        assert ask.ask(Request("http://[::1/")) is None
    assert site.asked == []


def test_headers_go_to_the_sites_own_host_alone(site):
    """They may be secret."""
    hosts = Hosts(frozenset({"127.0.0.1", "localhost"}))
    with (
        Misbehaving(app) as other,
        Fetcher(Limits(), hosts, site.url, (("Authorization", "Basic x"),)) as ask,
    ):
        ask.ask(Request(f"{site.url}/"))
        ask.ask(Request(f"{other.url}/"))
        assert site.asked[0].field("Authorization") == "Basic x"
        assert other.asked[0].field("Authorization") == ""
        assert other.asked[0].field("User-Agent") == USER_AGENT


def test_a_long_body_is_not_read_to_its_end(site):
    """And the next answer is none of it."""
    site.fault = lambda asked, reply: (
        replace(reply, body=b"x" * 500_000) if asked.path == "/long" else reply
    )
    with fetcher(site, body=100_000, connections=1) as ask:
        long, short = ask.ask_all([Request(f"{site.url}/long"), Request(f"{site.url}/short")])
    assert long.is_too_long
    assert long.content is None
    assert len(long.body) < 300_000
    assert short.body == b"/short"


def test_a_long_file_is_said(server, shop):
    """Its bytes were not looked at, and that is no fault."""
    report = look(server.url, body=4000)
    assert any("longer than is read" in each for each in report.notes)
    assert report.findings == ()


@pytest.fixture(scope="module")
def bombs():
    """By coding, a few bytes that stand for a gibibyte."""
    quarter = bytes(2**28)
    packed = {coding: compress(coding, quarter, 9) * 4 for coding in ("gzip", "zstd")}
    # Brotli has no way to say things one after the other.
    return {**packed, "br": compress("br", quarter * 4, 1)}


@pytest.mark.parametrize("coding", ["br", "gzip", "zstd"])
def test_a_bomb_is_one_finding(server, bombs, coding):
    """A file that expands without end in one coding is found in it; and needs not much memory."""

    def fault(asked, reply):
        is_bomb = asked.path.endswith(".css") and reply.get("Content-Encoding") == coding
        if not is_bomb or "app" not in asked.path or reply.status != 200:
            return reply
        return replace(reply, body=bombs[coding])

    server.fault = fault
    tracemalloc.start()
    try:
        report = look(server.url, body=2**21)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    [found] = report.findings
    assert (found.id, "stand for more than 2097152" in found.what) == ("hiss.V030", True)
    assert peak < 100 * 2**20


def test_a_page_that_is_a_bomb(server, bombs):
    """Is one finding, too: nothing of it can be looked at."""

    def fault(asked, reply):
        if asked.path != "/":
            return reply
        return replace(reply, body=bombs["gzip"]).set(content_encoding="gzip")

    server.fault = fault
    [found] = look(server.url, body=2**21).findings
    assert (found.id, found.url) == ("hiss.V001", f"{server.url}/")
    assert "the page cannot be read: " in found.what


def test_headers_do_not_go_where_anybody_reads_them(site):
    """A site over HTTPS leads to HTTP: it is asked there, without what may be secret."""
    hosts, secret = Hosts(frozenset({"127.0.0.1"})), (("Authorization", "Basic x"),)
    with Fetcher(Limits(), hosts, site.url.replace("http:", "https:"), secret) as ask:
        assert ask.ask(Request(f"{site.url}/")).status == 200
    assert site.asked[0].field("Authorization") == ""


def test_bodies_are_kept_up_to_a_limit(server, monkeypatch):
    """Of all together; what is over is said, and is no fault."""
    monkeypatch.setattr(fetch, "_SMALL", 100)
    limits = Limits(back_off=0.01, kept=40_000, requests=2000)
    report = verify(Wishes(url=server.url, limits=limits), Silent())
    assert any("answers came after 0 MiB that are kept" in each for each in report.notes)
    assert report.findings == ()
    assert not any("are kept" in each for each in look(server.url).notes)


def test_many_small_bombs_need_no_more_than_one(site):
    """What they expand to, each within the limit, is not kept of all of them."""
    body = compress("gzip", bytes(30 * 2**20), 9)
    site.fault = lambda asked, reply: replace(reply, body=body).set(content_encoding="gzip")
    tracemalloc.start()
    try:
        with fetcher(site, body=64 * 2**20) as ask:
            answers = ask.ask_all(Request(f"{site.url}/{number}") for number in range(8))
            assert {len(each.content) for each in answers} == {30 * 2**20}
            held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 160 * 2**20


@pytest.mark.parametrize(
    "line", [b"\x1b[31mEVIL", b"HTTP/1.1 \x1b[31mEVIL", b"\x9b31mEVIL", b"E\x7fVIL" * 999]
)
def test_garbage_in_the_place_of_a_status_line(line):
    """It is said without what moves a terminal's cursor, and not all of it."""

    class Garbage(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(line + b"\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Garbage) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with pytest.raises(ConfigurationError, match="VIL") as caught:
            look(f"http://127.0.0.1:{server.server_address[1]}/")
        server.shutdown()
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 300


def test_some_of_the_requests_are_left_for_probes(server, shop):
    """Of a site that names more than is asked, some files of each kind are asked everything."""
    many = "".join(
        f'<img src="/static/{shop.file("img/paper.png")}?{number}">' for number in range(900)
    )
    server.fault = page_says(b"</body>", many.encode() + b"</body>")
    report = look(server.url, requests=400)
    assert report.requests == 400
    assert report.findings == ()
    for end in (".css", ".js", ".png"):
        asked = [
            each
            for each in server.asked
            if each.is_static and each.path.split("?")[0].endswith(end)
        ]
        assert any(each.method == "HEAD" for each in asked), end
        assert any(each.field("If-None-Match") for each in asked), end
        assert any(each.field("Accept-Encoding") == "gzip" for each in asked), end


@pytest.mark.parametrize(("length", "trouble"), [(100, "cut short: 93 bytes are missing"), (7, "")])
def test_a_body_cut_short_is_noticed(site, length, trouble):
    """By the length that was announced."""
    site.fault = lambda asked, reply: replace(reply, body=b"1234567", length=length)
    with fetcher(site) as ask:
        answer = ask.ask(Request(f"{site.url}/"))
    assert (answer.status, answer.trouble) == (200, trouble)


def test_a_broken_chunk_is_noticed(site):
    """A body in chunks has no length."""
    site.fault = lambda asked, reply: replace(reply, body=b"5\r\nhello\r\n5\r\nab", length=0).set(
        transfer_encoding="chunked", content_length=None
    )
    with fetcher(site) as ask:
        answer = ask.ask(Request(f"{site.url}/"))
    assert "cut short" in answer.trouble


def test_silence_is_noticed(site):
    """In time."""
    site.fault = lambda asked, reply: time.sleep(1) or reply
    with fetcher(site, timeout=0.1, tries=1) as ask:
        assert ask.ask(Request(f"{site.url}/")).trouble == "no answer in time"


def test_a_connection_that_was_closed_in_between_is_opened_again(site):
    """That is no try of its own."""
    closed = set()

    def close_once(asked, reply):
        if asked.path == "/second" and asked.path not in closed:
            closed.add(asked.path)
            return None
        return reply

    site.fault = close_once
    with fetcher(site, connections=1, tries=1) as ask:
        first, second = ask.ask_all([Request(f"{site.url}/first"), Request(f"{site.url}/second")])
    assert (first.status, second.status) == (200, 200)
    assert ask.sent == 2


def test_nothing_listens(site):
    """That is said, and no page was had."""
    site.server.server_close()
    with fetcher(site) as ask:
        assert ask.ask(Request(f"{site.url}/")).trouble == "nothing listens there"
    with pytest.raises(ConfigurationError, match="nothing listens there"):
        look(site.url)


def test_a_site_without_pages_cannot_be_looked_at(site):
    """Neither of the usual pages is there."""
    site.fault = lambda asked, reply: Reply(404)
    with pytest.raises(ConfigurationError, match="there is no page at"):
        look(site.url)


@pytest.mark.parametrize(
    "wishes", [{"pages": ("http://[",)}, {"hosts": ("[",)}, {"prefix": "http://[/"}]
)
def test_what_is_wished_and_no_url_is_said(site, wishes):
    """As an error of who says it."""
    with pytest.raises(ConfigurationError):
        look(site.url, **wishes)
    assert site.asked == []


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example", "http://", "http://x:y/"])
def test_what_is_no_url_is_said(url):
    """Before anything is asked."""
    with pytest.raises(ConfigurationError):
        look(url)


def test_a_page_elsewhere_is_said(site):
    """A page of another host has to be let."""
    with pytest.raises(ConfigurationError, match=r"--host other\.example"):
        look(site.url, pages=("http://other.example/",))
