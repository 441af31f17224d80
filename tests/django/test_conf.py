"""Settings: read from HISS, else from WHITENOISE_*, else their default; a wrong one is named."""

import operator
import re
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import set_script_prefix

from hiss.build.references import Kind, Reference
from hiss.build.source import Source
from hiss.django.building import read_building
from hiss.django.checks.settings import check_prefix, check_settings
from hiss.django.conf import read_configuration
from hiss.django.names import ALIASES, KEYS


def shout(headers, path, url):
    """A rule for header fields."""


def whisper(headers, path, url):
    """Another."""


def is_versioned(configuration):
    """Whether the test for immutable files knows this one."""
    return configuration.settled.is_immutable("/files/app.v1.js", "/static/app.v1.js")


def verdict_on_packages(configuration):
    """What a missing reference in an installed package is judged as."""
    source = Source("a.css", "/site-packages/shelf/static/a.css", "shelf")
    reference = Reference(0, 8, "gone.png", Kind.CSS_URL)
    return configuration.rules.judge(source, reference).value


def foo_type(configuration):
    """The media type of a file that no table knows."""
    return configuration.settled.policy.content_type("a.foo")


ALL = {"br": 11, "gzip": 9, "zstd": 19}

# Key, a value, what comes of it, another value, and where it comes out.
ROWS = [
    ("ADD_HEADERS_FUNCTION", shout, shout, whisper, "settled.policy.add_headers"),
    ("ALLOW_ALL_ORIGINS", False, False, True, "settled.policy.allow_all_origins"),
    ("AUTOREFRESH", True, True, False, "settled.autorefresh"),
    ("CACHE_DIR", Path("/var/cache/hiss"), "/var/cache/hiss", "/var/cache/other", "cache_dir"),
    ("CHARSET", "latin-1", "latin-1", "utf-16", "settled.policy.charset"),
    ("COMPRESSION", {"br": 5}, {**ALL, "br": 5}, {"br": 6}, "choices.levels"),
    ("COMPRESSION_LEVEL", 3, {"br": 3, "gzip": 3, "zstd": 3}, 4, "choices.levels"),
    (
        "CROSS_ORIGIN_RESOURCE_POLICY",
        "same-site",
        "same-site",
        "same-origin",
        "settled.policy.cross_origin_resource_policy",
    ),
    ("DYNAMIC_COMPRESSION", {"br": 1}, {"br": 1}, {"br": 2}, "settled.dynamic"),
    ("IMMUTABLE_FILE_TEST", r"\.v\d\.", True, "never", is_versioned),
    ("INDEX_FILE", "home.html", "home.html", True, "settled.index_file"),
    ("KEEP_DAYS", 0.5, 0.5, 30, "retention.days"),
    ("KEEP_ONLY_HASHED_FILES", True, True, False, "choices.only_hashed"),
    ("KEEP_RELEASES", 5, 5, 1, "retention.releases"),
    ("MANIFEST_STRICT", False, False, True, "manifest_strict"),
    ("MAX_AGE", 5, 5, 6, "settled.policy.max_age"),
    ("MEMORY", 7, 7, 8, "settled.memory"),
    ("MIMETYPES", {".foo": "x/foo"}, "x/foo", {".foo": "x/bar"}, foo_type),
    ("MISSES", "pass", False, "own", "settled.own_misses"),
    ("MISSING_REFERENCES", {"vendor": "ignore"}, "ignore", {}, verdict_on_packages),
    ("NOSNIFF", False, False, True, "settled.policy.nosniff"),
    ("RELEASE_FILE", Path("/srv/app/release"), "/srv/app/release", "/srv/other", "release_file"),
    ("ROOT", Path("/srv/public"), "/srv/public", "/srv/other", "root"),
    ("SHOW_MANIFEST", True, True, False, "settled.show_manifest"),
    ("SHOW_RELEASE", False, False, True, "settled.show_release"),
    (
        "SKIP_COMPRESS_EXTENSIONS",
        [".ZIP", "png"],
        frozenset({"zip", "png"}),
        (),
        "choices.skip_extensions",
    ),
    ("STATIC_PREFIX", "assets", "/assets/", "/other/", "static_prefix"),
    ("USE_FINDERS", True, True, False, "use_finders"),
]
NAMED = pytest.mark.parametrize(
    ("key", "value", "expected", "other", "read"), ROWS, ids=[row[0] for row in ROWS]
)


