"""The HTML elements that load a static file, by what kind of file it is.

Knows nothing of templates: a file and attributes in, an element out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hiss.django.recorded import File

    #: By name. `True`: the name alone; `None` and `False`: not there.
    Attributes = Mapping[str, Any]
    #: Gives the page's nonce, `None` if it has none; asked only where the browser asks.
    Nonce = Callable[[], str | None]

# Media types, or what they begin with, to the destination of a request (Fetch section 2.2.5).
_DESTINATIONS: Final = (
    ("text/css", "style"),
    ("text/javascript", "script"),
    ("font/", "font"),
    ("application/font-", "font"),
    ("application/vnd.ms-fontobject", "font"),
    ("image/", "image"),
    ("text/vtt", "track"),
    ("application/manifest+json", "manifest"),
    ("audio/", "audio"),
    ("video/", "video"),
)

# HTML section 4.6.8.19 ("preload"): what `as` may say.
_PRELOADED: Final = frozenset({"fetch", "font", "image", "script", "style", "track"})

# The requests that a browser checks against integrity, and that a policy allows by nonce.
_CHECKED: Final = frozenset({"script", "style"})

# Those made with CORS; a preload that is made without is fetched a second time.
_WITH_CORS: Final = frozenset({"fetch", "font"})

# What would end a script, or begin a comment in it, and what older JavaScript took for a line end.
_IN_SCRIPT: Final = {ord(each): f"\\u{ord(each):04X}" for each in "<>&\u2028\u2029"}


class NoElementError(ValueError):
    """There is no element for such a file; the message says what there is."""


def make_asset(file: File, given: Attributes, nonce: Nonce) -> SafeString:
    """The element that loads the file: a script, a style sheet, an image, an app's manifest, or
    with `rel` any link.

    Raises:
        NoElementError: None of these, or an image that nothing stands in for.
    """
    wanted = {key: value for key, value in given.items() if key != "module"}
    kind = find_destination(file.type)
    checked = _checked(file, kind, wanted, nonce)
    if wanted.get("rel"):
        link = {"rel": None, "href": file.url, "type": file.type}
        return format_element("link", {**link, **checked, **wanted})
    match kind:
        case "script":
            script = {"type": "module" if _is_module(file, given) else None, "src": file.url}
            return format_element("script", {**script, **checked, **wanted})
        case "style":
            link = {"rel": "stylesheet", "href": file.url}
            return format_element("link", {**link, **checked, **wanted})
        case "manifest":
            return format_element("link", {"rel": "manifest", "href": file.url, **wanted})
        case "image" if "alt" in wanted:
            return format_element("img", {"src": file.url, **wanted})
        case "image":
            raise NoElementError('an image needs alt="…" (alt="" where it only decorates)')
    raise NoElementError(
        f'there is no element for {file.type}; use "static" for its URL, "preload" to have it '
        'early, or rel="…" for a link'
    )


def make_preload(file: File, given: Attributes, nonce: Nonce) -> SafeString:
    """The link that has the browser fetch the file before anything names it.

    Raises:
        NoElementError: Browsers preload no such file.
    """
    wanted = {key: value for key, value in given.items() if key != "module"}
    kind = str(wanted.get("as") or find_destination(file.type))
    if kind not in _PRELOADED:
        raise NoElementError(f"browsers do not preload {file.type}")
    link = {"rel": "preload", "href": file.url, "as": kind, "type": file.type}
    link |= _checked(file, kind, wanted, nonce)
    if kind in _WITH_CORS or (kind == "script" and _is_module(file, given)):
        link["crossorigin"] = "anonymous"
    return format_element("link", {**link, **wanted})


def make_modulepreload(file: File, given: Attributes, nonce: Nonce) -> SafeString:
    """The link that has the browser fetch and compile a module.

    Raises:
        NoElementError: It is no script.
    """
    if not file.is_script:
        raise NoElementError(f'{file.type} is no module; "preload" is for other files')
    link = {"rel": "modulepreload", "href": file.url}
    return format_element("link", {**link, **_checked(file, "script", given, nonce), **given})


def make_importmap(imports: Mapping[str, str], files: list[File], nonce: Nonce) -> SafeString:
    """The import map with these imports, and the integrity of these files."""
    document: dict[str, Mapping[str, str]] = {"imports": imports}
    integrity = {each.url: each.integrity for each in files if each.integrity}
    if integrity:
        document["integrity"] = integrity
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)
    return format_element("script", {"type": "importmap", "nonce": nonce()}, text)


def find_destination(media_type: str) -> str:
    """What the browser fetches a file of this type for."""
    for start, kind in _DESTINATIONS:
        if media_type.startswith(start):
            return kind
    return "fetch"


def format_element(tag: str, attributes: Attributes, content: str = "") -> SafeString:
    """An element with these attributes, escaped; `content` is for a script and is HTML already."""
    pieces = [tag]
    for name, value in attributes.items():
        if value is True:
            pieces.append(name)
        elif value is not None and value is not False:
            # A text that is marked safe may hold quotes.
            escaped = conditional_escape(value).replace('"', "&quot;")
            pieces.append(f'{name}="{escaped}"')
    end = f"{content}</script>" if tag == "script" else ""
    return mark_safe(f"<{' '.join(pieces)}>{end}")  # noqa: S308


def _is_module(file: File, given: Attributes) -> bool:
    return bool(given.get("module")) or file.name.lower().endswith(".mjs")


def _checked(file: File, kind: str, given: Attributes, nonce: Nonce) -> dict[str, Any]:
    """What says that the file may load, and that it is the one that was meant."""
    if kind not in _CHECKED:
        return {}
    attributes: dict[str, Any] = {}
    if file.integrity:
        # Of another origin, only an answer that CORS lets the page read can be checked.
        attributes = {"integrity": file.integrity, "crossorigin": "anonymous"}
    if "nonce" not in given:
        attributes["nonce"] = nonce()
    return attributes
