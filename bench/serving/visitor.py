"""A client of a dynamic view: `python -m serving.visitor HOST PORT TARGET RATE SECONDS`.

It asks at a steady rate, however long answers take, and counts each from when it was due: a server
that is slow for a while is not asked less for that.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from serving.cases import BROWSER

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def visit(host: str, port: int, target: str, rate: int, seconds: float) -> list[float]:
    """Seconds to the end of each answer."""
    fields = {"Host": host, **BROWSER, "Accept": "text/html"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    request = f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode()
    idle: list[Connection] = []

    async def once(due: float) -> float:
        reader, writer = idle.pop() if idle else await asyncio.open_connection(host, port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        low = head.lower()
        length = int(low.partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        if b"connection: close" in low:
            writer.close()
        else:
            idle.append((reader, writer))
        return time.perf_counter() - due

    began = time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(once(due)))
    return list(await asyncio.wait_for(asyncio.gather(*tasks), 60))


def main() -> None:
    """Visit, and print milliseconds as JSON."""
    host, port, target, rate, seconds = sys.argv[1:]
    times = sorted(asyncio.run(visit(host, int(port), target, int(rate), float(seconds))))
    figures = {f"p{part}": times[len(times) * part // 100] * 1000 for part in (50, 99)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
