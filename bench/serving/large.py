"""Bytes per second of a body of 100 MB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from serving.cases import LARGE
from serving.check import check
from serving.figures import figure, in_turn, ratios
from serving.load import drain
from serving.processes import Server
from serving.run import Result, Run, Step, say_round
from serving.subjects import SUBJECTS

#: nginx first: the others are compared with it.
TARGETS: Final = (
    "nginx",
    "gunicorn-hiss",
    "granian-wsgi-hiss",
    "granian-asgi-hiss",
    "uvicorn-lane",
)
_MORE: Final = (
    "gunicorn-lane",
    "gunicorn-whitenoise",
    "uvicorn-hiss",
    "uvicorn-django-whitenoise",
    "granian-wsgi-django-whitenoise",
    "uvicorn-servestatic",
    "uvicorn-starlette",
)
CONNECTIONS: Final = (1, 4)


def steps(run: Run) -> list[Step]:
    """A step for so many connections."""
    keys = [key for key in TARGETS + (() if run.only_targets else _MORE) if key in SUBJECTS]
    counts = CONNECTIONS[1:] if run.only_targets else CONNECTIONS
    seconds = len(keys) * ((run.seconds + 0.4) * (_rounds(run) + 1) + 0.7)
    return [
        Step(f"{count} connections", seconds, partial(_measure, run, keys, count))
        for count in counts
    ]


def _rounds(run: Run) -> int:
    return min(run.rounds, 5)


def _measure(run: Run, keys: list[str], connections: int) -> Result:
    case = replace(LARGE, connections=connections)
    servers = {key: run.keep(SUBJECTS[key]) for key in keys}
    for key, server in servers.items():
        check(run.site, SUBJECTS[key], server.address, case)
    target = case.target(run.site, SUBJECTS["nginx"])

    def timed(server: Server) -> Callable[[], float]:
        return lambda: drain(server.address, target, connections, run.seconds)

    drains = {key: timed(server) for key, server in servers.items()}
    in_turn(drains, 1)
    figures = in_turn(drains, _rounds(run), say_round)
    rows = {
        key: {"rate": figure(values), "of nginx": ratios(values, figures["nginx"])}
        for key, values in figures.items()
    }
    return {"rows": rows, "rounds": _rounds(run), "seconds": run.seconds}
