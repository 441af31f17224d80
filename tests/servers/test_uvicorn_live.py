"""uvicorn's lane over real sockets, beside uvicorn without it."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from conftest import write_tree

from .uvicorn_live import LANE, SERVER, read_all, read_answer, request, serving, wait_for

pytestmark = pytest.mark.live

MIB = 2**20
FILES = {
    "app.css": b"body { color: green }\n" * 20,
    "large.bin": bytes(range(256)) * 12 * 1024,  # 3 MiB: in memory
    "medium.bin": bytes(range(256)) * 4 * 1024,
    "huge.bin": bytes(range(256)) * 24 * 1024,  # 6 MiB: read as it is sent
}
A, PAGE = request("/static/app.css"), request("/page")
RANGES = range(200)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The folder of an application with static files."""
    folder = tmp_path_factory.mktemp("project")
    write_tree(folder / "static", FILES)
    return folder


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def pair(request, project):
    """The two servers, on each loop: the lane's, and uvicorn by itself."""
    options = ("--loop", request.param, "--timeout-keep-alive", "1")
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(project, http, *options)) for http in (LANE, SERVER)]
        for server in servers:
            # Twice: what is not in memory yet is the server's.
            for name in FILES:
                server.ask(f"/static/{name}")
                server.ask(f"/static/{name}")
        yield servers


def seconds_open(server, *requests):
    """How long an idle connection stays open, after some requests one after the other."""
    with server.connect() as client:
        for each in requests:
            client.sendall(each)
            read_answer(client)
        before = time.monotonic()
        assert read_all(client) == b""
        return time.monotonic() - before


def test_keep_alive_expires(pair):
    """An idle connection is closed when uvicorn closes its own, whoever answered on it."""
    asked = [A], [A, PAGE], [PAGE, A], [A, A, A]
    with ThreadPoolExecutor(8) as threads:
        running = [
            [threads.submit(seconds_open, server, *each) for server in pair] for each in asked
        ]
    for lane, server in running:
        assert 0.9 < lane.result() < 1.9
        assert abs(lane.result() - server.result()) < 0.6


def test_a_page_that_came_along_is_waited_for(pair):
    """A connection stays open for what is longer in the making than idle connections live."""
    for server in pair:
        with server.connect() as client:
            client.sendall(A + request("/slow") + A)
            rest = b""
            for body in (FILES["app.css"], b"page", FILES["app.css"]):
                _, found, rest = read_answer(client, rest)
                assert found == body


def test_a_slow_reader_gets_all_in_order(pair):
    """Two hundred large answers asked for at once come whole, and wait where they cost nothing."""
    lane, _ = pair
    with lane.connect(receive_buffer=4096) as client:
        before = lane.memory()
        client.sendall(
            b"".join(request("/static/medium.bin", f"Range: bytes={n}-") for n in RANGES)
        )
        time.sleep(0.3)
        # What is written is one answer or two; all of them would be 200 MiB.
        assert lane.memory() - before < 30 * MIB
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)
        rest = b""
        for n in RANGES:
            head, body, rest = read_answer(client, rest)
            assert b"content-range: bytes %d-" % n in head
            assert body == FILES["medium.bin"][n:]
        assert lane.memory() - before < 30 * MIB


@pytest.mark.parametrize("rudely", [False, True], ids=["farewell", "reset"])
@pytest.mark.parametrize("name", ["large.bin", "huge.bin"])
def test_nothing_stays_of_clients_that_vanish(pair, name, rudely):
    """When clients leave in the middle of an answer, no handle and no task outlives them."""
    lane, _ = pair

    def tasks():
        return int(lane.ask("/tasks").partition(b"\r\n\r\n")[2])

    before = lane.handles(), tasks()
    for _ in range(2):
        with ExitStack() as stack:
            clients = [stack.enter_context(lane.connect(receive_buffer=4096)) for _ in range(10)]
            for client in clients:
                client.sendall(request(f"/static/{name}") * 3)
            for client in clients:
                assert client.recv(12) == b"HTTP/1.1 200"
                if rudely:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert wait_for(lambda: lane.handles() <= before[0])
    assert wait_for(lambda: tasks() <= before[1])


def read_log(server, start):
    """The lines since, as they are but for clients' ports and processes' ids."""
    text = server.log.read_bytes()[start:].decode()
    return re.sub(r"127\.0\.0\.1:\d+|\[\d+\]", "NUMBER", text).splitlines()


