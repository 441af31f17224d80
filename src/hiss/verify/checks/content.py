"""Bytes: that they are those that were built, and those that names and attributes promise."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Final

from hiss.verify.checks.check import Trouble

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.site import Asset, Site

# Subresource Integrity, 3.3: the strongest counts.
_ALGORITHMS: Final = ("sha512", "sha384", "sha256")
_HASH: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/=_-]+)(?:\?\S*)?")
_SHOWN: Final = 12


def has_the_hash_of_its_name(asset: Asset, site: Site) -> Troubles:
    """The bytes are those that the name was made of."""
    content = asset.content
    if content is None or not asset.name_hash or not site.names_by_md5:
        return
    if site.entry(asset) is not None or asset.has_md5 or site.is_cyclic(asset):
        return
    digest = md5(content, usedforsecurity=False).hexdigest()[:_SHOWN]
    yield Trouble(
        f"these are not the bytes that its name was made of: their MD5 begins {digest}, "
        f"not {asset.name_hash}",
        asset.plain,
    )


def is_as_built(asset: Asset, site: Site) -> Troubles:
    """The bytes are those that were built."""
    content = asset.content
    wanted = site.built.sha256(asset.name, site.release)
    if content is None or not wanted:
        return
    found = sha256(content).hexdigest()
    if found != wanted:
        yield Trouble(
            f"these are not the bytes that were built: their SHA-256 begins {found[:_SHOWN]}, "
            f"not {wanted[:_SHOWN]} ({site.built.where})",
            asset.plain,
        )


def has_its_integrity(asset: Asset, site: Site) -> Troubles:
    """The bytes are those that `integrity` promises."""
    content = asset.content
    if content is None:
        return
    for integrity, page in {use.integrity: use.page for use in asset.uses}.items():
        if not _is_met(integrity, content):
            yield Trouble(
                f"browsers refuse it: the page {page} says integrity {integrity:.24}…", asset.plain
            )
            return


def _is_met(integrity: str, content: bytes) -> bool:
    promised = [found.groups() for each in integrity.split() if (found := _HASH.fullmatch(each))]
    for algorithm in _ALGORITHMS:
        values = [value for name, value in promised if name == algorithm]
        if values:
            digest = hashlib.new(algorithm, content).digest()
            return any(_decode(each) == digest for each in values)
    # What names no hash that is known, promises nothing.
    return True


def _decode(value: str) -> bytes:
    try:
        return b64decode(value, altchars=b"-_" if set(value) & set("-_") else None)
    except Base64Error:
        return b""
