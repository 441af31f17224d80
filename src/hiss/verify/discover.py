"""What a page, a style sheet, a script or a web manifest names, and how it is needed.

Bytes in, uses out: nothing here asks for anything.
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag, urlsplit

from hiss.build import css, js
from hiss.build.references import MODULE_KINDS, SCRIPT_KINDS, Kind
from hiss.http.media import media_type
from hiss.release.deploy.links import parse_srcset
from hiss.verify.urls import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Want(StrEnum):
    """What a browser makes of a file: what RFCs call its destination."""

    SCRIPT = "script"
    MODULE = "module"
    STYLE = "style sheet"
    FONT = "font"
    IMAGE = "image"
    MEDIA = "media"
    MANIFEST = "manifest"
    OTHER = "file"


@dataclass(frozen=True, slots=True)
class Use:
    """That something needs a URL, and how."""

    #: Absolute, without a fragment.
    url: str
    want: Want
    #: The page that it comes down to.
    page: str
    #: What names it: the page, or a file of it.
    by: str
    #: As the attribute has it, or an import map.
    integrity: str = ""
    #: It is asked for with CORS, so another origin must allow it.
    cors: bool = False


@dataclass(slots=True)
class ImportMap:
    """An import map, its addresses absolute."""

    imports: dict[str, str] = field(default_factory=dict)
    scopes: dict[str, dict[str, str]] = field(default_factory=dict)
    integrity: dict[str, str] = field(default_factory=dict)

    def resolve(self, specifier: str, base: str) -> str | None:
        """The URL that a specifier in the script at `base` means; `None`: none that is known."""
        is_url = specifier.startswith(("/", "./", "../"))
        absolute = join(base, specifier) if is_url or "://" in specifier else None
        key = absolute or specifier
        for scope in sorted(self.scopes, key=len, reverse=True):
            if base == scope or (scope.endswith("/") and base.startswith(scope)):
                found = _look_up(self.scopes[scope], key)
                if found:
                    return found
        return _look_up(self.imports, key) or absolute


@dataclass(slots=True)
class Named:
    """What a page names."""

    uses: list[Use]
    import_map: ImportMap
    #: Whether all of it was read.
    is_whole: bool = True


# Tag to its attributes that hold a URL, and what that is for.
_ATTRIBUTES: Final = {
    "audio": (("src", Want.MEDIA),),
    "embed": (("src", Want.OTHER),),
    "image": (("href", Want.IMAGE), ("xlink:href", Want.IMAGE)),
    "img": (("src", Want.IMAGE),),
    "input": (("src", Want.IMAGE),),
    "object": (("data", Want.OTHER),),
    "source": (("src", Want.MEDIA),),
    "track": (("src", Want.OTHER),),
    "use": (("href", Want.IMAGE), ("xlink:href", Want.IMAGE)),
    "video": (("src", Want.MEDIA), ("poster", Want.IMAGE)),
}
_SETS: Final = {"img": "srcset", "link": "imagesrcset", "source": "srcset"}
_RELATIONS: Final = {
    "apple-touch-icon": Want.IMAGE,
    "icon": Want.IMAGE,
    "manifest": Want.MANIFEST,
    "mask-icon": Want.IMAGE,
    "modulepreload": Want.MODULE,
    "stylesheet": Want.STYLE,
}
_PRELOADS: Final = {
    "audio": Want.MEDIA,
    "font": Want.FONT,
    "image": Want.IMAGE,
    "script": Want.SCRIPT,
    "style": Want.STYLE,
    "track": Want.OTHER,
    "video": Want.MEDIA,
}
_SCRIPT_TYPES: Final = frozenset(
    {"", "text/javascript", "application/javascript", "application/x-javascript", "module"}
)
_FONT_SUFFIXES: Final = (".woff2", ".woff", ".ttf", ".otf", ".eot")
_LINK: Final = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))?)*)")
_PARAMETER: Final = re.compile(r";\s*([\w*-]+)(?:\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+)))?")

#: Bytes of a style sheet or a script that are looked into.
MOST_OF_FILE: Final = 4 * 1024 * 1024
# Characters. A page of more is none that a person looks at.
_MOST_OF_PAGE: Final = 4 * 1024 * 1024
_MOST_OF_LINK: Final = 64 * 1024
# Seconds for a page, and characters between two looks at the clock: html.parser takes its time
# over what is begun and never ended.
_PATIENCE: Final = 5.0
_PIECE: Final = 64 * 1024


def find_in_page(url: str, text: str, link: str = "") -> Named:
    """What a page at `url` names; `link` is its Link field."""
    parser = _Parser(url)
    is_whole = _feed(parser, text) and len(link) <= _MOST_OF_LINK
    for each in _parse_links(link[:_MOST_OF_LINK]):
        parser.link(each, url)
    uses = list(parser.uses)
    for data in parser.styles:
        uses.extend(find_in_style(parser.base, data.encode(), url, by=url))
    for data in parser.modules:
        uses.extend(find_in_script(parser.base, data.encode(), url, parser.map, by=url))
    return Named(list(dict.fromkeys(uses)), parser.map, is_whole)


def _feed(parser: HTMLParser, text: str) -> bool:
    """Read a page, as far as there is time for it; whether that was all of it.

    The parser is never closed: then it would look for names in a comment or a tag that does not
    end, where browsers see none, and go through all that follows once for each of them.
    """
    end = monotonic() + _PATIENCE
    for start in range(0, min(len(text), _MOST_OF_PAGE), _PIECE):
        if monotonic() > end:
            return False
        try:
            parser.feed(text[start : min(start + _PIECE, _MOST_OF_PAGE)])
        except AssertionError:
            # Of a declaration that SGML does not know.
            return False
    return len(text) <= _MOST_OF_PAGE


def find_in_style(url: str, data: bytes, page: str, by: str = "") -> Iterator[Use]:
    """What a style sheet at `url` names."""
    for each in css.find_references(data):
        if each.kind is Kind.SOURCE_MAP:
            continue
        target = _absolute(url, each.url)
        if target is None:
            continue
        want = Want.STYLE if each.kind is Kind.CSS_IMPORT else _want_of_name(target)
        # CSS Fonts 4, 4.8.1: fonts are always asked for with CORS.
        yield Use(target, want, page, by or url, cors=want is Want.FONT)


def find_in_script(
    url: str, data: bytes, page: str, import_map: ImportMap, by: str = ""
) -> Iterator[Use]:
    """What a script at `url` names, its specifiers by the page's import map."""
    for each in js.find_references(data):
        if each.kind not in SCRIPT_KINDS:
            continue
        is_specifier = each.kind in MODULE_KINDS or each.kind is Kind.JS_RESOLVE
        named = import_map.resolve(each.url, url) if is_specifier else each.url
        target = _absolute(url, named) if named else None
        if target is None or "." not in posixpath.basename(urlsplit(target).path):
            # A script may ask for its own folder, and for what a server makes up.
            continue
        is_module = each.kind in MODULE_KINDS
        want = Want.MODULE if is_module else _want_of_name(target)
        integrity = import_map.integrity.get(target, "")
        yield Use(target, want, page, by or url, integrity, cors=is_module or want is Want.FONT)


