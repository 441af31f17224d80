"""Files: that they answer, as what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.http.media import UNKNOWN, essence
from hiss.verify.checks.check import WARNING, Trouble
from hiss.verify.discover import Want
from hiss.verify.urls import join

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.site import Asset, Site

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# MIME Sniffing, 4.6: "A JavaScript MIME type".
_JAVASCRIPT: Final = frozenset(
    {
        "application/ecmascript",
        "application/javascript",
        "application/x-ecmascript",
        "application/x-javascript",
        "text/ecmascript",
        "text/javascript",
        "text/x-javascript",
    }
)
# By what a name's type is, others that mean it; browsers make no difference.
_ALSO: Final = {
    "text/javascript": _JAVASCRIPT,
    "text/css": frozenset({"text/css"}),
    "application/wasm": frozenset({"application/wasm"}),
    "image/svg+xml": frozenset({"image/svg+xml"}),
}
_KINDS: Final = frozenset({"audio", "image", "video"})
# Those that a browser does not take as another type (Fetch, 3.6; MIME Sniffing, 8; Wasm).
_STRICT: Final = frozenset({"text/javascript", "text/css", "application/wasm", "image/svg+xml"})


def is_there(asset: Asset, site: Site) -> Troubles:
    """A file that is needed is 200."""
    answer = asset.plain
    if not answer.status:
        yield Trouble(answer.trouble, answer)
    elif answer.status != 200 and answer.status not in _REDIRECTS:
        miss = answer.header("Hiss-Miss")
        yield Trouble(f"{answer.status}{f' (Hiss-Miss: {miss})' if miss else ''}", answer)
    elif answer.status in _REDIRECTS and not asset.is_static:
        location = answer.header("Location")
        if join(answer.request.url, location) is None:
            yield Trouble(f"{answer.status} to {location}, which is no URL", answer)


def is_no_redirect(asset: Asset, site: Site) -> Troubles:
    """A file answers at its own URL."""
    answer = asset.plain
    if answer.status in _REDIRECTS:
        location = answer.header("Location")
        target = join(asset.url, location) or f"{location}, which is no URL"
        yield Trouble(f"{answer.status} to {target}", answer)


def is_no_page(asset: Asset, site: Site) -> Troubles:
    """No page comes in a file's place."""
    answer = asset.plain
    if essence(asset.media_type) in {"text/html", "application/xhtml+xml"}:
        return
    if asset.wants <= {Want.OTHER} and asset.media_type == UNKNOWN:
        return
    if answer.is_html:
        wanted = " and ".join(sorted(asset.wants))
        yield Trouble(f"HTML comes where a {wanted} is needed", answer)


def is_whole(asset: Asset, site: Site) -> Troubles:
    """All the bytes that were announced are sent."""
    for coding, answer in (("", asset.plain), *asset.coded().items()):
        if answer.status == 200 and answer.trouble:
            asked = f" (asked for {coding})" if coding else ""
            yield Trouble(f"the body is {answer.trouble}{asked}", answer)
            return


def has_its_type(asset: Asset, site: Site) -> Troubles:
    """A file is said to be what its name and its use say."""
    said, wanted = asset.plain.type, _wanted(asset)
    kind = wanted.partition("/")[0]
    if wanted in _ALSO:
        is_right = said in _ALSO[wanted]
    elif kind in _KINDS:
        # An icon has several names, and Ogg is an application.
        is_right = said.startswith((f"{kind}/", "application/ogg", "application/mp4")) or (
            kind in {"audio", "video"} and said.startswith(("audio/", "video/", "application/vnd."))
        )
    else:
        return
    if not is_right:
        severity = None if wanted in _STRICT else WARNING
        end = ": browsers refuse it" if severity is None else ""
        yield Trouble(f"its type is {said or 'not said'}, not {wanted}{end}", asset.plain, severity)


def is_not_sniffed(asset: Asset, site: Site) -> Troubles:
    """Browsers are told to believe the type."""
    # Fetch, 3.6: the first value counts.
    if asset.plain.members("X-Content-Type-Options")[:1] != ["nosniff"]:
        yield Trouble("X-Content-Type-Options: nosniff is not sent", asset.plain)


def _wanted(asset: Asset) -> str:
    kind = asset.media_type
    if asset.wants & {Want.SCRIPT, Want.MODULE}:
        # A module may be JSON, CSS or Wasm, and then its name says so.
        return (
            kind
            if kind in {"application/json", "text/css", "application/wasm"}
            else "text/javascript"
        )
    return "text/css" if Want.STYLE in asset.wants else kind
