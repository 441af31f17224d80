"""tinycss2, which parses CSS by the same specification, finds the same references.

The extractor below walks the component values that tinycss2 makes, and shares no code with `hiss`.
Where the two were seen to differ tinycss2 departs from CSS Syntax 3: `DEPARTURES` has each case,
and the made-up sheets keep clear of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import tinycss2
from hypothesis import assume, given
from packages import PACKAGES, UnavailableError, fetch
from test_css import ROWS, SHEETS

from hiss.build.css import find_references
from hiss.build.references import Kind

WITHOUT_CSS = {"chart.js", "d3", "htmx.org", "mathjax", "three", "vue"}
WITH_CSS = [package for package in PACKAGES if package.name not in WITHOUT_CSS]
#: tinycss2 does 1.5 MB/s, and each file is parsed twice.
BYTES_PER_PACKAGE = 700_000

DEPARTURES = re.compile(
    rb"\\0*[dD][89a-fA-F][0-9a-fA-F]{2}"  # an escaped surrogate stays one (4.3.7: U+FFFD)
    rb"|\\\\+\)"  # in a bad url, `\\)` is an escaped parenthesis (4.3.14: an escaped backslash)
    rb"|\\[\r\n\f]"  # in a url, a backslash before a newline is text (4.3.6: a bad url)
    rb"|[uU]\+[0-9a-fA-F?]"  # unicode-range is a token (4.3.1: no more)
)
SOURCE_MAP = re.compile(r"[#@]\s*sourceMappingURL=(\S+)\s*\Z", re.ASCII)
Found = tuple[str, Kind]


def references(css: bytes) -> list[Found]:
    """What tinycss2's tokens refer to, in order."""
    found = list(walk(tinycss2.parse_component_value_list(css.decode("utf-8-sig", "replace"))))
    maps = [index for index, (_, kind) in enumerate(found) if kind is Kind.SOURCE_MAP]
    return [
        (url, kind)
        for index, (url, kind) in enumerate(found)
        if url.strip(" \t\r\n\f") and index not in maps[:-1]
    ]


def walk(tokens, strings=None, roles=None) -> Iterator[Found]:
    """The references in `tokens`.

    `strings`: the kind of the strings among them; `roles`: the kind by index, where another token
    decides, with None for what is no reference.
    """
    roles = dict(roles or {})
    for index, token in enumerate(tokens):
        match token.type:
            case "comment":
                if found := SOURCE_MAP.match(token.value):
                    yield found[1], Kind.SOURCE_MAP
            case "at-keyword" if token.lower_value == "import":
                roles[next_value(tokens, index + 1)] = Kind.CSS_IMPORT
            case "at-keyword" if token.lower_value == "namespace":
                first = next_value(tokens, index + 1)
                prefixed = first < len(tokens) and tokens[first].type == "ident"
                roles[next_value(tokens, first + 1) if prefixed else first] = None
            case "string" if kind := roles.get(index, strings):
                yield token.value, kind
            case "url" if kind := roles.get(index, Kind.CSS_URL):
                yield token.value, kind
            case "function":
                yield from walk_function(token, index, roles)
            case "() block" | "[] block" | "{} block":
                yield from walk(token.content)


def walk_function(token, index, roles) -> Iterator[Found]:
    match token.lower_name:
        case "url" | "src" as name:
            kind = Kind.CSS_URL if name == "url" else Kind.CSS_SRC
            inside = token.arguments
            first = next_value(inside, 0)
            said = first < len(inside) and inside[first].type == "string"
            yield from walk(inside, roles={first: roles.get(index, kind)} if said else None)
        case "image-set" | "-webkit-image-set":
            yield from walk(token.arguments, strings=Kind.CSS_IMAGE_SET)
        case _:
            yield from walk(token.arguments)


def next_value(tokens, start) -> int:
    while start < len(tokens) and tokens[start].type in ("whitespace", "comment"):
        start += 1
    return start


def style_sheets(folder: Path) -> Iterator[Path]:
    """The style sheets below `folder`, smallest first; of a sheet and its minified twin, one."""
    seen: set[bytes] = set()
    left = BYTES_PER_PACKAGE
    for path in sorted(folder.rglob("*.css"), key=lambda path: (path.stat().st_size, path)):
        stem = path.name.removesuffix(".css").removesuffix(".min").removesuffix("-min")
        if path.stem != stem and path.with_name(f"{stem}.css").exists():
            continue
        digest = sha256(path.read_bytes()).digest()
        if digest not in seen and path.stat().st_size <= left:
            seen.add(digest)
            left -= path.stat().st_size
            yield path


def check(css: bytes) -> int:
    """Compare, then write other names over the references and compare again."""
    found = find_references(css)
    assert [(ref.url, ref.kind) for ref in found] == references(css)
    pieces, at = [], 0
    for number, ref in enumerate(found):
        pieces += [css[at : ref.start], f"{number}.0123456789ab.png".encode()]
        at = ref.end
    spliced = b"".join([*pieces, css[at:]])
    renamed = [(f"{number}.0123456789ab.png", ref.kind) for number, ref in enumerate(found)]
    assert references(spliced) == renamed
    return len(found)


@pytest.mark.packages
@pytest.mark.parametrize("package", WITH_CSS, ids=lambda package: package.name)
def test_packages(package):
    """In the style sheets of a package, both find the same, before and after rewriting."""
    try:
        folder = fetch(package)
    except UnavailableError as error:
        pytest.skip(str(error))
    sheets = list(style_sheets(folder))
    assert sheets
    for path in sheets:
        check(path.read_bytes())


@pytest.mark.parametrize(("css", "_expected"), ROWS)
def test_samples(css, _expected):
    if not DEPARTURES.search(css):
        check(css)


@given(SHEETS)
def test_made_up(css):
    """Both find the same in whatever the samples' pieces and stray bytes make."""
    assume(not DEPARTURES.search(css))
    check(css)
