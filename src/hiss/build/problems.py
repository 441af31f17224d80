"""What is wrong with a source tree: all of it, in one report, with the rule that would judge
otherwise.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from enum import Enum
from fnmatch import fnmatchcase
from glob import escape
from typing import TYPE_CHECKING, Any, Final

from hiss.build.references import SCRIPT_KINDS, Kind, Reference
from hiss.errors import ConfigurationError
from hiss.files.atomic import write_atomic
from hiss.files.release import PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hiss.build.source import Source


class Verdict(Enum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warn"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, where, and what would change the verdict."""

    #: What kind of problem: `missing-reference`, `two-urls`.
    id: str
    verdict: Verdict
    #: The logical name of the file that it is in, and where that lies.
    file: str
    path: str
    #: From 1; columns count characters.
    line: int
    column: int
    #: What the file says there.
    text: str
    #: What is wrong, in a sentence.
    message: str
    #: The logical name that was looked for; empty where nothing was.
    wanted: str = ""
    #: Names that are there and look like it, the nearest first.
    near: tuple[str, ...] = ()
    #: The package that the file belongs to; empty for the project's own.
    owner: str = ""
    #: The setting that would change the verdict; empty where none would.
    rule: str = ""

    def __str__(self) -> str:
        lines = [f"{self.path}:{self.line}:{self.column}: {self.verdict.value}: {self.message}"]
        lines.append(f"    {self.text}")
        if self.near:
            lines.append(f"    nearest: {', '.join(self.near)}")
        whose = f"a file of {self.owner}" if self.owner else "your file"
        lines.append(f"    {whose}{f'; {self.rule}' if self.rule else ''}")
        return "\n".join(_printable(line) for line in lines)

    def as_json(self) -> dict[str, Any]:
        """The problem as JSON has it."""
        return {**asdict(self), "verdict": self.verdict.value}


def _printable(line: str) -> str:
    """A line with its control characters as escapes: what a file says must not steer a terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in line
    )


def write_problems(problems: Iterable[Problem], root: str) -> None:
    """Leave the problems of the release in force beside it, for its report."""
    text = json.dumps([each.as_json() for each in problems], indent=1, ensure_ascii=False)
    write_atomic(os.path.join(root, PROBLEMS), text.encode("utf-8"))


def read_problems(root: str) -> list[dict[str, Any]]:
    """The problems that `write_problems` left; none where it left none."""
    try:
        with open(os.path.join(root, PROBLEMS), encoding="utf-8") as file:
            problems = json.load(file)
    except (OSError, ValueError):
        return []
    return problems if isinstance(problems, list) else []


OWN: Final = "own"
VENDOR: Final = "vendor"

#: What a missing reference is judged as, unless the project says otherwise.
DEFAULT_RULES: Final[Mapping[str, str]] = {OWN: "error", VENDOR: "warn"}


class Rules:
    """`MISSING_REFERENCES`: verdicts for the project's own files, for packages', and by glob."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        """`rules`: `own`, `vendor` or a glob of logical names, to `error`, `warn` or `ignore`.

        Raises:
            ConfigurationError: A verdict is none of these.
        """
        for key, value in rules.items():
            if not isinstance(value, str) or value not in {each.value for each in Verdict}:
                raise ConfigurationError(
                    f'MISSING_REFERENCES["{key}"] must be "error", "warn" or "ignore", '
                    f"not {value!r}"
                )
        self._set = rules.keys() & DEFAULT_RULES.keys()
        merged = {**DEFAULT_RULES, **rules}
        self._by_owner = {key: Verdict(merged[key]) for key in (OWN, VENDOR)}
        self._globs = [
            (key, Verdict(value)) for key, value in rules.items() if key not in DEFAULT_RULES
        ]

    def judge(self, source: Source, reference: Reference) -> Verdict:
        """The verdict on a reference in `source` to something that is not there."""
        if reference.kind is Kind.SOURCE_MAP:
            return Verdict.IGNORE
        for glob, verdict in self._globs:
            if fnmatchcase(source.name, glob):
                return verdict
        owner = VENDOR if source.owner else OWN
        verdict = self._by_owner[owner]
        if verdict is Verdict.ERROR and owner not in self._set and _is_for_a_bundler(reference):
            return Verdict.WARNING
        return verdict


def _is_for_a_bundler(reference: Reference) -> bool:
    """Whether it may be meant for a tool: the sources of bundlers often lie among static files, and
    name modules that only those find; `@import "tailwindcss"` is such a name too.
    """
    if reference.kind is Kind.CSS_IMPORT:
        return not re.search(r"[./]", reference.url)
    return reference.kind in SCRIPT_KINDS


def rule_against(source: Source) -> str:
    """The words for the setting that would let a missing reference in `source` pass."""
    return f'to let it pass: "MISSING_REFERENCES": {{{json.dumps(escape(source.name))}: "ignore"}}'


def position(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte offset; columns count characters."""
    before = data[:offset]
    line_start = before.rfind(b"\n") + 1
    column = len(before[line_start:].decode("utf-8", "replace")) + 1
    return before.count(b"\n") + 1, column


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Those that must stop a release."""
    return [problem for problem in problems if problem.verdict is Verdict.ERROR]


def format_problems(problems: Iterable[Problem], *, most: int | None = None) -> str:
    """A report of problems, errors first; of no more than `most`, where that is given."""
    ordered = sorted(
        problems, key=lambda each: (each.verdict is not Verdict.ERROR, each.file, each.line)
    )
    shown = ordered if most is None else ordered[:most]
    lines = [str(problem) for problem in shown]
    if len(shown) < len(ordered):
        lines.append(f"… and {len(ordered) - len(shown)} more: see {PROBLEMS}")
    errors = len(errors_of(ordered))
    lines.append(f"{errors} error(s), {len(ordered) - errors} warning(s)")
    return "\n".join(lines)
