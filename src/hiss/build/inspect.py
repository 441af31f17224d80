"""Reading the source tree: each file once, its hash and its references."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.build import css, js
from hiss.build.content import Content, of_file
from hiss.build.references import Kind, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hiss.build.cache import Cache
    from hiss.build.source import Source

# Of another form, or found by other rules, references are kept under other keys.
_REFERENCES_VERSION: Final = "2"

_TOKENIZERS: Final[Mapping[str, Callable[[bytes], list[Reference]]]] = {
    ".css": css.find_references,
    ".js": js.find_references,
    ".mjs": js.find_references,
}


class Inspected(NamedTuple):
    """A source file, read."""

    source: Source
    content: Content
    references: tuple[Reference, ...]


def inspect(source: Source, path: str, cache: Cache) -> Inspected:
    """Read the file at `path`, which holds the bytes of `source`.

    Raises:
        OSError: It cannot be read.
    """
    content = of_file(path)
    extension = os.path.splitext(source.name)[1].lower()
    tokenizer = _TOKENIZERS.get(extension)
    if tokenizer is None:
        return Inspected(source, content, ())
    key = f"{content.sha256}-references{extension}-{_REFERENCES_VERSION}"
    known = cache.get(key)
    if known is not None:
        references = _parse(known, content.size)
        if references is not None:
            return Inspected(source, content, references)
    references = tuple(tokenizer(content.read()))
    cache.put(key, _format(references))
    return Inspected(source, content, references)


def _format(references: tuple[Reference, ...]) -> bytes:
    return json.dumps([(*each[:3], each.kind.name) for each in references]).encode()


def _parse(payload: bytes, size: int) -> tuple[Reference, ...] | None:
    """The references that a cache held; `None` where no file of that size can have them."""
    try:
        references = tuple(
            Reference(start, end, str(url), Kind[kind])
            for start, end, url, kind in json.loads(payload)
        )
        ends = [0, *(place for each in references for place in each[:2]), size]
        return references if ends == sorted(ends) else None
    except (ValueError, TypeError, KeyError):
        return None
