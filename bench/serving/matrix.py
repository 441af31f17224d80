"""Every subject in every case, in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from serving.cases import MATRIX, Case
from serving.check import WrongAnswerError, ask
from serving.figures import figure, in_turn, ratios
from serving.load import FailedLoadError
from serving.processes import DidNotStartError
from serving.run import Result, Run, Step, say, say_round
from serving.subjects import SUBJECTS

_SECONDS: Final = 1
_TABLED: Final = {key: subject for key, subject in SUBJECTS.items() if subject.is_tabled}
#: Requests before the first that counts.
_WARMING: Final = 50


def steps(run: Run) -> list[Step]:
    """A step for each case."""
    rounds = _rounds(run)
    seconds = len(_TABLED) * ((_SECONDS + 0.2) * rounds + 0.3)
    return [Step(case.key, seconds, partial(_measure, run, case)) for case in MATRIX]


def _rounds(run: Run) -> int:
    return 1 if run.is_quick else 3


def _measure(run: Run, case: Case) -> Result:
    rows: dict[str, Result] = {}
    timed, costs = {}, {}
    for key, subject in _TABLED.items():
        try:
            measure, answer = run.load(subject, run.keep(subject), case, _SECONDS)
            target = case.target(run.site, subject)
            for _ in range(_WARMING):
                ask(run.keep(subject).address, target, {})
        except (WrongAnswerError, DidNotStartError, OSError) as error:
            rows[key] = {"error": str(error)}
            say(str(error))
        else:
            rows[key] = {"answer": answer.facts()}
            costs[key] = list[float]()
            timed[key] = partial(_or_not, rows[key], partial(measure, costs[key]))
    figures = in_turn(timed, _rounds(run), say_round)
    for key, values in figures.items():
        if "error" in rows[key]:
            continue
        rows[key]["rate"] = figure(values)
        rows[key]["microseconds"] = figure(cost * 1e6 for cost in costs[key])
        if "error" not in rows["nginx"]:
            rows[key]["of nginx"] = ratios(values, figures["nginx"])
    return {"rows": rows, "rounds": _rounds(run), "seconds": _SECONDS}


def _or_not(row: Result, measure: Callable[[], float]) -> float:
    """What it measures; one whose requests break off is left alone from then on."""
    if "error" not in row:
        try:
            return measure()
        except FailedLoadError as error:
            row["error"] = str(error)
            say(str(error))
    return 0.0
