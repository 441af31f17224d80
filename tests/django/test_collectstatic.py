"""collectstatic: its options, what it refuses and what it warns of, the hooks that projects
override, and what comes of two at once.
"""

import hashlib
import json
import logging
import os
import stat
import subprocess
import sys
import time

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, ManagementUtility
from own_storages import FindsInMemory, ManifestElsewhere

from hiss.django.storage import CompressedStaticFilesStorage
from hiss.http.codings import SUFFIXES

MANIFEST, PLAIN = "CompressedManifestStaticFilesStorage", "CompressedStaticFilesStorage"

SOURCES = {
    "css/app.css": "@import 'base.css';\nbody { background: url(../img/hill.svg) }\n" * 20,
    "css/base.css": "html { margin: 0; padding: 0 }\n" * 40,
    "img/hill.svg": "<svg xmlns='http://www.w3.org/2000/svg'></svg>\n" * 40,
    "js/main.js": "import { sum } from './sum.js';\nconsole.log(sum(1, 2));\n" * 20,
    "js/sum.js": "export const sum = (a, b) => a + b;\n" * 20,
}


@pytest.fixture
def sources(make_tree):
    """The source tree."""
    return make_tree(SOURCES, "sources")


@pytest.fixture
def warnings(caplog):
    """The lines of the warnings logged so far."""
    caplog.set_level(logging.WARNING, "hiss")
    return lambda: [line for record in caplog.records for line in record.getMessage().splitlines()]


def edit(path, text):
    """Change a source; collectstatic takes it for new only when its time is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    edit.later += 10
    os.utime(path, (edit.later, edit.later))


edit.later = 4_000_000_000


def tree(root):
    """Every file below a folder, by name, with its bytes."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def names_in(root, manifest="staticfiles.json"):
    """Django's own manifest: the logical name of each file to its published one."""
    return json.loads((root / manifest).read_text())["paths"]


# --- references to what is not there

BROKEN = {
    "css/app.css": "a { background: url(gone.png) }\n\n@import 'css/bass.css';\n",
    "css/more.css": "/* url(no-reference.png) */ a { src: url('../fonts/none.woff2?#iefix') }",
    "js/main.js": "import { sum } from './some.js';\n",
    "js/main.css.map": "{}",
}


def test_all_that_is_wrong_is_in_one_report(sources, collect, recorded):
    """Each missing reference is told with its file, line and column, and nothing is published."""
    root = collect()
    before, entries = tree(root), recorded(root)
    release = (root / ".hiss/current").read_text().strip()
    for name, text in BROKEN.items():
        edit(sources / name, text)
    with pytest.raises(CommandError) as caught:
        collect()
    report = str(caught.value)
    assert isinstance(caught.value.__cause__ or caught.value, ValueError)
    for place in (
        f"{sources}/css/app.css:1:21: error: url() names css/gone.png",
        f"{sources}/css/app.css:3:10: error: @import names css/css/bass.css",
        f"{sources}/css/more.css:1:43: error: url() names fonts/none.woff2",
        f"{sources}/js/main.js:1:22: warn: import names js/some.js",
        '"MISSING_REFERENCES": {"css/app.css": "ignore"}',
        "3 error(s), 1 warning(s)",
        f"Nothing was published: release {release} is still in force.",
    ):
        assert place in report
    assert "no-reference" not in report
    assert recorded(root) == entries
    assert names_in(root) == json.loads(before["staticfiles.json"])["paths"]
    # Its plain names, which collectstatic has written over by then, say what they said, too.
    after = tree(root)
    assert {name: after[name] for name in before} == before


