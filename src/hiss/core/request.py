"""What a decision needs of a request; doors fill it in and know nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.http.conditional import Conditions

if TYPE_CHECKING:
    from collections.abc import Iterable

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


class Request:
    """A request's method, query and the fields above.

    Values are as they came (bytes read as Latin-1), `None` where the field was not sent; several
    lines of one field are joined with commas, as RFC 9110, section 5.3, says.
    """

    __slots__ = ("method", "query", *FIELDS.values())

    def __init__(
        self,
        method: str,
        query: str = "",
        *,
        accept_encoding: str | None = None,
        if_match: str | None = None,
        if_modified_since: str | None = None,
        if_none_match: str | None = None,
        if_range: str | None = None,
        if_unmodified_since: str | None = None,
        range: str | None = None,  # noqa: A002 - the field's name
    ) -> None:
        self.method = method
        self.query = query
        self.accept_encoding = accept_encoding
        self.if_match = if_match
        self.if_modified_since = if_modified_since
        self.if_none_match = if_none_match
        self.if_range = if_range
        self.if_unmodified_since = if_unmodified_since
        self.range = range

    @classmethod
    def from_raw_headers(
        cls, method: str, query: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> Request:
        """A request from ASGI's header pairs, their names in lower case."""
        request = cls(method, query)
        for name, value in headers:
            attribute = _RAW_FIELDS.get(name)
            if attribute is not None:
                text = value.decode("latin-1")
                before = getattr(request, attribute)
                setattr(request, attribute, text if before is None else f"{before}, {text}")
        return request

    @property
    def is_plain(self) -> bool:
        """Whether it is a GET of the whole, on no condition: what most requests are."""
        return (
            self.method == "GET"
            and self.range is None
            and self.if_none_match is None
            and self.if_modified_since is None
            and self.if_match is None
            and self.if_unmodified_since is None
        )

    @property
    def conditions(self) -> Conditions | None:
        """The preconditions; `None` where there are none."""
        conditions = Conditions(
            self.if_match, self.if_none_match, self.if_modified_since, self.if_unmodified_since
        )
        return None if conditions == _UNCONDITIONAL else conditions


_UNCONDITIONAL: Final = Conditions()
