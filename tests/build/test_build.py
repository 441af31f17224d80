"""A build from end to end: read, plan, judge, write, switch."""

import json
import os
import threading

import pytest
from trees import (
    QUICK,
    TEXT,
    assert_whole,
    build_tree,
    damage_of,
    hashed,
    manifest_of,
    misserved_of,
    names_in,
    release_of,
    sources_in,
    temporary_files,
    write_tree,
)

from hiss.build.build import Wishes, build, make_plan
from hiss.build.problems import Rules, read_problems
from hiss.build.progress import Silent
from hiss.build.publish import Choices
from hiss.build.source import Source
from hiss.errors import SourceChangedError
from hiss.files.lock import locked

TREE = {
    "css/app.css": '@import "base.css"; a{b:url(../img/x.png)}',
    "css/base.css": "a{b:url(/static/img/x.png)}",
    "img/x.png": b"\x89PNG",
    "js/app.js": 'import "./util.js"; import("./lazy.js")',
    "js/util.js": 'import "./app.js"',
    "js/lazy.js": TEXT,
    "robots.txt": "User-agent: *",
}


@pytest.fixture
def src(tmp_path):
    return write_tree(tmp_path / "src", TREE)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "static"


def test_from_sources_to_a_release(src, root, cache, wsgi_get):
    """All is published, whole, served, and nothing is wrong."""
    outcome = build_tree(src, root, cache)
    assert outcome.problems == ()
    assert {each.name for each in outcome.manifest.entries} == set(TREE)
    assert len(outcome.manifest.entries) == 2 * len(TREE)
    assert read_problems(str(root)) == []
    assert_whole(root, wsgi_get)
    assert {name: (src / name).read_bytes() for name in TREE} == {
        name: (root / name).read_bytes() for name in TREE
    }


def test_sources_are_not_touched(src, root, cache):
    """Neither their bytes nor what lies beside them."""
    before = {path: path.stat() for path in src.rglob("*")}
    build_tree(src, root, cache)
    assert {path: path.stat().st_mtime_ns for path in src.rglob("*")} == {
        path: status.st_mtime_ns for path, status in before.items()
    }


def test_the_same_tree_again(src, root, cache, tmp_path):
    """Into the same folder, into another, from another, without a cache: the same release."""
    first = build_tree(src, root, cache)
    again = build_tree(src, root, cache)
    assert again.manifest.id == first.manifest.id
    before = release_of(root)
    build_tree(src, root, cache)
    assert release_of(root) == before
    build_tree(write_tree(tmp_path / "src2", TREE), tmp_path / "static2", cache)
    assert release_of(tmp_path / "static2") == before


def test_errors_stop_it_before_anything_is_written(src, root, cache):
    """All problems are in the outcome, errors and warnings; the release before is in force."""
    write_tree(
        src,
        {
            "css/bad.css": "a{b:url(none.png)}\nc{d:url(nil.png)}",
            "js/bad.js": "import './none.js'",
        },
    )
    outcome = build_tree(src, root, cache)
    assert outcome.manifest is None
    assert [(p.id, p.verdict.value, p.wanted) for p in outcome.problems] == [
        ("missing-reference", "error", "css/none.png"),
        ("missing-reference", "error", "css/nil.png"),
        ("missing-reference", "warn", "js/none.js"),
    ]
    assert not root.exists()
    build_tree(src, root, cache, rules=Rules({"own": "warn"}))
    before, names = release_of(root), names_in(root)
    write_tree(src, {"new.txt": "new"})
    assert build_tree(src, root, cache).manifest is None
    assert (release_of(root), names_in(root)) == (before, names)


def test_warnings_are_left_beside_the_release(src, root, cache):
    """As they were told; those of the build before are gone."""
    write_tree(src, {"js/bad.js": "import './none.js'"})
    outcome = build_tree(src, root, cache)
    assert read_problems(str(root)) == json.loads(
        json.dumps([each.as_json() for each in outcome.problems])
    )
    assert len(outcome.problems) == 1
    (src / "js/bad.js").unlink()
    build_tree(src, root, cache)
    assert read_problems(str(root)) == []