def test_what_a_failure_has_added_is_gone(sources, collect, tmp_path):
    """Files that were not there before, and their folders; what somebody else has put there stays,
    and so does what was there under a name that was collected.
    """
    root = tmp_path / "out"
    edit(root / "mine.txt", "mine")
    edit(root / "old.txt", "old")
    edit(root / "new/mine.txt", "mine")
    edit(sources / "css/app.css", BROKEN["css/app.css"])
    edit(sources / "old.txt", "new")
    edit(sources / "new/deep/er.txt", "new")
    with pytest.raises(CommandError):
        collect()
    found = {name for name in tree(root) if not name.startswith(".hiss/")}
    assert found == {"mine.txt", "old.txt", "new/mine.txt"}
    assert not (root / "new/deep").exists()
    # In the same process, too, the next one begins anew.
    edit(sources / "css/app.css", "a {}")
    collect()
    assert (root / "new/deep/er.txt").read_text() == "new"
    edit(sources / "css/app.css", BROKEN["css/app.css"])
    edit(sources / "later.txt", "later")
    with pytest.raises(CommandError):
        collect()
    assert (root / "new/deep/er.txt").read_text() == "new"
    assert not (root / "later.txt").exists()


def test_what_a_failure_has_linked_stays(sources, collect, tmp_path):
    """`--link` copies nothing: there is nothing to remove, at either end of the links."""
    root = tmp_path / "out"
    before = tree(sources)
    with pytest.raises(CommandError, match="is a link"):
        collect(options=["--link"])
    assert tree(sources) == before
    assert (root / "css/app.css").is_symlink()


def test_a_report_is_no_traceback(sources, collect, capsys):
    """Who runs manage.py reads the report, and the exit code says that it failed."""
    collect()
    edit(sources / "css/app.css", BROKEN["css/app.css"])
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        ManagementUtility(["manage.py", "collectstatic", "--noinput", "--skip-checks"]).execute()
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert "css/app.css:3:10: error: @import names css/css/bass.css" in said
    assert "Traceback" not in said


def test_a_first_build_that_fails_leaves_no_release(sources, collect):
    """Without a release before, there is none after."""
    edit(sources / "css/app.css", BROKEN["css/app.css"])
    with pytest.raises(CommandError):
        collect()
    root = staticfiles_storage.location
    assert not os.path.exists(f"{root}/.hiss/current")
    assert not os.path.exists(f"{root}/staticfiles.json")


# The policy, the verdict on one's own file and on a package's; None where nothing is said.
POLICIES = [
    ({}, "error", "warn"),
    ({"own": "warn"}, "warn", "warn"),
    ({"own": "ignore"}, None, "warn"),
    ({"vendor": "error"}, "error", "error"),
    ({"vendor": "ignore"}, "error", None),
    ({"css/*": "ignore"}, None, "warn"),
    ({"*.css": "warn"}, "warn", "warn"),
    ({"shelf/old.css": "error", "own": "ignore"}, None, "error"),
]


@pytest.mark.parametrize(("policy", "own", "vendor"), POLICIES, ids=str)
def test_whose_file_it_is_decides(
    sources, collect, install, recorded, warnings, policy, own, vendor
):
    """One's own mistakes stop a release, a package's do not, unless the project says so."""
    edit(sources / "css/app.css", "a { background: url(gone.png) }")
    install("shelf_app", {"shelf/old.css": "a { background: url(gone.png) }"})
    apps = ["hiss.django", "django.contrib.staticfiles", "shelf_app"]
    said = ""
    try:
        root = collect(HISS={"MISSING_REFERENCES": policy}, INSTALLED_APPS=apps)
    except CommandError as error:
        assert "error" in {own, vendor}
        said = str(error)
    else:
        assert "error" not in {own, vendor}
        assert {"css/app.css", "shelf/old.css"} <= {e["name"] for e in recorded(root).values()}
        assert (root / names_in(root)["shelf/old.css"]).read_text().endswith("url(gone.png) }")
        said = "\n".join(warnings())
    for name, verdict in (("css/gone.png", own), ("shelf/gone.png", vendor)):
        lines = [line for line in said.splitlines() if f"names {name}," in line]
        assert [f": {verdict}: " in line for line in lines] == ([True] if verdict else [])
    assert ("a file of shelf_app; " in said) is (vendor is not None)


