"""Entity tags, and what comes of asking by them (RFC 9110, sections 8.8.3 and 13)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from hiss.http.etags import parse_etags
from hiss.verify.checks.check import Trouble
from hiss.verify.probe import SAME, WEAK

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.site import Asset, Site


def has_etag(asset: Asset, site: Site) -> Troubles:
    """Each representation has an entity tag."""
    for coding, answer in asset.representations().items():
        value = answer.header("ETag")
        if not value:
            yield Trouble(f"no ETag is sent{f' in {coding}' if coding else ''}", answer)
            return
        if len(parse_etags(value)) != 1 or value == "*":
            yield Trouble(f"ETag: {value} is no entity tag", answer)
            return


def has_etag_of_its_own(asset: Asset, site: Site) -> Troubles:
    """Other bytes have another strong tag."""
    for one, other in combinations(asset.representations().items(), 2):
        etag = one[1].header("ETag")
        if etag and not etag.startswith("W/") and etag == other[1].header("ETag"):
            yield Trouble(
                f"{one[0] or 'identity'} and {other[0]} have the same strong ETag, {etag}: "
                "what is resumed, or stored, may be of both",
                other[1],
            )
            return


def is_strong(asset: Asset, site: Site) -> Troubles:
    """There is a strong tag."""
    tags = [answer.header("ETag") for answer in asset.representations().values()]
    if tags and all(each.startswith("W/") for each in tags):
        yield Trouble(f"its only ETag is weak ({tags[0]}): no download can be resumed", asset.plain)


def revalidates(asset: Asset, site: Site) -> Troubles:
    """Who has it is told so."""
    for coding, sent in asset.representations().items():
        answer = asset.answers.get(SAME + coding)
        # Behind a name there may be several servers: the tag may have changed in between.
        if answer is None or answer.status == 304 or answer.status not in {200, 412}:
            continue
        etag, now = sent.header("ETag"), answer.header("ETag")
        why = f"; another answer's ETag is {now}" if now and now != etag else ""
        yield Trouble(
            f"If-None-Match: {etag} is answered {answer.status}, not 304"
            f"{f' (in {coding})' if coding else ''}{why}",
            answer,
        )
        return


def revalidates_weakened(asset: Asset, site: Site) -> Troubles:
    """Who has it by a tag that a CDN weakened is told so, too."""
    answer = asset.answers.get(WEAK)
    if answer is not None and answer.status == 200:
        value = dict(answer.request.fields)["If-None-Match"]
        yield Trouble(f"If-None-Match: {value} is answered 200, not 304", answer)


def keeps_its_fields(asset: Asset, site: Site) -> Troubles:
    """A 304 says again how long it may be kept (RFC 9110, 15.4.5)."""
    for coding, sent in asset.representations().items():
        answer = asset.answers.get(SAME + coding)
        if answer is None or answer.status != 304:
            continue
        said, now = sent.header("Cache-Control"), answer.header("Cache-Control")
        if said and said != now:
            yield Trouble(
                f"the 304 has {f'Cache-Control: {now}' if now else 'no Cache-Control'}, "
                f"and the 200 {said}",
                answer,
            )
            return
