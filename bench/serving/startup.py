"""What start-up costs: time and memory that static files add to a Django project.

A process alone, which sets Django up, answers the page and then a static file: against the same
without static files. And gunicorn with 1 and 4 workers, with and without --preload, for what its
workers keep.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from serving.check import ask
from serving.figures import Figure, figure, in_turn
from serving.processes import SERVER_CORE, Address, DidNotStartError, Server, environment, pin
from serving.run import Result, Run, Step, say, say_round
from serving.site import make_crowd
from serving.start import memory
from serving.subjects import SUBJECTS, Subject

URLS: Final = (1_000, 20_000, 100_000)
_WITHOUT: Final = Subject("gunicorn-django", "gunicorn", "Django alone", "django")
_NAMES: Final = ("hiss", "whitenoise")
_SUBJECTS: Final = {
    "without": _WITHOUT,
    "hiss": SUBJECTS["gunicorn-django-hiss"],
    "whitenoise": SUBJECTS["gunicorn-django-whitenoise"],
}
#: Workers, and the options that they have besides.
FLEETS: Final = {
    "1 worker": (1, ""),
    "4 workers": (4, ""),
    "4 workers, --preload": (4, "--preload"),
}
#: gunicorn ends workers that take longer, and 100,000 URLs may.
_PATIENCE: Final = "--timeout 300"
#: Requests before memory is looked at, so that every worker has had some.
_VISITS: Final = 60
_SETTLE_SECONDS: Final = 120.0
#: What workers compute in half a second when they only wait.
_IDLE_SECONDS: Final = 0.01
_LEAST: Final = 0.001


@dataclass
class _Crowd:
    """A folder of so many URLs, written when it is first wanted."""

    root: Path
    urls: int

    @cached_property
    def url(self) -> str:
        """One of them."""
        say(f"{self.urls:,} files are written")
        return make_crowd(self.root, self.urls)


def steps(run: Run) -> list[Step]:
    """A step for so many URLs, alone, and another under gunicorn."""
    crowds = {urls: _Crowd(run.yard.folder / f"crowd-{urls}", urls) for urls in URLS}
    many_rounds = 3 if run.is_quick else 11
    found = []
    for urls in URLS:
        # WhiteNoise's ten seconds are not as unsteady as its tenth of one.
        rounds = min(many_rounds, 5) if urls == URLS[-1] else many_rounds
        # Of the others the targets ask nothing of WhiteNoise.
        names = ("hiss",) if run.only_targets and urls != 20_000 else _NAMES
        each = 0.9 + (urls / 10_000 if "whitenoise" in names else 0)
        found.append(
            Step(
                f"{urls} URLs",
                (rounds + 1) * each + urls / 8_000,
                partial(_alone, crowds[urls], names, rounds),
            )
        )
    few, many = URLS[0], URLS[-1]
    found.append(
        Step(
            f"{many} / {few} URLs",
            (many_rounds + 1) * 1.2,
            partial(_growth, crowds[few], crowds[many], many_rounds),
        )
    )
    if run.only_targets:
        return found
    again = 1 if run.is_quick else 2
    for urls in URLS:
        for fleet, (workers, more) in FLEETS.items():
            loads = 1 if more else workers
            found.append(
                Step(
                    f"{urls} URLs, {fleet}",
                    again * (9 + loads * urls / 18_000),
                    partial(_fleet, run, crowds[urls], workers, more, again),
                )
            )
    return found


def _alone(crowd: _Crowd, names: tuple[str, ...], rounds: int) -> Result:
    found = _starts({name: (name, crowd) for name in ("without", *names)}, rounds)
    return {**_added(found, names), "rounds": rounds}


def _growth(few: _Crowd, many: _Crowd, rounds: int) -> Result:
    """How many times the time with few that with many is, started in turn."""
    crowds = {"without": ("without", few), "few": ("hiss", few), "many": ("hiss", many)}
    found = _starts(crowds, rounds)
    kinds = {kind: _times(found[kind], "many", "few") for kind in ("seconds", "cpu")}
    return {**kinds, "rounds": rounds}


def _starts(
    crowds: dict[str, tuple[str, _Crowd]], rounds: int
) -> dict[str, dict[str, list[float]]]:
    """What processes took, by kind and then by the key of `crowds`: subjects with their folders."""
    found: dict[str, dict[str, list[float]]] = {"seconds": {}, "cpu": {}, "bytes": {}}

    def start(key: str) -> float:
        name, crowd = crowds[key]
        fill = {
            "SERVING_APP": _SUBJECTS[name].app,
            "SERVING_MODE": "wsgi",
            "SERVING_ROOT": str(crowd.root),
        }
        url = crowd.url
        words = [sys.executable, "-m", "serving.start", "" if name == "without" else url]
        done = subprocess.run(
            pin(words, SERVER_CORE),
            env=environment(fill),
            capture_output=True,
            text=True,
            check=True,
        )
        for kind, value in json.loads(done.stdout).items():
            found[kind].setdefault(key, []).append(value)
        return 0.0

    runs = {key: partial(start, key) for key in crowds}
    # The first warms the disk's cache and Python's.
    in_turn(runs, 1)
    for values in found.values():
        values.clear()
    in_turn(runs, rounds, say_round)
    return found


def _fleet(run: Run, crowd: _Crowd, workers: int, more: str, rounds: int) -> Result:
    bytes_: dict[str, list[float]] = {}

    def timed(name: str) -> Callable[[], float]:
        url = crowd.url if name != "without" else "/"

        def is_ready(address: Address) -> bool:
            try:
                return ask(address, url, {}).status == 200
            except OSError:
                return False

        def measure() -> float:
            subject = _SUBJECTS[name]
            options = f"{_PATIENCE} {more}"
            with run.yard.run(
                subject, root=crowd.root, workers=workers, more=options, is_ready=is_ready
            ) as server:
                _settle(server, workers)
                for number in range(_VISITS):
                    ask(server.address, url if number % 2 else "/", {})
                shares = [memory(str(worker)) for worker in server.workers()]
                bytes_.setdefault(name, []).append(sum(shares) / workers)
                return server.took

        return measure

    seconds = in_turn({name: timed(name) for name in _SUBJECTS}, rounds, say_round)
    return {**_added({"seconds": seconds, "bytes": bytes_}, _NAMES), "rounds": rounds}


def _settle(server: Server, workers: int) -> None:
    """Until all workers are there and none has anything left to do.

    Raises:
        DidNotStartError: That is not soon.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    before = -1.0
    while len(server.workers()) != workers or server.cpu() - before > _IDLE_SECONDS:
        if time.monotonic() > deadline:
            raise DidNotStartError("the workers are not all there, or busy with something")
        before = server.cpu()
        time.sleep(0.5)


def _added(found: dict[str, dict[str, list[float]]], names: tuple[str, ...]) -> Result:
    result: Result = {}
    for kind, values in found.items():
        result[kind] = {
            "without": figure(values["without"]),
            **{f"{name} adds": figure(_more(values, name)) for name in names},
        }
        if "whitenoise" in names:
            result[f"{kind}, WhiteNoise / Hiss"] = _times(values, "whitenoise", "hiss")
    return result


def _more(values: dict[str, list[float]], name: str) -> list[float]:
    return [a - b for a, b in zip(values[name], values["without"], strict=True)]


def _times(values: dict[str, list[float]], of: str, over: str) -> Figure:
    """How many times as much the one adds; what cannot be told from nothing is a millisecond."""
    pairs = zip(_more(values, of), _more(values, over), strict=True)
    return figure(max(one, _LEAST) / max(other, _LEAST) for one, other in pairs)
