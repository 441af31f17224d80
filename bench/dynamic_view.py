"""What a dynamic view pays for the middleware that serves static files beside it.

    python bench/dynamic_view.py [--rounds N] [--write]

Microseconds a request, in process, through Django's own WSGI and ASGI handlers: a view that answers
"ok" behind SecurityMiddleware alone, and behind SecurityMiddleware and Hiss's (and WhiteNoise's,
where it is installed). The target is 5 µs at the most, in both modes.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import django
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.module_loading import import_string

sys.path.insert(0, str(Path(__file__).parent))
from paired import differences, measure_in_turn

# Few at a time, and many rounds: neighbours in time are alike, whatever else the machine does.
REQUESTS = 100
PAGE = Path(__file__).parents[1] / "docs" / "bench-dynamic-view.md"
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


def build_layers() -> Callable[[HttpRequest], Awaitable[Any]]:
    """The middleware of the settings around an asynchronous view, each as Django wraps it."""
    chain: Any = convert_exception_to_response(async_view)
    for name in reversed(settings.MIDDLEWARE):
        middleware = import_string(name)
        if iscoroutinefunction(chain) and not getattr(middleware, "async_capable", False):
            chain = async_to_sync(chain)
        layer = middleware(chain)
        chain = layer if iscoroutinefunction(layer) else sync_to_async(layer)
        chain = convert_exception_to_response(chain)
    return chain


def layers_run(chain: Callable[[HttpRequest], Awaitable[Any]]) -> Callable[[], float]:
    """A function that measures µs a request through layers of middleware."""
    request = ASGIRequest(
        {"type": "http", "method": "GET", "path": "/async/", "headers": []}, io.BytesIO()
    )

    async def many() -> float:
        started = time.perf_counter()
        for _ in range(REQUESTS):
            await chain(request)
        return (time.perf_counter() - started) / REQUESTS * 1e6

    return lambda: asyncio.run(many())


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
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
        lines = [
            "# What a dynamic view pays",
            "",
            "`python bench/dynamic_view.py`: microseconds that a request for a dynamic view takes "
            "more with a middleware for static files than without, through Django's own handlers, "
            "and, as an event loop's own tasks make that noisy, through the layers of middleware "
            f"alone; median of {options.rounds} rounds, in turn, and quartiles.",
            "",
            "| handler | middleware | µs more |",
            "|---|---|--:|",
        ]
        for mode, build, run in (
            ("sync", WSGIHandler, wsgi_run),
            ("async", ASGIHandler, asgi_run),
            ("async, layers", build_layers, layers_run),
        ):
            figures = measure_in_turn(_subjects(build, run), options.rounds)
            for name, values in figures.items():
                if name != "alone":
                    more = differences(values, figures["alone"])
                    lines.append(f"| {mode} | {name} | {more:+.2f} |")
                    print(lines[-1])
    if options.write:
        PAGE.write_text("\n".join(lines) + "\n")


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


if __name__ == "__main__":
    sys.modules.setdefault("dynamic_view", sys.modules["__main__"])
    main()
