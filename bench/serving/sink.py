"""A client that reads large bodies: `python -m serving.sink HOST PORT TARGET CONNECTIONS SECONDS`.

wrk reads 8 KB at a time, and would be what is measured.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time

from serving.cases import BROWSER

_BUFFER = 1024 * 1024
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def drain(address: tuple[str, int], target: str, until: float, counts: list[int]) -> None:
    """Ask again and again on one connection, until it is time; adds the bytes of bodies."""
    fields = {"Host": "127.0.0.1", **BROWSER}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    request = f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode()
    buffer = bytearray(_BUFFER)
    total = 0
    with socket.create_connection(address, 30) as connection:
        while time.perf_counter() < until:
            connection.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(4096)
                assert piece, "the server hung up"
                head += piece
            head, _, rest = head.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = _LENGTH.search(head)
            assert length, head
            left = int(length[1]) - len(rest)
            total += len(rest)
            while left and time.perf_counter() < until:
                got = connection.recv_into(buffer, min(left, _BUFFER))
                assert got, "the server hung up"
                left -= got
                total += got
    counts.append(total)


def main() -> None:
    """Read, and print bytes per second as JSON."""
    host, port, target, connections, seconds = sys.argv[1:]
    counts: list[int] = []
    began = time.perf_counter()
    until = began + float(seconds)
    threads = [
        threading.Thread(target=drain, args=((host, int(port)), target, until, counts))
        for _ in range(int(connections))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    assert len(counts) == len(threads)
    print(json.dumps({"rate": sum(counts) / took}))


if __name__ == "__main__":
    main()
