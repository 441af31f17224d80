"""The manifest: written, read back, and refused where it is not one."""

import json
from dataclasses import replace
from unittest.mock import ANY

import pytest

from hiss.core.manifest import (
    Manifest,
    ManifestEntry,
    entry_fields,
    format_manifest,
    parse_entry,
    parse_manifest,
    release_id,
)
from hiss.errors import ManifestError

APP = ManifestEntry(
    name="css/app.css",
    file="css/app.5f2a0c9d1e7b.css",
    immutable=True,
    sha256="ab" * 32,
    size=1234,
    type="text/css",
    integrity="sha384-abc",
    codings={"br": 300, "gzip": 400},
    checksums={"br": "12" * 32, "gzip": "34" * 32},
    references=("img/é.png", "font.woff2"),
)
ICON = ManifestEntry(
    name="é.ico",
    file="é.ico",
    immutable=False,
    sha256="cd" * 32,
    size=0,
    type="image/vnd.microsoft.icon",
    integrity="sha384-def",
)
MANIFEST = Manifest(
    id="0123456789abcdef", created="2026-01-02T03:04:05Z", label="v1 – é", entries=(APP, ICON)
)


def as_tuples(entry):
    """An entry whose sequences compare, however JSON had them."""
    return replace(entry, references=tuple(entry.references))


def test_round_trip():
    """What is written is read back as it was."""
    read = parse_manifest(format_manifest(MANIFEST), "m.json")
    assert replace(read, entries=()) == replace(MANIFEST, entries=())
    assert [as_tuples(each) for each in read.entries] == [as_tuples(APP), as_tuples(ICON)]
    empty = replace(MANIFEST, entries=())
    assert parse_manifest(format_manifest(empty), "m.json") == empty


def test_text_does_not_depend_on_the_order_of_entries():
    """The same build gives the same text, whichever file it came upon first."""
    turned = replace(MANIFEST, entries=(ICON, APP))
    assert format_manifest(turned) == format_manifest(MANIFEST)
    assert "é.ico" in format_manifest(MANIFEST)
    assert next(iter(json.loads(format_manifest(MANIFEST)))) == "version"


def test_what_is_empty_is_left_out():
    """An entry without variants or references says nothing of them, and is read as one."""
    app, icon = json.loads(format_manifest(MANIFEST))["entries"]
    optional = {"codings", "checksums", "references"}
    assert optional <= set(app)
    assert optional.isdisjoint(icon)
    assert set(app) - optional == set(icon) == set(entry_fields(ICON))
    assert app == {**entry_fields(APP), "references": ANY}
    assert parse_entry(app) == APP
    assert parse_entry(icon) == ICON


def test_release_id_is_of_names_and_contents_alone():
    """Compressed bytes differ from machine to machine; the release's id does not."""
    expected = release_id([APP, ICON])
    assert len(expected) == 16
    assert release_id([ICON, APP]) == expected
    assert release_id([replace(APP, codings={"br": 301}), ICON]) == expected
    assert release_id([replace(APP, checksums={"br": "56" * 32}), ICON]) == expected
    assert release_id([]) != expected


@pytest.mark.parametrize(
    "change",
    [{"sha256": "ef" * 32}, {"file": "css/app.css"}, {"name": "app.css"}, {"immutable": False}],
    ids=str,
)
def test_release_id_changes_with_what_is_served(change):
    """Another name or content is another release."""
    assert release_id([replace(APP, **change), ICON]) != release_id([APP, ICON])


def damaged(**changes):
    return json.dumps({**json.loads(format_manifest(MANIFEST)), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        "null",
        '"version"',
        "{}",
        '{"version": 1}',
        '{"version": 1, "entries": []}',
        format_manifest(MANIFEST)[:-20],
        "\ufeff" + format_manifest(MANIFEST),
        "[" * 100_000,
        damaged(entries=None),
        damaged(entries=[None]),
        damaged(entries=[[]]),
        damaged(entries=[{}]),
        damaged(entries=["x"]),
        damaged(entries=[{**json.loads(format_manifest(MANIFEST))["entries"][0], "new": 1}]),
    ],
)
def test_damaged(text):
    """A file that is not a manifest is refused by name, with what to do."""
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text, "/srv/m.json")
    assert caught.value.message.startswith("/srv/m.json is not a manifest of Hiss: ")
    assert caught.value.hint == "Run the build again to replace it."


@pytest.mark.parametrize(
    "change", [{"entries": {}}, {"id": 5}, {"id": None}, {"label": ["v1"]}, {"created": 0}], ids=str
)
def test_a_damaged_document(change):
    """What stands about the entries is refused where it is not of its type, as they are."""
    with pytest.raises(ManifestError):
        parse_manifest(damaged(**change), "m.json")


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_other_versions(version):
    """A version that this Hiss does not know is refused rather than guessed at."""
    with pytest.raises(ManifestError) as caught:
        parse_manifest(damaged(version=version), "m.json")
    assert caught.value.message == (
        f"m.json is a manifest of version {version!r}; this Hiss reads version 1"
    )
    assert "same version of Hiss" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"codings": None},
        {"codings": ["br"]},
        {"codings": {"br": "300"}},
        {"codings": {"br": True}},
        {"codings": {"br": 3.5}},
        {"checksums": None},
        {"checksums": ["br"]},
        {"checksums": {"br": 5}},
        {"checksums": {"br": None}},
        {"references": None},
        {"references": "app.js"},
        {"references": {"app.js": 1}},
        {"references": ["app.js", 5]},
        {"name": None},
        {"name": ["app.js"]},
        {"file": 5},
        {"sha256": None},
        {"size": "1234"},
        {"size": 1234.0},
        {"size": True},
        {"type": 5},
        {"integrity": None},
        {"immutable": "false"},
        {"immutable": 1},
        {"immutable": None},
    ],
    ids=str,
)
def test_damaged_entries(change):
    """An entry whose values are not of their types is refused like any other damage."""
    entry = {**json.loads(format_manifest(MANIFEST))["entries"][0], **change}
    with pytest.raises(ManifestError, match=r"m\.json is not a manifest of Hiss: TypeError"):
        parse_manifest(damaged(entries=[entry]), "m.json")
