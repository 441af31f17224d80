"""The URLs of what a page needs: style sheets, scripts, images, and what it preloads."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

_ATTRIBUTES: Final = {
    "audio": ("src",),
    "embed": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src",),
    "input": ("src",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src",),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
_SETS: Final = {"img": "srcset", "link": "imagesrcset", "source": "srcset"}
_RELATIONS: Final = frozenset(
    {"apple-touch-icon", "icon", "manifest", "mask-icon", "modulepreload", "preload", "stylesheet"}
)


def find_links(text: str) -> tuple[str, ...]:
    """What a page names, each once, in its order; as it is written, or against its own base."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    found = (urljoin(parser.base, each) if parser.base else each for each in parser.found)
    return tuple(dict.fromkeys(found))


def parse_srcset(value: str) -> list[str]:
    """The URLs of a `srcset`: each goes up to white space, and may hold commas (HTML, 4.8.4)."""
    urls = []
    rest = value
    while rest := rest.lstrip(" \t\n\r\f,"):
        url, *more = rest.split(maxsplit=1)
        rest = more[0] if more else ""
        if not url.endswith(","):
            rest = rest.partition(",")[2]
        urls.append(url.rstrip(","))
    return urls


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.base = ""
        self._map: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in reversed(attrs) if value}
        if tag == "base":
            self.base = self.base or values.get("href", "")
        elif tag == "link":
            if _RELATIONS & set(values.get("rel", "").lower().split()):
                self._add(values.get("href"))
        elif tag == "script" and values.get("type", "").lower() == "importmap":
            self._map = []
        for name in _ATTRIBUTES.get(tag, ()):
            self._add(values.get(name))
        self.found.extend(parse_srcset(values.get(_SETS.get(tag, ""), "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._map is not None:
            self._map.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._map is None or tag != "script":
            return
        text, self._map = "".join(self._map), None
        try:
            imports = json.loads(text).get("imports", {})
        except (ValueError, AttributeError):
            return
        values = imports.values() if isinstance(imports, dict) else ()
        # An address that ends with a slash stands for whatever is below it.
        self.found.extend(v for v in values if isinstance(v, str) and not v.endswith("/"))

    def _add(self, url: str | None) -> None:
        if url and not url.startswith("#"):
            self.found.append(url)