def value_of(read):
    """What the settings in force come to."""
    read = operator.attrgetter(read) if isinstance(read, str) else read
    return read(read_all())


def read_all():
    """All that is read of the settings, by servers and by builds."""
    parts = read_configuration(), read_building()
    return SimpleNamespace(
        **{each.name: getattr(part, each.name) for part in parts for each in fields(part)}
    )


def test_the_table_has_every_key():
    """No key is without its row below."""
    assert [row[0] for row in ROWS] == list(KEYS)


@NAMED
def test_a_key_is_read_from_hiss(configure, key, value, expected, other, read):
    """A key of HISS changes what it names, which the default does not give."""
    assert value_of(read) != expected
    configure(HISS={key: value})
    assert value_of(read) == expected


@NAMED
def test_a_key_is_read_from_whitenoise_where_hiss_is_silent(
    configure, key, value, expected, other, read
):
    """A project's WHITENOISE_* settings go on working."""
    configure(**{f"WHITENOISE_{key}": value})
    assert value_of(read) == expected


@NAMED
def test_hiss_wins_over_whitenoise(configure, key, value, expected, other, read):
    """Where both speak, the newer one counts."""
    configure(HISS={key: value}, **{f"WHITENOISE_{key}": other})
    assert value_of(read) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"HISS": {"CACHE_MAX_AGE": 5}},
        {"HISS": {"MAX_AGE": 5, "CACHE_MAX_AGE": 6}},
        {"HISS": {"CACHE_MAX_AGE": 5}, "WHITENOISE_MAX_AGE": 6},
        {"WHITENOISE_CACHE_MAX_AGE": 5},
        {"WHITENOISE_MAX_AGE": 5, "WHITENOISE_CACHE_MAX_AGE": 6},
    ],
    ids=str,
)
def test_names_from_deployment_guides_are_understood(configure, settings):
    """CACHE_MAX_AGE is MAX_AGE, and counts where MAX_AGE is not set in the same place."""
    assert ALIASES == {"CACHE_MAX_AGE": "MAX_AGE"}
    configure(**settings)
    assert value_of("settled.policy.max_age") == 5


@pytest.mark.parametrize(
    ("debug", "max_age", "live"), [(False, 60, False), (True, 0, True)], ids=["live", "debug"]
)
def test_defaults_follow_debug(configure, debug, max_age, live):
    """In development nothing is kept by a browser, and the disk is looked at anew."""
    configure(DEBUG=debug)
    configuration = read_configuration()
    assert configuration.settled.policy.max_age == max_age
    assert configuration.settled.autorefresh is live
    assert configuration.use_finders is live
    building = read_building()
    assert building.choices.levels == ALL
    assert building.choices.skip_extensions is None
    assert building.cache_dir == ""
    assert configuration.root is None
    assert configuration.static_root is None


@pytest.mark.parametrize(("value", "expected"), [(1, True), (0, False)])
def test_a_switch_may_be_a_number(configure, value, expected):
    """What is read from the environment is often 0 or 1."""
    configure(HISS={"AUTOREFRESH": value})
    assert value_of("settled.autorefresh") is expected


@pytest.mark.parametrize(("debug", "expected"), [(1, True), ("yes", True), (0, False), ("", False)])
def test_debug_may_be_anything(configure, debug, expected):
    """DEBUG is Django's, which takes it for true or false, whatever it is."""
    configure(DEBUG=debug)
    assert value_of("settled.autorefresh") is expected
    assert value_of("use_finders") is expected


@pytest.mark.parametrize("debug", [False, True])
def test_max_age_none_is_kept(configure, debug):
    """`None`, which sends no header, is a value and not a gap for the default."""
    configure(DEBUG=debug, HISS={"MAX_AGE": None})
    assert value_of("settled.policy.max_age") is None


