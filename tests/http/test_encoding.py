"""Accept-Encoding: what a client takes, and which of ours it gets."""

import pytest

from hiss.http.encoding import parse_accept_encoding

# Smallest first, as a server offers them.
OFFER = ("br", "zstd", "gzip", "identity")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # No field: identity. An empty one: identity only.
        (None, "identity"),
        ("", "identity"),
        (" \t", "identity"),
        (",,,", "identity"),
        # What browsers, curl and CDNs send.
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br"),
        ("deflate", "identity"),
        ("identity", "identity"),
        # q decides before size.
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.5", "br"),
        ("br;q=0.1, identity", "identity"),
        ("br;q=0.001", "br"),
        ("identity;q=0.5, gzip;q=0.4", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        # W4: q=0 is a refusal, and names have no case.
        ("gzip;q=0", "identity"),
        ("gzip;q=0.0", "identity"),
        ("gzip;q=0.000", "identity"),
        ("gzip;q=0.", "identity"),
        ("GZIP", "gzip"),
        ("GZip;Q=0.5", "gzip"),
        ("BR", "br"),
        ("x-gzip", "gzip"),
        ("X-GZIP;q=0", "identity"),
        # B5: never by substring.
        ("not-gzip", "identity"),
        ("gzipped", "identity"),
        ("xbr", "identity"),
        ("brotli", "identity"),
        # The asterisk is every coding that is not named.
        ("*", "br"),
        ("*;q=0", "identity"),
        ("br;q=0, *", "zstd"),
        ("*, br;q=0, zstd;q=0", "gzip"),
        ("gzip, *;q=0", "gzip"),
        ("*;q=0.5, identity;q=0.9", "identity"),
        ("*;q=0.5, identity;q=0.1", "br"),
        ("*;q=0, identity", "identity"),
        # Identity refused: anything else that is there, or identity all the same rather than 406.
        ("identity;q=0", "identity"),
        ("identity;q=0, *", "br"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0, br;q=0", "identity"),
        # Spaces where the grammar has them.
        ("gzip ; q=0.5 ,\tbr ;\tq=0.4", "gzip"),
        # A weight that is none refuses its coding, and only that.
        ("br;q=2, gzip;q=0.1", "gzip"),
        ("br;q=-1, gzip", "gzip"),
        ("br;q=0.0001, gzip", "gzip"),
        ("br;q=1.001, gzip", "gzip"),
        ("br;q=, gzip", "gzip"),
        ("br;q=.5, gzip", "gzip"),
        ("br;level=1, gzip", "gzip"),
        ("br;q=0.5;q=1, gzip;q=0.1", "gzip"),
        ("br gzip", "identity"),
        # Named twice: the more cautious of the two.
        ("gzip;q=0, gzip", "identity"),
        ("gzip, gzip;q=0", "identity"),
        ("gzip, x-gzip;q=0", "identity"),
        ("*, *;q=0", "identity"),
        # Not of the grammar at all.
        (";q=1, @, =", "identity"),
        ("\xff\xfe, br", "br"),
    ],
)
def test_choose(value, expected):
    """The client's quality decides, then the size; what it refuses it does not get."""
    assert OFFER[parse_accept_encoding(value).choose(OFFER)] == expected


@pytest.mark.parametrize(
    ("value", "coding", "expected"),
    [
        ("gzip;q=0.5", "gzip", 0.5),
        ("gzip;q=1.000", "gzip", 1.0),
        ("gzip", "br", 0.0),
        ("gzip, *;q=0.3", "br", 0.3),
        ("gzip, *;q=0.3", "identity", 0.3),
        (None, "br", 0.0),
        (None, "identity", 1.0),
    ],
)
def test_quality(value, coding, expected):
    """A coding's quality is what was said of it, or of the asterisk, or none."""
    assert parse_accept_encoding(value).quality(coding) == expected


def test_unnamed_identity_is_liked_least():
    """Identity that nobody named is acceptable, but less than the least that was named."""
    assert 0 < parse_accept_encoding("gzip").quality("identity") < 0.001


def test_the_order_of_the_offer_breaks_ties():
    """Of two codings that the client likes alike, the first of the offer is taken."""
    accept = parse_accept_encoding("gzip, br")
    assert accept.choose(("gzip", "br", "identity")) == 0
    assert accept.choose(("br", "gzip", "identity")) == 0
    assert accept.choose(("identity",)) == 0
    assert accept.choose(("identity", "gzip")) == 1


def test_values_are_remembered_within_bounds():
    """A usual value is parsed once; one that is too long to be usual is not kept in memory."""
    assert parse_accept_encoding("gzip, br") is parse_accept_encoding("gzip, br")
    long = "gzip, " + "a" * 200
    assert parse_accept_encoding(long) is not parse_accept_encoding(long)
    assert OFFER[parse_accept_encoding(long).choose(OFFER)] == "gzip"
