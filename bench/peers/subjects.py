"""Who is asked: how each subject is started, what stands in front of it, and what it has not got.

Each is set up as its documentation says for this task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

GUNICORN: Final = "gunicorn-gthread"
UVICORN: Final = "uvicorn-httptools"

#: Server to the distributions that it is of.
SERVER_PACKAGES: Final = {
    "gunicorn-sync": ("gunicorn",),
    "gunicorn-gthread": ("gunicorn",),
    "gunicorn-asgi": ("gunicorn",),
    "uvicorn-h11": ("uvicorn", "h11"),
    "uvicorn-httptools": ("uvicorn", "httptools"),
    "granian-wsgi": ("granian",),
    "granian-asgi": ("granian",),
    "hypercorn": ("hypercorn", "h11"),
    "daphne": ("daphne", "twisted"),
    "waitress": ("waitress",),
}

_SITES: Final = ("main", "index", "mounted", "plain")
_HISS: Final = ("hiss",)
_TEST: Final = "an `immutable_file_test` that knows the hashed name"
_ZSTD: Final = "serves gzip and brotli siblings only"
_NO_TAGS: Final = "sends neither ETag nor Last-Modified, and has no option for it"


@dataclass(frozen=True, eq=False)
class Subject:
    """One line of the scoreboard."""

    name: str
    #: How it was set up, in a few words.
    setup: str
    #: After `python -m`; the names of `_FILLED` are filled in. Empty for nginx.
    command: str
    #: Distributions that it needs, its own first.
    packages: tuple[str, ...]
    #: The server in front, as tests/conformance names it; none for those that are servers.
    server: str | None = None
    #: Which application of `peers.django_site`.
    door: str = ""
    #: Each site is a process of its own.
    alone: bool = False
    #: What it has no option for, and why a case that needs it is not held against it.
    lacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_hiss(self) -> bool:
        """Whether it is the one that the contract is of."""
        return self.packages[0] == "hiss"

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites that it can have."""
        return tuple(site for site in _SITES if site not in self.lacks)


def _gunicorn(application: str) -> str:
    return f"gunicorn --bind 127.0.0.1:{{port}} --worker-class gthread --threads 4 {application}"


def _uvicorn(application: str, more: str = "") -> str:
    return f"uvicorn --host 127.0.0.1 --port {{port}} --http httptools {more}{application}"


_GRANIAN: Final = (
    "granian --host 127.0.0.1 --port {port} --interface asgi --static-path-route {route} "
    "--static-path-mount {root} {options} peers.page:asgi_page"
)

SUBJECTS: Final = (
    Subject(
        name="Hiss, WSGI",
        setup="`hiss.wsgi.StaticFiles`",
        command=_gunicorn("conformance.served:wsgi"),
        packages=_HISS,
        server=GUNICORN,
    ),
    Subject(
        name="Hiss, ASGI",
        setup="`hiss.asgi.StaticFiles`",
        command=_uvicorn("conformance.served:asgi"),
        packages=_HISS,
        server=UVICORN,
    ),
    Subject(
        name="Hiss, Django middleware",
        setup="`HissMiddleware` after `SecurityMiddleware`, WSGI",
        command=_gunicorn("peers.django_site:application"),
        packages=(*_HISS, "django"),
        server=GUNICORN,
        door="hiss-middleware",
        alone=True,
    ),
    Subject(
        name="Hiss, Django ASGI",
        setup="`hiss.django.get_asgi_application()`",
        command=_uvicorn("peers.django_site:application"),
        packages=(*_HISS, "django"),
        server=UVICORN,
        door="hiss-asgi",
        alone=True,
    ),
    Subject(
        name="WhiteNoise, WSGI",
        setup=f"`WhiteNoise(app, root, prefix)`, {_TEST}",
        command=_gunicorn("peers.whitenoise_wsgi:application"),
        packages=("whitenoise",),
        server=GUNICORN,
        lacks={"zstd": _ZSTD},
    ),
    Subject(
        name="WhiteNoise, Django middleware",
        setup="after `SecurityMiddleware`, with `CompressedManifestStaticFilesStorage`",
        command=_gunicorn("peers.django_site:application"),
        packages=("whitenoise", "django"),
        server=GUNICORN,
        door="whitenoise",
        alone=True,
        lacks={"zstd": _ZSTD},
    ),
    Subject(
        name="ServeStatic, WSGI",
        setup=f"`ServeStatic(app, root, prefix)`, {_TEST}",
        command=_gunicorn("peers.servestatic_wsgi:application"),
        packages=("servestatic",),
        server=GUNICORN,
        lacks={"zstd": "zstd with Python 3.14 and later, from siblings named `.zstd`"},
    ),
    Subject(
        name="ServeStatic, ASGI",
        setup=f"`ServeStaticASGI(app, root, prefix)`, {_TEST}",
        command=_uvicorn("peers.servestatic_asgi:application"),
        packages=("servestatic",),
        server=UVICORN,
        lacks={"zstd": "zstd with Python 3.14 and later, from siblings named `.zstd`"},
    ),
    Subject(
        name="BlackNoise, ASGI",
        setup=f"`BlackNoise(app).add(root, prefix)`, {_TEST}; lifespan off, which it does not take",
        command=_uvicorn("peers.blacknoise_asgi:application", "--lifespan off "),
        packages=("blacknoise", "starlette"),
        server=UVICORN,
        lacks={
            "zstd": _ZSTD,
            "index": "has no index documents",
            "plain": "has no option that leaves its header fields out",
        },
    ),
    Subject(
        name="Starlette, ASGI",
        setup="`Mount(prefix, StaticFiles(directory=root))`",
        command=_uvicorn("peers.starlette_asgi:application"),
        packages=("starlette",),
        server=UVICORN,
        lacks={
            "br": "serves no precompressed siblings",
            "gzip": "serves no precompressed siblings",
            "zstd": "serves no precompressed siblings",
        },
    ),
    Subject(
        name="aiohttp",
        setup="`add_static(prefix, root)`, under its own server",
        command="peers.aiohttp_server {port}",
        packages=("aiohttp",),
        lacks={"zstd": _ZSTD, "index": "lists folders, and has no index documents"},
    ),
    Subject(
        name="Granian",
        setup="`--static-path-mount` in front of an ASGI application",
        command=_GRANIAN,
        packages=("granian",),
        alone=True,
        lacks={
            "br": "serves no precompressed siblings",
            "gzip": "serves no precompressed siblings",
            "zstd": "serves no precompressed siblings",
            "tags": _NO_TAGS,
            "dates": _NO_TAGS,
            "ranges": "has no ranges",
        },
    ),
    Subject(
        name="nginx",
        setup="`gzip_static`, `brotli_static`, headers and types as in `bench/peers/nginx.conf`",
        command="",
        packages=("nginx",),
        lacks={
            "zstd": "Debian has no zstd module for it",
            "app": "has no application behind it here",
        },
    ),
)
