"""STORAGES["staticfiles"]: the storage that hashes and compresses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hiss.setup.names import DJANGO_STORAGES, FILE_STORAGE, FORMER, STORAGE
from hiss.setup.source import insert_after
from hiss.setup.static_root import after_statement
from hiss.setup.steps import Left
from hiss.setup.text import Edit
from hiss.setup.writes import find_writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hiss.setup.source import Source
    from hiss.setup.steps import Step
    from hiss.setup.writes import Write

NAME: Final = "STORAGES"
_KEY: Final = "staticfiles"
# Django 5.1 took these out: since then they do nothing.
_OLD: Final = ("STATICFILES_STORAGE", "DEFAULT_FILE_STORAGE")


def plan_storages(source: Source) -> Step:
    """Ours in the place of Django's; another one is somebody's decision, and left alone."""
    writes = find_writes(source.tree)
    ours = [write for write in writes if write.name == NAME]
    if not ours:
        old = [write for write in writes if write.name in _OLD]
        if old:
            raise Left(f"{old[0].name} does nothing since Django 5.1", old[0].value)
        return _new(source)
    for write in ours:
        if write.where:
            raise Left(f"{NAME} is set within {write.where}", write.value)
    entry = _entry(ours)
    if entry is None:
        return _added(source, ours[-1])
    backend = _backend(entry)
    if backend is None:
        raise Left(f'{NAME}["{_KEY}"] is computed', entry)
    value = backend.value
    assert isinstance(value, str)
    if value.startswith("hiss."):
        return ()
    if value in DJANGO_STORAGES:
        return (Edit(*source.span(backend), source.quoted(STORAGE, backend)),)
    if value.split(".")[0] in FORMER:
        raise Left(f"{value} is there: `hiss migrate` puts Hiss in its place", backend)
    raise Left(f"static files are kept by {value}, which may be meant", backend)


def lines_by_hand(sources: Sequence[Source], ours: str = STORAGE) -> tuple[str, ...]:
    """What a person would write: an entry where one of the files makes STORAGES, else the whole."""
    writes = [write for each in sources for write in find_writes(each.tree)]
    if any(write.name == NAME and write.kind == "set" for write in writes):
        return (f'{NAME}["{_KEY}"] = {{"BACKEND": "{ours}"}}',)
    own = [write.value for write in writes if write.name == "DEFAULT_FILE_STORAGE"]
    default = f'"{FILE_STORAGE}"'
    for value in own[-1:]:
        default = ast.unparse(value).replace("'", '"')
    return (
        f"{NAME} = {{",
        f'    "default": {{"BACKEND": {default}}},',
        f'    "{_KEY}": {{"BACKEND": "{ours}"}},',
        "}",
    )


def block(source: Source) -> str:
    """STORAGES anew, with Django's own default."""
    quote = source.quoted
    lines = (
        f"{NAME} = {{",
        f"    {quote('default')}: {{",
        f"        {quote('BACKEND')}: {quote(FILE_STORAGE)},",
        "    },",
        *(f"    {line}" for line in f"{_entry_code(source)},".split("\n")),
        "}",
    )
    return "\n".join(lines)


def _entry_code(source: Source) -> str:
    quote = source.quoted
    return f"{quote(_KEY)}: {{\n    {quote('BACKEND')}: {quote(STORAGE)},\n}}"


def _new(source: Source) -> Step:
    place = after_statement(source, ("STATIC_ROOT", "STATIC_URL", "MIDDLEWARE"))
    following = source.text.text[place + 1 : source.text.line_end(place + 1)]
    return (Edit(place, place, f"\n\n{block(source)}" + ("\n" if following.strip() else "")),)


def _entry(writes: list[Write]) -> ast.expr | None:
    """What the key is, the last time that it is said."""
    entry = None
    for write in writes:
        match write:
            case write if write.kind == "item" and write.key == _KEY:
                entry = write.value
            case write if write.kind == "set" and isinstance(write.value, ast.Dict):
                entry = _value(write.value, _KEY)
            case _:
                raise Left(f"{NAME} is computed", write.value)
    return entry


def _value(mapping: ast.Dict, wanted: str) -> ast.expr | None:
    found = None
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        if key is None:
            raise Left(f"{NAME} is computed", value)
        if isinstance(key, ast.Constant) and key.value == wanted:
            found = value
    return found


def _backend(entry: ast.expr) -> ast.Constant | None:
    value = _value(entry, "BACKEND") if isinstance(entry, ast.Dict) else None
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return value if is_text else None  # type: ignore[return-value]


def _added(source: Source, write: Write) -> Step:
    mapping = write.value
    if not isinstance(mapping, ast.Dict) or write.kind != "set" or not mapping.values:
        raise Left(f"{NAME} is written in an unusual way", write.value)
    items = [
        (source.span(key)[0], source.span(value)[1])
        for key, value in zip(mapping.keys, mapping.values, strict=True)
        if key is not None
    ]
    return insert_after(source, items, len(items) - 1, _entry_code(source))