def test_the_first_of_two_with_one_name_counts(tmp_path, root, cache):
    """As the folders are ordered."""
    one = write_tree(tmp_path / "one", {"a.txt": "one"})
    other = write_tree(tmp_path / "other", {"a.txt": "other", "b.txt": "b"})
    wishes = Wishes(choices=Choices(levels=QUICK))
    build(sources_in(one, other), str(root), wishes, cache)
    assert [(root / name).read_text() for name in ("a.txt", "b.txt")] == ["one", "b"]
    assert hashed("a.txt", "one") in names_in(root)


def test_no_names(src, root, cache, wsgi_get):
    """Without a way of naming nothing is renamed, rewritten, or judged."""
    write_tree(src, {"css/bad.css": "a{b:url(none.png)}"})
    outcome = build_tree(src, root, cache, name_of=None)
    assert outcome.problems == ()
    assert {each.file for each in outcome.manifest.entries} == {*TREE, "css/bad.css"}
    assert not any(each.immutable for each in outcome.manifest.entries)
    assert (root / "css/app.css").read_text() == TREE["css/app.css"]
    assert_whole(root, wsgi_get)


def test_no_modules(src, root, cache):
    """Scripts are left as they are, and judged; style sheets and source maps are not left."""
    write_tree(src, {"js/map.js": "1\n//# sourceMappingURL=map.js.map", "js/map.js.map": "{}"})
    write_tree(src, {"js/bad.js": "import './none.js'"})
    outcome = build_tree(src, root, cache, modules=False)
    [problem] = outcome.problems
    found = problem.file, problem.wanted, problem.verdict.value
    assert found == ("js/bad.js", "js/none.js", "warn")
    published = {
        e.name: (root / e.file).read_text()
        for e in manifest_of(root).entries
        if e.immutable and e.name != "img/x.png"
    }
    assert hashed("x.png", TREE["img/x.png"]) in published["css/app.css"]
    assert hashed("map.js.map", "{}") in published["js/map.js"]
    assert published["js/app.js"] == TREE["js/app.js"]
    assert published["js/util.js"] == TREE["js/util.js"]


def test_no_modules_no_circles(src, root, cache):
    """What is not rewritten is named by its own bytes alone, as Django does it."""
    build_tree(src, root, cache, modules=False)
    assert hashed("js/app.js", TREE["js/app.js"]) in names_in(root)


def test_the_prefix(src, root, cache):
    """What sheets say from the root of the site is looked for below the prefix."""
    write_tree(src, {"css/p.css": "a{b:url(/assets/img/x.png) url(/static/img/none.png)}"})
    build_tree(src, root, cache, prefix="/assets/")
    [sheet] = [e for e in manifest_of(root).entries if e.name == "css/p.css" and e.immutable]
    image = hashed("img/x.png", TREE["img/x.png"])
    expected = f"a{{b:url(/assets/{image}) url(/static/img/none.png)}}"
    assert (root / sheet.file).read_text() == expected


def test_what_a_bundler_named_is_passed_through(src, root, cache, wsgi_get):
    """Vite's files keep their names and bytes, and are immutable; Vite's manifest stays home."""
    script = 'import "./chunk-C0m6bXrQ.js"'
    vite = {
        "src/main.ts": {"file": "assets/main-BRBmoGS9.js", "isEntry": True, "imports": ["_chunk"]},
        "_chunk": {"file": "assets/chunk-C0m6bXrQ.js"},
    }
    files = {
        ".vite/manifest.json": json.dumps(vite),
        "assets/main-BRBmoGS9.js": script,
        "assets/chunk-C0m6bXrQ.js": TEXT,
    }
    write_tree(src / "dist", files)
    write_tree(src, {"js/site.js": 'import "../dist/assets/main-BRBmoGS9.js"'})
    outcome = build_tree(src, root, cache)
    assert outcome.problems == ()
    by_file = {each.file: each for each in outcome.manifest.entries}
    for name in ("dist/assets/main-BRBmoGS9.js", "dist/assets/chunk-C0m6bXrQ.js"):
        assert by_file[name].immutable
        assert (root / name).read_bytes() == (src / name).read_bytes()
    assert not (root / "dist/.vite").exists()
    assert_whole(root, wsgi_get)


