"""Ranges and HEAD (RFC 9110, sections 9.3.2 and 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.http.ranges import Span, format_content_range
from hiss.verify.checks.check import Trouble
from hiss.verify.probe import HEAD, IF_RANGE, RANGE, part_of

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.site import Asset, Site

_COMPARED: Final = (
    "Content-Type",
    "Content-Encoding",
    "Content-Length",
    "Cache-Control",
    "ETag",
    "Last-Modified",
    "Access-Control-Allow-Origin",
)
# A server need not know a length before it makes the body (RFC 9110, 9.3.2).
_MAY_LACK: Final = frozenset({"Content-Length"})


def has_parts(asset: Asset, site: Site) -> Troubles:
    """Media and downloads are sent in parts: players seek, and Safari plays nothing without."""
    answer = asset.answers.get(RANGE)
    if answer is not None and answer.status == 200 and not asset.is_compressible:
        yield Trouble("a range is asked for, and the whole comes", answer)


def has_right_parts(asset: Asset, site: Site) -> Troubles:
    """A part is the part that was asked for, and says so."""
    answer, part, content = asset.answers.get(RANGE), part_of(asset), asset.content
    if answer is None or part is None or content is None or answer.status in {0, 200}:
        return
    if answer.status != 206:
        yield Trouble(f"a range that is there is answered {answer.status}, not 206", answer)
        return
    if asset.plain.coding or answer.coding:
        # Of which representation this is a part, is not known.
        return
    said = answer.header("Content-Range")
    wanted = format_content_range(Span(part[0], part[1] + 1), len(content))
    if said.replace("/*", f"/{len(content)}") != wanted:
        yield Trouble(f"Content-Range: {said or 'none'}, not {wanted}", answer)
    elif answer.body != content[part[0] : part[1] + 1]:
        yield Trouble(f"{said}, and these are other bytes", answer)


def heeds_if_range(asset: Asset, site: Site) -> Troubles:
    """No part is sent to who has another version."""
    answer = asset.answers.get(IF_RANGE)
    if answer is not None and answer.status == 206:
        yield Trouble(
            "If-Range of another version is answered 206: two versions are joined", answer
        )


def is_the_same_to_head(asset: Asset, site: Site) -> Troubles:
    """HEAD says what GET says."""
    answer = asset.answers.get(HEAD)
    if answer is None or not answer.status:
        return
    if answer.status != asset.plain.status:
        yield Trouble(f"HEAD is {answer.status}, and GET {asset.plain.status}", answer)
        return
    for name in _COMPARED:
        to_head, to_get = answer.header(name), asset.plain.header(name)
        if to_head != to_get and not (name in _MAY_LACK and not (to_head and to_get)):
            yield Trouble(
                f"{name} is {to_head or 'not sent'} to HEAD, and {to_get or 'not sent'} to GET",
                answer,
            )
            return


def has_no_body_to_head(asset: Asset, site: Site) -> Troubles:
    """No bytes follow an answer to HEAD: they would be taken for the next answer."""
    answer = asset.answers.get(HEAD)
    if answer is not None and answer.body:
        yield Trouble("a body is sent to HEAD", answer)
