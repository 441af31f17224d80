"""Options: what is taken, what is refused and how that is said."""

import sys

import pytest

from hiss.errors import ConfigurationError, HissError
from hiss.files.options import _RULES, Options, settle
from hiss.http.codings import DYNAMIC_LEVELS


def test_defaults():
    """Without options a site has the contract's defaults."""
    settled = settle({})
    assert settled.policy.max_age == 60
    assert settled.policy.charset == "utf-8"
    assert settled.index_file is None
    assert settled.autorefresh is False
    assert settled.own_misses is True
    assert settled.memory == 64 * 2**20
    assert settled.dynamic == {}
    assert (
        settled.is_immutable("/srv/app.abcdef123456.css", "/static/app.abcdef123456.css") is False
    )


def test_every_option_has_a_rule():
    """What is documented is checked, and what is checked is documented."""
    assert set(_RULES) == set(Options.__annotations__)


@pytest.mark.parametrize(
    ("option", "value", "read", "expected"),
    [
        ("max_age", None, lambda s: s.policy.max_age, None),
        ("max_age", 0, lambda s: s.policy.max_age, 0),
        ("index_file", True, lambda s: s.index_file, "index.html"),
        ("index_file", False, lambda s: s.index_file, None),
        ("index_file", "", lambda s: s.index_file, None),
        ("index_file", None, lambda s: s.index_file, None),
        ("index_file", "start.htm", lambda s: s.index_file, "start.htm"),
        ("autorefresh", True, lambda s: s.autorefresh, True),
        ("misses", "pass", lambda s: s.own_misses, False),
        ("misses", "own", lambda s: s.own_misses, True),
        ("mimetypes", {".FOO": "text/foo"}, lambda s: s.policy.media_types, {".foo": "text/foo"}),
        ("charset", "", lambda s: s.policy.charset, ""),
        ("charset", "iso-8859-1", lambda s: s.policy.charset, "iso-8859-1"),
        ("allow_all_origins", False, lambda s: s.policy.allow_all_origins, False),
        (
            "cross_origin_resource_policy",
            None,
            lambda s: s.policy.cross_origin_resource_policy,
            None,
        ),
        ("nosniff", False, lambda s: s.policy.nosniff, False),
        ("add_headers_function", print, lambda s: s.policy.add_headers, print),
        ("memory", 0, lambda s: s.memory, 0),
        ("dynamic_compression", True, lambda s: s.dynamic, DYNAMIC_LEVELS),
        ("dynamic_compression", {"gzip": 9}, lambda s: s.dynamic, {"gzip": 9}),
        ("dynamic_compression", False, lambda s: s.dynamic, {}),
        ("immutable_file_test", None, lambda s: s.is_immutable("a", "b"), False),
        ("immutable_file_test", r"\.js$", lambda s: s.is_immutable("a.js", "/b.css"), False),
        ("immutable_file_test", r"\.js$", lambda s: s.is_immutable("a.css", "/b.js"), True),
        (
            "immutable_file_test",
            lambda path, url: f"{path} {url}",
            lambda s: s.is_immutable("a", "b"),
            "a b",
        ),
    ],
)
def test_settle(option, value, read, expected):
    """Each option changes what it says."""
    assert read(settle({option: value})) == expected


def test_always():
    """A framework's own fields go into the policy."""
    assert settle({}, always=(("X", "y"),)).policy.always == (("X", "y"),)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("max_age", -1, "max_age must be a number of seconds, or None, not -1"),
        ("max_age", 1.5, "max_age must be a number of seconds, or None, not 1.5"),
        ("max_age", "60", "max_age must be a number of seconds, or None, not '60'"),
        ("max_age", True, "max_age must be a number of seconds, or None, not True"),
        ("immutable_file_test", 5, "a callable of (path, url), or a regular expression, not 5"),
        ("immutable_file_test", "(", "immutable_file_test is not a regular expression: '('"),
        ("index_file", "a/b.html", "the name of a file, True or False, not 'a/b.html'"),
        ("index_file", 1, "the name of a file, True or False, not 1"),
        ("autorefresh", 1, "autorefresh must be True or False, not 1"),
        ("misses", "mine", 'misses must be "own" or "pass", not \'mine\''),
        ("misses", None, 'misses must be "own" or "pass", not None'),
        ("mimetypes", [".foo"], "mimetypes must be a mapping of extensions to media types"),
        ("mimetypes", {".foo": 5}, "mimetypes must be a mapping of extensions to media types"),
        ("mimetypes", {"*.foo": "text/foo"}, "mimetypes: media type override '*.foo' is a pattern"),
        ("charset", "utf-8\r\nX: y", "charset must be the name of a character encoding"),
        ("charset", None, "charset must be the name of a character encoding, not None"),
        ("allow_all_origins", "yes", "allow_all_origins must be True or False, not 'yes'"),
        ("cross_origin_resource_policy", "any", "\"same-origin\" or None, not 'any'"),
        ("nosniff", 0, "nosniff must be True or False, not 0"),
        ("add_headers_function", "f", "a callable of (headers, path, url), not 'f'"),
        ("memory", "64M", "memory must be a number of bytes, not '64M'"),
        ("memory", -1, "memory must be a number of bytes, not -1"),
        ("dynamic_compression", 5, "a mapping of br, gzip, zstd to their levels, not 5"),
        ("dynamic_compression", {"deflate": 5}, "a mapping of br, gzip, zstd to their levels"),
        ("dynamic_compression", {"br": 12}, "a mapping of br, gzip, zstd to their levels"),
        ("dynamic_compression", {"gzip": 0}, "a mapping of br, gzip, zstd to their levels"),
        ("dynamic_compression", {"zstd": 20}, "a mapping of br, gzip, zstd to their levels"),
        ("dynamic_compression", {"br": True}, "a mapping of br, gzip, zstd to their levels"),
    ],
)
def test_settle_refuses(option, value, words):
    """A value that is not of its kind is refused with the option, what it takes, and the value."""
    with pytest.raises(ConfigurationError) as caught:
        settle({option: value})
    assert words in caught.value.message
    assert option in caught.value.message


