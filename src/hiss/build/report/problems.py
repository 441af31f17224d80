"""The part of the page that says what is wrong with the source tree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hiss.build.report.words import count, name, path, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hiss.build.report.summary import Report

#: How many problems the page shows at most.
SHOWN: Final = 200

_NONE: Final = '<p class="none good">None: every reference leads to a file.</p>'

#: What a verdict is called, the worst first.
_WORDS: Final[Mapping[str, str]] = {"error": "error", "warn": "warning", "ignore": "ignored"}


def figure(problems: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The value and the note of the figure at the top."""
    counts = Counter(_verdict(each) for each in problems)
    parts = [count(counts[word], word) for word in ("error", "warning") if counts[word]]
    return f"{len(problems):,}", ", ".join(parts) or "nothing to mend"


def worst(report: Report) -> str:
    """The class of the figure: the worst verdict, or `good`."""
    verdicts = {_verdict(each) for each in report.problems}
    return next((word for word in _WORDS.values() if word in verdicts), "good")


def format_problems(problems: Sequence[Mapping[str, Any]]) -> str:
    """Every problem: what, where, what the file says, and what would mend it."""
    if not problems:
        return _NONE
    order = list(_WORDS.values())
    ordered = sorted(problems, key=lambda each: order.index(_verdict(each)))
    items = "\n".join(_item(each) for each in ordered[:SHOWN])
    rest = len(problems) - SHOWN
    more = f'<p class="none">And {count(rest, "more problem")}.</p>' if rest > 0 else ""
    return f'<ol class="problems">\n{items}\n</ol>{more}'


def _verdict(problem: Mapping[str, Any]) -> str:
    return _WORDS.get(str(problem.get("verdict")), "warning")


def _item(problem: Mapping[str, Any]) -> str:
    verdict = _verdict(problem)
    parts = [
        f'<p class="what"><span class="badge {verdict}">{verdict}</span> '
        f"{text(problem.get('message', ''))}</p>",
        f'<p class="where">{path(_where(problem))}</p>',
    ]
    if problem.get("text"):
        parts.append(f"<pre><code>{text(problem['text'])}</code></pre>")
    if problem.get("near"):
        near = ", ".join(f"<code>{name(each)}</code>" for each in problem["near"])
        parts.append(f'<p class="hint">Nearest: {near}</p>')
    whose = f"A file of {text(problem['owner'])}" if problem.get("owner") else "Your file"
    rule = f"; {text(problem['rule'])}" if problem.get("rule") else ""
    parts.append(f'<p class="hint">{whose}{rule}</p>')
    return f"<li>{''.join(parts)}</li>"


def _where(problem: Mapping[str, Any]) -> str:
    place = str(problem.get("path") or problem.get("file") or "")
    numbers = [str(problem[key]) for key in ("line", "column") if problem.get(key)]
    return ":".join([place, *numbers])
