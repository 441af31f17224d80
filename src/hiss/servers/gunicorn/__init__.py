"""gunicorn's lanes, by the names that its `-k` takes.

`gunicorn mysite.wsgi -k hiss.servers.gunicorn.StaticThreadWorker` is its threaded worker with
Hiss's lane in it; `gunicorn mysite.asgi -k hiss.servers.gunicorn.StaticUvicornWorker` is uvicorn's
worker with uvicorn's. Each is looked for when it is asked for: they need different packages.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import gunicorn  # type: ignore[import-untyped]

logger = logging.getLogger("hiss.servers")

# The versions whose threaded worker was read, and is tested.
_FIRST_KNOWN: Final = (25, 2)
_LAST_KNOWN: Final = (27, 0)


def _thread_worker() -> type[Any]:
    if _FIRST_KNOWN <= gunicorn.version_info[:2] <= _LAST_KNOWN:
        from hiss.servers.gunicorn.worker import StaticThreadWorker

        return StaticThreadWorker
    from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

    version = gunicorn.__version__
    logger.warning(
        "gunicorn serves without Hiss's lane: version %s of gunicorn is not known to it", version
    )
    worker: type[Any] = ThreadWorker
    return worker


def _uvicorn_worker() -> type[Any]:
    try:
        from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise ImportError(
            "hiss.servers.gunicorn.StaticUvicornWorker is the worker of the package uvicorn-worker "
            f"with Hiss's lane in it, and that cannot be imported: {error}. "
            "Install it: pip install uvicorn-worker"
        ) from error

    lane = {"http": "hiss.servers.uvicorn:StaticProtocol"}
    own = {"CONFIG_KWARGS": {**UvicornWorker.CONFIG_KWARGS, **lane}, "__module__": __name__}
    return type("StaticUvicornWorker", (UvicornWorker,), own)


_WORKERS: Final = {"StaticThreadWorker": _thread_worker, "StaticUvicornWorker": _uvicorn_worker}


def __getattr__(name: str) -> type[Any]:
    if name.startswith("Static") and name not in _WORKERS:
        # gunicorn would pass over an AttributeError, and fail over what it took instead.
        raise ImportError(f"{__name__} has no {name}: there are {' and '.join(_WORKERS)}")
    if name not in _WORKERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # gunicorn asks more than once.
    worker = globals()[name] = _WORKERS[name]()
    return worker