def test_a_module_under_two_urls_stops_it(src, root, cache):
    """One that Vite named imports one that we would rename."""
    vite = {"main": {"file": "main-BRBmoGS9.js"}, "x": {"file": "x-C0m6bXrQ.js"}}
    files = {"main-BRBmoGS9.js": "import '../js/lazy.js'", "x-C0m6bXrQ.js": ""}
    write_tree(src / "dist", files | {"manifest.json": json.dumps(vite)})
    outcome = build_tree(src, root, cache)
    assert outcome.manifest is None
    [problem] = outcome.problems
    assert problem.id == "two-urls"
    assert "dist/main-BRBmoGS9.js" in problem.message
    assert "js/lazy.js" in problem.message


def test_django_is_told_before_the_switch(src, root, cache):
    """Every file is in place, and the release before still in force; no `staticfiles.json`."""
    first = build_tree(src, root, cache).manifest
    (root / "staticfiles.json").unlink()
    write_tree(src, {"new.txt": TEXT})
    seen = []

    def look(manifest):
        seen.append(manifest)
        assert manifest_of(root).id == first.id
        assert all((root / each.file).is_file() for each in manifest.entries)
        assert all(
            (root / f"{each.file}.br").is_file() for each in manifest.entries if each.codings
        )

    wishes = Wishes(choices=Choices(levels=QUICK))
    outcome = build(sources_in(src), str(root), wishes, cache, before_switch=look)
    assert seen == [outcome.manifest]
    assert manifest_of(root).id == outcome.manifest.id
    assert not (root / "staticfiles.json").exists()


def test_a_failure_before_the_switch_leaves_the_release_before(src, root, cache, wsgi_get):
    """Whatever the framework's own part raises goes on up."""
    first = build_tree(src, root, cache).manifest
    write_tree(src, {"new.txt": TEXT})

    def fail(_manifest):
        raise KeyboardInterrupt

    wishes = Wishes(choices=Choices(levels=QUICK))
    with pytest.raises(KeyboardInterrupt):
        build(sources_in(src), str(root), wishes, cache, before_switch=fail)
    assert manifest_of(root).id == first.id
    assert damage_of(root) == misserved_of(root, wsgi_get) == []


def test_one_build_at_a_time(src, root, cache):
    """Another that has the folder is waited for."""
    build_tree(src, root, cache)
    write_tree(src, {"new.txt": "new"})
    builder = threading.Thread(target=build_tree, args=(src, root, cache))
    with locked(str(root / ".hiss/lock")):
        builder.start()
        builder.join(0.3)
        assert builder.is_alive()
        assert not (root / "new.txt").exists()
    builder.join(10)
    assert not builder.is_alive()
    assert (root / "new.txt").exists()


class Watch(Silent):
    """Writes down what is watched, and acts when a stage begins."""

    def __init__(self, **actions):
        self.stages = []
        self.counts = []
        self._actions = actions

    def begin(self, stage, files, size):
        self.stages.append((stage, files))
        self.counts.append((stage, 0))
        self._actions.get(stage, lambda: None)()

    def advance(self, size, what=""):
        stage, count = self.counts[-1]
        self.counts[-1] = stage, count + 1


def test_it_can_be_watched(src, root, cache):
    """Reading, then hashed files, then plain ones; each file of each stage is told of."""
    watch = Watch()
    build_tree(src, root, cache, progress=watch)
    twice = ["writing", "compressing"] * 2
    assert [stage for stage, _ in watch.stages] == ["reading", *twice]
    assert watch.counts == watch.stages
    assert watch.counts[0] == ("reading", len(TREE))
    assert watch.counts[1::2] == [("writing", len(TREE))] * 2


