"""What else is asked of each file below the prefix, and in which order.

What shows the most comes first, and files of different kinds take turns: where the limit on
requests ends it, what was seen is of every kind.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

from hiss.http.paths import quote_path
from hiss.verify.caches import names_cache, said_of_cache
from hiss.verify.messages import Request
from hiss.verify.site import CODINGS, IDENTITY, take_turns
from hiss.verify.survey import origin_field
from hiss.verify.urls import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hiss.core.manifest import Manifest, ManifestEntry
    from hiss.verify.fetch import Fetcher
    from hiss.verify.messages import Field
    from hiss.verify.site import Asset, Site

#: Names of answers, beside `identity` and the codings'.
AGAIN: Final = "again"
HEAD: Final = "head"
IF_RANGE: Final = "if-range"
RANGE: Final = "range"
SAME: Final = "same:"
WEAK: Final = "weak"

#: An entity tag that no file has.
OTHER_TAG: Final = '"hiss-verify"'

# Bytes of a part: enough to tell whether it is the right one.
_PART: Final = 64
# Of each older release, so many files that the newer ones do not have.
_OLD_FILES: Final = 3
# A cache may have several machines, each with a store of its own.
_MORE_TRIES: Final = 2
# Requests: three codings, HEAD, a tag weakened and, for each of four representations, strong, two
# parts, and the cache.
_ASKED_OF_EACH: Final = 13


def probe(fetcher: Fetcher, site: Site) -> None:
    """Ask all the rest."""
    _probe_misses(fetcher, site)
    _probe_older(fetcher, site)
    assets = take_turns(_worth_asking(site))
    # Where not all can be asked everything, some of each kind are; the others, what is left.
    some = fetcher.left // _ASKED_OF_EACH
    for group in (assets[:some], assets[some:]):
        for ask in (_codings, _head, _weak, _same, _part, _if_range):
            pairs = [(asset, key, request) for asset in group for key, request in ask(asset)]
            answers = fetcher.ask_all(request for _, _, request in pairs)
            for (asset, key, _), answer in zip(pairs, answers, strict=True):
                if answer is not None:
                    asset.answers[key] = answer
        _probe_cache(fetcher, site, group)


def part_of(asset: Asset) -> tuple[int, int] | None:
    """First and last byte of the part that is asked for; `None` where a file is too short."""
    size = len(asset.content or b"")
    first = size // 3
    return (first, min(first + _PART, size) - 1) if size > 1 else None


def _worth_asking(site: Site) -> Iterator[Asset]:
    for each in site.assets.values():
        answer = each.plain
        if each.is_static and answer.status == 200 and not answer.trouble and not answer.is_html:
            yield each


def _fields(asset: Asset, coding: str, *fields: Field) -> tuple[Field, ...]:
    return (("Accept-Encoding", coding or IDENTITY), *origin_field(asset), *fields)


def _codings(asset: Asset) -> Iterator[tuple[str, Request]]:
    for each in CODINGS if asset.is_compressible else CODINGS[:1]:
        yield each, Request(asset.url, _fields(asset, each))


def _head(asset: Asset) -> Iterator[tuple[str, Request]]:
    yield HEAD, Request(asset.url, _fields(asset, ""), "HEAD")


def _same(asset: Asset) -> Iterator[tuple[str, Request]]:
    for coding, answer in asset.representations().items():
        etag = answer.header("ETag")
        weak = asset.answers.get(WEAK)
        if answer is asset.plain and weak is not None and weak.status == 304:
            # What matches weakened, matches.
            asset.answers[SAME + coding] = weak
        elif etag:
            fields = dict(answer.request.fields)
            field = ("If-None-Match", etag)
            asked = _fields(asset, fields["Accept-Encoding"], field)
            yield SAME + coding, Request(asset.url, asked)


def _weak(asset: Asset) -> Iterator[tuple[str, Request]]:
    etag = asset.plain.header("ETag")
    if etag and not etag.startswith("W/"):
        yield WEAK, Request(asset.url, _fields(asset, "", ("If-None-Match", f"W/{etag}")))


def _part(asset: Asset) -> Iterator[tuple[str, Request]]:
    part = part_of(asset)
    if part:
        field = ("Range", f"bytes={part[0]}-{part[1]}")
        yield RANGE, Request(asset.url, _fields(asset, "", field))


def _if_range(asset: Asset) -> Iterator[tuple[str, Request]]:
    answer = asset.answers.get(RANGE)
    if answer is not None and answer.status == 206:
        fields = (*answer.request.fields, ("If-Range", OTHER_TAG))
        yield IF_RANGE, Request(asset.url, fields)


def _probe_cache(fetcher: Fetcher, site: Site, assets: Iterable[Asset]) -> None:
    """Ask again for what a cache did not have: now it should."""
    cold = [
        each
        for each in assets
        if names_cache(each.plain) and said_of_cache(each.plain) != "hit" and site.is_hashed(each)
    ]
    for _ in range(_MORE_TRIES):
        answers = fetcher.ask_all(each.plain.request for each in cold)
        for each, answer in zip(cold, answers, strict=True):
            if answer is not None:
                each.answers[AGAIN] = answer
        cold = [
            each
            for each in cold
            if AGAIN in each.answers and said_of_cache(each.answers[AGAIN]) != "hit"
        ]


def _probe_misses(fetcher: Fetcher, site: Site) -> None:
    """Ask, twice, for what cannot be there; and for the folder itself."""
    for base in dict.fromkeys((site.base, *_bases(site))):
        lost = secrets.token_hex(6)
        for name in (f"hiss-verify-{lost}.css", f"hiss-verify.{lost}.js"):
            request = Request(urljoin(base, name), (("Accept-Encoding", IDENTITY),))
            first = fetcher.ask(request)
            second = fetcher.ask(request) if first is not None else None
            if first is not None and second is not None:
                site.misses.append((first, second))
    site.folder = fetcher.ask(Request(site.base, (("Accept-Encoding", IDENTITY),)))


def _bases(site: Site) -> Iterator[str]:
    """Where else files below the prefix are: at a CDN's host."""
    for each in site.assets.values():
        if each.is_static:
            yield origin_of(each.url) + quote(site.prefix, safe="/%")


def _probe_older(fetcher: Fetcher, site: Site) -> None:
    """Ask for files that only older releases have."""
    newer: set[str] = set()
    found: list[tuple[Manifest, ManifestEntry]] = []
    for manifest in _newest_first(site):
        names = {each.file for each in manifest.entries}
        if manifest.id != site.release:
            gone = [each for each in manifest.entries if each.immutable and each.file not in newer]
            found.extend((manifest, each) for each in gone[:_OLD_FILES])
        newer |= names
    base = next(_bases(site), site.base)
    fields = (("Accept-Encoding", IDENTITY),)
    requests = [Request(urljoin(base, quote_path(each.file)), fields) for _, each in found]
    for (manifest, entry), answer in zip(found, fetcher.ask_all(requests), strict=True):
        if answer is not None:
            site.older.append((manifest, entry, answer))


def _newest_first(site: Site) -> list[Manifest]:
    """The releases, that which answers before all others."""
    releases: Mapping[str, Manifest] = site.built.releases
    others = sorted(releases.values(), key=lambda each: each.created, reverse=True)
    return sorted(others, key=lambda each: each.id != site.release)
