"""Ports of loopback for servers that are about to be started."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

# Below those that the system gives to clients: they come and go.
_FIRST, _LAST = 15_000, 31_999
_NEXT = Path(tempfile.gettempdir()) / f"hiss-test-ports-{os.getuid()}"


def free_port():
    """A port that nobody listens on, and that no other call is given soon, in whatever process:
    a server takes a while until it listens, and others are started meanwhile.
    """
    with _NEXT.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        port = int(file.read() or _FIRST)
        while not _is_free(port):
            port = _after(port)
        file.truncate(0)
        file.write(str(_after(port)))
    return port


def _after(port):
    return port + 1 if port < _LAST else _FIRST


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
