"""What doors know a request by, before they build one: never anything else than that would say."""

from hypothesis import example, given
from hypothesis import strategies as st

from hiss import wsgi
from hiss.core.request import FIELDS, Request, plain_key

METHODS = st.sampled_from(["GET", "GET", "HEAD", "POST", "get"])
NAMES = st.sampled_from([*FIELDS, "accept", "accept-encoding", "cookie", "range-x"])
VALUES = st.sampled_from(["", "br", "gzip, br", '"tag"', "W/\xe9", "bytes=0-1"])
LINES = st.lists(st.tuples(NAMES, VALUES), max_size=6)


@given(METHODS, LINES)
@example("GET", [("accept-encoding", "br"), ("accept", "*/*")])
@example("GET", [("accept-encoding", "br"), ("accept-encoding", "gzip")])
@example("GET", [("range", "bytes=0-1")])
def test_plain_key(method, lines):
    """ASGI's pairs: a plain GET has the key that its request has, every other has none."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in lines]
    key = plain_key(method, headers)
    telling = [name for name, _ in lines if name in FIELDS]
    if method == "GET" and telling == ["accept-encoding"]:
        assert key is not None
        assert key == Request.from_raw_headers(method, "", headers).key
    else:
        assert key is None


@given(METHODS, st.dictionaries(NAMES, VALUES, max_size=6))
@example("GET", {"if-none-match": '"tag"'})
@example("GET", {"if-match": '"tag"'})
@example("GET", {"accept-encoding": "br", "range": "bytes=0-1"})
def test_plain_key_of_an_environment(method, lines):
    """WSGI's environment: the key is the one that its request has, or none as that has none."""
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in lines.items()}
    environ = {"REQUEST_METHOD": method, **fields}
    assert wsgi.plain_key(environ) == wsgi.read_request(environ).key
