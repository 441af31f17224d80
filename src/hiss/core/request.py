"""What a decision needs of a request; doors fill it in and know nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from hiss.http.conditional import Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

#: The request fields that `Request` holds, by their lower-case name, with its attribute for each.
FIELDS: Final = {
    "accept-encoding": "accept_encoding",
    "if-match": "if_match",
    "if-modified-since": "if_modified_since",
    "if-none-match": "if_none_match",
    "if-range": "if_range",
    "if-unmodified-since": "if_unmodified_since",
    "range": "range",
}
_RAW_FIELDS: Final = {name.encode("ascii"): attribute for name, attribute in FIELDS.items()}

#: Accept-Encoding, If-None-Match and If-Modified-Since of a GET without other fields that matter.
Key = tuple[str | None, str | None, str | None]
#: The attributes of those, but for the first.
SIMPLE: Final = frozenset({"if_none_match", "if_modified_since"})

_RAW_ACCEPT_ENCODING: Final = b"accept-encoding"


def plain_key(method: str, headers: Sequence[tuple[bytes, bytes]]) -> Key | None:
    """The key of a GET of which Accept-Encoding is all that matters, as of most; else `None`.

    `headers` are ASGI's pairs. That is what `Request.from_raw_headers` comes to, sooner.
    """
    found = None
    for name, value in headers:
        if name in _RAW_FIELDS:
            if found is not None or name != _RAW_ACCEPT_ENCODING:
                return None
            found = value
    if found is None or method != "GET":
        return None
    return found.decode("latin-1"), None, None


class Others(TypedDict, total=False):
    """The fields of a request that few requests have."""

    if_match: str | None
    if_modified_since: str | None
    if_none_match: str | None
    if_range: str | None
    if_unmodified_since: str | None
    range: str | None


class Request:
    """A request's method, query and the fields above.

    Values are as they came (bytes read as Latin-1), `None` where the field was not sent; several
    lines of one field are joined with commas, as RFC 9110, section 5.3, says.
    """

    accept_encoding: str | None = None
    if_match: str | None = None
    if_modified_since: str | None = None
    if_none_match: str | None = None
    if_range: str | None = None
    if_unmodified_since: str | None = None
    range: str | None = None

    def __init__(
        self,
        method: str,
        query: str = "",
        accept_encoding: str | None = None,
        **others: Unpack[Others],
    ) -> None:
        """`others`: the other fields that were sent."""
        self.method = method
        self.query = query
        self.accept_encoding = accept_encoding
        #: What its answer depends on, for the GETs that nearly all requests are; `None` for others.
        self.key: Key | None = None
        if others:
            vars(self).update(others)
        if method == "GET" and SIMPLE.issuperset(others):
            self.key = accept_encoding, self.if_none_match, self.if_modified_since

    @classmethod
    def from_raw_headers(
        cls, method: str, query: str, headers: Sequence[tuple[bytes, bytes]]
    ) -> Request:
        """A request from ASGI's header pairs, their names in lower case."""
        found: dict[str, str] = {}
        for name, value in headers:
            if name in _RAW_FIELDS:
                attribute, text = _RAW_FIELDS[name], value.decode("latin-1")
                found[attribute] = f"{found[attribute]}, {text}" if attribute in found else text
        return cls(method, query, **found)

    @property
    def conditions(self) -> Conditions | None:
        """The preconditions; `None` where there are none."""
        conditions = Conditions(
            self.if_match, self.if_none_match, self.if_modified_since, self.if_unmodified_since
        )
        return None if conditions == _UNCONDITIONAL else conditions


_UNCONDITIONAL: Final = Conditions()
