"""Figures that can be compared: measured in turn, in one run, as a median with its spread."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median of several measurements, and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least four values."""
        low, median, high = statistics.quantiles(values, n=4)
        return cls(low, median, high)

    def __format__(self, spec: str) -> str:
        return f"{self.median:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


def measure_in_turn(
    subjects: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """What each subject's function returns in each round: A B C, A B C, … so that a machine whose
    speed drifts is as fast or slow for all of them.
    """
    figures: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, run in subjects.items():
            figures[name].append(run())
    return figures


def differences(of: Sequence[float], over: Sequence[float]) -> Spread:
    """How much more the one is than the other, round by round."""
    return Spread.of([a - b for a, b in zip(of, over, strict=True)])
