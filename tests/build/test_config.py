"""[tool.hiss]: found, read, and refused with the key's name where it is wrong."""

import os

import pytest

from hiss.build.config import (
    BuildConfig,
    parse_table,
    read_pyproject,
    settle_extensions,
    settle_levels,
)
from hiss.errors import ConfigurationError
from hiss.http.codings import BUILD_LEVELS

FULL = """
[tool.hiss]
sources = ["assets", "../vendor", "/srv/shared"]
output = "static"
prefix = "assets"
keep_only_hashed_files = true
skip_compress_extensions = [".MAP", "txt"]
compression = { br = 5, gzip = false }
label = "v1"
missing_references = { own = "warn", "vendor/*" = "ignore" }

[tool.hiss.deploy]
not = "ours"
"""


def test_a_full_table(tmp_path):
    """Every key, its paths relative to the file."""
    (tmp_path / "pyproject.toml").write_text(FULL)
    config = read_pyproject(str(tmp_path))
    assert config.sources == (f"{tmp_path}/assets", f"{tmp_path}/../vendor", "/srv/shared")
    assert config.output == f"{tmp_path}/static"
    assert config.prefix == "/assets/"
    assert config.rules == {"own": "warn", "vendor/*": "ignore"}
    assert config.choices.levels == {"br": 5, "zstd": 19}
    assert config.choices.skip_extensions == {"map", "txt"}
    assert (config.choices.only_hashed, config.choices.label) == (True, "v1")


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'x'", "[tool.ruff]", "[tool.hiss]"])
def test_defaults(tmp_path, text):
    """Without a file, a table or a key."""
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    config = read_pyproject(str(tmp_path))
    assert config == BuildConfig()
    assert (config.prefix, config.choices.levels) == ("/static/", BUILD_LEVELS)
    assert config.choices.skip_extensions is None


def test_the_nearest_file_counts(tmp_path):
    """That of the folder, or the first above it."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.hiss]\noutput = "out"')
    assert read_pyproject(str(tmp_path / "a/b")).output == f"{tmp_path}/out"
    (tmp_path / "a/pyproject.toml").write_text('[tool.hiss]\noutput = "in"')
    assert read_pyproject(str(tmp_path / "a/b")).output == f"{tmp_path}/a/in"


def test_the_cache_folder_is_a_path_too(tmp_path):
    """Like the others it is relative to the file, wherever the build is started."""
    (tmp_path / "pyproject.toml").write_text('[tool.hiss]\ncache_dir = ".cache"')
    assert read_pyproject(str(tmp_path)).cache_dir == os.path.join(tmp_path, ".cache")


WRONG = [
    ('sources = "assets"', "sources"),
    ("output = 1", "output"),
    ("prefix = []", "prefix"),
    ("keep_only_hashed_files = 1", "keep_only_hashed_files"),
    ("label = 1", "label"),
    ("cache_dir = 1", "cache_dir"),
    ('missing_references = "warn"', "missing_references"),
    ('missing_references = { own = "warning" }', '"own"'),
    ('skip_compress_extensions = "map"', "skip_compress_extensions"),
    ("skip_compress_extensions = [1]", "skip_compress_extensions"),
    ("compression = 5", "COMPRESSION"),
    ("compression = { lzma = 5 }", "COMPRESSION"),
    ("compression = { br = 12 }", 'COMPRESSION["br"]'),
    ("compression = { zstd = 20 }", 'COMPRESSION["zstd"]'),
    ("compression = { gzip = 0 }", 'COMPRESSION["gzip"]'),
    ('compression = { gzip = "9" }', 'COMPRESSION["gzip"]'),
    ("compression = { gzip = true }", 'COMPRESSION["gzip"]'),
    ("compression_level = true", "COMPRESSION_LEVEL"),
    ("compression_level = -1", "COMPRESSION_LEVEL"),
    ('compression_level = "9"', "COMPRESSION_LEVEL"),
    ('source = ["assets"]', "'source'"),
    ("Output = 'x'", "'Output'"),
    ("sources = [1]", "sources"),
    ('missing_references = { own = ["warn"] }', '"own"'),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_what_is_wrong_is_named(tmp_path, line, words):
    """The file, the table, the key."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.hiss]\n{line}")
    with pytest.raises(ConfigurationError) as caught:
        read_pyproject(str(tmp_path))
    assert f"{tmp_path}/pyproject.toml, [tool.hiss]: " in caught.value.message
    assert words in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        b"[tool.hiss",
        b"a = 1\na = 2",
        b"x = '\xff'",
        b"[tool]\nhiss = 'x'",
        b"[tool]\nhiss = 1",
        pytest.param(b"tool = 1"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, text):
    """What is no TOML, or no table, is an error that names the file."""
    (tmp_path / "pyproject.toml").write_bytes(text)
    with pytest.raises(ConfigurationError) as caught:
        read_pyproject(str(tmp_path))
    assert f"{tmp_path}/pyproject.toml" in caught.value.message


def test_an_unknown_key_is_answered_with_those_there_are():
    """Whoever misspelt one sees how it is spelt."""
    with pytest.raises(ConfigurationError) as caught:
        parse_table({"ouput": "x"}, "/")
    assert "output" in caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "common", "levels"),
    [
        (None, None, {"br": 11, "gzip": 9, "zstd": 19}),
        (True, None, {"br": 11, "gzip": 9, "zstd": 19}),
        (False, None, {}),
        (False, 5, {}),
        ({}, None, {"br": 11, "gzip": 9, "zstd": 19}),
        ({"br": None}, None, {"gzip": 9, "zstd": 19}),
        ({"br": False, "gzip": None, "zstd": False}, None, {}),
        ({"br": 0, "gzip": 1, "zstd": 1}, None, {"br": 0, "gzip": 1, "zstd": 1}),
        ({"br": 11, "gzip": 9, "zstd": 19}, 1, {"br": 11, "gzip": 9, "zstd": 19}),
        # A common level is taken as far as a coding goes.
        (None, 0, {"br": 0, "gzip": 1, "zstd": 1}),
        (None, 5, {"br": 5, "gzip": 5, "zstd": 5}),
        (None, 99, {"br": 11, "gzip": 9, "zstd": 19}),
        ({"zstd": 3, "br": False}, 7, {"gzip": 7, "zstd": 3}),
    ],
)
def test_levels(wanted, common, levels):
    """Codings to levels, off where they are off, within what there is."""
    assert settle_levels(wanted, common) == levels


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], set()),
        (["css", ".JS", "tar.gz"], {"css", "js", "tar.gz"}),
        (("a",), {"a"}),
        ({"b"}, {"b"}),
    ],
)
def test_extensions(value, expected):
    """Without the dot, in lower case."""
    assert settle_extensions(value, "KEY") == expected


@pytest.mark.parametrize("value", [None, "css", 1, ["css", None], [b"css"], {"css": 1}])
def test_extensions_that_are_none(value):
    """The error names the key."""
    with pytest.raises(ConfigurationError, match="KEY"):
        settle_extensions(value, "KEY")