def find_in_manifest(url: str, data: bytes, page: str) -> Iterator[Use]:
    """What a web manifest at `url` names: its icons and screenshots."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    for key in ("icons", "screenshots"):
        images = document.get(key)
        for each in images if isinstance(images, list) else ():
            source = each.get("src") if isinstance(each, dict) else None
            target = _absolute(url, source) if isinstance(source, str) else None
            if target:
                yield Use(target, Want.IMAGE, page, url)


class _Parser(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.base = page
        self.uses: list[Use] = []
        self.styles: list[str] = []
        self.modules: list[str] = []
        self.map = ImportMap()
        self._has_base = False
        #: Templates are not looked into: what they hold is loaded when a script says so.
        self._templates = 0
        self._kept = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in reversed(attrs)}
        if tag == "template":
            self._templates += 1
        if self._templates:
            return
        if tag == "base" and not self._has_base and values.get("href"):
            self._has_base = True
            # HTML, 4.2.3: what is no URL counts for nothing.
            self.base = join(self.page, values["href"].strip()) or self.page
        elif tag == "link":
            self.link(values, self.base)
        elif tag == "script":
            self._script(values)
        elif tag == "style":
            self._kept = "style"
        for name, want in _ATTRIBUTES.get(tag, ()):
            self._add(values.get(name), want, values)
        for each in parse_srcset(values.get(_SETS.get(tag, ""), "")):
            self._add(each, Want.IMAGE, values)
        if "url(" in (style := values.get("style", "")):
            self.styles.append(f"*{{{style}}}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag == "template":
            self._templates -= 1

    def handle_data(self, data: str) -> None:
        if self._kept:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._templates = max(self._templates - 1, 0)
        if tag not in {"script", "style"} or not self._kept:
            return
        kept, text = self._kept, "".join(self._text)
        self._kept, self._text = "", []
        match kept:
            case "style":
                self.styles.append(text)
            case "module":
                self.modules.append(text)
            case "importmap":
                self._read_map(text)

    def link(self, values: Mapping[str, str], base: str) -> None:
        """A link, of an element or of a field."""
        relations = set(values.get("rel", "").lower().split())
        if "preload" in relations:
            want = _PRELOADS.get(values.get("as", "").lower())
            if want:
                self._add(values.get("href"), want, values, base)
        if "alternate" in relations and "stylesheet" in relations:
            return
        for relation in relations & _RELATIONS.keys():
            self._add(values.get("href"), _RELATIONS[relation], values, base)

    def _script(self, values: Mapping[str, str]) -> None:
        kind = values.get("type", "").strip().lower()
        if kind == "importmap":
            self._kept = "importmap"
        elif kind in _SCRIPT_TYPES:
            is_module = kind == "module"
            if values.get("src"):
                self._add(values["src"], Want.MODULE if is_module else Want.SCRIPT, values)
            else:
                self._kept = "module" if is_module else ""

    def _add(self, url: str | None, want: Want, values: Mapping[str, str], base: str = "") -> None:
        target = _absolute(base or self.base, url) if url else None
        if target:
            # HTML, 8.1.4.2: module scripts are always asked for with CORS; so are fonts.
            cors = want in {Want.MODULE, Want.FONT} or "crossorigin" in values
            self.uses.append(
                Use(target, want, self.page, self.page, values.get("integrity", ""), cors)
            )

    def _read_map(self, text: str) -> None:
        try:
            document: Any = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(document, dict):
            return
        self.map.imports.update(self._addresses(document.get("imports")))
        scopes = document.get("scopes")
        for scope, addresses in scopes.items() if isinstance(scopes, dict) else ():
            place = join(self.base, scope)
            if place is not None:
                known = self.map.scopes.setdefault(place, {})
                known.update(self._addresses(addresses))
        self.map.integrity.update(self._texts(document.get("integrity")))
        for target in self.map.imports.values():
            # One that ends with a slash stands for whatever is below it.
            if not target.endswith("/") and urlsplit(target).scheme in {"http", "https"}:
                integrity = self.map.integrity.get(target, "")
                self.uses.append(
                    Use(target, Want.MODULE, self.page, self.page, integrity, cors=True)
                )

    def _addresses(self, addresses: object) -> dict[str, str]:
        """An object of specifiers and addresses, those that are URLs made absolute."""
        if not isinstance(addresses, dict):
            return {}
        return {
            known: target
            for key, value in addresses.items()
            if isinstance(value, str)
            and (target := join(self.base, value)) is not None
            and (known := self._key(key)) is not None
        }

    def _texts(self, values: object) -> dict[str, str]:
        if not isinstance(values, dict):
            return {}
        return {
            target: text
            for key, text in values.items()
            if isinstance(text, str) and (target := join(self.base, key)) is not None
        }

    def _key(self, specifier: str) -> str | None:
        is_url = specifier.startswith(("/", "./", "../"))
        return join(self.base, specifier) if is_url else specifier


def _look_up(addresses: Mapping[str, str], specifier: str) -> str | None:
    if specifier in addresses:
        return addresses[specifier]
    for key in sorted(addresses, key=len, reverse=True):
        if key.endswith("/") and specifier.startswith(key):
            return join(addresses[key], specifier[len(key) :])
    return None


def _absolute(base: str, url: str) -> str | None:
    """A URL that can be asked for; `None`: `data:`, a fragment, or no URL at all."""
    url = url.strip(" \t\r\n\f")
    if not url or url.startswith("#"):
        return None
    joined = join(base, url)
    if joined is None:
        return None
    target = urldefrag(joined).url
    parts = urlsplit(target)
    return target if parts.scheme in {"http", "https"} and parts.hostname else None


def _want_of_name(url: str) -> Want:
    path = urlsplit(url).path.lower()
    if path.endswith(_FONT_SUFFIXES):
        return Want.FONT
    kind = media_type(path)
    if kind.startswith("image/"):
        return Want.IMAGE
    return Want.MEDIA if kind.startswith(("audio/", "video/")) else Want.OTHER


def _parse_links(value: str) -> Iterator[dict[str, str]]:
    """The links of a Link field (RFC 8288, 3), as an element would have them."""
    for found in _LINK.finditer(value):
        parameters = {
            name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(found[2])
        }
        yield {**parameters, "href": found[1]}
