"""Cache-Control, and what else says how long an answer may be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.verify.caches import said_of_cache, who_answers
from hiss.verify.checks.check import WARNING, Trouble
from hiss.verify.freshness import contradiction, is_immutable, max_age, may_be_shared
from hiss.verify.probe import AGAIN

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.site import Asset, Site

# A week: what is kept for less was not meant to be kept for ever.
_LONG: Final = 7 * 24 * 3600
# A day: what is not hashed is asked for again, or a deploy reaches nobody.
_SHORT: Final = 24 * 3600
# Those that make a CDN keep an answer for each visitor, or not at all.
_VARY: Final = frozenset({"*", "cookie", "user-agent"})


def is_immutable_only_if_hashed(asset: Asset, site: Site) -> Troubles:
    """What may change is not immutable, nor kept for long."""
    if site.is_hashed(asset):
        return
    entry = site.entry(asset)
    if entry is None and asset.looks_hashed:
        return
    said = asset.plain.header("Cache-Control")
    if not is_immutable(asset.plain):
        age = max_age(asset.plain) or 0
        if age > _SHORT and (entry is not None or not asset.may_be_versioned):
            yield Trouble(
                f"{f'Cache-Control: {said}' if said else 'Expires'}, and its name does not change "
                f"with its content: who has it keeps it for {age // _SHORT} days, whatever is "
                "deployed",
                asset.plain,
                WARNING,
            )
        return
    yield Trouble(
        f"Cache-Control: {said}, and its name does not change with its content: who has it keeps "
        "it, whatever is deployed",
        asset.plain,
    )


def is_immutable_if_hashed(asset: Asset, site: Site) -> Troubles:
    """What never changes is kept."""
    if not site.is_hashed(asset) or contradiction(asset.plain):
        return
    age = max_age(asset.plain)
    if age is not None and age >= _LONG and is_immutable(asset.plain):
        return
    said = asset.plain.header("Cache-Control")
    yield Trouble(
        f"it is named by its content, and browsers are not told that it never changes "
        f"({f'Cache-Control: {said}' if said else 'no Cache-Control'})",
        asset.plain,
    )


def is_consistent(asset: Asset, site: Site) -> Troubles:
    """Cache-Control says one thing."""
    said = contradiction(asset.plain)
    if said:
        yield Trouble(f"Cache-Control contradicts itself: {said}", asset.plain)


def is_for_all(asset: Asset, site: Site) -> Troubles:
    """An answer is the same for every visitor."""
    if asset.plain.header("Set-Cookie"):
        yield Trouble("a cookie is set with it: no shared cache keeps it", asset.plain)
    elif names := sorted(_VARY & {*asset.plain.members("Vary")}):
        yield Trouble(f"Vary: {', '.join(names)}: a shared cache keeps it for nobody", asset.plain)


def is_cached(asset: Asset, site: Site) -> Troubles:
    """The second request is answered by the cache in between."""
    again = asset.answers.get(AGAIN)
    if again is None or said_of_cache(again) != "miss" or not may_be_shared(asset.plain):
        return
    who = who_answers(again)
    yield Trouble(
        f"{who[0] if who else 'the cache in between'} may keep it, and asks the origin each time",
        again,
    )
