"""An asset: one resource and its representations, each with the answers it gives.

Every answer that can be known is made once, when it is first asked for, and kept here.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.core.reply import Extract, Reply
from hiss.http.dates import format_date
from hiss.http.encoding import IDENTITY
from hiss.http.etags import make_etag
from hiss.http.ranges import (
    Span,
    format_content_range,
    format_last_boundary,
    format_part_head,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.core.policy import Policy
    from hiss.core.reply import Headers, Source
    from hiss.core.request import Key

# RFC 9110, section 15.4.5: a 304 carries Cache-Control, Content-Location, ETag, Expires and Vary,
# and no representation metadata beside them, which could only disagree with what is stored.
_NOT_IN_304: Final = frozenset(
    {
        "accept-ranges",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "last-modified",
    }
)
# What only Hiss can know of a representation: a user's rule cannot change it.
_OURS: Final = frozenset({"accept-ranges", "content-length", "etag", "last-modified", "vary"})


# A client may say what it likes; browsers say a handful of things.
_MEMO_ENTRIES: Final = 32
_MEMO_LENGTH: Final = 256


class Stored(NamedTuple):
    """One coding of a file as it is stored: its coding (`identity` or a compressed one), its size
    in bytes, and its bytes.
    """

    coding: str
    size: int
    source: Source


class Asset:
    """A file that exists: its header fields, validators and representations."""

    def __init__(
        self,
        policy: Policy,
        headers: Headers,
        sha256: bytes,
        last_modified: int | None,
        stored: Iterable[Stored],
    ) -> None:
        """`headers` are the policy's for this file; `sha256` is of its identity bytes."""
        self.policy = policy
        self.sha256 = sha256
        self.last_modified = last_modified
        by_size = sorted(stored, key=lambda each: each.size)
        if _value(headers, "content-encoding") is not None:
            # A user's rule says that the file itself is coded: nothing may be coded twice.
            by_size = [each for each in by_size if each.coding == IDENTITY]
        self.offer = tuple(each.coding for each in by_size)
        self.representations = tuple(Representation(self, each) for each in by_size)
        self.identity = self.representations[self.offer.index(IDENTITY)]
        self.headers = self._complete(headers)
        #: What was decided for requests that come again and again.
        self.known: dict[Key, Reply] = {}

    def remember(self, key: Key, reply: Reply) -> None:
        """Keep what was decided for the requests of that key, within bounds."""
        if sum(len(each or "") for each in key) >= _MEMO_LENGTH:
            return
        if len(self.known) < _MEMO_ENTRIES:
            self.known[key] = reply
        else:
            # In one step: other threads may be here, too.
            self.known = {key: reply}

    def _complete(self, headers: Headers) -> Headers:
        vary = [value for name, value in headers if name.lower() == "vary"]
        if len(self.offer) > 1:
            vary.append("Accept-Encoding")
        fields = [pair for pair in headers if pair[0].lower() not in _OURS]
        if vary:
            fields.append(("Vary", ", ".join(vary)))
        if self.last_modified is not None:
            fields.append(("Last-Modified", format_date(self.last_modified)))
        return (*fields, ("Accept-Ranges", "bytes"))

    @cached_property
    def content_type(self) -> str:
        """What the Content-Type field of a 200 says."""
        return _value(self.headers, "content-type") or "application/octet-stream"

    @cached_property
    def not_allowed(self) -> Reply:
        """405 for every method but GET and HEAD."""
        return notice(405, (*self.policy.for_notice(), ("Allow", "GET, HEAD")))

    @cached_property
    def precondition_failed(self) -> Reply:
        """412."""
        return notice(412, self.policy.for_notice())


