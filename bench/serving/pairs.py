"""Pairs for the targets: two servers up, asked right after each other, again and again; where there
is something that the first cannot be quicker than, that, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from serving.cases import BASE, NOT_MODIFIED, Case
from serving.figures import figure, in_turn, ratios
from serving.run import Result, Run, Step, say_round
from serving.subjects import SUBJECTS


@dataclass(frozen=True)
class Pair:
    """How much of the second's requests per second the first reaches."""

    of: str
    over: str
    case: Case = BASE
    #: What the first cannot be quicker than: the server, or Django, with next to nothing to do.
    bound: str = ""

    @property
    def key(self) -> str:
        """Its name in the JSON."""
        kind = "" if self.case == BASE else f", {self.case.status}"
        return f"{self.of} / {self.over}{kind}"


PAIRS: Final = tuple(
    pair
    for pair in (
        Pair("uvicorn-lane", "nginx"),
        Pair("uvicorn-lane", "nginx", NOT_MODIFIED),
        Pair("uvicorn-lane", "uvicorn-django-whitenoise"),
        Pair("uvicorn-hiss", "uvicorn-constant"),
        Pair("granian-asgi-hiss", "granian-asgi-constant"),
        Pair("gunicorn-hiss", "gunicorn-constant"),
        Pair("granian-wsgi-hiss", "granian-wsgi-constant"),
        Pair("gunicorn-lane", "gunicorn-constant"),
        *(
            Pair(f"{server}-django-{key}", f"{server}-django-whitenoise", bound=f"{server}-{bound}")
            for server, key, bound in (
                ("gunicorn", "hiss-middleware", "django-constant-middleware"),
                ("uvicorn", "hiss-middleware", "django-constant-middleware"),
                ("gunicorn", "hiss", "constant"),
                ("granian-wsgi", "hiss", "constant"),
                ("uvicorn", "hiss", "constant"),
            )
        ),
    )
    if pair.of in SUBJECTS and pair.over in SUBJECTS
)


def steps(run: Run) -> list[Step]:
    """A step for each pair."""
    # A warm-up of each, and wrk's own start and end.
    each = run.rounds * (run.seconds + 0.2) + 2.5
    return [
        Step(pair.key, each * (3 if pair.bound else 2), partial(_measure, run, pair))
        for pair in PAIRS
    ]


def _measure(run: Run, pair: Pair) -> Result:
    subjects = {key: SUBJECTS[key] for key in (pair.of, pair.over, pair.bound) if key}
    with run.yard.run_all(list(subjects.values())) as servers:
        timed, costs = {}, {}
        for key, subject in subjects.items():
            warm, _ = run.load(subject, servers[key], pair.case, 1)
            warm([])
            measure, _ = run.load(subject, servers[key], pair.case, run.seconds)
            costs[key] = list[float]()
            timed[key] = partial(measure, costs[key])
        figures = in_turn(timed, run.rounds, say_round)
    found = {
        "of": figure(figures[pair.of]),
        "over": figure(figures[pair.over]),
        "ratio": ratios(figures[pair.of], figures[pair.over]),
        "cpu ratio": ratios(costs[pair.over], costs[pair.of]),
        "rounds": run.rounds,
        "seconds": run.seconds,
    }
    if pair.bound:
        found["bound ratio"] = ratios(figures[pair.bound], figures[pair.over])
    return found
