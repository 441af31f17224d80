"""Figures that can be compared: pairs in turn, their ratios, and how far these lie apart."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypedDict


class Figure(TypedDict):
    """A median, and the lowest and highest of what it is of."""

    median: float
    low: float
    high: float


def figure(values: Iterable[float]) -> Figure:
    """The figure of at least one value."""
    known = list(values)
    found = statistics.median(known), min(known), max(known)
    # More digits than these say nothing.
    median, low, high = (float(f"{value:.5g}") for value in found)
    return {"median": median, "low": low, "high": high}


def ratios(of: Sequence[float], over: Sequence[float]) -> Figure:
    """How many times the other the one is, pair by pair."""
    return figure(a / b for a, b in zip(of, over, strict=True))


def in_turn(
    subjects: Mapping[str, Callable[[], float]],
    rounds: int,
    said: Callable[[str], None] = lambda _: None,
) -> dict[str, list[float]]:
    """What each returns in each round: A B, B A, A B, … so that neither always comes first, and a
    machine whose speed drifts is as fast or slow for all.
    """
    figures: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(rounds):
        order = list(subjects.items())
        for name, run in reversed(order) if number % 2 else order:
            said(f"{name}, round {number + 1} of {rounds}")
            figures[name].append(run())
    return figures
