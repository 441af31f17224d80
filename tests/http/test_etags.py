"""Entity tags: made of the content and the coding, read strictly, compared both ways."""

import hashlib
import re

import pytest

from hiss.http.etags import make_etag, parse_etags, strong_match, weak_match

DIGEST = hashlib.sha256(b"body{}").digest()


def test_make_etag_is_of_the_content_and_the_coding():
    """Each coding has its own tag, every one strong and well formed (W2: one tag for all)."""
    tags = [make_etag(DIGEST, coding) for coding in ("", "br", "gzip", "zstd")]
    assert len(set(tags)) == 4
    assert all(re.fullmatch(r'"[\x21\x23-\x7e]{22,32}"', tag) for tag in tags)
    assert make_etag(hashlib.sha256(b"body{ }").digest()) != tags[0]
    # Base64 of SHA-256's first 16 bytes; that of nothing is known by heart.
    assert make_etag(hashlib.sha256(b"").digest(), "br") == '"47DEQpj8HBSa-_TImW-5JA-br"'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"a"', ('"a"',)),
        ('W/"a"', ('W/"a"',)),
        ('"a", "b"', ('"a"', '"b"')),
        ('"a",W/"b"\t,"c"', ('"a"', 'W/"b"', '"c"')),
        (' , "a" ,, "b" ,', ('"a"', '"b"')),
        ('"a,b"', ('"a,b"',)),
        ('"a b"', ()),
        ('""', ('""',)),
        ('"\xe9"', ('"\xe9"',)),
        ("*", ("*",)),
        (" * ", ("*",)),
        ('"*"', ('"*"',)),
        ('*, "a"', ()),
        ('"a", *', ()),
        ("", ()),
        (",", ()),
        ("a", ()),
        ('"a', ()),
        ('a"', ()),
        ('"a" "b"', ()),
        ('w/"a"', ()),
        ('W/ "a"', ()),
        ('W/a, "b"', ()),
        ("'a'", ()),
        ('"a"b"', ()),
    ],
)
def test_parse_etags(value, expected):
    """A list of tags, or the asterisk alone; what is not of the grammar names no tag."""
    assert parse_etags(value) == expected


@pytest.mark.parametrize(
    ("tags", "etag", "strong", "weak"),
    [
        # RFC 9110, section 8.8.3.2, table 3.
        (('W/"1"',), 'W/"1"', False, True),
        (('W/"1"',), 'W/"2"', False, False),
        (('W/"1"',), '"1"', False, True),
        (('"1"',), 'W/"1"', False, True),
        (('"1"',), '"1"', True, True),
        (('"1"', '"2"'), '"2"', True, True),
        (("*",), '"1"', True, True),
        ((), '"1"', False, False),
        (('"*"',), '"1"', False, False),
        (("*", '"2"'), '"1"', False, False),
    ],
)
def test_comparison(tags, etag, strong, weak):
    """Strong comparison wants both strong; weak comparison only the opaque tags alike (W3)."""
    assert strong_match(tags, etag) is strong
    assert weak_match(tags, etag) is weak


@pytest.mark.parametrize(
    "value", ['"a"' + " ,\t" * 20_000 + "x", '"a",' * 20_000 + "x", "," * 60_000]
)
def test_parse_etags_takes_linear_time(value):
    """A hostile list is read, and refused, at once."""
    assert parse_etags(value) == ()