class Representation:
    """An asset in one coding, and the answers that carry it."""

    def __init__(self, asset: Asset, stored: Stored) -> None:
        self.asset = asset
        self.coding = stored.coding
        self.size = stored.size
        self.source = stored.source

    @cached_property
    def etag(self) -> str:
        """The strong entity tag: of the content, and of the coding."""
        return make_etag(self.asset.sha256, "" if self.coding == IDENTITY else self.coding)

    @cached_property
    def headers(self) -> Headers:
        """The header fields of every answer that carries some of it, but for Content-Length."""
        coded = () if self.coding == IDENTITY else (("Content-Encoding", self.coding),)
        return (*self.asset.headers, *coded, ("ETag", self.etag))

    @cached_property
    def whole(self) -> Reply:
        """200."""
        headers = (*self.headers, ("Content-Length", str(self.size)))
        return Reply(200, headers, Extract(self.source, (Span(0, self.size),), is_whole=True))

    @cached_property
    def head(self) -> Reply:
        """200 without a body, for HEAD."""
        return Reply(200, self.whole.headers)

    @cached_property
    def not_modified(self) -> Reply:
        """304."""
        return Reply(304, tuple(p for p in self.headers if p[0].lower() not in _NOT_IN_304))

    @cached_property
    def unsatisfiable(self) -> Reply:
        """416, with CORS and cache headers as the 200 has, so that a script can read it."""
        coded = {"content-encoding", "content-type", "last-modified", "etag"}
        fields = [pair for pair in self.headers if pair[0].lower() not in coded]
        content_range = ("Content-Range", format_content_range(None, self.size))
        plain = ("Content-Type", "text/plain; charset=utf-8")
        return notice(416, (plain, *fields, content_range))

    def partial(self, spans: tuple[Span, ...]) -> Reply:
        """206 of one span, or of several as multipart/byteranges."""
        return self._slice(spans[0]) if len(spans) == 1 else self._parts(spans)

    def _slice(self, span: Span) -> Reply:
        headers = (
            *self.headers,
            ("Content-Range", format_content_range(span, self.size)),
            ("Content-Length", str(span.stop - span.start)),
        )
        return Reply(206, headers, Extract(self.source, (span,)))

    def _parts(self, spans: tuple[Span, ...]) -> Reply:
        # Made of the content's hash, the boundary cannot stand in the content.
        boundary = f"hiss-{self.asset.sha256.hex()}"
        segments: list[bytes | Span] = []
        for span in spans:
            segments.append(format_part_head(boundary, self.asset.content_type, span, self.size))
            segments.append(span)
        segments.append(format_last_boundary(boundary))
        length = sum(
            len(each) if isinstance(each, bytes) else each.stop - each.start for each in segments
        )
        headers = (
            ("Content-Type", f"multipart/byteranges; boundary={boundary}"),
            *(pair for pair in self.headers if pair[0].lower() != "content-type"),
            ("Content-Length", str(length)),
        )
        return Reply(206, headers, Extract(self.source, tuple(segments)))


class Redirect(NamedTuple):
    """A URL whose answer stands at another: `location` is relative and percent-encoded."""

    policy: Policy
    location: str


class Missing:
    """A URL under a prefix that Hiss owns, with no file behind it."""

    def __init__(self, policy: Policy, reason: str = "", advice: str = "") -> None:
        """`reason`: why, in a few words for the header; `advice`: for the page, where its reader is
        at work on the project.
        """
        headers = policy.for_miss()
        if reason:
            headers = (*headers, ("Hiss-Miss", reason))
        self.reply = notice(404, headers, advice)
        self.head = Reply(404, self.reply.headers)


Resource = Asset | Redirect | Missing


def notice(status: int, headers: Headers, advice: str = "") -> Reply:
    """A short answer in plain words: its status, and what there is to say beside it."""
    reply = Reply(status, headers)
    text = f"{reply.status_line}\n\n{advice}\n" if advice else f"{reply.status_line}\n"
    body = text.encode("utf-8", "replace")
    return Reply(status, (*headers, ("Content-Length", str(len(body)))), body)


def _value(headers: Headers, wanted: str) -> str | None:
    return next((value for name, value in headers if name.lower() == wanted), None)
