"""Possessive groups, and what stands for them on CPython before 3.11.5, where they are broken."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiss.build import css, js, js_lexer
from hiss.build.patterns import as_atomic, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (rb"(?:ab?c)*+", rb"(?>(?:ab?c)*)"),
        (rb"(?:a|(b)?+c)++d", rb"(?>(?:a|(?>(b)?)c)+)d"),
        (rb"[()*+]++\)*+\(?+", rb"[()*+]++\)*+\(?+"),
        (rb"[^\])]*+(?:[]()*+])*+", rb"[^\])]*+(?>(?:[]()*+])*)"),
        (rb"(a)* (b)+ (c)? (d){2}", rb"(a)* (b)+ (c)? (d){2}"),
    ],
)
def test_as_atomic(pattern, expected):
    """Groups that are possessive become atomic, and nothing else."""
    assert as_atomic(pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "taken"),
    [(rb"(?:ab?c)*+", b"aca", 2), (rb"(?:ab?c)?+", b"ab", 0), (rb"(?:ab?c)++", b"acab", 2)],
)
def test_what_an_iteration_took_that_failed(pattern, text, taken):
    """It is given back, on every Python."""
    assert compile_pattern(pattern).match(text).end() == taken
    assert re.match(as_atomic(pattern), text).end() == taken


def lexers():
    """The patterns of the lexers that have possessive groups, by what they were made of."""
    found = set()
    for module in (css, js, js_lexer):
        for value in vars(module).values():
            pattern = getattr(value, "__self__", value)
            if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, bytes):
                found.add(pattern)
    for forms in js._FORMS.values():
        found.update(forms.values())
    return sorted((each for each in found if as_atomic(each.pattern) != each.pattern), key=str)


PIECES = st.sampled_from(
    [
        *(b"/*", b"*/", b"//", b"/", b"\\", b'"', b"'", b"`", b"${", b"{", b"}", b"(", b")", b"["),
        *(b"]", b"a", b"url", b"import", b"export", b" from ", b"\n", b"\r\n", b" ", b"\xc2\xa0"),
        *(b"\xe2\x80\xa8", b"\xe2", b"<!--", b"@import", b"\\41 ", b"\\\n", b"-", b"1", b"*", b","),
        *(b"sourceMappingURL=", b"//# ", b"new URL", b"import.meta.url", b"#!", b"\xef\xbb\xbf"),
    ]
)


@pytest.mark.skipif(re.match(rb"(?:ab?c)*+", b"aca").end() == 3, reason="they are broken here")
@pytest.mark.parametrize("pattern", lexers(), ids=lambda each: each.pattern[:30].decode("latin-1"))
@given(data=st.lists(PIECES, max_size=12).map(b"".join))
def test_they_mean_the_same(pattern, data):
    """On a Python without the fault, a lexer's pattern and its atomic form take the same."""
    atomic = re.compile(as_atomic(pattern.pattern), pattern.flags)
    for at in range(len(data) + 1):
        expected, found = pattern.match(data, at), atomic.match(data, at)
        assert (found and found.regs) == (expected and expected.regs)