def test_warnings_alone_are_cut_short(sources, collect, install, warnings):
    """A package full of mistakes does not bury the rest: what is cut is in the release's folder."""
    text = "".join(f"a {{ background: url(gone{number}.png) }}\n" for number in range(50))
    install("shelf_app", {"shelf/old.css": text})
    root = collect(INSTALLED_APPS=["django.contrib.staticfiles", "shelf_app"])
    lines = warnings()
    assert len([line for line in lines if ": warn: " in line]) == 20
    assert lines[-2:] == ["… and 30 more: see .hiss/problems.json", "0 error(s), 50 warning(s)"]
    assert len(json.loads((root / ".hiss/problems.json").read_text())) == 50


def test_two_files_of_one_name_are_told(sources, collect, install, make_tree, warnings):
    """The file that loses is named beside the one that wins, if it says something else."""
    install("shelf_app", {"css/base.css": "b{}", "css/app.css": SOURCES["css/app.css"]})
    other = make_tree({"base.css": "c{}", "more.css": "d{}"}, "other")
    root = collect(
        INSTALLED_APPS=["django.contrib.staticfiles", "shelf_app"],
        STATICFILES_DIRS=[sources, ("css", other)],
    )
    assert (root / "css/base.css").read_text() == SOURCES["css/base.css"]
    lines = [line for line in warnings() if "two files called css/base.css" in line]
    package = sources.parent / "lib/site-packages/shelf_app"
    assert [line.partition(":")[0] for line in lines] == [
        f"{other}/base.css",
        f"{package}/static/css/base.css",
    ]
    assert f"    {sources}/css/base.css is published, this is not" in warnings()
    assert not any("css/app.css" in line for line in warnings())
    problems = json.loads((root / ".hiss/problems.json").read_text())
    assert [each["id"] for each in problems] == ["collision", "collision"]


# --- options


def test_ignored_files_are_not_published(sources, collect, recorded):
    """What `-i` leaves out is in no manifest; who names it is told."""
    root = collect(options=["-i", "js"])
    assert not any(name.startswith("js/") for name in (*names_in(root), *recorded(root)))
    with pytest.raises(CommandError, match=r"css/app\.css:1:10: error: @import names css/base"):
        collect(options=["-i", "base.*"])


def test_cleared_files_are_gone(sources, collect, recorded):
    """With `--clear` nothing of an earlier build is left, of files and of releases, but what the
    settings keep.
    """
    collect()
    for name in ("js/main.js", "js/sum.js"):
        (sources / name).unlink()
    root = collect(options=["--clear"], HISS={"KEEP_RELEASES": 1, "KEEP_DAYS": 0})
    assert not any(name.startswith("js/") for name in tree(root))
    assert set(names_in(root)) == set(SOURCES) - {"js/main.js", "js/sum.js"}
    assert len(list((root / ".hiss/releases").iterdir())) == 1


def test_without_post_processing_the_release_before_stays(sources, collect, recorded, either):
    """`--no-post-process` copies alone: what is new has its plain name, what was built is served on
    as it was, and a changed original is nobody's for ever.
    """
    root = collect()
    names, entries = names_in(root), recorded(root)
    edit(sources / "js/sum.js", "changed()")
    edit(sources / "js/new.js", "brand()")
    collect(options=["--no-post-process"])
    assert (names_in(root), recorded(root)) == (names, entries)
    site = either.open()
    hashed = site.get(f"/static/{names['js/sum.js']}")
    assert hashed.body == SOURCES["js/sum.js"].encode()
    assert "immutable" in hashed.headers["Cache-Control"]
    for name, body in {"js/sum.js": b"changed()", "js/new.js": b"brand()"}.items():
        response = site.get(f"/static/{name}", headers={"Accept-Encoding": "br"})
        assert (response.status, response.body) == (200, body)
        assert response.headers["Cache-Control"] == "max-age=60, public"
        assert response.headers["Content-Encoding"] is None
    collect()
    assert {"js/new.js", *names} == set(names_in(root))


