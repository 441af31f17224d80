"""Content codings: that they stand for the same bytes, and that caches can tell them apart."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

from hiss.errors import ConfigurationError
from hiss.http.codings import TooLargeError, decompress
from hiss.verify.checks.check import Trouble
from hiss.verify.messages import MOST_OF_BODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.verify.checks.check import Troubles
    from hiss.verify.messages import Answer
    from hiss.verify.site import Asset, Site

# RFC 1952, 2.3.1; RFC 8878, 3.1.1. Brotli has no such mark.
_MARKS: Final = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}
# What fits a packet gains nothing.
_PACKET: Final = 1400
_LEVEL: Final = 6
# The least share of it that is worth a coding.
_GAIN: Final = 0.1


def decodes(asset: Asset, site: Site) -> Troubles:
    """Each coding stands for the same bytes."""
    plain = asset.content
    for coding, answer in _coded(asset):
        if answer.obstacle:
            # Of a file that is too large itself, this is no news.
            if not (answer.obstacle.is_size and asset.plain.is_too_long):
                yield Trouble(answer.obstacle.words, answer)
        elif plain is not None and answer.content != plain and not _mark(answer.content, asset):
            yield Trouble(
                f"in {coding} these are other bytes: {len(answer.content or b'')} of them, "
                f"and {len(plain)} with no coding",
                answer,
            )


def is_what_was_asked(asset: Asset, site: Site) -> Troubles:
    """A coding that was not asked for is not sent."""
    asked = {"": asset.plain, **asset.coded()}
    for coding, answer in asked.items():
        if answer.status == 200 and answer.coding and answer.coding != coding:
            yield Trouble(f"it comes in {answer.coding}, asked for {coding or 'identity'}", answer)


def varies(asset: Asset, site: Site) -> Troubles:
    """Where codings differ, each answer says so."""
    if len(asset.representations()) < 2:
        return
    for coding, answer in (("", asset.plain), *asset.coded().items()):
        if answer.status == 200 and not {"accept-encoding", "*"} & {*answer.members("Vary")}:
            yield Trouble(
                f"Vary: Accept-Encoding is not sent ({coding or 'identity'} asked for): a cache "
                "would give one coding to all",
                answer,
            )
            return


def is_marked(asset: Asset, site: Site) -> Troubles:
    """What is compressed says so."""
    mark = _mark(asset.content, asset)
    if mark and not asset.plain.coding:
        yield Trouble(f"the bytes are {mark}, and no Content-Encoding says so", asset.plain)


def is_coded_once(asset: Asset, site: Site) -> Troubles:
    """Nothing is compressed twice."""
    plain = asset.content
    for coding, answer in _coded(asset):
        mark = _mark(answer.content, asset)
        if mark and answer.content is not None and plain != answer.content:
            yield Trouble(f"it is {mark} within {coding}: compressed twice", answer)
            return


def is_compressed(asset: Asset, site: Site) -> Troubles:
    """What shrinks is sent compressed to who can read that."""
    content, coded = asset.content, asset.coded()
    if content is None or len(content) < _PACKET or not asset.is_compressible:
        return
    if not {"gzip", "br"} <= coded.keys() or any(each.coding for each in coded.values()):
        return
    if asset.plain.coding or any(each.status != 200 for each in coded.values()):
        return
    gain = len(content) - len(gzip.compress(content, _LEVEL))
    if gain > len(content) * _GAIN:
        yield Trouble(
            f"{len(content)} bytes come in no coding, whatever is asked; gzip would save {gain}",
            coded["gzip"],
        )


def _coded(asset: Asset) -> Iterator[tuple[str, Answer]]:
    for coding, answer in asset.representations().items():
        if coding and not answer.is_too_long:
            yield coding, answer


def _mark(data: bytes | None, asset: Asset) -> str:
    """The coding that bytes are in which should be plain; empty for none."""
    if data is None or not asset.is_compressible:
        return ""
    for coding, mark in _MARKS.items():
        if data.startswith(mark):
            try:
                decompress(coding, data, limit=MOST_OF_BODY)
            except TooLargeError:
                return coding
            except (ValueError, ConfigurationError):
                continue
            return coding
    return ""