@pytest.mark.parametrize("option", ["misses", "cross_origin_resource_policy"])
@pytest.mark.parametrize("value", [["own"], {}], ids=repr)
def test_settle_refuses_what_cannot_be_hashed(option, value):
    """A list or a mapping for a word is refused like any other wrong value."""
    with pytest.raises(ConfigurationError, match=f"^{option} must be "):
        settle({option: value})


@pytest.mark.parametrize(
    ("option", "value", "odd"),
    [
        ("index_file", ["index.html"], "['index.html']"),
        ("charset", b"utf-8", "b'utf-8'"),
        ("mimetypes", {5: "text/css"}, "{5: 'text/css'}"),
        ("memory", 1.5, "1.5"),
        ("memory", True, "True"),
        ("immutable_file_test", ["a"], "['a']"),
        ("dynamic_compression", {("br",): 5}, "{('br',): 5}"),
        ("dynamic_compression", {"br": "5"}, "{'br': '5'}"),
        ("dynamic_compression", ["br"], "['br']"),
    ],
)
def test_settle_refuses_odd_types(option, value, odd):
    """A value of an odd type is refused with its own look."""
    with pytest.raises(ConfigurationError) as caught:
        settle({option: value})
    assert caught.value.message.startswith(f"{option} must be ")
    assert caught.value.message.endswith(f"not {odd}")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, False),
        ({"immutable_file_test": r"\.js$"}, False),
        ({"immutable_file_test": None, "add_headers_function": None}, False),
        ({"immutable_file_test": lambda path, url: True}, True),
        ({"add_headers_function": print}, True),
    ],
)
def test_calls_user(options, expected):
    """A user's function is to be called at the start, for every file; a pattern cannot fail."""
    assert settle(options).calls_user is expected


@pytest.mark.parametrize(("coding", "module"), [("br", "brotli"), ("zstd", "backports")])
def test_settle_misses_what_is_not_installed(monkeypatch, coding, module):
    """A coding that cannot be made is a mistake that is said at the start, not to a client."""
    monkeypatch.setitem(sys.modules, module, None)
    for wanted in (True, {coding: 5}):
        with pytest.raises(ConfigurationError, match=f"the coding {coding} needs the package"):
            settle({"dynamic_compression": wanted})
    assert settle({"dynamic_compression": {"gzip": 5}}).dynamic == {"gzip": 5}
    assert settle({"dynamic_compression": False}).dynamic == {}


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("maxage", "Did you mean 'max_age'?"),
        ("max-age", "Did you mean 'max_age'?"),
        ("auto_refresh", "Did you mean 'autorefresh'?"),
        ("mime_types", "Did you mean 'mimetypes'?"),
        ("add_header_function", "Did you mean 'add_headers_function'?"),
        ("mеmory", "Did you mean 'memory'?"),
        ("zzz", "There are max_age, immutable_file_test, index_file, "),
    ],
)
def test_settle_names_the_option_meant(option, hint):
    """An unknown option is named with the one that was meant, or with all there are."""
    with pytest.raises(ConfigurationError) as caught:
        settle({option: 1})
    assert caught.value.message == f"there is no option {option!r}"
    assert caught.value.hint.startswith(hint)
    assert str(caught.value) == f"{caught.value.message}\n  {caught.value.hint}"
    assert isinstance(caught.value, HissError)