@pytest.mark.parametrize("storage", [MANIFEST, PLAIN])
def test_links_are_refused(sources, collect, recorded, storage):
    """`--link` is refused with the reason; the release before stays, and the next is whole."""
    root = collect(storage=storage)
    before = recorded(root)
    edit(sources / "js/sum.js", "changed()")
    reason = r"is a link.*--link.*must hold its files.*Run collectstatic without --link"
    with pytest.raises(CommandError, match=f"(?s){reason}"):
        collect(storage=storage, options=["--link"])
    assert recorded(root) == before
    assert tree(sources)["js/sum.js"] == b"changed()"
    collect(storage=storage)
    assert not any(path.is_symlink() for path in root.rglob("*"))
    assert (root / "js/sum.js").read_text() == "changed()"
    assert recorded(root)["js/sum.js"]["size"] == len("changed()")


@pytest.mark.parametrize("options", [[], ["--clear"]], ids=str)
def test_a_dry_run_changes_nothing(sources, collect, options):
    """`--dry-run` leaves everything as it is, whatever else is asked for."""
    before = tree(collect())
    edit(sources / "js/sum.js", "changed()")
    assert tree(collect(options=["--dry-run", *options])) == before


# --- what is published is what was collected


@pytest.mark.parametrize("storage", [MANIFEST, PLAIN])
def test_what_lies_in_static_root_is_not_believed(sources, collect, recorded, storage):
    """A copy that is stale or half-written, though newer than its source, is not published."""
    root = collect(storage=storage)
    before = recorded(root)
    (root / "js/sum.js").write_text(SOURCES["js/sum.js"][:100])
    (root / "css/base.css").write_text("stale{}")
    collect(storage=storage)
    assert recorded(root) == before
    for name, text in SOURCES.items():
        assert (root / name).read_text() == text


def test_files_that_lie_on_no_disk_are_published(tmp_path, collect, recorded):
    """A finder's files may come from anywhere: their copies are built from."""
    root = collect(
        STATICFILES_DIRS=[], STATICFILES_FINDERS=["own_storages.FindsInMemory"], verbosity=0
    )
    names = names_in(root)
    assert set(names) == {"made.css", "more.css"}
    assert (root / names["made.css"]).read_text() == f"@import '{names['more.css']}'"
    assert not os.path.exists(FindsInMemory.storage.path("made.css"))


def test_without_static_root_nothing_is_built(sources, configure, tmp_path, monkeypatch):
    """No STATIC_ROOT is Django's own error, and leaves no folder behind."""
    monkeypatch.chdir(tmp_path)
    backend = f"hiss.django.storage.{MANIFEST}"
    configure(STATIC_ROOT=None, STATICFILES_DIRS=[], STORAGES={"staticfiles": {"BACKEND": backend}})
    with pytest.raises(ImproperlyConfigured, match="STATIC_ROOT"):
        staticfiles_storage.url("css/app.css")
    with pytest.raises(ImproperlyConfigured, match="STATIC_ROOT"):
        list(CompressedStaticFilesStorage().post_process({}))
    assert [path.name for path in tmp_path.iterdir()] == ["sources"]


# FILE_UPLOAD_PERMISSIONS and FILE_UPLOAD_DIRECTORY_PERMISSIONS, and what comes of them.
MODES = [(0o640, None, 0o640, 0o700), (None, None, 0o600, 0o700), (0o644, 0o755, 0o644, 0o755)]