WRONG = [
    ("ADD_HEADERS_FUNCTION", "path.to.function"),
    ("ALLOW_ALL_ORIGINS", "yes"),
    ("AUTOREFRESH", 2),
    ("AUTOREFRESH", "1"),
    ("CACHE_DIR", 7),
    ("CHARSET", "a charset"),
    ("COMPRESSION", ["br"]),
    ("COMPRESSION", "br"),
    ("COMPRESSION", {"deflate": 9}),
    ("COMPRESSION", {"br": 12}),
    ("COMPRESSION", {"gzip": 0}),
    ("COMPRESSION", {"zstd": 22}),
    ("COMPRESSION", {"br": True}),
    ("COMPRESSION", {"br": "11"}),
    ("COMPRESSION_LEVEL", "9"),
    ("COMPRESSION_LEVEL", -1),
    ("COMPRESSION_LEVEL", True),
    ("CROSS_ORIGIN_RESOURCE_POLICY", "anyone"),
    ("CROSS_ORIGIN_RESOURCE_POLICY", ["same-site"]),
    ("DYNAMIC_COMPRESSION", {"br": 99}),
    ("DYNAMIC_COMPRESSION", "br"),
    ("IMMUTABLE_FILE_TEST", "("),
    ("IMMUTABLE_FILE_TEST", 7),
    ("INDEX_FILE", 7),
    ("INDEX_FILE", "a/index.html"),
    ("KEEP_DAYS", "7"),
    ("KEEP_DAYS", -1),
    ("KEEP_DAYS", float("nan")),
    ("KEEP_DAYS", 10**9),
    ("KEEP_ONLY_HASHED_FILES", "no"),
    ("KEEP_RELEASES", 0),
    ("KEEP_RELEASES", 1.5),
    ("KEEP_RELEASES", True),
    ("MANIFEST_STRICT", None),
    ("MAX_AGE", "60"),
    ("MAX_AGE", -1),
    ("MAX_AGE", True),
    ("MEMORY", "64M"),
    ("MIMETYPES", {".foo": 7}),
    ("MIMETYPES", [".foo"]),
    ("MISSES", "hers"),
    ("MISSES", ["own"]),
    ("MISSING_REFERENCES", "warn"),
    ("MISSING_REFERENCES", {"own": "perhaps"}),
    ("NOSNIFF", 0),
    ("RELEASE_FILE", 7),
    ("ROOT", 7),
    ("SHOW_MANIFEST", "no"),
    ("SHOW_RELEASE", None),
    ("SKIP_COMPRESS_EXTENSIONS", "zip"),
    ("SKIP_COMPRESS_EXTENSIONS", [7]),
    ("SKIP_COMPRESS_EXTENSIONS", 7),
    ("STATIC_PREFIX", 7),
    ("STATIC_PREFIX", "https://cdn.example.com/static/"),
    ("USE_FINDERS", "yes"),
]


def test_the_table_has_a_wrong_value_for_every_key():
    """No key takes whatever it is given."""
    assert {key for key, _ in WRONG} == set(KEYS)


@pytest.mark.parametrize("place", ["HISS", "WHITENOISE_"])
@pytest.mark.parametrize(("key", "value"), WRONG, ids=lambda each: str(each))
def test_a_value_of_the_wrong_type_is_refused_by_name(configure, place, key, value):
    """What a key cannot be is said at start, with the key and the value."""
    configure(**({"HISS": {key: value}} if place == "HISS" else {f"{place}{key}": value}))
    with pytest.raises(ImproperlyConfigured) as caught:
        read_all()
    assert key in str(caught.value).upper()
    assert str(next(iter(value.values())) if isinstance(value, dict) else value) in str(
        caught.value
    )


@pytest.mark.parametrize("value", [["MAX_AGE"], None, "MAX_AGE"], ids=str)
def test_hiss_itself_must_be_a_dict(configure, value):
    """HISS that is no dict is refused, and not silently without keys."""
    configure(HISS=value)
    with pytest.raises(ImproperlyConfigured, match="HISS must be a dict"):
        read_configuration()


def test_static_root_must_be_a_path(configure):
    """STATIC_ROOT of another type is refused as any of Hiss's own settings."""
    configure(STATIC_ROOT=7)
    with pytest.raises(ImproperlyConfigured, match="STATIC_ROOT must be the path of a folder"):
        read_configuration()


def test_static_root_is_made_absolute(configure, tmp_path, monkeypatch):
    """A relative STATIC_ROOT is one folder, wherever the process goes later."""
    monkeypatch.chdir(tmp_path)
    configure(STATIC_ROOT="static")
    assert read_configuration().static_root == str(tmp_path / "static")


