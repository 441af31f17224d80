"""The targets, each with what a run found for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from serving.figures import Figure

Parts = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """One row: a ratio, and what it must be."""

    title: str
    limit: float
    #: Where the ratio is: a part, and the keys down to it.
    place: tuple[str, ...]
    #: Whether the limit is the most that it may be, and not the least.
    is_most: bool = False
    #: Where the ratio is that the wrapper, or the middleware, could have at best.
    bound: tuple[str, ...] = ()

    def find_bound(self, parts: Parts) -> Figure | None:
        """What could be had at best; `None`: that was not measured."""
        return replace(self, place=self.bound).find(parts) if self.bound else None

    def find(self, parts: Parts) -> Figure | None:
        """The ratio; `None`: it was not measured."""
        found: Any = parts
        for key in self.place:
            found = found.get(key) if isinstance(found, Mapping) else None
        return cast("Figure | None", found)

    def find_by_cpu(self, parts: Parts) -> Figure | None:
        """The ratio by what requests cost the server; `None`: that was not measured."""
        *above, last = self.place
        by_cpu = _BY_CPU.get(last)
        return replace(self, place=(*above, by_cpu)).find(parts) if by_cpu else None

    def is_met(self, ratio: Figure) -> bool:
        """Whether its median is what it must be."""
        median = ratio["median"]
        return median <= self.limit if self.is_most else median >= self.limit


def _pair(title: str, limit: float, of: str, over: str, kind: str = "") -> Target:
    pair = "pairs", f"{of} / {over}{kind}"
    return Target(title, limit, (*pair, "ratio"), bound=(*pair, "bound ratio"))


def _bound_of_wrapper(server: str) -> tuple[str, ...]:
    return "dynamic", server, "rows", f"{server}-django-constant", "p99 of WhiteNoise"


#: Where ratios of time are, to where those of computing are.
_BY_CPU: Final = {
    "ratio": "cpu ratio",
    "seconds": "cpu",
    "seconds, WhiteNoise / Hiss": "cpu, WhiteNoise / Hiss",
}
_WHITENOISE: Final = "against WhiteNoise's middleware"
_LARGE: Final = ("large", "4 connections", "rows")

TARGETS: Final = (
    _pair("uvicorn lane against nginx, 4 KB, 200", 1.0, "uvicorn-lane", "nginx"),
    _pair("uvicorn lane against nginx, 4 KB, 304", 1.0, "uvicorn-lane", "nginx", ", 304"),
    _pair(
        "uvicorn lane against WhiteNoise in Django under uvicorn",
        40,
        "uvicorn-lane",
        "uvicorn-django-whitenoise",
    ),
    _pair(
        "ASGI wrapper against the constant answer: uvicorn",
        0.95,
        "uvicorn-hiss",
        "uvicorn-constant",
    ),
    _pair(
        "ASGI wrapper against the constant answer: granian",
        0.95,
        "granian-asgi-hiss",
        "granian-asgi-constant",
    ),
    _pair(
        "WSGI wrapper against the constant answer: gunicorn gthread",
        0.95,
        "gunicorn-hiss",
        "gunicorn-constant",
    ),
    _pair(
        "WSGI wrapper against the constant answer: granian",
        0.9,
        "granian-wsgi-hiss",
        "granian-wsgi-constant",
    ),
    _pair(
        "gunicorn lane against gunicorn's constant answer",
        2.5,
        "gunicorn-lane",
        "gunicorn-constant",
    ),
    _pair(
        f"Django middleware {_WHITENOISE}: WSGI (gunicorn)",
        1.2,
        "gunicorn-django-hiss-middleware",
        "gunicorn-django-whitenoise",
    ),
    _pair(
        f"Django middleware {_WHITENOISE}: ASGI (uvicorn)",
        1.2,
        "uvicorn-django-hiss-middleware",
        "uvicorn-django-whitenoise",
    ),
    _pair(
        f"Django wrapper {_WHITENOISE}: gunicorn gthread",
        1.7,
        "gunicorn-django-hiss",
        "gunicorn-django-whitenoise",
    ),
    _pair(
        f"Django wrapper {_WHITENOISE}: granian WSGI",
        4,
        "granian-wsgi-django-hiss",
        "granian-wsgi-django-whitenoise",
    ),
    _pair(
        f"Django wrapper {_WHITENOISE}: uvicorn",
        20,
        "uvicorn-django-hiss",
        "uvicorn-django-whitenoise",
    ),
    *(
        Target(f"100 MB against nginx's sendfile: {name}", 0.5, (*_LARGE, key, "of nginx"))
        for name, key in (
            ("gunicorn", "gunicorn-hiss"),
            ("granian WSGI", "granian-wsgi-hiss"),
            ("granian ASGI", "granian-asgi-hiss"),
            ("uvicorn lane", "uvicorn-lane"),
        )
    ),
    Target(
        "start-up with 20,000 URLs: how many times Hiss's time WhiteNoise's is",
        50,
        ("startup", "20000 URLs", "seconds, WhiteNoise / Hiss"),
    ),
    Target(
        "start-up with 20,000 URLs: how many times Hiss's memory WhiteNoise's is",
        10,
        ("startup", "20000 URLs", "bytes, WhiteNoise / Hiss"),
    ),
    Target(
        "start-up time with 100,000 URLs against 1,000",
        2,
        ("startup", "100000 / 1000 URLs", "seconds"),
        is_most=True,
    ),
    *(
        Target(
            f"p99 of a dynamic view beside static load, {door} {_WHITENOISE}: {server}",
            0.5,
            ("dynamic", server, "rows", f"{server}-django-{key}", "p99 of WhiteNoise"),
            is_most=True,
            bound=_bound_of_wrapper(server) if door == "wrapper" else (),
        )
        for server in ("gunicorn", "uvicorn")
        for door, key in (("wrapper", "hiss"), ("lane", "lane"))
    ),
)
