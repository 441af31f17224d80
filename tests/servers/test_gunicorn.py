"""gunicorn's threaded worker says the same with its lane and without, to clients and its log."""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from conftest import write_release

from .gunicorns import LANE, ask, connect, exchange, get, read_all, read_answer, serving

pytestmark = pytest.mark.live

CSS: Final = "/static/css/app.0123456789ab.css"
TEXT: Final = "/static/a.txt"
LARGE: Final = "/static/large.bin"
_FILES: Final = {
    "css/app.0123456789ab.css": "body { color: green }\n" * 200,
    "a.txt": "0123456789" * 400,
    "large.bin": bytes(range(256)) * 15000,
    "sp ace/ü.txt": "unlike",
}

_BROWSER: Final = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0",
    "Accept: text/css,*/*;q=0.1",
    "Accept-Language: en-GB,en;q=0.9",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Referer: http://a.test/",
    'Cookie: a="b"; c=d',
    "Sec-Fetch-Dest: style",
    "Connection: keep-alive",
)
_STATIC: Final = get(CSS, *_BROWSER)
_DYNAMIC: Final = get("/page?")
_CLOSED: Final = get(CSS, "Connection: close")

#: What the lane answers itself, from one read, by what is special about it.
OURS: Final = {
    "a browser's": _STATIC,
    "bare": get(CSS),
    "HEAD": get(CSS, *_BROWSER, method="HEAD"),
    "br": get(CSS, "Accept-Encoding: br"),
    "gzip": get(CSS, "Accept-Encoding: gzip"),
    "coding refused": get(CSS, "Accept-Encoding: br;q=0, zstd"),
    "no coding": get(CSS, "Accept-Encoding:"),
    "two lines of one field": get(CSS, "Accept-Encoding: gzip;q=0.5", "Accept-Encoding: br"),
    "matching": get(CSS, "If-None-Match: *"),
    "matching, HEAD": get(CSS, "If-None-Match: *", method="HEAD"),
    "not matching": get(CSS, 'If-None-Match: "other"'),
    "failing": get(CSS, 'If-Match: "other"'),
    "since": get(CSS, "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"),
    "range": get(TEXT, "Range: bytes=10-19"),
    "ranges": get(TEXT, "Range: bytes=0-0, 20-29"),
    "range of nothing": get(TEXT, "Range: bytes=9999999-"),
    "range, HEAD": get(TEXT, "Range: bytes=10-19", method="HEAD"),
    "query": get(f"{CSS}?v=1&w=%20;?/"),
    "encoded": get("/static/sp%20ace/%C3%BC.txt"),
    "large": get(LARGE),
    "blanks around values": get(CSS, "Accept-Encoding: \t br \t "),
    "names in capitals": get(CSS).replace(b"Host", b"HOST"),
    "closing": _CLOSED,
    "closing, then more": _STATIC + _CLOSED + _STATIC,
    "closing, large": get(LARGE, "Connection: Close"),
    "HTTP/1.0, with Host": get(CSS).replace(b"1.1", b"1.0"),
    "HTTP/1.0, kept alive, with Host": (_STATIC + get(TEXT)).replace(b"1.1", b"1.0"),
    "pipelined": _STATIC * 2 + get(TEXT) + get(CSS, method="HEAD") + _STATIC,
}
#: What it leaves to gunicorn, and gunicorn's to answer or to refuse.
THEIRS: Final = {
    "dynamic": _DYNAMIC,
    "no such file": get("/static/nothing.css"),
    "encoded slash": get("/static%2Fa.txt"),
    "bad encoding": get("/static/%zz.txt"),
    "dynamic with a body": b"POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "static with a body": get(CSS, "Content-Length: 5") + b"hello",
    "no length": get(CSS, "Content-Length: 0"),
    "bad length": get(CSS, "Content-Length: -1"),
    "two lengths": get(CSS, "Content-Length: 0", "Content-Length: 5") + b"hello",
    "chunked": get(CSS, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n" + _CLOSED,
    "chunked and length": get(CSS, "Transfer-Encoding: chunked", "Content-Length: 3")
    + b"0\r\n\r\n",
    "expecting": get(CSS, "Expect: 100-continue"),
    "expecting more": get(CSS, "Expect: miracles"),
    "upgrading": get(CSS, "Connection: Upgrade", "Upgrade: h2c"),
    "POST": get(CSS, "Content-Length: 0", method="POST"),
    "OPTIONS": get(CSS, method="OPTIONS"),
    "get": get(CSS, method="get"),
    "HTTP/1.0": f"GET {CSS} HTTP/1.0\r\n\r\n".encode(),
    "HTTP/1.0, kept alive": f"GET {CSS} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".encode(),
    "HTTP/1.2": get(CSS).replace(b"1.1", b"1.2"),
    "HTTP/2.0": get(CSS).replace(b"1.1", b"2.0"),
    "HTTP/0.9": f"GET {CSS}\r\n\r\n".encode(),
    "two connections": get(CSS, "Connection: keep-alive", "Connection: close"),
    "strange connection": get(CSS, "Connection: keep-alive, te"),
    "no Host": f"GET {CSS} HTTP/1.1\r\nAccept: */*\r\n\r\n".encode(),
    "nothing but a line": f"GET {CSS} HTTP/1.1\r\n\r\n".encode(),
    "two Hosts": get(CSS, "Host: b"),
    "folded": get(CSS, "Accept-Encoding: br,", " gzip"),
    "bare LF": get(CSS).replace(b"\r\n", b"\n"),
    "one bare LF": get(CSS, "Accept: a").replace(b"a\r\n", b"a\n", 1),
    "bare CR": get(CSS, "Accept: a\rb"),
    "NUL": get(CSS, "Accept: a\0b"),
    "blank before the colon": get(CSS, "Accept : a"),
    "no colon": get(CSS, "Accept"),
    "no name": get(CSS, ": a"),
    "strange name": get(CSS, "Acc(ept: a"),
    "underscore": get(CSS, "X_Forwarded_Proto: https"),
    "Latin-1": get(CSS, "Referer: \xfc"),
    "blank line first": b"\r\n" + get(CSS),
    "two blanks": get(CSS).replace(b"GET ", b"GET  "),
    "absolute": get(f"http://a.test{CSS}"),
    "asterisk": get("*"),
    "authority": get("a.test:80"),
    "fragment": get(f"{CSS}#f"),
    "two slashes": get(f"/{CSS}"),
    "target in UTF-8": get("/static/sp%20ace/ü.txt"),
    "target with a quote": get(f'{CSS}?"'),
    "long line": get(f"{CSS}?{'a' * 4200}"),
    "longer line": get(f"{CSS}?{'a' * 9000}"),
    "long field": get(CSS, f"Accept: {'a' * 9000}"),
    "many fields": get(CSS, *("Accept: a" for _ in range(101))),
    "secure and not": get(CSS, "X-Forwarded-Proto: https", "X-Forwarded-Ssl: off"),
    "cut short in the line": get(CSS)[:10],
    "cut short in the fields": get(CSS)[:-2],
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "nothing": b"",
}
#: The first are the lane's, and what is behind them is not.
BOTH: Final = {
    "mixed": _STATIC + _DYNAMIC + _STATIC + _DYNAMIC + get(TEXT),
    "then closing": _STATIC + _CLOSED,
    "then refused": _STATIC + get(CSS, "Host: b") + _STATIC,
    "then a body": _STATIC * 2 + THEIRS["dynamic with a body"] + _STATIC,
    "then cut short": _STATIC + _STATIC[:40],
    "many": (_STATIC + get(TEXT)) * 60 + _DYNAMIC,
}
ALL: Final = {**OURS, **THEIRS, **BOTH}

_ATOMS: Final = " ".join(
    (
        "%(h)s %(l)s %(u)s %(r)s %(s)s %(m)s %(U)s %(q)s %(H)s %(b)s %(B)s %(f)s %(a)s %(no)s",
        "%({host}i)s %({accept-encoding}i)s %({cookie}i)s %({none}i)s",
        "%({server}o)s %({content-type}o)s %({content-length}o)s %({etag}o)s %({vary}o)s",
        "%({raw_uri}e)s %({path_info}e)s %({script_name}e)s %({query_string}e)s",
        "%({server_name}e)s %({server_protocol}e)s %({remote_addr}e)s %({wsgi.url_scheme}e)s",
        "%({wsgi.multithread}e)s %({http_accept_encoding}e)s %({server_software}e)s",
        "| %(t)s %(T)s %(D)s %(M)s %(L)s %(p)s",
    )
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A release, with one file too large to be sent at once."""
    root = tmp_path_factory.mktemp("root")
    # What may change is looked at once a second, by a thread: here, there may be none.
    write_release(root, _FILES, codings=("br", "gzip"), immutable=tuple(_FILES))
    for path in root.rglob("*"):
        # Of what is new, Last-Modified depends on when a server first saw it.
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return root


@pytest.fixture(scope="module")
def pair(root, tmp_path_factory):
    """The server with the lane and the one without, each with all that it will hold in memory."""
    folder = tmp_path_factory.mktemp("pair")
    # Where bodies are large, the tests want their readers to be slow and not gone.
    options = ("--keep-alive", "5")
    with (
        serving(folder / "lane", root, *options) as lane,
        serving(folder / "plain", root, *options, worker="gthread") as plain,
    ):
        for served in (lane, plain):
            _warm(served.port)
        yield lane, plain
    assert b"Traceback" not in lane.log.read_bytes()
    assert b"without Hiss's lane" not in lane.log.read_bytes()


def _warm(port):
    for data in OURS.values():
        ask(port, data)


@pytest.mark.parametrize("name", ALL)
def test_answers_are_the_servers_to_the_byte(name, pair):
    """One read or many, refused or not: what comes back differs in its date at most."""
    lane, plain = pair
    assert ask(lane.port, ALL[name]) == ask(plain.port, ALL[name])


@pytest.mark.parametrize("name", ["a browser's", "pipelined", "mixed", "then a body", "folded"])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_what_comes_in_pieces_is_answered_alike(name, size, pair):
    """The cuts between reads do not matter."""
    data = ALL[name]
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    lane, plain = pair
    assert ask(lane.port, *pieces) == ask(plain.port, data)


def test_the_lane_answers_while_the_pool_is_busy(pair, tmp_path):
    """What is the lane's waits for no thread, and what is gunicorn's waits for one."""
    lane, plain = pair
    gate = tmp_path / "gate"
    theirs = ("dynamic", "expecting", "folded", "no Host")
    with contextlib.ExitStack() as stack:
        stack.callback(gate.touch)
        sockets = [stack.enter_context(connect(lane.port)) for _ in range(2 + len(theirs))]
        for sock in sockets[:2]:
            sock.sendall(get(f"/page?wait={gate}"))
        time.sleep(0.2)
        waiting = dict(zip(theirs, sockets[2:], strict=True))
        for name, sock in waiting.items():
            sock.sendall(THEIRS[name])
        for name, data in OURS.items():
            assert (name, ask(lane.port, data)) == (name, ask(plain.port, data))
        assert select.select(sockets, [], [], 0.1)[0] == []
        gate.touch()
        for name, sock in waiting.items():
            assert exchange(sock) == ask(plain.port, THEIRS[name])


def test_date_is_of_the_second(pair):
    """`Date` goes with the clock."""
    dates = set()
    with connect(pair[0].port) as sock:
        for _ in range(2):
            sock.sendall(get(CSS))
            data = sock.recv(1 << 16)
            dates.add(re.search(rb"\r\nDate: ([^\r]+ GMT)\r\n", data)[1])
            time.sleep(1.01)
    assert len(dates) == 2


def test_one_connection_serves_both(pair):
    """Answers of the lane and of the pool follow each other on one connection."""
    lane, plain = pair
    heads = []
    for served in (lane, plain):
        with connect(served.port) as sock:
            for data in (_STATIC, _DYNAMIC, _STATIC, THEIRS["no length"], _STATIC) * 5:
                sock.sendall(data)
                heads.append(read_answer(sock))
    assert heads[:25] == heads[25:]


def test_a_slow_reader_gets_everything_in_order(pair):
    """Many answers larger than the socket's buffer arrive whole, and nobody else waits."""
    lane, plain = pair
    requests = (get(LARGE) + _STATIC + get(TEXT, "Range: bytes=10-19")) * 4 + _DYNAMIC + _STATIC
    expected = ask(plain.port, requests)
    with connect(lane.port, SO_RCVBUF=4096) as slow, connect(lane.port) as other:
        slow.sendall(requests)
        time.sleep(0.2)
        for _ in range(20):
            other.sendall(_STATIC)
            assert read_answer(other)[0].startswith(b"HTTP/1.1 200 OK")
        assert exchange(slow) == expected


def test_who_vanishes_leaves_nothing_behind(pair):
    """No descriptor outlives its connection: closed before, within and after an answer."""
    lane, _ = pair
    worker = _worker_of(lane)
    before = _descriptors(worker)
    for _ in range(30):
        for data in (b"", _STATIC[:30], _STATIC, get(LARGE) * 4, _DYNAMIC):
            sock = connect(lane.port, SO_RCVBUF=4096)
            sock.sendall(data)
            sock.close()
    deadline = time.monotonic() + 10
    while _descriptors(worker) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _descriptors(worker) <= before
    assert ask(lane.port, _STATIC).startswith(b"HTTP/1.1 200 OK")


def _worker_of(served):
    process = served.process.pid
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


def _descriptors(process):
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def test_the_log_tells_the_same(root, tmp_path):
    """Every atom of a line of the access log is what it would be without the lane."""
    told = []
    for worker in (LANE, "gthread"):
        folder = tmp_path / worker
        options = ("--access-logfile", str(folder / "access"), "--access-logformat", _ATOMS)
        with serving(folder, root, *options, worker=worker) as served:
            _warm(served.port)
            served.access.write_bytes(b"")
            for name, data in ALL.items():
                # Lines of pipelined requests that are refused are not told in order.
                if name not in BOTH:
                    assert ask(served.port, data) is not None
            ask(
                served.port,
                get(CSS, "Authorization: Basic dXNlcjpwYXNz", "X-Forwarded-Proto: https"),
            )
            _settled(served.access)
        told.append(served.access.read_text().splitlines())
    lane, plain = ([re.sub(r"large.*", "", line).split(" | ") for line in each] for each in told)
    assert [line[0] for line in lane] == [line[0] for line in plain]
    shape = re.compile(r"\[[^]]+\] 0 \d+ \d+ 0\.\d{6} <\d+>")
    assert all(shape.fullmatch(line[1]) for line in lane + plain if line[1:])
    assert len(lane) > len(OURS)


def _settled(path):
    before = -1
    while before != (before := path.stat().st_size):
        time.sleep(0.1)


@pytest.mark.parametrize("worker", [LANE, "gthread"])
def test_keep_alive_ends_when_it_should(worker, root, tmp_path):
    """A connection is closed when it has been quiet for so long, counted from its last answer."""
    with serving(tmp_path, root, "--keep-alive", "2", worker=worker) as served:
        _warm(served.port)
        with connect(served.port) as busy, connect(served.port) as quiet:
            quiet.sendall(_STATIC)
            read_answer(quiet)
            begun = time.monotonic()
            while time.monotonic() < begun + 3.5:
                busy.sendall(_STATIC)
                read_answer(busy)
                last = time.monotonic()
                time.sleep(0.2)
            quiet.settimeout(0.01)
            assert quiet.recv(1) == b""
            assert busy.recv(1) == b""
            # gunicorn looks once a second.
            assert 1.9 < time.monotonic() - last < 3.5


def test_max_requests_ends_the_worker(root, tmp_path):
    """The request that ends a worker is the one that would end it without the lane."""
    closing = []
    for worker in (LANE, "gthread"):
        options = ("--max-requests", "20")
        with serving(tmp_path / worker, root, *options, worker=worker) as served:
            with connect(served.port) as sock:
                # The first was of the fixture.
                for _ in range(19):
                    sock.sendall(_STATIC)
                    closing.append(b"Connection: close" in read_answer(sock)[0])
            _until(lambda served=served: b"Autorestarting" in served.log.read_bytes())
            assert ask(served.port, _STATIC).startswith(b"HTTP/1.1 200 OK")
    assert closing == ([False] * 18 + [True]) * 2


def _until(is_done):
    deadline = time.monotonic() + 10
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stopping_finishes_what_was_begun(root, tmp_path):
    """After SIGTERM a body is sent to its end, and no further request is answered as kept alive."""
    with serving(tmp_path, root) as served:
        _warm(served.port)
        with connect(served.port, SO_RCVBUF=4096) as slow, connect(served.port) as idle:
            idle.sendall(_STATIC)
            read_answer(idle)
            slow.sendall(get(LARGE))
            time.sleep(0.2)
            served.process.terminate()
            time.sleep(0.2)
            idle.sendall(_STATIC)
            assert b"\r\nConnection: close\r\n" in read_answer(idle)[0]
            body = read_all(slow)
        assert body.endswith(_FILES["large.bin"])
        served.process.wait(20)


def test_djangos_security_settings_hold(root, tmp_path):
    """A request is secure if the proxy says so: else Django answers it, which redirects."""
    answers = []
    for worker in (LANE, "gthread"):
        options = ("--forwarded-allow-ips", "10.0.0.1")
        with serving(
            tmp_path / worker, root, *options, worker=worker, app="make_django()"
        ) as served:
            for proto in ("https", "http", "https,http"):
                data = get(CSS, f"X-Forwarded-Proto: {proto}", "Accept-Encoding: br")
                answers.append([ask(served.port, data), ask(served.port, data)])
            answers.append(ask(served.port, _STATIC))
        assert b"without Hiss's lane" not in served.log.read_bytes()
    assert answers[:4] == answers[4:]
    assert b"\r\nStrict-Transport-Security: max-age=60\r\n" in answers[0][1]
    assert b" 301 Moved" in answers[1][0]


def test_a_believed_proxys_scheme_counts(root, tmp_path):
    """gunicorn's own reading of the scheme is what a door sees."""
    heads = []
    for trusted in ("127.0.0.1", "10.0.0.1"):
        options = ("--forwarded-allow-ips", trusted)
        with serving(tmp_path / trusted, root, *options, app="make_django()") as served:
            data = get(CSS, "X-Forwarded-Ssl: on")
            heads.append([ask(served.port, data).partition(b"\r\n")[0] for _ in range(2)])
    assert heads == [[b"HTTP/1.1 200 OK"] * 2, [b"HTTP/1.1 301 Moved Permanently"] * 2]


def test_doors_behind_doors_are_asked(root, tmp_path):
    """Each of several doors in front of an application has its files answered."""
    with serving(tmp_path, root, app="stacked") as served:
        for prefix in ("/static", "/assets"):
            answers = [ask(served.port, get(f"{prefix}/a.txt")) for _ in range(2)]
            assert answers[0] == answers[1]
            assert answers[0].endswith(b"0123456789" * 400)


def test_an_outer_door_comes_first(root, tmp_path):
    """What an outer door may have by now, no inner one answers: once the lane sent the inner's."""
    front = tmp_path / "front"
    front.mkdir()
    with serving(tmp_path, root, app="fronted", FRONT=str(front)) as served:
        inner = [ask(served.port, get("/static/a.txt")) for _ in range(2)]
        assert all(each.endswith(b"0123456789" * 400) for each in inner)
        (front / "a.txt").write_bytes(b"of the outer door")
        assert ask(served.port, get("/static/a.txt")).endswith(b"of the outer door")


def test_script_name_is_gunicorns(root, tmp_path):
    """An application below a path of its host is found there."""
    with serving(tmp_path, root, is_awaited=False, SCRIPT_NAME="/shop") as served:
        answers = [ask(served.port, get(f"/shop{CSS}")) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0].startswith(b"HTTP/1.1 200 OK")
        assert b" 500 " in ask(served.port, get(CSS))


@pytest.mark.parametrize(
    ("options", "app", "why"),
    [
        ((), "wrapped", "the application is of builtins.function, and neither a StaticFiles"),
        (("--keep-alive", "0"), "site", "no connection is kept alive"),
        (("--proxy-protocol",), "site", "connections begin with the PROXY protocol"),
        (("--log-level", "debug"), "site", "the log tells of each request"),
    ],
)
def test_where_there_is_no_lane_the_log_says_why(options, app, why, root, tmp_path):
    """It is gunicorn's worker then, and one line says so."""
    with serving(
        tmp_path, root, *options, app=app, is_awaited="--proxy-protocol" not in options
    ) as served:
        assert ask(served.port, _STATIC).startswith(b"HTTP/1.1 200 OK")
    said = served.log.read_text()
    assert said.count("without Hiss's lane") == 1
    assert f"gunicorn serves without Hiss's lane: {why}" in said


def test_without_a_lane_quiet_connections_end(root, tmp_path):
    """gunicorn's own connections, which the lane knows nothing of, are closed as gunicorn does."""
    with serving(tmp_path, root, "--keep-alive", "1", app="wrapped") as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
            client.sendall(_STATIC)
            assert client.recv(64).startswith(b"HTTP/1.1 200 OK")
            while client.recv(65536):
                pass
        assert ask(served.port, _STATIC).startswith(b"HTTP/1.1 200 OK")
    assert "Traceback" not in served.log.read_text()


def test_what_breaks_the_lane_breaks_one_connection(root, tmp_path):
    """An error nobody thought of ends its connection, is logged, and leaves the worker at work."""
    with serving(tmp_path, root, app="broken") as served:
        _warm(served.port)
        assert ask(served.port, get(CSS, "X-Break: yes")) == b""
        assert ask(served.port, _STATIC).startswith(b"HTTP/1.1 200 OK")
    said = served.log.read_text()
    assert said.count("Error in Hiss's lane") == 1
    assert "RuntimeError: broken on purpose" in said


def test_tls_is_gunicorns(root, tmp_path):
    """With a certificate it is gunicorn's worker, and serves as that does."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    options = ("--certfile", str(certificate), "--keyfile", str(key))
    with serving(tmp_path, root, *options, is_awaited=False) as served:
        context = ssl.create_default_context(cafile=str(certificate))
        with (
            connect(served.port) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as sock,
        ):
            for _ in range(3):
                sock.sendall(_STATIC)
                assert read_answer(sock)[0].startswith(b"HTTP/1.1 200 OK")
    assert "without Hiss's lane: TLS is gunicorn's own" in served.log.read_text()


def test_an_unknown_gunicorn_is_left_alone(root, tmp_path):
    """A version that was not read serves as ever, and the log says so once."""
    changed = "import gunicorn\ngunicorn.version_info = (99, 0, 0)\n"
    (tmp_path / "config.py").write_text(changed)
    options = ("--config", str(tmp_path / "config.py"))
    with serving(tmp_path, root, *options) as served:
        assert ask(served.port, _STATIC) == ask(served.port, _STATIC)
    assert served.log.read_text().count("of gunicorn is not known to it") == 1


def test_a_client_that_stays_does_not_hold_up_the_others(pair):
    """Closing waits for the client, and nothing else waits for that."""
    lane, _ = pair
    with connect(lane.port) as stays, connect(lane.port) as refused, connect(lane.port) as other:
        stays.sendall(_CLOSED)
        refused.sendall(THEIRS["folded"])
        for sock in (stays, refused):
            while sock.recv(1 << 16):
                pass
        begun = time.monotonic()
        other.sendall(_STATIC)
        read_answer(other)
        assert time.monotonic() - begun < 1


def test_uvicorns_worker_has_uvicorns_lane(root, tmp_path):
    """The other worker class answers through `hiss.servers.uvicorn`."""
    pytest.importorskip("uvicorn_worker")
    worker = "hiss.servers.gunicorn.StaticUvicornWorker"
    with (
        serving(tmp_path, root, worker=worker, app="asgi_site") as served,
        connect(served.port) as sock,
    ):
        for _ in range(2):
            sock.sendall(get(CSS))
            assert read_answer(sock)[0].startswith(b"HTTP/1.1 200 OK\r\n")
    said = served.log.read_text()
    assert "without Hiss's lane" not in said
    assert "Traceback" not in said


def test_uvicorns_worker_says_what_it_lacks():
    """Without the package that has it, the error says which that is."""
    code = (
        "import sys; sys.modules['uvicorn_worker'] = None\n"
        "from hiss.servers.gunicorn import StaticUvicornWorker"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode
    assert "pip install uvicorn-worker" in run.stderr
