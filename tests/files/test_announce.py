"""What a process says of itself: hiss.json, and a line in the log at its start."""

import json
import logging
import re

import pytest

from hiss.core.manifest import Manifest, format_manifest
from hiss.files.release import manifest_name, read_manifest

STYLE = "body { margin: 0 }\n" * 50
FIELDS = {"id", "label", "created"}


@pytest.fixture
def root(make_release):
    """A release in force, and one more with a label."""
    root = make_release({"app.css": STYLE}, codings=())
    other = Manifest(id="feed", created="2026-01-01", label="v1 – é", entries=())
    (root / manifest_name("feed")).write_text(format_manifest(other))
    return root


@pytest.fixture(autouse=True)
def untold(monkeypatch):
    """Nobody's environment says anything."""
    monkeypatch.delenv("HISS_RELEASE", raising=False)


def ask(door, app, name="hiss.json"):
    answer = door.get(app, f"/static/{name}")
    return answer.status, json.loads(answer.body) if answer.status == 200 else None


@pytest.mark.parametrize("indexed", [True, False])
def test_hiss_json(make_release, door, indexed):
    """The release that the process renders, in JSON that no cache keeps unasked."""
    root = make_release({"app.css": STYLE}, indexed=indexed)
    current = read_manifest(str(root))
    app = door.StaticFiles(root=root, prefix="/s/")
    answer = door.get(app, "/s/hiss.json", headers={"Accept-Encoding": "gzip, br"})
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Encoding"] is None
    assert answer.is_coherent
    assert json.loads(answer.body) == {
        "id": current.id,
        "label": "",
        "created": "2026-01-02T03:04:05Z",
    }
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert door.get(app, "/s/hiss.json", headers=tag).status == 304
    assert door.get(app, "/s/hiss.json", "HEAD").body == b""
    assert door.get(app, "/hiss.json").status == 404


def test_it_is_of_the_release_that_is_rendered(root, door, monkeypatch):
    """Of the pinned one; a label in any alphabet."""
    assert ask(door, door.StaticFiles(root=root, release="feed"))[1] == {
        "id": "feed",
        "label": "v1 – é",
        "created": "2026-01-01",
    }
    monkeypatch.setenv("HISS_RELEASE", "v1 – é")
    assert ask(door, door.StaticFiles(root=root))[1]["id"] == "feed"


def test_it_stays_the_same_until_the_process_is_started_again(root, door):
    """As the pages do: a rollback changes neither; nor does the release's being let go."""
    first = read_manifest(str(root)).id
    app, other = door.StaticFiles(root=root), door.StaticFiles(root=root)
    assert ask(door, app)[1]["id"] == first
    (root / ".hiss/current").write_text("feed\n")
    assert ask(door, app)[1]["id"] == first
    assert ask(door, other)[1]["id"] == first
    assert ask(door, door.StaticFiles(root=root))[1]["id"] == "feed"
    late = door.StaticFiles(root=root, release=first)
    (root / manifest_name(first)).unlink()
    assert ask(door, late) == (200, {"id": first})


def test_it_can_be_turned_off(root, door):
    """Then it is a name like any other."""
    app = door.StaticFiles(root=root, show_release=False)
    assert ask(door, app)[0] == 404
    (root / "hiss.json").write_text('{"mine": 1}')
    assert ask(door, app) == (200, {"mine": 1})


@pytest.mark.parametrize("indexed", [True, False])
def test_a_file_of_that_name_comes_first(make_release, door, indexed):
    """What the project has under that name is what it is."""
    root = make_release({"hiss.json": '{"mine": 1}'}, codings=(), indexed=indexed)
    assert ask(door, door.StaticFiles(root=root)) == (200, {"mine": 1})


def test_without_a_release_there_is_none(make_tree, door):
    """A plain folder says nothing."""
    assert ask(door, door.StaticFiles(root=make_tree({"a.css": STYLE})))[0] == 404


@pytest.mark.parametrize("indexed", [True, False])
def test_manifests_are_shown_only_where_that_is_asked_for(root, door, indexed):
    """They name every file: off by default."""
    if not indexed:
        (root / ".hiss/index").unlink()
    current = read_manifest(str(root)).id
    closed = door.StaticFiles(root=root)
    assert set(ask(door, closed)[1]) == FIELDS
    assert ask(door, closed, f"hiss.{current}.json")[0] == 404
    app = door.StaticFiles(root=root, show_manifest=True)
    document = ask(door, app)[1]
    assert [each["id"] for each in document["releases"]] == [current, "feed"]
    for each in document["releases"]:
        assert set(each) == {*FIELDS, "manifest"}
        answer = door.get(app, f"/static/{each['manifest']}")
        assert answer.status == 200
        assert "immutable" not in answer.headers["Cache-Control"]
        assert answer.body == (root / manifest_name(each["id"])).read_bytes()
    for name in (".hiss/current", f".hiss/releases/{current}.json", "hiss.gone.json"):
        assert ask(door, app, name)[0] == 404


# --- the line at the start


@pytest.fixture
def lines(caplog):
    """What was logged at the start: level and words."""
    caplog.set_level(logging.INFO, "hiss.start")
    return lambda: [
        (each.levelname, each.getMessage()) for each in caplog.records if each.name == "hiss.start"
    ]


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("variants", [(), ("br", "gzip", "zstd")])
def test_the_line_says_what_is_served(make_release, door, lines, indexed, variants):
    """Files, releases, the folder, and the prefix as it counts; variants are no files."""
    files = {"app.css": STYLE, "b.css": STYLE}
    root = make_release(files, codings=variants, indexed=indexed)
    door.StaticFiles(root=root, prefix="s", show_manifest=True)
    assert lines() == [("INFO", f"Serving 2 files of 1 release in {root} below /s/")]


def test_releases_are_counted(root, door, lines):
    door.StaticFiles(root=root)
    assert lines() == [("INFO", f"Serving 1 files of 2 releases in {root} below /static/")]


def test_a_plain_folder(make_tree, door, lines):
    """No build, no releases."""
    root = make_tree({"a.css": "a", "b.css": "b"})
    door.StaticFiles(root=root)
    assert lines() == [("INFO", f"Serving 2 files in {root} below /static/")]


@pytest.mark.parametrize("what", ["nothing", "an empty release"])
def test_nothing_to_serve_is_a_warning(make_tree, make_release, door, lines, what):
    """It says where was looked, and what to do."""
    root = make_tree({}) if what == "nothing" else make_release({}, indexed=False)
    door.StaticFiles(root=root)
    [(level, line)] = lines()
    assert level == "WARNING"
    assert line.startswith(f"No file in {root}: every URL below /static/ is a 404")
    assert re.search(r"build .*collectstatic", line)


def test_in_development_there_is_none(root, door, lines):
    """Who works on files sees what is there at each request."""
    door.StaticFiles(root=root, autorefresh=True)
    assert lines() == []
