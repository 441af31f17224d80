"""Splicing: the new name in its place, and not one other byte changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiss.build import css, js
from hiss.build.references import Kind, Reference
from hiss.build.rewrite import renamed, splice

SPLICES = [
    (b"", [], b""),
    (b"abc", [], b"abc"),
    (b"abc", [(0, 3, b"")], b""),
    (b"abc", [(1, 2, b"XYZ")], b"aXYZc"),
    (b"abc", [(0, 0, b">"), (3, 3, b"<")], b">abc<"),
    (b"abc", [(0, 1, b"A"), (1, 2, b""), (2, 3, b"CC")], b"ACC"),
    (b"\r\n\0\xff", [(1, 2, b"\n")], b"\r\n\0\xff"),
]


@pytest.mark.parametrize(("data", "changes", "expected"), SPLICES)
def test_splice(data, changes, expected):
    """Each span gives way to its bytes, and the rest stays."""
    assert splice(data, changes) == expected


@st.composite
def data_and_changes(draw):
    pieces = draw(st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9))))
    tail = draw(st.binary(max_size=9))
    data, changes = b"", []
    for kept, replaced in pieces:
        data += kept
        changes.append((len(data), len(data) + len(replaced), draw(st.binary(max_size=9))))
        data += replaced
    return data + tail, changes


@given(data_and_changes())
def test_splice_changes_only_the_spans(case):
    """As replacing each in its turn, from the last to the first, so that no offset moves."""
    data, changes = case
    expected = bytearray(data)
    for start, end, replacement in reversed(changes):
        expected[start:end] = replacement
    assert splice(data, changes) == expected


# What a file says, the new name of the one file that it names, and what it says then.
CSS = [
    ("a{b:url(x.png)}", "x.1.png", "a{b:url(x.1.png)}"),
    ("a{b:url('x.png')}", "x.1.png", "a{b:url('x.1.png')}"),
    ('a{b:url( "x.png" )}', "x.1.png", 'a{b:url( "x.1.png" )}'),
    ("a{b:url(../img/x.png)}", "img/x.1.png", "a{b:url(../img/x.1.png)}"),
    ("a{b:url(./d/../x.png)}", "x.1.png", "a{b:url(./d/../x.1.png)}"),
    ("a{b:url(/static/img/x.png)}", "img/x.1.png", "a{b:url(/static/img/x.1.png)}"),
    ("a{b:url(x.eot?#iefix)}", "x.1.eot", "a{b:url(x.1.eot?#iefix)}"),
    ("a{b:url(d/x.svg#a/b)}", "d/x.1.svg", "a{b:url(d/x.1.svg#a/b)}"),
    ("a{b:url(x.svg?a=/b/c)}", "x.1.svg", "a{b:url(x.1.svg?a=/b/c)}"),
    # What is written as an escape is replaced whole.
    (r"a{b:url(a\ b.png)}", "a b.1.png", "a{b:url(a%20b.1.png)}"),
    (r"a{b:url(a\20 b.png)}", "a b.1.png", "a{b:url(a%20b.1.png)}"),
    (r"a{b:url(d\/x.png)}", "d/x.1.png", "a{b:url(d/x.1.png)}"),
    (r"a{b:url(d\2f x.png)}", "d/x.1.png", "a{b:url(d/x.1.png)}"),
    (r"a{b:url(my\ d/x.png?v=1\#y)}", "my d/x.1.png", "a{b:url(my%20d/x.1.png?v=1#y)}"),
    ("a{b:url(my%20x.png)}", "my x.1.png", "a{b:url(my%20x.1.png)}"),
    # What the new name holds means nothing where it goes.
    ("a{b:url('x.png')}", "x'.1.png", "a{b:url('x%27.1.png')}"),
    ("a{b:url(x.png)}", "x (1).png", "a{b:url(x%20%281%29.png)}"),
    ("a{b:url(x.png)}", 'ü?#\\"*.png', "a{b:url(%C3%BC%3F%23%5C%22%2A.png)}"),
    ("a{b:url(x.png)}", "-._~!$+,@.png", "a{b:url(-._~!$+,@.png)}"),
    # A string may have spaces about the URL.
    ("a{b:url('x.png ')}", "x.1.png", "a{b:url('x.1.png ')}"),
    ("a{b:url('d/x.png\t')}", "d/x.1.png", "a{b:url('d/x.1.png\t')}"),
    ('@import "x.css" screen;', "x.1.css", '@import "x.1.css" screen;'),
    ("/*# sourceMappingURL=x.map */", "x.1.map", "/*# sourceMappingURL=x.1.map */"),
    # Bytes that are no UTF-8 stay.
    (b"\xef\xbb\xbf/*\xff*/a{b:url(x.png)}", "x.1.png", b"\xef\xbb\xbf/*\xff*/a{b:url(x.1.png)}"),
]
JS = [
    ('import "./x.js"', "x.1.js", 'import "./x.1.js"'),
    ("export * from '../d/x.js';", "d/x.1.js", "export * from '../d/x.1.js';"),
    ("import(`./x.js`)", "x.1.js", "import(`./x.1.js`)"),
    ("import(`./x.js`)", "x`${1}.js", "import(`./x%60$%7B1%7D.js`)"),
    ('new URL("x.js?a", import.meta.url)', "x.1.js", 'new URL("x.1.js?a", import.meta.url)'),
    (r'import "./\u0078.js"', "x.1.js", 'import "./x.1.js"'),
    (r'import "./d\x2fx.js"', "d/x.1.js", 'import "./d/x.1.js"'),
    ("//# sourceMappingURL=x.map\r\n", "x.1.map", "//# sourceMappingURL=x.1.map\r\n"),
]


@pytest.mark.parametrize(
    ("find", "before", "new_name", "after"),
    [
        *((css.find_references, *case) for case in CSS),
        *((js.find_references, *case) for case in JS),
    ],
)
def test_renamed(find, before, new_name, after):
    """The last segment of the path is the new file's; all else is as it was written."""
    before = before if isinstance(before, bytes) else before.encode()
    after = after if isinstance(after, bytes) else after.encode()
    [reference] = find(before)
    assert splice(before, [renamed(before, reference, new_name)]) == after


def test_renamed_is_a_change_within_the_reference():
    """The change lies within what the tokenizer found, wherever that stands."""
    data = b"url(a/b/c.png?d)"
    change = renamed(data, Reference(4, 15, "a/b/c.png?d", Kind.CSS_URL), "a/b/c.1.png")
    assert change == (8, 13, b"c.1.png")
