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

# A query as it may stand in a Location: RFC 3986's characters, and whatever was already encoded.
_QUERY_SAFE: Final = "!$&'()*+,;=:@/?-._~%"


def decide(resource: Resource, request: Request) -> Reply:
    """The reply to `request` for `resource`."""
    if isinstance(resource, Asset):
        return _decide_asset(resource, request)
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
        return _bodiless(_preconditions(asset, (selected,), request) or selected.head)
    if request.range is None:
        return _preconditions(asset, (selected,), request) or selected.whole
    # A client that asks for a part holds parts of the identity representation, most likely; the
    # tag it names may be that one's, or that of what it would get without the range.
    return _preconditions(asset, (selected, asset.identity), request) or _partial(
        asset, selected, request
    )


def _preconditions(
    asset: Asset, candidates: tuple[Representation, ...], request: Request
) -> Reply | None:
    """The 304 or 412 that the preconditions come to; `None`: go on."""
    conditions = request.conditions
    if conditions is None:
        return None
    outcomes = [evaluate(conditions, each.etag, asset.last_modified) for each in candidates]
    for candidate, outcome in zip(candidates, outcomes, strict=True):
        if outcome is Outcome.NOT_MODIFIED:
            return candidate.not_modified
    return None if Outcome.PROCEED in outcomes else asset.precondition_failed


def _partial(asset: Asset, selected: Representation, request: Request) -> Reply:
    """The answer to a GET with a Range field, its preconditions met."""
    ranges = parse_range(request.range or "")
    if ranges is None:
        return selected.whole
    representation = asset.identity
    if request.if_range is not None:
        holder = _holder(asset, request)
        if holder is None:
            return selected.whole
        representation = holder
    spans = resolve_ranges(ranges, representation.size)
    if not spans:
        return representation.unsatisfiable
    # The last bytes of an empty file are no bytes: satisfiable, but no Content-Range can say it.
    return representation.partial(spans) if representation.size else selected.whole


def _holder(asset: Asset, request: Request) -> Representation | None:
    """The representation that If-Range says the client holds a part of, if it may have it."""
    accept = parse_accept_encoding(request.accept_encoding)
    condition = request.if_range or ""
    # Identity first: a date, which does not say which one, speaks of that.
    for each in (asset.identity, *asset.representations):
        acceptable = each is asset.identity or accept.quality(each.coding) > 0
        if acceptable and if_range_holds(condition, each.etag, asset.last_modified):
            return each
    return None


def _redirect(redirect: Redirect, request: Request) -> Reply:
    headers = redirect.policy.for_notice()
    if request.method not in {"GET", "HEAD"}:
        return notice(405, (*headers, ("Allow", "GET, HEAD")))
    query = quote(request.query.encode("latin-1", "replace"), safe=_QUERY_SAFE)
    location = f"{redirect.location}?{query}" if query else redirect.location
    return _bodiless(notice(302, (*headers, ("Location", location))), request.method)


def _bodiless(reply: Reply, method: str = "HEAD") -> Reply:
    return Reply(reply.status, reply.headers) if method == "HEAD" and reply.content else reply