@pytest.mark.parametrize("stage", ["writing", "compressing"])
def test_a_source_that_changes_while_it_is_built(src, root, cache, stage):
    """The build says so; never is one thing published under the hash of another."""
    watch = Watch(**{stage: lambda: write_tree(src, {"js/lazy.js": TEXT + b"changed"})})
    with pytest.raises(SourceChangedError, match=r"lazy\.js"):
        build_tree(src, root, cache, progress=watch)
    assert not (root / ".hiss/current").exists()
    assert temporary_files(root) == []


def test_a_source_that_vanishes_while_it_is_built(src, root, cache, wsgi_get):
    """The build stops with its name; the release before is whole, and nothing is left over."""
    build_tree(src, root, cache)
    write_tree(src, {"js/lazy.js": "new"})
    watch = Watch(writing=(src / "js/lazy.js").unlink)
    with pytest.raises(FileNotFoundError, match=r"lazy\.js"):
        build_tree(src, root, cache, progress=watch)
    assert temporary_files(root) == []
    assert_whole(root, wsgi_get)


def test_a_source_that_cannot_be_read_stops_it(src, root, cache):
    """Before anything is written."""
    sources = [*sources_in(src), Source("gone.css", str(src / "gone.css"))]
    with pytest.raises(FileNotFoundError, match=r"gone\.css"):
        build(sources, str(root), Wishes(), cache)
    assert not root.exists()


def test_a_plan_writes_nothing(src, root, cache):
    """And says the same as the build does."""
    planned = make_plan(sources_in(src), Wishes(), cache)
    assert not root.exists()
    outcome = build_tree(src, root, cache)
    assert [each.file for each in planned.files] == [each.file for each in outcome.plan.files]


def test_what_a_bundle_names_is_there(src, root, cache):
    """A bundle is not rewritten: what it names by its plain name must be published under it."""
    vite = {"main": {"file": "main-BRBmoGS9.css"}, "x": {"file": "x-C0m6bXrQ.js"}}
    files = {"main-BRBmoGS9.css": "a{b:url(../img/x.png)}", "x-C0m6bXrQ.js": ""}
    write_tree(src / "dist", files | {"manifest.json": json.dumps(vite)})
    outcome = build_tree(src, root, cache, only_hashed=True)
    assert outcome.problems == ()
    assert (root / "img/x.png").read_bytes() == (src / "img/x.png").read_bytes()
    assert not (root / "js/lazy.js").exists()


def test_what_a_bundler_named_is_immutable_where_nothing_else_is(src, root, cache):
    """CompressedStaticFilesStorage serves Vite's files too."""
    vite = {"main": {"file": "main-BRBmoGS9.js"}, "x": {"file": "x-C0m6bXrQ.js"}}
    files = {"main-BRBmoGS9.js": "", "x-C0m6bXrQ.js": "", "manifest.json": json.dumps(vite)}
    write_tree(src / "dist", files)
    outcome = build_tree(src, root, cache, name_of=None)
    immutable = {each.file for each in outcome.manifest.entries if each.immutable}
    assert immutable == {"dist/main-BRBmoGS9.js", "dist/x-C0m6bXrQ.js"}


def test_a_release_that_is_gone_is_built_again(src, root, cache, wsgi_get):
    """Whatever was taken away by hand comes back."""
    build_tree(src, root, cache)
    before = release_of(root)
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_file() and path.name != "current" and "releases" not in path.parts:
            path.unlink()
    build_tree(src, root, cache)
    assert release_of(root) == before
    assert_whole(root, wsgi_get)


def test_where_processors_cannot_be_counted(src, root, cache, monkeypatch):
    """One is used."""
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert build_tree(src, root, cache).manifest is not None
