"""Header rules: what every answer of a file says beside its own validators and length."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from wsgiref.headers import Headers as HeaderList

from hiss.errors import ConfigurationError
from hiss.http.cache_control import IMMUTABLE, NO_STORE, format_max_age
from hiss.http.media import content_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hiss.core.reply import Headers


_PLAIN_TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")

# RFC 9110, sections 5.1 and 5.5: field-name = token, and what a field value may hold.
_FIELD_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

# What says how the message is framed, and what part it is of: not a file's to say.
_FRAMING: Final = frozenset(
    {
        "connection",
        "content-range",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True)
class Policy:
    """The rules for all files of a site; each can be switched off."""

    #: Seconds for what is not immutable; `None` sends no Cache-Control.
    max_age: int | None = 60
    #: For text types; empty adds none.
    charset: str = "utf-8"
    #: Media types by extension or whole name, before our own table.
    media_types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: `Access-Control-Allow-Origin: *`: fonts and modules work from a CDN's host.
    allow_all_origins: bool = True
    #: `Cross-Origin-Resource-Policy`; `None` sends none.
    cross_origin_resource_policy: str | None = "cross-origin"
    #: `X-Content-Type-Options: nosniff`.
    nosniff: bool = True
    #: Fields for every answer, misses too, such as a framework's security headers.
    always: Headers = ()
    #: A user's own rule, called once a file: headers to change, its path on disk, its URL.
    add_headers: Callable[[HeaderList, str, str], None] | None = None

    def for_file(self, path: str, url: str, *, immutable: bool) -> Headers:
        """The fields for the file at `path`, served at `url`, with the user's rule applied."""
        headers = HeaderList([("Content-Type", self.content_type(path))])
        cache_control = IMMUTABLE if immutable else format_max_age(self.max_age)
        if cache_control is not None:
            headers["Cache-Control"] = cache_control
        for name, value in self.everywhere:
            headers[name] = value
        if self.add_headers is not None:
            try:
                self.add_headers(headers, path, url)
            except (AssertionError, ValueError) as error:
                # How wsgiref's Headers refuse what is no text, and newer ones control characters.
                raise _refusal(url, str(error)) from error
            _check(headers.items(), url)
        return tuple(headers.items())

    def for_miss(self) -> Headers:
        """The fields of a 404 that Hiss answers itself: plain, and kept by no cache."""
        return (_PLAIN_TEXT, ("Cache-Control", NO_STORE), *self.everywhere)

    def for_notice(self) -> Headers:
        """The fields of any other short answer that is not the file: 302, 405, 412."""
        return (_PLAIN_TEXT, *self.everywhere)

    def content_type(self, path: str) -> str:
        """The Content-Type of the file at `path`, by its name."""
        return content_type(path, self.media_types, self.charset)

    @property
    def everywhere(self) -> Headers:
        """The fields that no answer goes without."""
        fields = dict(self.always)
        if self.allow_all_origins:
            fields["Access-Control-Allow-Origin"] = "*"
        if self.cross_origin_resource_policy:
            fields["Cross-Origin-Resource-Policy"] = self.cross_origin_resource_policy
        if self.nosniff:
            fields["X-Content-Type-Options"] = "nosniff"
        return tuple(fields.items())


def _check(headers: Sequence[tuple[object, object]], url: str) -> None:
    for name, value in headers:
        if not isinstance(name, str) or not isinstance(value, str):
            raise _refusal(url, f"{name!r}: {value!r} is no text")
        if not _FIELD_NAME.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
            raise _refusal(url, f"{name!r}: {value!r} cannot stand in a header")
        if name.lower() in _FRAMING:
            raise _refusal(url, f"{name} is for the server or the answer to say")


def _refusal(url: str, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"add_headers_function, called for {url}: {problem}",
        "Names are of letters, digits and hyphens; values are text without line breaks, and "
        "without characters beyond Latin-1.",
    )