COMPRESSIONS = [
    ({}, ALL),
    ({"COMPRESSION": True}, ALL),
    ({"COMPRESSION": {}}, ALL),
    ({"COMPRESSION": False}, {}),
    ({"COMPRESSION": None}, ALL),
    ({"COMPRESSION": {"br": None}}, {"gzip": 9, "zstd": 19}),
    ({"COMPRESSION": {"br": False, "zstd": None}}, {"gzip": 9}),
    ({"COMPRESSION": {"br": 0, "gzip": 1, "zstd": 1}}, {"br": 0, "gzip": 1, "zstd": 1}),
    ({"COMPRESSION_LEVEL": 0}, {"br": 0, "gzip": 1, "zstd": 1}),
    ({"COMPRESSION_LEVEL": 10}, {"br": 10, "gzip": 9, "zstd": 10}),
    ({"COMPRESSION_LEVEL": 99}, ALL),
    ({"COMPRESSION_LEVEL": None}, ALL),
    ({"COMPRESSION_LEVEL": 5, "COMPRESSION": {"br": 4}}, {"br": 4, "gzip": 5, "zstd": 5}),
    ({"COMPRESSION_LEVEL": 5, "COMPRESSION": False}, {}),
]


@pytest.mark.parametrize(("ours", "levels"), COMPRESSIONS, ids=str)
def test_compression_levels(configure, ours, levels):
    """One number serves all codings, each within its scale; a coding's own goes before it."""
    configure(HISS=ours)
    assert read_building().choices.levels == levels


# STATIC_URL, FORCE_SCRIPT_NAME, STATIC_PREFIX, and the path below the application.
PREFIXES = [
    ("static/", None, None, "/static/"),
    ("/static/", None, None, "/static/"),
    ("/assets/static/", None, None, "/assets/static/"),
    ("/", None, None, "/"),
    ("https://cdn.example.com/static/", None, None, "/static/"),
    ("https://cdn.example.com/", None, None, "/"),
    ("https://cdn.example.com:8443/a/b/", None, None, "/a/b/"),
    ("//cdn.example.com/static/", None, None, "/static/"),
    ("static/", "/app", None, "/static/"),
    ("/app/static/", "/app", None, "/static/"),
    ("/app/static/", "/app/", None, "/static/"),
    ("/application/static/", "/app", None, "/application/static/"),
    ("/static/", "/app", None, "/static/"),
    ("https://cdn.example.com/app/static/", "/app", None, "/static/"),
    (None, None, None, None),
    ("", None, None, "/"),
    (None, None, "static", "/static/"),
    ("https://cdn.example.com/v2/", None, "/static", "/static/"),
    ("/app/static/", "/app", "/app/static/", "/app/static/"),
]


@pytest.mark.parametrize(("url", "script_name", "prefix", "expected"), PREFIXES)
def test_static_prefix(configure, url, script_name, prefix, expected):
    """The prefix is the path of STATIC_URL below the application (pain 29: WN#88, #271, #293)."""
    ours = {} if prefix is None else {"STATIC_PREFIX": prefix}
    configure(STATIC_URL=url, FORCE_SCRIPT_NAME=script_name, HISS=ours)
    if script_name:
        # As `django.setup()` does for every command.
        set_script_prefix(script_name)
    assert read_configuration().static_prefix == expected


@pytest.mark.parametrize("url", ["http://[bad/", "//[::1/static/", 5, ["/static/"], b"/static/"])
def test_a_static_url_that_is_none(configure, url):
    """Is named with what is wrong with it, as is an error of any other setting; the check says it,
    and the check of the prefix goes without.
    """
    configure(STATIC_URL=url)
    with pytest.raises(ImproperlyConfigured, match=f"STATIC_URL is no URL: {re.escape(repr(url))}"):
        read_configuration()
    assert [each.id for each in check_settings()] == ["hiss.E001"]
    assert check_prefix() == []


@pytest.mark.parametrize("debug", [0, 1, "", "True"])
def test_debug_of_any_kind_will_do(configure, debug):
    """DEBUG is often read from the environment, as a number or a text."""
    configure(DEBUG=debug)
    assert read_configuration().settled.autorefresh is bool(debug)
