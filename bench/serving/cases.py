"""What is asked for: a case is a request, and how many connections send it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from serving.site import Site
from serving.subjects import Subject

_LUA: Final = Path(__file__).with_name("browser.lua")
_FIELD: Final = re.compile(r'(?m)^wrk\.headers\["(.+)"\] = "(.+)"$')
#: A browser's header fields, as wrk sends them.
BROWSER: Final = dict(_FIELD.findall(_LUA.read_text(encoding="utf-8")))

#: Bytes of a range.
RANGE: Final = 4096


@dataclass(frozen=True)
class Case:
    """A request for a file, by so many connections."""

    status: int = 200
    size: str = "4 KB"
    connections: int = 16
    is_kept: bool = True
    #: How many different header sections come in turn.
    sections: int = 1

    @property
    def key(self) -> str:
        """Its name in the JSON."""
        kept = "" if self.is_kept else ", closed"
        more = "" if self.sections == 1 else f", {self.sections} sections"
        return f"{self.status}, {self.size}, {self.connections} connections{kept}{more}"

    @property
    def title(self) -> str:
        """Its name in the page."""
        words = {
            200: f"{self.size}, 200",
            206: f"{RANGE:,} bytes of {self.size}, 206",
            304: f"{self.size}, 304",
            404: "a miss, 404",
        }[self.status]
        plural = "" if self.connections == 1 else "s"
        kept = "" if self.is_kept else ", closed after each answer"
        more = "" if self.sections == 1 else f", {self.sections:,} header sections"
        return f"{words}, {self.connections} connection{plural}{kept}{more}"

    def target(self, site: Site, subject: Subject) -> str:
        """What the request is for. A constant answer is found by it alone."""
        url = missing(site) if self.status == 404 else site.files[self.size].url
        return f"/{self.status}{url}" if subject.is_constant else url

    def fields(self, validators: dict[str, str]) -> dict[str, str]:
        """The request's own header fields, beside or in place of a browser's; `validators` are
        those of the file, by the name of the field of a 200.
        """
        fields = {} if self.is_kept else {"Connection": "close"}
        if self.status == 206:
            fields["Range"] = f"bytes=0-{RANGE - 1}"
        if self.status == 304:
            if "ETag" in validators:
                fields["If-None-Match"] = validators["ETag"]
            if "Last-Modified" in validators:
                fields["If-Modified-Since"] = validators["Last-Modified"]
        return fields


def missing(site: Site) -> str:
    """A URL with a hash that no file has."""
    return re.sub(r"\.[0-9a-f]{12}\.", ".0123456789ab.", site.files["4 KB"].url)


BASE: Final = Case()
NOT_MODIFIED: Final = replace(BASE, status=304)
LARGE: Final = replace(BASE, size="100 MB", connections=4)
#: One thing at a time is other than in the first.
MATRIX: Final = (
    BASE,
    NOT_MODIFIED,
    Case(206, "1 MB"),
    replace(BASE, status=404),
    replace(BASE, size="1 KB"),
    replace(BASE, size="64 KB"),
    replace(BASE, size="1 MB"),
    replace(BASE, connections=1),
    replace(BASE, connections=256),
    replace(BASE, is_kept=False),
    replace(BASE, sections=20_000),
)