@pytest.mark.parametrize(("for_files", "for_folders", "files", "folders"), MODES)
@pytest.mark.parametrize("storage", [MANIFEST, PLAIN])
def test_permissions_are_those_of_uploads(
    sources, collect, storage, for_files, for_folders, files, folders
):
    """What Django's settings say holds for all that a build writes: others may have to serve it."""
    before = os.umask(0o077)
    try:
        root = collect(
            storage=storage,
            FILE_UPLOAD_PERMISSIONS=for_files,
            FILE_UPLOAD_DIRECTORY_PERMISSIONS=for_folders,
        )
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}
    assert root / ".hiss/current" in modes
    assert modes == {path: folders if path.is_dir() else files for path in modes}


# --- Django's hooks


def test_file_hash_may_be_overridden(sources, collect, recorded, stack):
    """A hash of the project's own is in names, in references, and grants caching for ever."""
    root = collect(storage="own_storages.ShortHash")
    names = names_in(root)
    size, spaces = len(SOURCES["js/sum.js"]), SOURCES["js/sum.js"].count(" ")
    assert names["js/sum.js"] == f"js/sum.{size}x{spaces}.js"
    css = (root / names["css/app.css"]).read_text()
    assert f"@import '{names['css/base.css'][4:]}'" in css
    # Of what the file says with the new names in it.
    assert names["css/app.css"] == f"css/app.{len(css)}x{css.count(' ')}.css"
    response = stack.open().get(f"/static/{names['css/app.css']}")
    assert "immutable" in response.headers["Cache-Control"]


def test_hashed_name_may_be_overridden(sources, collect, recorded):
    """So may the whole name, and where in it the hash is."""
    root = collect(storage="own_storages.HashInFront")
    names = names_in(root)
    digest = hashlib.md5(SOURCES["js/sum.js"].encode()).hexdigest()[:12]
    assert names["js/sum.js"] == f"js/{digest}-sum.js"
    css = (root / names["css/app.css"]).read_bytes()
    assert names["css/app.css"] == f"css/{hashlib.md5(css).hexdigest()[:12]}-app.css"
    assert f"url(../img/{names['img/hill.svg'][4:]})".encode() in css
    assert all(recorded(root)[file]["immutable"] for file in names.values())


def test_manifest_name_may_be_overridden(sources, collect):
    """Django's manifest lies where the project has it, and a new process reads it there."""
    root = collect(storage="own_storages.NamedManifest")
    names = names_in(root, "names/of-files.json")
    assert not (root / "staticfiles.json").exists()
    assert set(names) == set(SOURCES)
    assert type(staticfiles_storage._wrapped)().url("js/sum.js") == f"/static/{names['js/sum.js']}"


def test_the_manifest_may_lie_elsewhere(sources, collect, tmp_path, monkeypatch):
    """A `manifest_storage` has Django's manifest, and the static root has none."""
    monkeypatch.setattr(ManifestElsewhere, "folder", tmp_path / "private", raising=False)
    root = collect(storage="own_storages.ManifestElsewhere")
    names = names_in(tmp_path / "private")
    assert not (root / "staticfiles.json").exists()
    assert set(names) == set(SOURCES)
    assert ManifestElsewhere().url("js/sum.js") == f"/static/{names['js/sum.js']}"


def test_scripts_may_be_left_alone(sources, collect):
    """Imports are rewritten by default; a storage that does not want it leaves them as they are."""
    root = collect()
    names = names_in(root)
    assert f"from './{names['js/sum.js'][3:]}'" in (root / names["js/main.js"]).read_text()
    root = collect(storage="own_storages.WithoutModules", root="without")
    names = names_in(root)
    assert (root / names["js/main.js"]).read_text() == SOURCES["js/main.js"]
    assert names["css/base.css"][4:] in (root / names["css/app.css"]).read_text()


