"""The one decision: what to answer to a request for a resource. Pure, and it never raises.

Doors translate the reply; nothing else in the house chooses a status, a header field or bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from hiss.core.asset import Asset, Redirect, notice
from hiss.core.reply import Reply
from hiss.http.conditional import Outcome, evaluate, if_range_holds
from hiss.http.encoding import parse_accept_encoding
from hiss.http.ranges import parse_range, resolve_ranges

if TYPE_CHECKING:
    from hiss.core.asset import Representation, Resource
    from hiss.core.request import Request
    from hiss.http.encoding import AcceptEncoding
    from hiss.http.ranges import ByteRange

# A query as it may stand in a Location: RFC 3986's characters, and whatever was already encoded.
_QUERY_SAFE: Final = "!$&'()*+,;=:@/?-._~%"


def decide(resource: Resource, request: Request) -> Reply:
    """The reply to `request` for `resource`."""
    if isinstance(resource, Asset):
        if request.key is None:
            return _decide_asset(resource, request)
        known = resource.known.get(request.key)
        if known is None:
            known = _decide_asset(resource, request)
            resource.remember(request.key, known)
        return known
    if isinstance(resource, Redirect):
        return _redirect(resource, request)
    return resource.head if request.method == "HEAD" else resource.reply


def _decide_asset(asset: Asset, request: Request) -> Reply:
    if request.method not in {"GET", "HEAD"}:
        return asset.not_allowed
    accept = parse_accept_encoding(request.accept_encoding)
    selected = asset.representations[accept.choose(asset.offer)]
    if request.method == "HEAD":
        # "A server MUST ignore a Range header field received with a request method that is
        # unrecognized or for which range handling is not defined": it is defined for GET alone.
        passed = _meet(asset, (selected,), request)
        return _bodiless(passed) if isinstance(passed, Reply) else passed.head
    asked = _asked(asset, request, accept)
    if asked is None:
        passed = _meet(asset, (selected,), request)
        return passed if isinstance(passed, Reply) else passed.whole
    ranges, holder = asked
    # A client that asks for a part holds parts of the identity representation, unless If-Range, or
    # a tag of what it would get without the range, says otherwise.
    candidates = (holder,) if holder else (asset.identity, selected)
    passed = _meet(asset, candidates, request)
    return passed if isinstance(passed, Reply) else _partial(passed, ranges)


def _asked(
    asset: Asset, request: Request, accept: AcceptEncoding
) -> tuple[tuple[ByteRange, ...], Representation | None] | None:
    """The ranges that are asked for, and whose they must be, where If-Range says it; `None`: no
    range is asked for, or none that holds.
    """
    ranges = None if request.range is None else parse_range(request.range)
    if ranges is None:
        return None
    if request.if_range is None:
        return ranges, None
    holder = _holder(asset, request.if_range, accept)
    return None if holder is None else (ranges, holder)


def _meet(
    asset: Asset, candidates: tuple[Representation, ...], request: Request
) -> Reply | Representation:
    """The first candidate that the preconditions let pass, or the 304 or 412 they come to."""
    conditions = request.conditions
    if conditions is None:
        return candidates[0]
    outcomes = [evaluate(conditions, each.etag, asset.last_modified) for each in candidates]
    for candidate, outcome in zip(candidates, outcomes, strict=True):
        if outcome is Outcome.NOT_MODIFIED:
            return candidate.not_modified
    if Outcome.PROCEED in outcomes:
        return candidates[outcomes.index(Outcome.PROCEED)]
    return asset.precondition_failed


def _partial(representation: Representation, ranges: tuple[ByteRange, ...]) -> Reply:
    """The answer to a GET of ranges of a representation, its preconditions met."""
    spans = resolve_ranges(ranges, representation.size)
    if not spans:
        return representation.unsatisfiable
    # The last bytes of an empty file are no bytes: satisfiable, but no Content-Range can say it.
    return representation.partial(spans) if representation.size else representation.whole


def _holder(asset: Asset, if_range: str, accept: AcceptEncoding) -> Representation | None:
    """The representation that If-Range says the client holds a part of, if it may have it."""
    # Identity first: a date, which does not say which one, speaks of that.
    for each in (asset.identity, *asset.representations):
        acceptable = accept.quality(each.coding) > 0
        if acceptable and if_range_holds(if_range, each.etag, asset.last_modified):
            return each
    return None


def _redirect(redirect: Redirect, request: Request) -> Reply:
    headers = redirect.policy.for_notice()
    if request.method not in {"GET", "HEAD"}:
        return notice(405, (*headers, ("Allow", "GET, HEAD")))
    query = quote(request.query.encode("latin-1", "replace"), safe=_QUERY_SAFE)
    location = f"{redirect.location}?{query}" if query else redirect.location
    reply = notice(302, (*headers, ("Location", location)))
    return _bodiless(reply) if request.method == "HEAD" else reply


def _bodiless(reply: Reply) -> Reply:
    return Reply(reply.status, reply.headers) if reply.content else reply
