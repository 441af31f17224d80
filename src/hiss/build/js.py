"""JavaScript's references: modules imported and exported from, `new URL`s, the source map.

Knows the forms a reference has, and leaves to `js_lexer` what is code. Checks no syntax: bytes that
are no JavaScript have the references that can be made out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hiss.build.js_lexer import (
    COMMENT,
    IN_BACKTICKS,
    IN_DOUBLE_QUOTES,
    IN_SINGLE_QUOTES,
    NAME_CHARACTER,
    SPACE,
    SPACE_OF_THREE,
    in_code,
)
from hiss.build.patterns import compile_pattern
from hiss.build.references import Kind, Reference


def find_references(data: bytes) -> list[Reference]:
    """The references of a JavaScript file, in the order of their positions.

    Computed specifiers are none: `import(name)`, `import("./" + name)`, a template with `${}`. A
    template without is a string, as es-module-lexer has it. TypeScript's `import type` is none, as
    it loads nothing. Of several source maps the last counts, as in browsers.
    """
    source_map = _trailing_source_map(data)
    references = []
    for position in in_code(data, sorted(_candidates(data, maps=source_map is None))):
        reference = _reference_at(data, position)
        if reference and reference.kind is Kind.SOURCE_MAP:
            source_map = reference
        elif reference:
            references.append(reference)
    if source_map:
        references.append(source_map)
    # A source map's comment may stand within an import, before its specifier.
    return sorted(references, key=lambda each: each.start)


def _form(pattern: bytes) -> re.Pattern[bytes]:
    """What a reference looks like; a space is any spaces and comments, or none."""
    for word, meaning in (
        (b"LITERAL", rb"(?:STRING|`(%b)`)" % IN_BACKTICKS),
        (b"STRING", rb"(?:\"(%b)\"|'(%b)')" % (IN_DOUBLE_QUOTES, IN_SINGLE_QUOTES)),
        # A ModuleExportName is an IdentifierName or a StringLiteral (ECMA-262, 16.2.3).
        (b"LIST", rb"\{(?: (?:NAME|QUOTED|,))*+ \}"),
        (b"QUOTED", rb"(?:\"%b\"|'%b')" % (IN_DOUBLE_QUOTES, IN_SINGLE_QUOTES)),
        (b"NAME", rb"(?:%b|\\u(?:[0-9A-Fa-f]{4}|\{[0-9A-Fa-f]+\}))++" % NAME_CHARACTER),
        (b" ", rb"(?:%b|%b)*+" % (SPACE, COMMENT)),
    ):
        pattern = pattern.replace(word, meaning)
    return compile_pattern(pattern)


# By the first byte of a form, as `_candidates` finds them. Its one group that matches is the URL.
_FORMS: Final = {
    ord("i"): {
        # A class may have a field `import` and a method `"./a.js"() {}` on the next line.
        Kind.JS_IMPORT: _form(
            rb"import (?:(?:(?:NAME , )?(?:\* as NAME|LIST)|(?:source )?NAME|defer \* as NAME)"
            rb" from )?STRING(?! [(=])"
        ),
        # No brace may follow but on a new line, where it opens a block: this would be a method.
        Kind.JS_DYNAMIC_IMPORT: _form(
            rb"import (?:\. (?:defer|source) )?\( LITERAL (?:,|\)(?![\t\x20]*+\{))"
        ),
        # HTML section 8.1.6.7.3 ("HostGetImportMetaProperties").
        Kind.JS_RESOLVE: _form(rb"import \. meta \. resolve \( LITERAL (?:, )?\)"),
    },
    ord("e"): {Kind.JS_EXPORT: _form(rb"export (?:\* (?:as (?:NAME|QUOTED) )?|LIST )from STRING")},
    ord("n"): {Kind.JS_URL: _form(rb"new URL \( LITERAL , import \. meta \. url (?:, )?\)")},
    # "^[@#]\s*sourceMappingURL=(\S*?)\s*$" of a comment's text (ECMA-426, MatchSourceMapURL), less
    # the quotes, which browsers do not take either.
    ord("/"): {
        Kind.SOURCE_MAP: compile_pattern(
            rb"//[#@][\t\x20]*+sourceMappingURL=[\t\x20]*+([^\s\"']++)[\t\x20]*+(?:[\n\r]|\Z)"
            rb"|/\*[#@]\s*+sourceMappingURL=\s*+((?:[^\s\"'*]|\*(?!/))++)\s*+\*/"
        )
    },
}


def _reference_at(data: bytes, position: int) -> Reference | None:
    for kind, form in _FORMS[data[position]].items():
        if found := form.match(data, position):
            assert found.lastindex
            start, end = found.span(found.lastindex)
            return Reference(start, end, _unescape(data[start:end], kind), kind)
    return None


def _word(word: bytes, then: bytes) -> re.Pattern[bytes]:
    """A word and what it takes to begin a form; a space is any spaces, or none."""
    # The word comes first, because to search for plain bytes is what `re` is fast at. A byte beyond
    # ASCII before it belongs to a name, but for those of spaces, such as the byte order mark.
    alone = rb"(?:(?<![\w$#\\\x80-\xff]%b)|(?<=\xc2\xa0%b)|(?<=(?:%b)%b))(?!NAME)"
    pattern = word + alone % (word, word, SPACE_OF_THREE, word) + b"(?=%b)" % then
    return compile_pattern(pattern.replace(b"NAME", NAME_CHARACTER).replace(b" ", SPACE + b"*+"))


# These spare most prose and plain scripts the lexing: the last position that is found says how far
# a file has to be read. Where a comment or an escape may begin they look no further.
_IMPORT: Final = _word(
    b"import",
    rb" (?:[\"'{*/\\]|\. (?:defer|source|meta (?:\.|/)|/)|\( [\"'`/]"
    rb"|NAME++ (?:[,*/\\]|from|NAME++ (?:from|[/\\])))",
)
_EXPORT: Final = _word(b"export", rb" (?:[*/]|\{[^{}\"'/\\]*+(?:\} (?:from|/)|[\"'/\\]))")
_NEW: Final = _word(b"new", rb" (?:URL|/)")
_SOURCE_MAP: Final = re.compile(rb"/[/*][#@]\s*+sourceMappingURL=")


def _candidates(data: bytes, *, maps: bool) -> Iterator[int]:
    patterns = []
    if b"import" in data:
        patterns = [_IMPORT, _NEW] if b"meta" in data else [_IMPORT]
    if b"from" in data:
        patterns.append(_EXPORT)
    if maps and b"sourceMappingURL" in data:
        patterns.append(_SOURCE_MAP)
    for pattern in patterns:
        for found in pattern.finditer(data):
            yield found.start()


_last_line: Final = re.compile(
    rb"[\t\x20]*+//[#@][\t\x20]*+sourceMappingURL=[\t\x20]*+([^\s\"'`*]++)\s*+\Z"
).match


def _trailing_source_map(data: bytes) -> Reference | None:
    """The source map of a file's last line, where it mostly is.

    It needs no lexing: nothing that began before this line ends on it, and all that begins ends.
    """
    line = data.rfind(b"\n", 0, max(data.rfind(b"sourceMappingURL="), 0)) + 1
    found = _last_line(data, line)
    if found is None:
        return None
    return Reference(*found.span(1), found[1].decode("utf-8", "replace"), Kind.SOURCE_MAP)


_escape: Final = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-3][0-7]{0,2}|[4-7][0-7]?)"
    r"|(\r\n|[\n\r\u2028\u2029])|([\s\S]?))"
)
# SingleEscapeCharacter (12.9.4); any other character stands for itself.
_SINGLE: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescape(raw: bytes, kind: Kind) -> str:
    text = raw.decode("utf-8", "replace")
    if kind is Kind.SOURCE_MAP or "\\" not in text:
        return text
    text = _escape.sub(_meaning, text)
    # Two escapes may make one character: "\\ud83d\\ude00".
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _meaning(escape: re.Match[str]) -> str:
    braced, four, two, octal, continuation, single = escape.groups()
    if continuation:
        return ""
    if octal:
        return chr(int(octal, 8))
    if digits := braced or four or two:
        # "CodePoint :: HexDigits but only if MV of HexDigits <= 0x10FFFF" (12.9.6): others stay.
        code = int(digits, 16)
        return chr(code) if code <= 0x10FFFF else escape[0]
    return _SINGLE.get(single, single)
