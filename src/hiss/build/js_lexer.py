"""JavaScript's code told from the text in it: strings, templates, comments, regular expressions.

Knows tokens and brackets and no grammar. Takes bytes of UTF-8, never raises, and takes linear time
whatever the bytes are. What is not JavaScript is read on from the next line, as far as it goes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from hiss.build.patterns import compile_pattern

# Every repetition over a file's text is possessive: nothing is tried twice, and time stays linear.

# WhiteSpace and LineTerminator (ECMA-262, 12.2 and 12.3) beyond ASCII, as UTF-8.
SPACE_OF_THREE: Final = (
    rb"\xef\xbb\xbf|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)
_WIDE_SPACE: Final = rb"\xc2\xa0|" + SPACE_OF_THREE
SPACE: Final = rb"(?:[\t-\r ]|%b)" % _WIDE_SPACE
#: One character of a name that is no escape; what is not ASCII and no space may be in a name.
NAME_CHARACTER: Final = rb"(?:[\w$]|(?!%b)[\x80-\xff])" % _WIDE_SPACE
_LINE_COMMENT: Final = rb"//(?:[^\n\r\xe2]++|\xe2(?!\x80[\xa8\xa9]))*+"
# Unclosed, it goes on to the end of the file.
_BLOCK_COMMENT: Final = rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?+"
COMMENT: Final = rb"(?:%b|%b)" % (_LINE_COMMENT, _BLOCK_COMMENT)
_ESCAPE: Final = rb"\\(?:\r\n|[\s\S])?+"
#: What may stand between the quotes. A string without its end stops where its line does.
IN_DOUBLE_QUOTES: Final = rb'(?:[^"\\\n\r]++|%b)*+' % _ESCAPE
IN_SINGLE_QUOTES: Final = rb"(?:[^'\\\n\r]++|%b)*+" % _ESCAPE
IN_BACKTICKS: Final = rb"(?:[^`\\$]++|%b|\$(?!\{))*+" % _ESCAPE
_STRING: Final = rb"\"%b\"?+|'%b'?+" % (IN_DOUBLE_QUOTES, IN_SINGLE_QUOTES)

# A gap is what lies between two of the tokens that decide something; the token is its last byte.
# Like those of the template, the hashbang and the line's end, this pattern matches anything.
_gap: Final = compile_pattern(rb"(?:[^\"'`/(){}]++|%b|%b)*+[`/(){}]?+" % (_STRING, COMMENT)).match
_pieces: Final = compile_pattern(rb"%b|(%b|%b)" % (_STRING, COMMENT, _WIDE_SPACE))
_template: Final = compile_pattern(rb"%b(?:`|(\$\{))?+" % IN_BACKTICKS).match
_regex: Final = compile_pattern(
    rb"(?:[^/\\\[\n\r]++|\\[^\n\r]|\[(?:[^\]\\\n\r]++|\\[^\n\r])*+\])++/[\w$]*+"
).match
_line_end: Final = re.compile(rb"[\n\r]|\Z").search
_hashbang: Final = compile_pattern(rb"(?:\xef\xbb\xbf)?+(?:#![^\n\r]*+)?+").match

# `a.if(b) / c` and `#in / c` are names. `...` is no member's dot.
_WORD: Final = rb"(?:(?<![\w$.#\x80-\xff])|(?<=\.\.\.))"
# After these a value begins, so that a slash begins a regular expression.
_operator: Final = re.compile(
    _WORD
    + rb"(?:await|case|debugger|default|delete|do|else|in|instanceof|new|return|throw|typeof|void"
    + rb"|yield|(?:break|continue)(?:[\t ]+[\w$]+)?)\Z"
).search
_operand: Final = re.compile(rb"(?:[\w$\x80-\xff\]\"']|\+\+|--|\d\.)\Z").search
_control: Final = re.compile(_WORD + rb"(?:if|while|with|for(?:\s*await)?)\Z").search
_block: Final = re.compile(rb"(?:;|=>|%b(?:catch|do|else|finally|static|try))\Z" % _WORD).search
_name: Final = re.compile(rb"[\w$\x80-\xff]\Z").search
# `import "./a.js"` and a new line end a statement: no other string may come after these words.
_module: Final = re.compile(_WORD + rb"(?:from|import)\s*(?:\"[^\"]*\"|'[^']*')\Z").search
# How far back these look: further than keywords need, and enough for most labels and URLs.
_TAIL: Final = 100

_OPEN_PAREN, _CLOSE_PAREN, _OPEN_BRACE, _CLOSE_BRACE, _BACKTICK = b"(){}`"

# On the stack of open brackets a brace is the start of the gap before it, a parenthesis the
# complement of that, so that the one cannot close the other; and this is the brace of `${`.
_SUBSTITUTION: Final = 1 << 62
#: What a closing bracket closes that nothing opened.
_NONE: Final = -1


def in_code(data: bytes, positions: Sequence[int]) -> Iterator[int]:
    """Those of the ascending `positions` that are code, or where a comment begins.

    Not those in strings, comments, regular expressions and the text of templates; nor those after
    a member's dot.
    """
    first, at = 0, _hashbang(data).end()  # type: ignore[union-attr]
    opens: list[int] = []
    opened = _NONE
    slashes = _Slashes(data)
    while first < len(positions):
        start, at = at, _gap(data, at).end()  # type: ignore[union-attr]
        if positions[first] < at:
            last = bisect_left(positions, at, first)
            yield from _in_gap(data, start, at, positions[first:last])
            first = last
        # What ends the file is no token, but by then no position is left.
        token = data[at - 1]
        if token == _OPEN_PAREN:
            opens.append(~start)
        elif token == _CLOSE_PAREN:
            opened = ~opens.pop() if opens and opens[-1] < 0 else _NONE
        elif token == _OPEN_BRACE:
            opens.append(start)
        elif token == _CLOSE_BRACE:
            opened = _close_brace(opens)
            if opened == _SUBSTITUTION:
                at = _end_text(data, at, opens)
        elif token == _BACKTICK:
            at = _end_text(data, at, opens)
        else:
            at = slashes.end(start, at, opened)


def _in_gap(data: bytes, start: int, end: int, positions: Sequence[int]) -> Iterator[int]:
    # Those before the gap are in the template or the regular expression that it follows.
    waiting = (each for each in positions if each >= start)
    position = next(waiting, end)
    before = b""
    for piece in chain(_pieces.finditer(data, start, end), [None]):
        at, until = piece.span() if piece else (end, end)
        while position < at:
            before = data[start:position].rstrip()[-3:] or before
            if not before.endswith(b".") or before == b"...":
                yield position
            start, position = position, next(waiting, end)
        before = data[start:at].rstrip()[-3:] or before
        if piece and not piece[1]:
            before = b""
        elif position == at < end:
            yield position
        start = until
        while position < until:
            position = next(waiting, end)


def _close_brace(opens: list[int]) -> int:
    # A parenthesis that is still open here was never closed, or was misread.
    while opens and opens[-1] < 0:
        opens.pop()
    return opens.pop() if opens else _NONE


def _end_text(data: bytes, at: int, opens: list[int]) -> int:
    text = _template(data, at)
    assert text
    if text[1]:
        opens.append(_SUBSTITUTION)
    return text.end()


class _Slashes:
    """Tells the slash that divides from the one that begins a regular expression."""

    __slots__ = ("_data", "_dead", "_regex_end")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._regex_end = -1
        #: Up to here, no slash can begin a regular expression.
        self._dead = 0

    def end(self, start: int, at: int, opened: int) -> int:
        """Where the token ends whose slash is just before `at`, after the gap from `start`.

        `opened` is the opening bracket of the last one that closed.
        """
        if at <= self._dead or self._divides(start, at, opened):
            return at
        regex = _regex(self._data, at)
        if regex is None:
            # A regular expression ends on its line (12.9.5), so that this divides after all. So,
            # lest each slash of a long line look for its end, does all that follows on the line.
            self._dead = _line_end(self._data, at).start()  # type: ignore[union-attr]
            return at
        self._regex_end = regex.end()
        return self._regex_end

    def _divides(self, start: int, at: int, opened: int) -> bool:
        if code := self._code(start, at):
            return bool(_operand(code)) and not (_operator(code) or _module(code))
        if start == self._regex_end:
            return True
        match self._data[start - 1 : start]:
            case b")" | b"}" if opened == _NONE:
                return True
            case b")":
                return not _control(self._before(opened))
            case b"}":
                return not self._is_block(opened)
            case before:
                return before == b"`"

    def _is_block(self, brace: int) -> bool:
        """Whether a statement may follow the brace's end: it holds a block, or a class's body.

        As es-module-lexer has it, a function is taken for a declaration, not for an expression that
        somebody divides.
        """
        if code := self._before(brace):
            return bool(_block(code) or (_name(code) and not _operator(code)))
        if self._data[max(brace - 2, 0) : brace] == b"${":
            return False
        return self._data[max(brace - 1, 0) : brace] in (b"", b")", b"{", b"}")

    def _before(self, start: int) -> bytes:
        """The code of the gap from `start`: what precedes the bracket that ends it."""
        return self._code(start, _gap(self._data, start).end())  # type: ignore[union-attr]

    def _code(self, start: int, at: int) -> bytes:
        gap = self._data[start : at - 1]
        if b"/" in gap or not gap.isascii():
            gap = _pieces.sub(_blank, gap)
        return gap.rstrip()[-_TAIL:]


def _blank(piece: re.Match[bytes]) -> bytes:
    return b" " if piece[1] else piece[0]
