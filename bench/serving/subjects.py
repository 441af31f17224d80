"""Who serves: each server with each application that is compared under it, one worker each."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Final

_GUNICORN_LANE: Final = "hiss.servers.gunicorn"
_APPLICATION: Final = "serving.application:application"

#: Server to its interface, and the command that starts it.
SERVERS: Final = {
    "nginx": ("", ""),
    "uvicorn": (
        "asgi",
        "uvicorn --host 127.0.0.1 --port {port} --loop uvloop --http {http} --no-access-log "
        "--log-level warning --timeout-keep-alive 75 {more} " + _APPLICATION,
    ),
    "gunicorn": (
        "wsgi",
        "gunicorn --bind 127.0.0.1:{port} --worker-class {worker} --threads 4 --workers {workers} "
        "--keep-alive 75 --log-level warning {more} " + _APPLICATION,
    ),
    "granian, WSGI": (
        "wsgi",
        "granian --host 127.0.0.1 --port {port} --interface wsgi --workers 1 "
        "--log-level warning --no-access-log " + _APPLICATION,
    ),
    "granian, ASGI": (
        "asgi",
        "granian --host 127.0.0.1 --port {port} --interface asgi --loop uvloop --workers 1 "
        "--log-level warning --no-access-log " + _APPLICATION,
    ),
}
#: Distributions that are compared, whose versions the page names.
PACKAGES: Final = (
    "uvicorn",
    "uvloop",
    "httptools",
    "gunicorn",
    "granian",
    "django",
    "whitenoise",
    "servestatic",
    "blacknoise",
    "starlette",
)


@dataclass(frozen=True)
class Subject:
    """One line of the tables."""

    key: str
    server: str
    #: As the tables call it, below its server.
    title: str
    #: The application, as `serving.apps` knows it; empty for nginx.
    app: str = ""
    #: What is filled into the server's command.
    http: str = "httptools"
    worker: str = "gthread"
    more: str = ""
    #: Module that has to be there.
    needs: str = ""
    #: Whether it is in the table of all cases.
    is_tabled: bool = True

    @property
    def name(self) -> str:
        """As a sentence calls it."""
        return self.server if self.server == self.title else f"{self.server}, {self.title}"

    @property
    def mode(self) -> str:
        """The interface between server and application."""
        return SERVERS[self.server][0]

    @property
    def is_constant(self) -> bool:
        """Whether it only says again what was written down."""
        return self.app.endswith("constant")

    @property
    def is_hiss(self) -> bool:
        """Whether what it answers is held to what Hiss promises."""
        return "hiss" in self.app or self.is_constant

    def command(self, port: int, workers: int = 1, more: str = "") -> list[str]:
        """The words after `python -m`."""
        return (
            SERVERS[self.server][1]
            .format(
                port=port,
                http=self.http,
                worker=self.worker,
                workers=workers,
                more=f"{self.more} {more}",
            )
            .split()
        )


_UVICORN_LANE: Final = "hiss.servers.uvicorn:StaticProtocol"
_THREADS: Final = f"{_GUNICORN_LANE}.StaticThreadWorker"

_ALL: Final = (
    Subject("nginx", "nginx", "nginx"),
    Subject("uvicorn-constant", "uvicorn", "a constant answer", "constant"),
    Subject("uvicorn-lane", "uvicorn", "Hiss, lane", "hiss", http=_UVICORN_LANE),
    Subject("uvicorn-hiss", "uvicorn", "Hiss, ASGI wrapper", "hiss"),
    Subject(
        "uvicorn-django-lane", "uvicorn", "Hiss in Django, lane", "django-hiss", http=_UVICORN_LANE
    ),
    Subject("uvicorn-django-hiss", "uvicorn", "Hiss in Django, wrapper", "django-hiss"),
    Subject(
        "uvicorn-django-hiss-middleware",
        "uvicorn",
        "Hiss in Django, middleware",
        "django-hiss-middleware",
    ),
    Subject(
        "uvicorn-django-constant",
        "uvicorn",
        "a constant answer before Django",
        "django-constant",
        is_tabled=False,
    ),
    Subject(
        "uvicorn-django-constant-middleware",
        "uvicorn",
        "a constant answer in Django's middleware",
        "django-middleware-constant",
    ),
    Subject(
        "uvicorn-django-whitenoise",
        "uvicorn",
        "WhiteNoise in Django",
        "django-whitenoise",
        needs="whitenoise",
    ),
    Subject(
        "uvicorn-servestatic",
        "uvicorn",
        "ServeStatic, ASGI wrapper",
        "servestatic",
        needs="servestatic",
    ),
    # It does not take lifespan.
    Subject(
        "uvicorn-blacknoise",
        "uvicorn",
        "BlackNoise",
        "blacknoise",
        more="--lifespan off",
        needs="blacknoise",
    ),
    Subject(
        "uvicorn-starlette", "uvicorn", "Starlette StaticFiles", "starlette", needs="starlette"
    ),
    Subject("gunicorn-constant", "gunicorn", "a constant answer", "constant"),
    Subject(
        "gunicorn-lane", "gunicorn", "Hiss, lane", "hiss", worker=_THREADS, needs=_GUNICORN_LANE
    ),
    Subject("gunicorn-hiss", "gunicorn", "Hiss, WSGI wrapper", "hiss"),
    Subject(
        "gunicorn-django-lane",
        "gunicorn",
        "Hiss in Django, lane",
        "django-hiss",
        worker=_THREADS,
        needs=_GUNICORN_LANE,
    ),
    Subject("gunicorn-django-hiss", "gunicorn", "Hiss in Django, wrapper", "django-hiss"),
    Subject(
        "gunicorn-django-hiss-middleware",
        "gunicorn",
        "Hiss in Django, middleware",
        "django-hiss-middleware",
    ),
    Subject(
        "gunicorn-django-constant",
        "gunicorn",
        "a constant answer before Django",
        "django-constant",
        is_tabled=False,
    ),
    Subject(
        "gunicorn-django-constant-middleware",
        "gunicorn",
        "a constant answer in Django's middleware",
        "django-middleware-constant",
    ),
    Subject(
        "gunicorn-whitenoise",
        "gunicorn",
        "WhiteNoise, WSGI wrapper",
        "whitenoise",
        needs="whitenoise",
    ),
    Subject(
        "gunicorn-django-whitenoise",
        "gunicorn",
        "WhiteNoise in Django",
        "django-whitenoise",
        needs="whitenoise",
    ),
    Subject("granian-wsgi-constant", "granian, WSGI", "a constant answer", "constant"),
    Subject("granian-wsgi-hiss", "granian, WSGI", "Hiss, WSGI wrapper", "hiss"),
    Subject("granian-wsgi-django-hiss", "granian, WSGI", "Hiss in Django, wrapper", "django-hiss"),
    Subject(
        "granian-wsgi-django-whitenoise",
        "granian, WSGI",
        "WhiteNoise in Django",
        "django-whitenoise",
        needs="whitenoise",
    ),
    Subject("granian-asgi-constant", "granian, ASGI", "a constant answer", "constant"),
    Subject("granian-asgi-hiss", "granian, ASGI", "Hiss, ASGI wrapper", "hiss"),
    Subject("granian-asgi-django-hiss", "granian, ASGI", "Hiss in Django, wrapper", "django-hiss"),
    Subject(
        "granian-asgi-django-whitenoise",
        "granian, ASGI",
        "WhiteNoise in Django",
        "django-whitenoise",
        needs="whitenoise",
    ),
)


def _is_there(module: str) -> bool:
    try:
        return not module or importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


#: By key, in the order of the tables; without those whose module this checkout has not got.
SUBJECTS: Final = {
    each.key: each for each in _ALL if each.needs != _GUNICORN_LANE or _is_there(each.needs)
}


def find_missing() -> list[str]:
    """Modules that the subjects need and that are not installed."""
    wanted = {each.needs for each in SUBJECTS.values() if each.needs}
    wanted |= {"uvicorn", "uvloop", "httptools", "gunicorn", "granian", "django", "matplotlib"}
    return sorted(name for name in wanted if not _is_there(name))
