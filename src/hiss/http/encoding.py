"""Accept-Encoding: which content codings a client takes, and which of ours to send it.

Owns the grammar of RFC 9110, section 12.5.3, and the ranking of what is on offer. Knows nothing
of files, sizes or assets: an offer is the tuple of coding names, best first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTITY: Final = "identity"

# codings    = content-coding / "identity" / "*"
# weight     = OWS ";" OWS "q=" qvalue
# qvalue     = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
_MEMBER: Final = re.compile(
    r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)"
    r"(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# RFC 9110, section 8.4.1.3: "A recipient SHOULD consider "x-gzip" to be equivalent to "gzip"."
_ALIASES: Final = MappingProxyType({"x-gzip": "gzip"})

# Below the smallest qvalue there is (0.001): identity, when nobody named it, is acceptable but
# is what a client that lists codings likes least.
_UNNAMED_IDENTITY: Final = 0.0005

# The value comes from the network. Browsers and CDNs send a few dozen different ones, the longest
# of some 30 characters; what is longer than this is parsed each time instead of being remembered.
_MEMO_ENTRIES: Final = 256
_MEMO_LENGTH: Final = 128


class AcceptEncoding:
    """One Accept-Encoding value: the quality of each coding it names, from 0.0 to 1.0."""

    __slots__ = ("_choices", "_qualities", "_rest")

    def __init__(self, qualities: Mapping[str, float]) -> None:
        self._qualities = qualities
        self._rest = qualities.get("*")
        self._choices: dict[tuple[str, ...], int] = {}

    def quality(self, coding: str) -> float:
        """The quality of `coding`; 0.0 says that it must not be sent."""
        named = self._qualities.get(coding)
        if named is not None:
            return named
        # "If the representation has no content coding, then it is acceptable by default unless
        # specifically excluded by the Accept-Encoding header field stating either
        # "identity;q=0" or "*;q=0" without a more specific entry for "identity"."
        if coding == IDENTITY and self._rest is None:
            return _UNNAMED_IDENTITY
        return self._rest or 0.0

    def choose(self, offer: tuple[str, ...]) -> int:
        """The place in `offer` of the coding to send.

        `offer` is in the server's order of preference, smallest body first, and names `identity`
        once. The client's quality decides, then that order. Where nothing is acceptable the
        answer is identity: a body that the client may refuse serves it better than a 406.
        """
        choice = self._choices.get(offer)
        if choice is None:
            choice = self._choices[offer] = self._rank(offer)
        return choice

    def _rank(self, offer: tuple[str, ...]) -> int:
        best, best_quality = offer.index(IDENTITY), 0.0
        for place, coding in enumerate(offer):
            quality = self.quality(coding)
            if quality > best_quality:
                best, best_quality = place, quality
        return best


# "If no Accept-Encoding header field is in the request, any content coding is considered
# acceptable": identity is the one of them that no old tool stumbles over.
ABSENT: Final = AcceptEncoding({IDENTITY: 1.0, "*": 0.0})


def parse_accept_encoding(value: str | None) -> AcceptEncoding:
    """Read an Accept-Encoding field value; `None` stands for a request without the field."""
    if value is None:
        return ABSENT
    return _remembered(value) if len(value) <= _MEMO_LENGTH else _parse(value)


def _parse(value: str) -> AcceptEncoding:
    qualities: dict[str, float] = {}
    for element in value.split(","):
        member = element.strip(" \t")
        name = _NAME.match(member)
        if name is None:
            continue
        coding = name[0].lower()
        coding = _ALIASES.get(coding, coding)
        weighted = _MEMBER.fullmatch(member)
        # A weight that is not one says nothing good about the coding: it is not sent.
        quality = 0.0 if weighted is None else float(weighted[2] or 1)
        # Named twice: the more cautious of the two, so that q=0 is never overruled.
        qualities[coding] = min(quality, qualities.get(coding, 1.0))
    return AcceptEncoding(qualities)


_remembered = lru_cache(maxsize=_MEMO_ENTRIES)(_parse)
