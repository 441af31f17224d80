"""Ports of loopback for servers that are about to be started."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

# Below those that the system gives to clients: they come and go.
_PORTS = range(15_000, 32_000)
_NEXT = Path(tempfile.gettempdir()) / f"hiss-test-ports-{os.getuid()}"


def free_port():
    """A port that nobody listens on, and that no other call is given soon, in whatever process:
    a server takes a while until it listens, and others are started meanwhile.
    """
    with _NEXT.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        # Others' tests may be at work, too, who have another file.
        port = int(file.read() or random.choice(_PORTS))
        while not _is_free(port):
            port = _after(port)
        file.truncate(0)
        file.write(str(_after(port)))
    return port


def _after(port):
    return port + 1 if port + 1 in _PORTS else _PORTS[0]


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True
