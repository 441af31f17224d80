"""The applications of the subjects: the process's environment says which, and of which folder.

Each is set up as its documentation says for production. A process imports what it needs alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

from serving.names import HASHED, PREFIX

ROOT = os.environ["SERVING_ROOT"]
_is_hashed = re.compile(HASHED).search

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[..., Any]


def _immutable(path: object, url: str = "") -> bool:
    return _is_hashed(url or str(path)) is not None


def _missing_wsgi(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "9")])
    return [b"Not Found"]


async def _missing_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"9")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"Not Found"})


def read_answers() -> dict[str, tuple[str, list[tuple[str, str]], bytes]]:
    """Target to what Hiss answers there, for the servers that only say it again."""
    folder = Path(os.environ["SERVING_ANSWERS"])
    table = json.loads((folder / "answers.json").read_text())
    return {
        target: (status, [tuple(pair) for pair in headers], (folder / body).read_bytes())
        for target, (status, headers, body) in table.items()
    }


def _constant(mode: str, behind: Application | None = None) -> Application:
    """`behind`: for what was not written down."""
    return _constant_asgi(behind) if mode == "asgi" else _constant_wsgi(behind)


def _constant_wsgi(behind: Application | None) -> Application:
    answers = read_answers()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if behind is not None and path not in answers:
            found: Iterable[bytes] = behind(environ, start_response)
            return found
        status, headers, body = answers[path]
        start_response(status, headers)
        return [body]

    return application


def _constant_asgi(behind: Application | None) -> Application:
    answers = {
        target: (
            {
                "type": "http.response.start",
                "status": int(status[:3]),
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            },
            {"type": "http.response.body", "body": body},
        )
        for target, (status, headers, body) in read_answers().items()
    }

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _missing_asgi(scope, receive, send)
            return
        path = scope["path"]
        if behind is not None and path not in answers:
            await behind(scope, receive, send)
            return
        start, body = answers[path]
        await send(start)
        await send(body)

    return application


def _hiss_wsgi() -> Application:
    from hiss.wsgi import StaticFiles

    return StaticFiles(_missing_wsgi, root=ROOT, prefix=PREFIX)


def _hiss_asgi() -> Application:
    from hiss.asgi import StaticFiles

    return StaticFiles(_missing_asgi, root=ROOT, prefix=PREFIX)


def _insides() -> bytes:
    """What a process holds, for bench/memory_soak.py."""
    import asyncio
    import gc

    gc.collect()
    try:
        tasks = len(asyncio.all_tasks())
    except RuntimeError:
        tasks = 0
    return json.dumps({"tasks": tasks, "objects": len(gc.get_objects())}).encode()


def _soak_wsgi() -> Application:
    from hiss.wsgi import StaticFiles

    def insides(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [_insides()]

    return StaticFiles(insides, root=ROOT, prefix=PREFIX)


def _soak_asgi() -> Application:
    from hiss.asgi import StaticFiles

    async def insides(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _missing_asgi(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": _insides()})

    return StaticFiles(insides, root=ROOT, prefix=PREFIX)


def _whitenoise() -> Application:
    from whitenoise import WhiteNoise

    application: Application = WhiteNoise(
        _missing_wsgi, ROOT, PREFIX, immutable_file_test=_immutable
    )
    return application


def _servestatic() -> Application:
    from servestatic import ServeStaticASGI

    application: Application = ServeStaticASGI(
        _missing_asgi, ROOT, PREFIX, immutable_file_test=_immutable
    )
    return application


def _blacknoise() -> Application:
    from blacknoise import BlackNoise

    noise = BlackNoise(_missing_asgi, immutable_file_test=_immutable)
    noise.add(ROOT, PREFIX)
    application: Application = noise
    return application


def _starlette() -> Application:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    return Starlette(routes=[Mount("/static", StaticFiles(directory=ROOT))])


def _configure(**how: Any) -> None:
    from django.conf import settings

    from serving.project import settings_for

    settings.configure(**settings_for(ROOT, **how))


def _django(mode: str, **how: Any) -> Application:
    _configure(**how)
    if mode == "asgi":
        from django.core.asgi import get_asgi_application

        return get_asgi_application()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


_HISS: dict[str, Any] = {
    "apps": ("hiss.django",),
    "storage": "hiss.django.storage.CompressedManifestStaticFilesStorage",
}
_WHITENOISE: dict[str, Any] = {
    "middleware": "whitenoise.middleware.WhiteNoiseMiddleware",
    "storage": "whitenoise.storage.CompressedManifestStaticFilesStorage",
}


def _wrapper(mode: str) -> Application:
    _configure(**_HISS)
    import hiss.django

    if mode == "asgi":
        return hiss.django.get_asgi_application()
    return hiss.django.get_wsgi_application()


#: Name to what makes it; `mode` is the server's interface.
MAKERS: dict[str, Callable[[str], Application]] = {
    "constant": _constant,
    "hiss": lambda mode: _hiss_asgi() if mode == "asgi" else _hiss_wsgi(),
    "hiss-soak": lambda mode: _soak_asgi() if mode == "asgi" else _soak_wsgi(),
    "whitenoise": lambda _mode: _whitenoise(),
    "servestatic": lambda _mode: _servestatic(),
    "blacknoise": lambda _mode: _blacknoise(),
    "starlette": lambda _mode: _starlette(),
    "django": _django,
    "django-constant": lambda mode: _constant(mode, _django(mode)),
    "django-middleware-constant": lambda mode: _django(
        mode, middleware="serving.constant.ConstantMiddleware"
    ),
    "django-hiss": _wrapper,
    "django-hiss-middleware": lambda mode: _django(
        mode, middleware="hiss.django.middleware.HissMiddleware", **_HISS
    ),
    "django-whitenoise": lambda mode: _django(mode, **_WHITENOISE),
}


def make() -> Application:
    """The application that the environment names."""
    return MAKERS[os.environ["SERVING_APP"]](os.environ["SERVING_MODE"])