LOGGED = {
    "get": [A],
    "pages between": [A + PAGE + A],
    "head": [request("/static/app.css", method="HEAD")],
    "query": [request("/static/app.css?v=1&x=%2F")],
    "encoded": [request("/static/app%2Ecss")],
    "range": [request("/static/app.css", "Range: bytes=0-1")],
    "not modified": [request("/static/app.css", "If-None-Match: *")],
    "proxy": [request("/static/app.css", "X-Forwarded-For: 203.0.113.9")],
    "none": [request("/static/none.css")],
    "http/1.0": [A.replace(b"HTTP/1.1", b"HTTP/1.0")],
    "upgrade": [request("/static/app.css", "Connection: Upgrade", "Upgrade: h2c")],
    "garbage": [A, b"garbage\r\n\r\n"],
}


def test_the_log_is_the_same(pair):
    """The lines that uvicorn writes are those that it writes without the lane."""
    logs = []
    for server in pair:
        start = server.log.stat().st_size
        for pieces in LOGGED.values():
            with server.connect() as client:
                for piece in pieces:
                    client.sendall(piece)
                    time.sleep(0.05)
                client.shutdown(socket.SHUT_WR)
                read_all(client)
        logs.append(read_log(server, start))
    assert logs[0] == logs[1]
    assert len(logs[0]) >= len(LOGGED)


def stop_while(server, data):
    """What a client gets who asked before the server was told to stop, and reads on afterwards."""
    with server.connect(receive_buffer=4096) as client:
        client.sendall(data)
        start = client.recv(12)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        rest = read_all(client)
    return start + rest, server.process.wait(20)


@pytest.mark.parametrize(
    ("loop", "name"), [("uvloop", "large.bin"), ("asyncio", "large.bin"), ("asyncio", "huge.bin")]
)
def test_shutdown_finishes_what_was_begun(project, loop, name):
    """A server that is told to stop in the middle of an answer sends the rest of it, then ends."""
    ends = []
    for http in (LANE, SERVER):
        with serving(project, http, "--loop", loop) as server:
            for _ in range(2):
                server.ask(f"/static/{name}")
            got, code = stop_while(server, request(f"/static/{name}"))
        assert got.endswith(b"\r\n\r\n" + FILES[name])
        ends.append((code, read_log(server, 0)[-4:]))
    assert ends[0] == ends[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that nobody but the test believes."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_tls(project, certificate, loop):
    """Over TLS the answers are the same: small, large, pipelined, remembered, in pieces."""
    context = ssl.create_default_context(cafile=certificate / "cert.pem")
    context.check_hostname = False
    key, chain = str(certificate / "key.pem"), str(certificate / "cert.pem")
    options = "--loop", loop, "--no-date-header", "--ssl-keyfile", key, "--ssl-certfile", chain
    answers = []
    for http in (LANE, SERVER):
        with serving(project, http, *options, tls=context) as server:
            server.ask("/static/large.bin")
            with server.connect() as client:
                for data in (A, A, A + PAGE + A, request("/static/large.bin"), A):
                    client.sendall(data)
                    time.sleep(0.05)
                for byte in request("/static/app.css", "Connection: close"):
                    client.sendall(bytes([byte]))
                answers.append(read_all(client))
    assert answers[0] == answers[1]
    assert answers[0].count(b"HTTP/1.1 200 OK") == 8


def test_workers_count_what_the_lane_answers(project):
    """Workers end after as many requests as they were told, and others take their places."""
    with serving(project, LANE, "--workers", "2", "--limit-max-requests", "20") as server:
        for _ in range(200):
            try:
                server.ask("/static/app.css")
            except ConnectionError:
                # Who had just come to a worker that ends.
                time.sleep(0.05)
        assert wait_for(lambda: "Maximum request limit" in server.log.read_text())
        assert wait_for(lambda: b"page" in server.ask("/page"))


@pytest.mark.parametrize("version", ["0.34.9", "0.55.0", "1.0rc1"])
def test_an_unknown_version_is_served_without_the_lane(project, version):
    """A uvicorn that nobody has read serves through its own door, and one line says so."""
    with serving(project, LANE, UVICORN_IS=version) as server:
        for _ in range(3):
            assert FILES["app.css"] in server.ask("/static/app.css")
    lines = [line for line in server.log.read_text().splitlines() if "lane" in line]
    assert len(lines) == 1
    assert f"version {version} of uvicorn is not known" in lines[0]
