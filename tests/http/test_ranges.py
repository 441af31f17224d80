"""Byte ranges: the grammar, what is asked of a body, and how parts are framed."""

import pytest

from hiss.http.ranges import (
    MAX_RANGES,
    Span,
    format_content_range,
    format_last_boundary,
    format_part_head,
    parse_range,
    resolve_ranges,
)

HUGE = "9" * 5000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-4", [(0, 5)]),
        ("bytes=2-", [(2, 10)]),
        ("bytes=-3", [(7, 10)]),
        # W1: one byte is a range like any other.
        ("bytes=0-0", [(0, 1)]),
        ("bytes=-1", [(9, 10)]),
        ("bytes=9-9", [(9, 10)]),
        ("bytes=9-", [(9, 10)]),
        ("bytes=0-", [(0, 10)]),
        ("bytes=0-9", [(0, 10)]),
        ("bytes=0-10", [(0, 10)]),
        ("bytes=5-9999999999999999999999", [(5, 10)]),
        (f"bytes=5-{HUGE}", [(5, 10)]),
        ("bytes=-10", [(0, 10)]),
        ("bytes=-11", [(0, 10)]),
        (f"bytes=-{HUGE}", [(0, 10)]),
        ("bytes=0000000000000000000001-0000000000000000000002", [(1, 3)]),
        ("BYTES=0-4", [(0, 5)]),
        (" bytes=0-4\t", [(0, 5)]),
        ("bytes= 0-1 ,\t4-5 ", [(0, 2), (4, 6)]),
        ("bytes=,0-1,,4-5,", [(0, 2), (4, 6)]),
        # In the order asked for ...
        ("bytes=8-,0-1", [(8, 10), (0, 2)]),
        ("bytes=-1,0-0", [(9, 10), (0, 1)]),
        # ... unless some overlap or touch: no byte twice.
        ("bytes=0-5,3-8", [(0, 9)]),
        ("bytes=0-4,5-9", [(0, 10)]),
        ("bytes=0-9,2-3", [(0, 10)]),
        ("bytes=8-9,0-1,1-2", [(0, 3), (8, 10)]),
        ("bytes=0-0,0-0", [(0, 1)]),
        # Those that cannot be are left out, as long as one can.
        ("bytes=0-0,10-20", [(0, 1)]),
        ("bytes=-0,1-1", [(1, 2)]),
        # None can: unsatisfiable. W12: a suffix of nothing is not everything.
        ("bytes=-0", []),
        ("bytes=10-", []),
        ("bytes=10-20", []),
        (f"bytes={HUGE}-", []),
        ("bytes=10-,-0,99-", []),
        # Not of the grammar: as if nothing had been sent.
        ("", None),
        ("bytes", None),
        ("bytes=", None),
        ("bytes=,", None),
        ("bytes=-", None),
        ("bytes=abc", None),
        ("bytes=5-2", None),
        ("bytes=--5", None),
        ("bytes=1_0-20", None),
        ("bytes=+1-2", None),
        ("bytes=0x0-1", None),
        ("bytes=1.0-2", None),
        ("bytes=0 -1", None),
        ("bytes=0- 1", None),
        ("bytes=0-1;2-3", None),
        ("bytes=0-1-2", None),
        ("bytes=٠-٤", None),
        ("bytes 0-4", None),
        ("bytes =0-4", None),
        ("bytes:0-4", None),
        ("items=0-4", None),
        ("0-4", None),
        ("none", None),
        ("bytes=0-1,x", None),
        ("bytes=0-1,5-2", None),
        ("bytes=0-1, bytes=2-3", None),
    ],
)
def test_range_of_ten_bytes(value, expected):
    """A Range field asks for these spans of a body of ten bytes; `None`: it is ignored."""
    ranges = parse_range(value)
    assert expected == (None if ranges is None else list(resolve_ranges(ranges, 10)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("bytes=0-0", ()), ("bytes=0-", ()), ("bytes=-0", ()), ("bytes=-5", ((0, 0),))],
)
def test_range_of_nothing(value, expected):
    """Of an empty body only a suffix is satisfiable, and it is empty."""
    assert resolve_ranges(parse_range(value), 0) == expected


@pytest.mark.parametrize(("count", "taken"), [(MAX_RANGES, True), (MAX_RANGES + 1, False)])
def test_ranges_are_capped(count, taken):
    """So many ranges are answered; one more is a request for work, and ignored."""
    value = "bytes=" + ",".join(f"{2 * n}-{2 * n}" for n in range(count))
    assert (parse_range(value) is not None) is taken


@pytest.mark.parametrize("value", ["bytes=" + "0-0," * 50_000, "bytes=" + "-" * 100_000])
def test_parse_range_takes_linear_time(value):
    """A hostile value is refused at once."""
    assert parse_range(value) is None


def test_formats():
    """Content-Range, and what stands before and after the parts of a multipart body."""
    assert format_content_range(Span(0, 1), 10) == "bytes 0-0/10"
    assert format_content_range(Span(2, 10), 10) == "bytes 2-9/10"
    assert format_content_range(None, 10) == "bytes */10"
    assert format_part_head("b", "text/css; charset=utf-8", Span(2, 10), 10) == (
        b"\r\n--b\r\nContent-Type: text/css; charset=utf-8\r\nContent-Range: bytes 2-9/10\r\n\r\n"
    )
    assert format_last_boundary("b") == b"\r\n--b--\r\n"
