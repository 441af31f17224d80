"""What a dynamic view pays for the middleware that serves static files beside it.

    python bench/dynamic_view.py [--rounds N] [--json FILE]

Microseconds a request, in process, through Django's own WSGI and ASGI handlers: a view that answers
"ok" behind SecurityMiddleware alone, and behind SecurityMiddleware and Hiss's (and WhiteNoise's,
where it is installed). The target is 5 µs at the most, in both modes.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

sys.path.insert(0, str(Path(__file__).parent))
from paired import differences, measure_in_turn

# Few at a time, and many rounds: neighbours in time are alike, whatever else the machine does.
REQUESTS = 100
SECURITY = "django.middleware.security.SecurityMiddleware"
STACKS = {
    "alone": [SECURITY],
    "hiss": [SECURITY, "hiss.django.middleware.HissMiddleware"],
    "whitenoise": [SECURITY, "whitenoise.middleware.WhiteNoiseMiddleware"],
}


def view(request: HttpRequest) -> HttpResponse:
    """Answers."""
    return HttpResponse("ok")


async def async_view(request: HttpRequest) -> HttpResponse:
    """Answers."""
    return HttpResponse("ok")


urlpatterns = [path("sync/", view), path("async/", async_view)]


def wsgi_run(handler: WSGIHandler) -> Callable[[], float]:
    """A function that measures µs a request through a WSGI handler."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/sync/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
        "wsgi.url_scheme": "http",
    }

    def run() -> float:
        started = time.perf_counter()
        for _ in range(REQUESTS):
            response = handler({**environ, "wsgi.input": io.BytesIO()}, lambda *_: None)
            b"".join(response)
            response.close()
        return (time.perf_counter() - started) / REQUESTS * 1e6

    return run


def asgi_run(handler: ASGIHandler) -> Callable[[], float]:
    """A function that measures µs a request through an ASGI handler."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/async/",
        "raw_path": b"/async/",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"accept-encoding", b"gzip, deflate, br, zstd")],
        "server": ("localhost", 80),
    }

    async def send(_message: dict[str, Any]) -> None:
        return

    def receiver() -> Callable[[], Awaitable[dict[str, Any]]]:
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in messages:
                return message
            await asyncio.Event().wait()
            raise AssertionError

        return receive

    async def many() -> float:
        started = time.perf_counter()
        for _ in range(REQUESTS):
            await handler(dict(scope), receiver(), send)
        return (time.perf_counter() - started) / REQUESTS * 1e6

    return lambda: asyncio.run(many())


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        Path(root, "app.css").write_text("body {}")
        settings.configure(
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF=__name__,
            SECRET_KEY="bench",
            STATIC_ROOT=root,
            STATIC_URL="/static/",
        )
        django.setup()
        document = {}
        for mode, build, run in (
            ("sync", WSGIHandler, wsgi_run),
            ("async", ASGIHandler, asgi_run),
        ):
            figures = measure_in_turn(_subjects(build, run), options.rounds)
            document[mode] = _report(mode, figures)
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n")


def _subjects(
    build: Callable[[], Any], run: Callable[[Any], Callable[[], float]]
) -> dict[str, Callable[[], float]]:
    subjects = {}
    for name, stack in STACKS.items():
        try:
            with override_settings(MIDDLEWARE=stack):
                subjects[name] = run(build())
        except ImportError:
            print(f"{name} is not installed: left out")
    return subjects


def _report(mode: str, figures: dict[str, list[float]]) -> dict[str, list[float]]:
    for name, values in figures.items():
        if name != "alone":
            more = differences(values, figures["alone"])
            print(f"{mode:5}  {name:10}  {more:+.2f} µs a dynamic request")
    return figures


if __name__ == "__main__":
    sys.modules.setdefault("dynamic_view", sys.modules["__main__"])
    main()
