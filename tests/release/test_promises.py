"""What releases promise, where it was once broken: each test names the fault that it keeps away."""

import json
import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from trees import write_tree

from hiss.build.config import settle_label
from hiss.cli.main import main
from hiss.errors import ConfigurationError, ManifestError
from hiss.files import indexed
from hiss.files.release import INDEX, kept_ids, read_manifest
from hiss.release.history import Event, add_events, read_history
from hiss.release.ledger import read_ledger
from hiss.wsgi import StaticFiles


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to build in, from `src` into `out`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HISS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def build(folder, files, *options):
    """Build from these files too; the code that `hiss build` ends with."""
    write_tree(folder / "src", files)
    return main(["build", "src", "-o", "out", "-q", *options])


def hashed_in(folder, name):
    """The published name of a file in the release in force."""
    entries = read_manifest(str(folder / "out")).entries
    return next(each.file for each in entries if each.name == name and each.immutable)


SHEET = "body { color: red }\n" * 40


def test_a_source_called_as_a_kept_hashed_file(folder, capsys):
    """It was published under its plain name, over the file of the kept release."""
    assert build(folder, {"css/app.css": SHEET}) == 0
    kept = hashed_in(folder, "css/app.css")
    assert build(folder, {"css/app.css": "changed", kept: "other bytes"}) == 1
    assert "whoever has loaded it was told that it never changes" in capsys.readouterr().err
    assert (folder / "out" / kept).read_text() == SHEET


def test_a_source_called_as_a_kept_variant(folder):
    """It replaced the variant of the kept release."""
    assert build(folder, {"css/app.css": SHEET}) == 0
    variant = f"{hashed_in(folder, 'css/app.css')}.br"
    before = (folder / "out" / variant).read_bytes()
    assert build(folder, {"css/app.css": "changed", variant: "junk"}) == 1
    assert (folder / "out" / variant).read_bytes() == before


def test_a_rollback_over_what_another_release_named_by_content(folder, capsys):
    """A plain name of the one was the immutable one of the other, which went to the old bytes."""
    name = "dist/assets/m-aBcD1234.js"
    assert build(folder, {name: "old()"}) == 0
    manifest = {"m.js": {"file": "assets/m-aBcD1234.js", "name": "m", "src": "m.js"}}
    assert build(folder, {name: "new()", "dist/manifest.json": json.dumps(manifest)}) == 0
    assert main(["release", "rollback", "-d", "out"]) == 1
    assert name in capsys.readouterr().err
    assert (folder / "out" / name).read_text() == "new()"


def test_a_plain_name_is_looked_after(folder, wsgi_get, monkeypatch):
    """A running process served the bytes of the release before until somebody caused a miss."""
    assert build(folder, {"app.css": "old"}) == 0
    app = StaticFiles(root=folder / "out")
    assert wsgi_get(app, "/static/app.css").body == b"old"
    assert build(folder, {"app.css": "new"}) == 0
    clock = time.monotonic()
    monkeypatch.setattr(indexed.time, "monotonic", lambda: clock + 1.5)
    # To look at the disk is for loading, which an event loop leaves to a thread.
    entry = app.origin.find("/static/app.css")
    assert entry.resource is None
    assert entry.load() is app.origin.find("/static/app.css").resource is not None
    assert wsgi_get(app, "/static/app.css").body == b"new"


def test_a_process_that_began_before_the_first_build(folder, wsgi_get):
    """It knew no index, and so would never know of one."""
    write_tree(folder / "out", {"plain.css": "plain"})
    app = StaticFiles(root=folder / "out")
    assert build(folder, {"css/app.css": SHEET}) == 0
    answer = wsgi_get(app, f"/static/{hashed_in(folder, 'css/app.css')}")
    assert answer.body.decode() == SHEET
    assert "immutable" in answer.headers["Cache-Control"]
    assert wsgi_get(app, "/static/plain.css").body == b"plain"


def test_a_rule_for_headers_that_wants_a_file(folder, wsgi_get):
    """It was called for hiss.json, which is none, and what it raised went up to the server."""
    assert build(folder, {"app.css": SHEET}) == 0

    def rule(headers, path, _url):
        headers["X-Size"] = str(os.stat(path).st_size)

    app = StaticFiles(root=folder / "out", add_headers_function=rule)
    answer = wsgi_get(app, "/static/hiss.json")
    assert (answer.status, answer.headers["X-Size"]) == (200, None)


