"""A process that starts: `python -m serving.start URL`, with the environment of a subject.

Prints, as JSON, the seconds from here to where it has answered the page and URL ("" for none), the
seconds that it has computed until then, and the bytes of memory that it has.
"""

import time

_began = time.perf_counter()

import gc
import json
import sys
from collections.abc import Callable
from typing import Any


def _environ(path: str) -> dict[str, Any]:
    import io

    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


def _ask(application: Callable[..., Any], path: str) -> None:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    response = application(
        _environ(path), lambda status, headers, *_: started.append((status, headers))
    )
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    [(status, headers)] = started
    assert (status, bool(body)) == ("200 OK", True), status
    if path != "/":
        fields = {name.lower(): value for name, value in headers}
        assert fields["content-encoding"] == "br", fields
        assert "immutable" in fields["cache-control"], fields


def main() -> None:
    """Start, answer and print."""
    from serving.application import application

    _ask(application, "/")
    if sys.argv[1]:
        _ask(application, sys.argv[1])
    took, computed = time.perf_counter() - _began, time.process_time()
    gc.collect()
    print(json.dumps({"seconds": took, "cpu": computed, "bytes": memory()}))


def memory(process: str = "self") -> int:
    """A process's share of memory: what it shares with others is counted in parts."""
    with open(f"/proc/{process}/smaps_rollup") as file:
        [line] = [each for each in file if each.startswith("Pss:")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
