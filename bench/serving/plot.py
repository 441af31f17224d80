"""The plot: requests per second of a file of 4 KB, by server."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from serving.cases import BASE
from serving.subjects import SUBJECTS

# Colours that can be told apart, and read, on white and on near black.
_TEXT: Final = "#7d8590"
_HISS: Final = "#2da44e"
_CONSTANT: Final = "#54749e"
_PEER: Final = "#9aa2ab"
_NGINX: Final = "#d1772b"
_BAR: Final = 0.74
_GAP: Final = 0.9


def draw(matrix: dict[str, Any], path: Path) -> None:
    """Draw the bars; nginx's is a line across, too."""
    rates = {key: row["rate"] for key, row in matrix[BASE.key]["rows"].items() if "rate" in row}
    style = {
        "svg.hashsalt": "hiss",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "text.color": _TEXT,
        "xtick.color": _TEXT,
        "ytick.color": _TEXT,
    }
    with mpl.rc_context(style):
        figure, axes = plt.subplots(figsize=(8.6, 0.27 * len(rates) + 2))
        _bars(axes, rates)
        axes.set_xlabel("requests per second: 4 KB of br, 16 connections, one core", color=_TEXT)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(_TEXT)
        axes.margins(y=0.01)
        figure.tight_layout()
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
        plt.close(figure)


def _bars(axes: Axes, rates: dict[str, Any]) -> None:
    most = max(rate["high"] for rate in rates.values())
    place, server = 0.0, ""
    ticks: dict[float, str] = {}
    for key, rate in rates.items():
        subject = SUBJECTS[key]
        if subject.server != server:
            server = subject.server
            place += _GAP if ticks else 0
            if server != subject.title:
                axes.text(
                    -0.007, place, server, weight="bold", va="center", ha="right",
                    transform=axes.get_yaxis_transform(), fontsize=10.5,
                )  # fmt: skip
                place += 1
        median = rate["median"]
        axes.barh(place, median, _BAR, color=_colour(subject.app))
        ends = [[median - rate["low"]], [rate["high"] - median]]
        axes.errorbar(median, place, xerr=ends, ecolor=_TEXT, elinewidth=1, capsize=2)
        axes.text(rate["high"] + most * 0.012, place, f"{median:,.0f}", va="center", fontsize=9)
        ticks[place] = subject.title
        place += 1
    if "nginx" in rates:
        axes.axvline(rates["nginx"]["median"], color=_NGINX, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_xlim(0, most * 1.12)
    axes.invert_yaxis()


def _colour(app: str) -> str:
    if not app:
        return _NGINX
    if app.endswith("constant"):
        return _CONSTANT
    return _HISS if "hiss" in app else _PEER
