"""Starts real servers on loopback, and stops them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


def program(name):
    """The path of a program that the environment of these tests has."""
    return str(Path(sys.executable).with_name(name))


@contextlib.contextmanager
def running(command, log, *, port=None, is_ready=None, **how):
    """A process whose output goes to `log`, from when it listens at `port` or `is_ready()`; yields
    it, and ends it. `how` is for Popen.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **how)
    try:
        wait(process, log, is_ready or (lambda: listens(port)))
        yield process
    finally:
        stop(process)


def wait(process, log, is_done):
    """Until `is_done()`; a process that ends before, or takes too long, fails with what it said."""
    deadline = time.monotonic() + _START_SECONDS
    while not is_done():
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
        time.sleep(0.02)


def listens(port):
    """Whether something listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def stop(process, seconds=_STOP_SECONDS):
    """End a process; should it not end by itself, kill it."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def serving(application):
    """A WSGI application in threads of this process, for a browser, which asks for many things at
    once; yields its URL, without a slash at the end.
    """
    with make_server("127.0.0.1", 0, application, _Server, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
