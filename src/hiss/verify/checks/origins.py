"""Other origins: who may use a file (Fetch, section 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hiss.verify.checks.check import Trouble
from hiss.verify.urls import origin_of

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.site import Asset, Site


def is_allowed(asset: Asset, site: Site) -> Troubles:
    """Fonts, modules and what has an integrity may be used by pages of another origin."""
    for use in asset.foreign[:1]:
        origin = origin_of(use.page)
        allowed = asset.plain.header("Access-Control-Allow-Origin")
        if allowed not in {"*", origin}:
            yield Trouble(
                f"Access-Control-Allow-Origin is {allowed or 'not sent'}: the pages of {origin} "
                f"are refused this {use.want}",
                asset.plain,
            )


def varies_by_origin(asset: Asset, site: Site) -> Troubles:
    """What is for one origin says so to caches."""
    for use in asset.foreign[:1]:
        allowed = asset.plain.header("Access-Control-Allow-Origin")
        if allowed == origin_of(use.page) and "origin" not in asset.plain.members("Vary"):
            yield Trouble(
                f"Access-Control-Allow-Origin: {allowed}, and no Vary: Origin: a cache would "
                "tell it to other origins",
                asset.plain,
            )


def is_no_ones_own(asset: Asset, site: Site) -> Troubles:
    """Pages of another origin may embed it (Cross-Origin-Resource-Policy; Fetch, 3.7)."""
    said = asset.plain.header("Cross-Origin-Resource-Policy").lower()
    for use in asset.uses:
        if said == "same-origin" and origin_of(use.page) != origin_of(asset.url) and not use.cors:
            yield Trouble(
                f"Cross-Origin-Resource-Policy: {said}: the pages of {origin_of(use.page)} are "
                f"refused this {use.want}",
                asset.plain,
            )
            return