def test_a_pin_is_for_folders_with_releases(folder, monkeypatch):
    """HISS_RELEASE, which is of the whole process, stopped every other folder's start."""
    assert build(folder, {"app.css": SHEET}) == 0
    write_tree(folder / "media", {"a.txt": "a"})
    monkeypatch.setenv("HISS_RELEASE", read_manifest(str(folder / "out")).id)
    StaticFiles(StaticFiles(root=folder / "out"), root=folder / "media", prefix="/media/")
    with pytest.raises(ManifestError, match="release names release 'no'"):
        StaticFiles(root=folder / "media", release="no")


def test_alone_at_the_root(folder, wsgi_get):
    """Mounted by a router, with nobody behind it, it had no part in releases."""
    assert build(folder, {"app.css": SHEET}) == 0
    app = StaticFiles(root=folder / "out", prefix="/")
    assert wsgi_get(app, "/hiss.json").status == 200
    assert build(folder, {"new.css": SHEET}) == 0
    assert "immutable" in wsgi_get(app, f"/{hashed_in(folder, 'new.css')}").headers["Cache-Control"]
    assert wsgi_get(app, "/none.css").headers["Hiss-Miss"] == "never built"


def test_manifests_that_are_shown_are_there(folder, wsgi_get):
    """hiss.json named releases whose manifests were 404s."""
    assert build(folder, {"app.css": "one"}) == 0
    app = StaticFiles(root=folder / "out", show_manifest=True)
    for text in ("two", "three"):
        assert build(folder, {"app.css": text}) == 0
        shown = json.loads(wsgi_get(app, "/static/hiss.json").body)["releases"]
        assert {each["id"] for each in shown} == set(kept_ids(str(folder / "out")))
        for each in shown:
            answer = wsgi_get(app, f"/static/{each['manifest']}")
            assert json.loads(answer.body)["id"] == each["id"]
    assert wsgi_get(app, "/static/hiss.0000.json").status == 404


def test_nobody_goes_back_to_what_was_never_in_force(folder):
    """A release that was only held, or that a deploy has undone, was proposed."""
    root = str(folder / "out")
    for number, options in enumerate([(), ("--hold",), ()]):
        assert build(folder, {"app.css": f"{number}"}, *options) == 0
    first, last = [each.release for each in read_history(root)]
    assert read_ledger(root).before().id == first
    held = (set(kept_ids(root)) - {first, last}).pop()
    now = datetime.now(UTC)
    add_events(root, [Event(now, held, "deploy"), Event(now, last, "undo")])
    assert read_ledger(root).before().id == first


def test_a_clock_that_was_ahead(folder):
    """A line of the future made all that came later seem to have come before it."""
    root = str(folder / "out")
    assert build(folder, {"app.css": "one"}) == 0
    [event] = read_history(root)
    future = event.at + timedelta(days=365)
    (folder / "out/.hiss/history").write_text(f"{future.isoformat()} {event.release} build\n")
    assert build(folder, {"app.css": "two"}) == 0
    assert read_ledger(root).before().id == event.release


def test_modes_stay(folder):
    """A rollback with another umask took the index from the server's user."""
    assert build(folder, {"app.css": "one"}) == 0
    assert build(folder, {"app.css": "two"}) == 0
    before = os.umask(0o077)
    try:
        assert main(["release", "rollback", "-d", "out"]) == 0
    finally:
        os.umask(before)
    for name in (INDEX, ".hiss/current", ".hiss/history", "staticfiles.json"):
        assert (folder / "out" / name).stat().st_mode & 0o777 == 0o666 & ~before


@pytest.mark.parametrize("label", ["a\n\x1b[31mb", "x" * 201])
def test_a_label_is_a_line(label):
    """It went raw to terminals."""
    with pytest.raises(ConfigurationError):
        settle_label(label)


def test_django_manifests_by_another_name(folder):
    """A rollback wrote `staticfiles.json` alone, and pages went on naming what was then pruned."""
    assert build(folder, {"app.css": "one"}) == 0
    one = hashed_in(folder, "app.css")
    (folder / "out/.hiss/manifest-name").write_text("my.json\n")
    assert build(folder, {"app.css": "two"}) == 0
    assert main(["release", "rollback", "-d", "out"]) == 0
    assert json.loads((folder / "out/my.json").read_text())["paths"]["app.css"] == one
