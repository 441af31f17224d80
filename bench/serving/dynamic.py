"""A dynamic view beside static load: how long its visitors wait while the same worker serves 256
connections as fast as it can.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from serving.cases import BASE
from serving.check import check
from serving.figures import figure, in_turn, ratios
from serving.load import FailedLoadError, read_wrk, visit, wrk_command
from serving.processes import Server
from serving.run import Result, Run, Step, say_round
from serving.subjects import SUBJECTS, Subject

#: Visits a second, and for how long: the 99th of a hundred is of 250.
RATE: Final = 50
_SECONDS: Final = 5
_CASE: Final = replace(BASE, connections=256)

#: WhiteNoise first: the others are compared with it.
_GROUPS: Final = {
    "gunicorn": (
        "gunicorn-django-whitenoise",
        "gunicorn-django-hiss-middleware",
        "gunicorn-django-hiss",
        "gunicorn-django-constant",
        "gunicorn-django-lane",
    ),
    "uvicorn": (
        "uvicorn-django-whitenoise",
        "uvicorn-django-hiss-middleware",
        "uvicorn-django-hiss",
        "uvicorn-django-constant",
        "uvicorn-django-lane",
    ),
}


def steps(run: Run) -> list[Step]:
    """A step for each server."""
    rounds = _rounds(run)
    found = []
    for name, group in _GROUPS.items():
        keys = [key for key in group if key in SUBJECTS]
        if run.only_targets:
            keys = [key for key in keys if "middleware" not in key]
        seconds = (_SECONDS + 1.6) * (len(keys) * rounds + 1) + 5
        found.append(Step(name, seconds, partial(_measure, run, keys)))
    return found


def _rounds(run: Run) -> int:
    return 2 if run.is_quick else min(run.rounds, 5)


def _measure(run: Run, keys: list[str]) -> Result:
    parts: dict[str, dict[str, list[float]]] = {}
    statics: dict[str, list[float]] = {key: [] for key in keys}
    with run.yard.run_all([SUBJECTS[key] for key in keys]) as servers:
        alone = visit(servers[keys[0]].address, "/", RATE, _SECONDS)

        def timed(key: str) -> Callable[[], float]:
            def measure() -> float:
                times, static = _beside(run, SUBJECTS[key], servers[key])
                for name, value in times.items():
                    parts.setdefault(name, {}).setdefault(key, []).append(value)
                statics[key].append(static)
                return 0.0

            return measure

        in_turn({key: timed(key) for key in keys}, _rounds(run), say_round)
    rows: dict[str, Result] = {}
    for key in keys:
        rows[key] = {"static": figure(statics[key])}
        for name, values in parts.items():
            rows[key][name] = figure(values[key])
            rows[key][f"{name} of WhiteNoise"] = ratios(values[key], values[keys[0]])
    return {"rows": rows, "alone": alone, "rounds": _rounds(run), "seconds": _SECONDS}


def _beside(run: Run, subject: Subject, server: Server) -> tuple[dict[str, float], float]:
    """Milliseconds to the view's answers, and the static files' requests a second meanwhile."""
    fields, _ = check(run.site, subject, server.address, _CASE)
    target = _CASE.target(run.site, subject)
    command = wrk_command(server.address, target, fields, _CASE.connections, _SECONDS + 1)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
        try:
            # All are connected by then.
            time.sleep(0.5)
            times = visit(server.address, "/", RATE, _SECONDS)
            output, _ = load.communicate(timeout=60)
        finally:
            load.kill()
    found = read_wrk(output)
    if found["refused"] or found["failed"]:
        raise FailedLoadError(f"{subject.name}: static requests broke off beside the view")
    return times, found["requests"] / found["microseconds"] * 1e6
