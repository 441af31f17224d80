"""Requests: the fields a decision needs, from ASGI's pairs."""

import pytest

from hiss.core.request import FIELDS, Request
from hiss.http.conditional import Conditions


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_is_read(name):
    """Each field comes out under its attribute, as Latin-1."""
    request = Request.from_raw_headers("GET", "a=b", [(name.encode(), b"caf\xe9")])
    assert (request.method, request.query) == ("GET", "a=b")
    expected = dict.fromkeys(FIELDS.values())
    expected[FIELDS[name]] = "caf\xe9"
    assert {attribute: getattr(request, attribute) for attribute in FIELDS.values()} == expected


def test_lines_of_one_field_are_joined():
    """Several lines of a field are one, with commas, in their order (RFC 9110, section 5.3)."""
    headers = [(b"accept-encoding", b"br"), (b"host", b"x"), (b"accept-encoding", b"gzip")]
    assert Request.from_raw_headers("GET", "", headers).accept_encoding == "br, gzip"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"range": "bytes=0-0", "if_range": "x", "accept_encoding": "br"}, None),
        ({"if_match": ""}, Conditions(if_match="")),
        ({"if_none_match": "*"}, Conditions(if_none_match="*")),
        ({"if_modified_since": "x"}, Conditions(if_modified_since="x")),
        ({"if_unmodified_since": "x"}, Conditions(if_unmodified_since="x")),
    ],
)
def test_conditions(fields, expected):
    """Preconditions are there when one of their fields was sent, be it empty."""
    assert Request("GET", **fields).conditions == expected
