"""Dotted names of WhiteNoise's and ServeStatic's: middleware, storages, apps, and their imports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hiss.setup.names import APP, DOTTED, FORMER, STORAGE
from hiss.setup.plan import ByHand, Plan
from hiss.setup.statements import lines_of
from hiss.setup.storages import block, lines_by_hand
from hiss.setup.text import Edit, OddError
from hiss.setup.writes import find_writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hiss.setup.source import Source
    from hiss.setup.writes import Write

_OLD: Final = "STATICFILES_STORAGE"
_STORAGE_MODULES: Final = tuple(f"{name}.storage" for name in FORMER)
_OURS: Final = STORAGE.rpartition(".")[0]
_STORAGES: Final = frozenset(
    {"CompressedManifestStaticFilesStorage", "CompressedStaticFilesStorage"}
)


def plan_names(source: Source, sources: Sequence[Source]) -> tuple[tuple[Edit, ...], Plan]:
    """A file's edits, and what is left; `sources` are all settings files."""
    edits, by_hand, notes = [], [], []
    old = [write for write in find_writes(source.tree) if _is_old(write)]
    for write in old:
        edit, left = _storage_setting(source, write, sources)
        edits += edit
        by_hand += left
        notes += [_HASHED_AGAIN] if edit else []
    edits += _texts(source, skip={id(write.value) for write in old})
    edits += _imports(source)
    return tuple(edits), Plan((), tuple(by_hand), tuple(notes))


_HASHED_AGAIN: Final = (
    f"{_OLD} does nothing since Django 5.1: with STORAGES in its place files get hashed names again"
)


def _is_old(write: Write) -> bool:
    is_text = isinstance(write.value, ast.Constant) and write.value.value in DOTTED
    return write.name == _OLD and write.kind == "set" and is_text


def _storage_setting(
    source: Source, write: Write, sources: Sequence[Source]
) -> tuple[list[Edit], list[ByHand]]:
    others = {each.name for one in (source, *sources) for each in find_writes(one.tree)}
    assert isinstance(write.value, ast.Constant)
    ours = DOTTED[str(write.value.value)]
    why = ""
    if write.where:
        why = f"it is set within {write.where}"
    elif "STORAGES" in others:
        why = "STORAGES is there and counts: delete this, and see what it says of staticfiles"
    elif "DEFAULT_FILE_STORAGE" in others:
        why = "DEFAULT_FILE_STORAGE does nothing since Django 5.1, too; its value belongs beside"
    if not why:
        try:
            start, end = lines_of(source, write.statement)
        except OddError as error:
            why = str(error)
        else:
            end -= source.text.text[end - 1 : end] == "\n"
            code = block(source).replace(STORAGE, ours)
            return [Edit(start, end, code)], []
    lines = lines_by_hand((source, *sources), ours)
    return [], [ByHand(source.path, write.statement.lineno, f"{_OLD}: {why}", lines)]


def _texts(source: Source, skip: set[int]) -> Iterator[Edit]:
    in_lists = {
        id(each)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.List | ast.Tuple)
        for each in node.elts
    }
    apps = 0
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or node.value not in DOTTED or id(node) in skip:
            continue
        ours = DOTTED[str(node.value)]
        if ours == APP:
            apps += 1
            # The bare word may mean many things; and an app is installed once.
            if (node.value in FORMER and id(node) not in in_lists) or apps > 1:
                continue
        yield Edit(*source.span(node), source.quoted(ours, node))


def _imports(source: Source) -> Iterator[Edit]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or node.module not in _STORAGE_MODULES:
            continue
        if _STORAGES.issuperset(each.name for each in node.names):
            at = source.text.text.find(node.module, *source.span(node))
            yield Edit(at, at + len(node.module), _OURS)