def test_what_scripts_name_plainly_is_kept(sources, collect, recorded, stack):
    """Where imports are left alone, what they name is there, with KEEP_ONLY_HASHED_FILES too."""
    ours = {"KEEP_ONLY_HASHED_FILES": True}
    root = collect(storage="own_storages.WithoutModules", HISS=ours)
    originals = {name for name in SOURCES if (root / name).exists()}
    assert originals == {"js/sum.js"} == set(recorded(root)) & set(SOURCES)
    assert stack.open().get("/static/js/sum.js").body == SOURCES["js/sum.js"].encode()


def test_there_are_no_intermediate_files_to_keep(sources, collect):
    """`keep_intermediate_files` is understood: there are none, whatever it says."""
    without = tree(collect())
    kept = tree(collect(storage="own_storages.KeepsIntermediateFiles", root="kept"))
    assert set(kept) == set(without)


def test_a_storage_that_is_not_strict_builds_all_the_same(sources, collect):
    """`manifest_strict` is about templates: a build with it off has the same names."""
    names = names_in(collect())
    assert names_in(collect(storage="own_storages.NotStrict", root="lenient")) == names


def test_the_manifest_is_the_same_for_the_same_names(sources, collect):
    """Django's manifest is sorted, as Django's own is: deploys can be compared."""
    root = collect()
    text = (root / "staticfiles.json").read_bytes()
    storage = staticfiles_storage
    storage.hashed_files = dict(reversed(storage.hashed_files.items()))
    storage.save_manifest()
    assert (root / "staticfiles.json").read_bytes() == text
    assert json.loads(text)["hash"] == storage.load_manifest()[1] != ""


# --- what goes wrong around it


@pytest.mark.parametrize("text", ["gone", "not an id\n", ""], ids=repr)
def test_a_damaged_pointer_is_repaired(sources, collect, recorded, text):
    """A release that cannot be read is replaced by the next, as its error message promises."""
    root = collect()
    before = recorded(root)
    (root / ".hiss/current").write_text(text)
    collect()
    assert recorded(root) == before


COLLECT = """
import sys, time
from django.conf import settings
sources, root, cache, start = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=["hiss.django", "django.contrib.staticfiles"],
    STATICFILES_DIRS=[sources], STATIC_ROOT=root, STATIC_URL="static/",
    STORAGES={"staticfiles": {
        "BACKEND": "hiss.django.storage.CompressedManifestStaticFilesStorage"}},
    HISS={"CACHE_DIR": cache, "COMPRESSION_LEVEL": 1},
)
import django
django.setup()
from django.core.management import call_command
time.sleep(max(0, float(start) - time.time()))
call_command("collectstatic", interactive=False, verbosity=0)
"""


def test_two_at_once_end_whole(make_tree, tmp_path, recorded):
    """Two collectstatics of one project into one folder: both end well, and so does the release."""
    files = {
        f"{folder}/{number}.css": f"@import '{number - 1}.css';\n" * min(number, 1)
        + f"/* {number} */ a {{ color: red }}\n" * 2000
        for folder in ("a", "b")
        for number in range(30)
    }
    sources, root = make_tree(files, "sources"), tmp_path / "out"
    start = time.time() + 1.5
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", COLLECT, sources, root, tmp_path / name, str(start)],
            stderr=subprocess.PIPE,
        )
        for name in ("cache 1", "cache 2")
    ]
    said = [run.communicate(timeout=60)[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    entries = recorded(root)
    assert {entry["name"] for entry in entries.values()} == {*files, "hiss/reload.js"}
    assert len(entries) == 2 * (len(files) + 1)
    for file, entry in entries.items():
        assert hashlib.sha256((root / file).read_bytes()).hexdigest() == entry["sha256"]
        for coding, digest in entry["checksums"].items():
            packed = root / (file + SUFFIXES[coding])
            assert hashlib.sha256(packed.read_bytes()).hexdigest() == digest
    names = names_in(root)
    assert {entry["file"] for entry in entries.values() if entry["immutable"]} == set(
        names.values()
    )
    assert not list(root.rglob(".hiss-part-*"))
