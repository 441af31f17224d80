"""WHITENOISE_* and SERVESTATIC_* settings, into one dict."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING, Final

from hiss.setup.names import FORMER, KEYS, NO_COUNTERPART
from hiss.setup.plan import ByHand, Plan
from hiss.setup.statements import comments_above, indented, lines_of, removed, value_text
from hiss.setup.text import Edit, OddError
from hiss.setup.writes import Write, find_writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hiss.setup.source import Source

_PREFIXES: Final = tuple(f"{name.upper()}_" for name in FORMER)
_DICT: Final = "HISS"


def plan_keys(sources: Sequence[Source]) -> tuple[dict[str, tuple[Edit, ...]], Plan]:
    """Edits by file, and what is left.

    Where the settings are spread over files or branches they stay: a dict in one file would win
    over a setting in another.
    """
    found = [
        (source, write)
        for source in sources
        for write in find_writes(source.tree)
        if write.name.startswith(_PREFIXES)
    ]
    by_hand = [_without_counterpart(source, write) for source, write in found]
    plan = Plan(by_hand=tuple(each for each in by_hand if each is not None))
    known = [(source, write) for source, write in found if _key(write.name) in KEYS]
    if not known:
        return {}, plan
    why = _why_not(sources, [write for _, write in known], {each.path for each, _ in known})
    source = known[0][0]
    if not why:
        try:
            return {source.path: tuple(_edits(source, [write for _, write in known]))}, plan
        except OddError as error:
            why = str(error)
    return {}, plan + _left(known, why)


def _key(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _without_counterpart(source: Source, write: Write) -> ByHand | None:
    key, line = _key(write.name), write.statement.lineno
    if key in NO_COUNTERPART:
        why = f"{write.name} has no counterpart: {NO_COUNTERPART[key]}"
        return ByHand(source.path, line, why)
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, n=1)
        meant = f'; {_DICT}["{KEYS[near[0]]}"] may be meant' if near else ""
        return ByHand(source.path, line, f"{write.name} is no setting of theirs{meant}")
    return None


def _why_not(sources: Sequence[Source], writes: Sequence[Write], paths: set[str]) -> str:
    """Why settings stay where they are; empty where they need not."""
    names = {write.name for write in writes}
    keys = [KEYS[_key(write.name)] for write in writes]
    if len(paths) > 1:
        return "several files set them"
    if any(write.where or write.kind != "set" for write in writes):
        return "they are set within other statements"
    if len(set(keys)) < len(keys):
        return "one is set more than once"
    for source in sources:
        for node in ast.walk(source.tree):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) if name in names:
                    return f"{name} is read elsewhere"
                case ast.Name(id=name) if name == _DICT:
                    return f"there is a dict {_DICT} already"
    return ""


def _left(known: Sequence[tuple[Source, Write]], why: str) -> Plan:
    by_hand, notes = [], []
    for source, write in known:
        line, ours = write.statement.lineno, f'{_DICT}["{KEYS[_key(write.name)]}"]'
        if write.name.startswith(_PREFIXES[0]):
            notes.append(
                f"{source.path}:{line}: {write.name} stays, and goes on working where {ours} says "
                f"nothing ({why})"
            )
        else:
            text = f"{write.name} does nothing any more, and is left alone ({why})"
            by_hand.append(ByHand(source.path, line, text, (f"{ours} = …",)))
    return Plan((), tuple(by_hand), tuple(notes))


def _edits(source: Source, writes: Sequence[Write]) -> Iterator[Edit]:
    entries = []
    for write in writes:
        start, end = lines_of(source, write.statement)
        first = comments_above(source, start)
        entries += _entry(source, write, first, start, end)
        if write is not writes[-1]:
            yield removed(source, first, end)
            continue
        body = "".join(f"    {line}\n" for line in entries)
        yield Edit(first, end, f"{_DICT} = {{\n{body}}}\n")


def _entry(source: Source, write: Write, first: int, start: int, end: int) -> list[str]:
    statement = write.statement
    assert isinstance(statement, ast.Assign | ast.AnnAssign)
    if isinstance(statement, ast.Assign) and len(statement.targets) > 1:
        raise OddError("several are set at once")
    comments = [line.strip() for line in source.text.text[first:start].split("\n") if line.strip()]
    value = indented(source, value_text(source, statement), statement)
    comment = source.text.text[source.span(statement)[1] : end].rstrip("\n")
    key = source.quoted(KEYS[_key(write.name)])
    return [*comments, f"{key}: {value},{comment.rstrip()}"]
