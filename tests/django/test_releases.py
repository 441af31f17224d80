"""Releases in a Django project: which one pages name, builds that are held, rollbacks, `--clear`,
and `manage.py hiss`.
"""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
from contextlib import redirect_stdout

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.core.management import CommandError, ManagementUtility, call_command
from django.template import engines
from django.templatetags.static import static
from trees import assert_whole, damage_of, manifest_of

from harness.calls import system_calls
from hiss.core.manifest import Manifest, ManifestEntry, format_manifest
from hiss.django import running
from hiss.django.storage import CompressedManifestStaticFilesStorage
from hiss.files.atomic import write_atomic
from hiss.files.release import kept_ids, manifest_name, read_manifest
from hiss.release.prune import prune
from hiss.release.retain import Retention
from hiss.release.switch import put_in_force, switch, write_django_manifest
from release.roots import Promises, plain_damage, snapshot, words

MANIFEST, PLAIN = "CompressedManifestStaticFilesStorage", "CompressedStaticFilesStorage"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
KEEP = {"KEEP_RELEASES": 9, "COMPRESSION": {"br": 1, "gzip": 1, "zstd": 1}}


def site(version):
    return {
        "css/app.css": f"/* {version} */ body {{ background: url(../img/hill.svg) }}\n" * 20,
        "img/hill.svg": "<svg xmlns='http://www.w3.org/2000/svg'></svg>\n" * 40,
        "robots.txt": words(version),
        f"only/{version}.txt": words(f"only {version}"),
    }


@pytest.fixture(autouse=True)
def untold(monkeypatch, configure):
    """Nobody's environment says anything; there is a template engine."""
    for name in ("HISS_RELEASE", "HISS_HOLD"):
        monkeypatch.delenv(name, raising=False)
    configure(TEMPLATES=TEMPLATES)


@pytest.fixture
def release(tmp_path, make_tree, collect):
    """Collects a version of the site: its manifest."""
    later = iter(range(4_000_000_000, 4_100_000_000, 100))

    def make(version, *, held=False, **how):
        for path in (tmp_path / "sources").rglob("*"):
            if path.is_file():
                path.unlink()
        root = make_tree(site(version), "sources")
        moment = next(later)
        for path in root.rglob("*"):
            # collectstatic takes a source for new only when its time is.
            os.utime(path, (moment, moment))
        before = kept_ids(str(tmp_path / "out"))
        static_root = collect(**{"HISS": KEEP} | how)
        if not held:
            return manifest_of(static_root)
        [new] = set(kept_ids(str(static_root))) - set(before)
        return new

    return make


@pytest.fixture
def root(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def new_process(configure):
    """The storage as a process has it that begins now, with these settings."""

    def begin(**changes):
        # No site was opened in it yet; and Django makes its storages anew where this changes.
        running._started.clear()
        configure(STORAGES={**settings.STORAGES}, **changes)

    return begin


def url_of(manifest, name):
    [file] = [each.file for each in manifest.entries if each.name == name and each.immutable]
    return f"/static/{file}"


def asset(name):
    return engines["django"].from_string(f"{{% load hiss %}}{{% asset '{name}' %}}").render({})


# --- which release pages name


def test_without_a_pin_it_is_the_one_in_force(release, new_process):
    """A process names what was in force when it began."""
    one = release(1)
    new_process()
    assert static("css/app.css") == url_of(one, "css/app.css")
    two = release(2)
    new_process()
    assert static("css/app.css") == url_of(two, "css/app.css") != url_of(one, "css/app.css")


def pin_by_environment(release_id, monkeypatch, tmp_path):
    monkeypatch.setenv("HISS_RELEASE", release_id)
    return {}


def pin_by_file(release_id, monkeypatch, tmp_path):
    (tmp_path / ".hiss-release").write_text(f"{release_id}\n")
    return {"HISS": {**KEEP, "RELEASE_FILE": tmp_path / ".hiss-release"}}


PINS = pytest.mark.parametrize("pin", [pin_by_environment, pin_by_file])


@PINS
def test_old_and_new_code_over_one_folder(
    release, root, new_process, pin, monkeypatch, tmp_path, wsgi_get
):
    """Each names its own files, with their integrity, and each answers for both."""
    one, two = release(1), release(2)
    promises = Promises().note(one, two)
    for mine in (one, two, one):
        new_process(**pin(mine.id, monkeypatch, tmp_path))
        for name in ("css/app.css", "img/hill.svg"):
            assert static(name) == url_of(mine, name)
        [entry] = [e for e in mine.entries if e.name == "css/app.css" and e.immutable]
        assert asset("css/app.css") == (
            f'<link rel="stylesheet" href="{url_of(mine, "css/app.css")}" '
            f'integrity="{entry.integrity}" crossorigin="anonymous">'
        )
    assert promises.broken(root, wsgi_get) == []


@PINS
def test_pages_and_doors_are_of_one_mind(release, either, new_process, pin, monkeypatch, tmp_path):
    """hiss.json says which release the pages of the process name; both releases' files answer."""
    one, two = release(1), release(2)
    new_process(**pin(one.id, monkeypatch, tmp_path))
    app = either.open()
    answer = app.get("/static/hiss.json")
    assert json.loads(answer.body)["id"] == one.id
    assert answer.headers["Cache-Control"] == "no-cache"
    for manifest in (one, two):
        answer = app.get(url_of(manifest, "css/app.css"), headers={"Accept-Encoding": "br"})
        assert (answer.status, answer.headers["Content-Encoding"]) == (200, "br")
        assert "immutable" in answer.headers["Cache-Control"]


def test_hiss_json_can_be_turned_off(release, either):
    release(1)
    assert either.open().get("/static/hiss.json").status == 200
    assert either.open(HISS={"SHOW_RELEASE": False}).get("/static/hiss.json").status == 404


@PINS
def test_a_pinned_release_that_is_not_there(
    release, root, either, new_process, pin, monkeypatch, tmp_path
):
    """An error at the start, in the checks, and at the first name: each says what there is."""
    one = release(1)
    new_process(**pin("gone", monkeypatch, tmp_path))
    where = "HISS_RELEASE" if pin is pin_by_environment else ".hiss-release"
    message = rf"{where} names release 'gone': there is no release 'gone' in {root}"
    with pytest.raises(ImproperlyConfigured, match=f"(?s){message}.*{one.id}"):
        either.open()
    with pytest.raises(ImproperlyConfigured, match=message):
        static("css/app.css")
    [found] = [
        each for each in run_checks(include_deployment_checks=True) if each.id == "hiss.E002"
    ]
    assert found.is_serious()
    assert where in found.msg
    assert one.id in found.hint


def _pins_missed():
    found = run_checks(include_deployment_checks=True)
    return [each for each in found if each.id == "hiss.E002"]


def test_a_pinned_release_in_a_folder_that_is_not_there(either, configure, monkeypatch, tmp_path):
    """No release is in it: it is the same error."""
    monkeypatch.setenv("HISS_RELEASE", "gone")
    configure(STATIC_ROOT=tmp_path / "nowhere")
    with pytest.raises(ImproperlyConfigured, match="HISS_RELEASE names release 'gone'"):
        either.open()


def test_a_wrong_pin_in_development(release, either, new_process, monkeypatch, caplog):
    """With DEBUG the site starts, and says what production would stop at: once, and not with each
    request.
    """
    one = release(1)
    monkeypatch.setenv("HISS_RELEASE", "gone")
    new_process()
    caplog.set_level("WARNING", "hiss")
    site = either.open(DEBUG=True)
    for _ in range(2):
        assert site.get("/static/none.css").status == 404
    said = [each.getMessage() for each in caplog.records if "'gone'" in each.getMessage()]
    assert len(said) == 1
    assert one.id in said[0]


def test_a_pin_that_is_good_passes_the_checks(release, monkeypatch):
    """It may be the beginning of an id."""
    one, _two = release(1), release(2)
    monkeypatch.setenv("HISS_RELEASE", one.id[:8])
    assert [
        each for each in run_checks(include_deployment_checks=True) if each.id == "hiss.E002"
    ] == []


def test_a_pin_does_not_stop_a_build(release, root, new_process, monkeypatch):
    """collectstatic in an environment that names a release which it has not yet, or no more."""
    monkeypatch.setenv("HISS_RELEASE", "gone")
    one = release(1)
    new_process()
    monkeypatch.delenv("HISS_RELEASE")
    assert static("css/app.css") == url_of(one, "css/app.css")
    assert damage_of(root) == []


def test_the_build_writes_the_file(release, root, new_process, tmp_path):
    """RELEASE_FILE holds the id of what was built; code that lies beside it names that."""
    file = tmp_path / "code/.hiss-release"
    settings = {"HISS": {**KEEP, "RELEASE_FILE": file}}
    one = release(1, **settings)
    assert file.read_text() == f"{one.id}\n"
    two = release(2, **settings)
    assert file.read_text() == f"{two.id}\n"
    switch(str(root), one.id, "rollback")
    new_process()
    assert static("css/app.css") == url_of(two, "css/app.css")


def test_a_build_that_fails_writes_no_file(release, collect, tmp_path):
    """The code beside it would name a release that there is not."""
    file = tmp_path / "code/.hiss-release"
    settings = {"HISS": {**KEEP, "RELEASE_FILE": file}}
    one = release(1, **settings)
    (tmp_path / "sources/css/app.css").write_text("a { background: url(gone.png) }")
    with pytest.raises(CommandError):
        collect(**settings)
    assert file.read_text() == f"{one.id}\n"


# --- held builds


@pytest.mark.parametrize("storage", [MANIFEST, PLAIN])
@pytest.mark.parametrize("value", ["1", "yes"])
def test_a_held_build(release, root, new_process, monkeypatch, storage, value, wsgi_get):
    """It is kept and answers, and nothing that is in force changes: no name, no plain file."""
    one = release(1, storage=storage)
    before = {name: data for name, data in snapshot(root).items() if ".hiss" not in name}
    monkeypatch.setenv("HISS_HOLD", value)
    held = release(2, held=True, storage=storage)
    assert manifest_of(root).id == one.id
    after = snapshot(root)
    assert {name: after[name] for name in before} == before
    assert plain_damage(root) == []
    new_process()
    assert static("robots.txt") == (
        "/static/robots.txt" if storage == PLAIN else url_of(one, "robots.txt")
    )
    assert Promises().note(one, read_manifest(str(root), held)).broken(root, wsgi_get) == []
    # Whoever is pinned to it names it.
    monkeypatch.setenv("HISS_RELEASE", held)
    new_process()
    if storage == MANIFEST:
        assert static("css/app.css") == url_of(read_manifest(str(root), held), "css/app.css")
    monkeypatch.delenv("HISS_RELEASE")
    switch(str(root), held, "deploy")
    assert plain_damage(root) == []
    assert_whole(root, wsgi_get)


@pytest.mark.parametrize("value", ["", "0"])
def test_what_holds_no_build(release, root, monkeypatch, value):
    monkeypatch.setenv("HISS_HOLD", value)
    release(1)
    two = release(2)
    assert manifest_of(root).id == two.id


@pytest.mark.parametrize("is_first", [True, False])
def test_a_held_builds_files_can_be_read(release, root, monkeypatch, is_first):
    """FILE_UPLOAD_PERMISSIONS hold for it too, also once it is in force: another user may have to
    serve it.
    """
    settings = {"FILE_UPLOAD_PERMISSIONS": 0o644, "FILE_UPLOAD_DIRECTORY_PERMISSIONS": 0o755}
    before = os.umask(0o077)
    try:
        if not is_first:
            release(1, **settings)
        monkeypatch.setenv("HISS_HOLD", "1")
        held = release(2, held=True, **settings)
    finally:
        os.umask(before)
    switch(str(root), held, "deploy")
    modes = {str(p.relative_to(root)): stat.S_IMODE(p.stat().st_mode) for p in root.rglob("*")}
    wrong = {n: oct(m) for n, m in modes.items() if m != (0o755 if (root / n).is_dir() else 0o644)}
    assert wrong == {}


# --- rollback


@pytest.mark.parametrize("storage", [MANIFEST, PLAIN])
def test_a_rollback_changes_what_a_new_process_names(
    release, root, new_process, storage, either, wsgi_get
):
    """And forward again; what is there of the plain names says the same."""
    one = release(1, storage=storage)
    names_then = json.loads((root / "staticfiles.json").read_text()) if storage == MANIFEST else 0
    two = release(2, storage=storage)
    for mine, version in ((one, 1), (two, 2), (one, 1)):
        switch(str(root), mine.id, "rollback")
        new_process()
        url = static("robots.txt")
        assert url == ("/static/robots.txt" if storage == PLAIN else url_of(mine, "robots.txt"))
        app = either.open()
        assert app.get(url).body.decode() == words(version)
        assert app.get("/static/robots.txt").body.decode() == words(version)
        assert plain_damage(root) == []
        assert damage_of(root) == []
    if storage == MANIFEST:
        assert json.loads((root / "staticfiles.json").read_text()) == names_then
    assert_whole(root, wsgi_get)


# --- options of collectstatic


def test_links_are_refused_and_names_put_back(release, root, tmp_path, wsgi_get, make_tree):
    """Nothing of the release in force is a link afterwards: each name says what it said."""
    release(1)
    before = snapshot(root)
    with pytest.raises(CommandError, match="Run collectstatic without --link"):
        release(2, options=["--link"])
    after = snapshot(root)
    assert {name: after.get(name) for name in before} == before
    assert not [p for p in root.rglob("*") if p.is_symlink() and str(p.relative_to(root)) in before]
    assert plain_damage(root) == []
    release(2)
    assert_whole(root, wsgi_get)
    assert not any(path.is_symlink() for path in root.rglob("*"))


@pytest.mark.parametrize("storage", [MANIFEST, PLAIN])
def test_clear_leaves_what_kept_releases_need(release, root, wsgi_get, storage):
    """The rest goes: files of the user's, and plain names that only earlier releases had, whose
    bytes are kept for going back.
    """
    one = release(1, storage=storage)
    promises = Promises().note(one)
    (root / "stray.txt").write_text("stray")
    (root / "old").mkdir()
    (root / "old/stray.txt").write_text("stray")
    two = release(2, storage=storage, options=["--clear"])
    promises.note(two)
    assert not (root / "stray.txt").exists()
    assert not (root / "old/stray.txt").exists()
    assert not (root / "only/1.txt").exists()
    assert (root / "only/2.txt").exists()
    assert set(kept_ids(str(root))) == {one.id, two.id}
    assert promises.broken(root, wsgi_get) == []
    assert plain_damage(root) == []
    switch(str(root), one.id, "rollback")
    assert (root / "only/1.txt").read_text() == words("only 1")
    assert plain_damage(root) == []
    assert promises.broken(root, wsgi_get) == []


def test_clear_and_a_build_that_fails(release, root, tmp_path, collect, wsgi_get):
    """What was in force is so still, and whole."""
    one = release(1)
    (tmp_path / "sources/css/app.css").write_text("a { background: url(gone.png) }")
    os.utime(tmp_path / "sources/css/app.css", (4_200_000_000, 4_200_000_000))
    with pytest.raises(CommandError, match=f"release {one.id} is still in force"):
        collect(options=["--clear"], HISS=KEEP)
    assert plain_damage(root) == []
    assert_whole(root, wsgi_get)


def test_the_settings_say_what_is_kept(release, root):
    """KEEP_RELEASES and KEEP_DAYS of HISS, at the end of each collectstatic."""
    few = {"HISS": {"KEEP_RELEASES": 2, "KEEP_DAYS": 0}}
    versions = [release(n, **few).id for n in range(4)]
    assert set(kept_ids(str(root))) == set(versions[2:])
    more = [release(n, HISS={"KEEP_RELEASES": 1}).id for n in (5, 6)]
    assert set(more) <= set(kept_ids(str(root)))
    assert len(kept_ids(str(root))) == 4


@pytest.mark.parametrize(("key", "value"), [("KEEP_RELEASES", 0), ("KEEP_DAYS", -1)])
def test_settings_that_keep_nothing_are_errors(release, key, value):
    with pytest.raises(ImproperlyConfigured, match=key):
        release(1, HISS={key: value})


# --- misses


def test_why_a_file_is_missing(release, root, either):
    """At each stack, by its header; an application may have its own answer."""
    one = release(1)
    release(2, HISS={"KEEP_RELEASES": 1, "KEEP_DAYS": 0})
    url = url_of(one, "css/app.css")
    app = either.open()
    answer = app.get(url)
    assert (answer.status, answer.headers["Hiss-Miss"]) == (404, f"expired in release {one.id}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert app.get("/static/none.css").headers["Hiss-Miss"] == "never built"
    answer = either.open(HISS={"MISSES": "pass"}).get("/static/made/by/the/application")
    assert (answer.status, answer.body) == (200, b"the application's page")


def test_the_page_for_people_at_work(release, root, either):
    """With DEBUG it says what to do; without it, nothing but the status."""
    release(1)
    body = either.open(DEBUG=True).get("/static/css/ap.css").body.decode()
    assert "There is no static file 'css/ap.css'." in body
    assert "The nearest: css/app.css" in body
    assert "STATICFILES_DIRS" in body
    assert either.open(DEBUG=False).get("/static/css/ap.css").body == b"404 Not Found\n"


# --- manage.py hiss


def run_command(*arguments):
    said = io.StringIO()
    with redirect_stdout(said):
        call_command("hiss", *arguments)
    return said.getvalue()


def test_the_command_takes_the_settings(release, root, tmp_path, monkeypatch):
    """STATIC_ROOT and KEEP_RELEASES, without a word on the command line; nor pyproject.toml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.hiss]\noutput = 'elsewhere'\n")
    one, two, three = release(1), release(2), release(3)
    listed = json.loads(run_command("release", "list", "--json"))["releases"]
    assert [each["id"] for each in listed] == [three.id, two.id, one.id]
    assert f"* {three.id}" in run_command("release", "list")
    run_command("release", "rollback", two.id)
    assert manifest_of(root).id == two.id
    run_command("release", "prune", "--keep-releases", "1", "--keep-days", "0")
    assert kept_ids(str(root)) == [two.id]


def test_the_command_says_that_it_failed(release, capsys):
    """As an exception to who calls it, and by its exit code to a shell."""
    release(1)
    with pytest.raises(CommandError) as caught:
        call_command("hiss", "release", "rollback")
    assert caught.value.returncode == 2
    assert "to go back to" in capsys.readouterr().err
    for arguments, code in ((["list"], 0), (["rollback"], 2), (["nonsense"], 2)):
        with pytest.raises(SystemExit) as ended:
            ManagementUtility(["manage.py", "hiss", "release", *arguments]).execute()
        assert ended.value.code == code
    assert "manage.py hiss release" in capsys.readouterr().err


SETTINGS = """
DEBUG = False
SECRET_KEY = "of no worth"
INSTALLED_APPS = ["hiss.django", "django.contrib.staticfiles"]
STATIC_URL = "static/"
STATIC_ROOT = {root!r}
STORAGES = {{"staticfiles": {{"BACKEND": "hiss.django.storage.{storage}"}}}}
"""


def test_the_command_in_a_process(release, root, tmp_path):
    """`python -m django hiss release …`, as manage.py runs it."""
    one, two = release(1), release(2)
    (tmp_path / "project_settings.py").write_text(SETTINGS.format(root=str(root), storage=MANIFEST))
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project_settings"}

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "django", "hiss", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    code, out, _ = run("release", "list")
    assert (code, [line[2:18] for line in out.splitlines()]) == (0, [two.id, one.id])
    code, out, err = run("release", "rollback")
    assert (code, err) == (0, "")
    assert out.startswith(f"release {one.id} is in force")
    assert manifest_of(root).id == one.id
    code, _, err = run("release", "show", "gone")
    assert (code, "Traceback" in err) == (2, False)
    assert err.startswith("hiss: there is no release 'gone'")


def test_pages_name_the_release_that_the_process_began_with(release, root, either, new_process):
    """However late the first page is: what hiss.json says is what pages name."""
    one = release(1)
    new_process()
    site = either.open()
    two = release(2)
    new_storage = type(staticfiles_storage._wrapped)()
    assert json.loads(site.get("/static/hiss.json").body)["id"] == one.id
    assert new_storage.url("robots.txt") == url_of(one, "robots.txt") != url_of(two, "robots.txt")


def test_a_source_called_as_a_kept_hashed_file(release, root, collect, tmp_path):
    """collectstatic writes over the file before the build can refuse that: it is put back."""
    one = release(1)
    [kept] = [e.file for e in one.entries if e.name == "robots.txt" and e.immutable]
    before = (root / kept).read_bytes()
    path = tmp_path / "sources" / kept
    path.write_text("evil")
    os.utime(path, (4_000_000_000, 4_000_000_000))
    with pytest.raises(CommandError, match="told that it never changes"):
        collect(HISS=KEEP)
    assert (root / kept).read_bytes() == before


# --- what it costs to name files, and whose names count


def is_lazy(storage):
    """Whether the storage's names come from the index, and were not read."""
    entries, names = storage.release_entries, storage.hashed_files
    if entries is None or names._entries is None:
        return False
    return names._entries is entries and entries._index is not None


def begin():
    """The storage as a process has it that begins now."""
    running._started.clear()
    return make_storage()


def make_storage():
    """The storage as a process has it whose first page comes now."""
    return storages.create_storage(settings.STORAGES["staticfiles"])


def test_names_are_read_when_they_are_asked_for(release, root, configure):
    """A storage costs the same for any number of files, and `{% static %}` no more than its own."""

    def calls_of(number):
        write_release_of(root.parent / str(number), number)
        configure(STATIC_ROOT=root.parent / str(number))
        first, storage = system_calls(begin)
        name, _ = system_calls(lambda: storage.url("css/3.css"))
        again, url = system_calls(lambda: (storage.url("css/3.css"), storage.url("css/3.css?a#b")))
        assert url == ("/static/css/3.0123456789ab.css", "/static/css/3.0123456789ab.css?a#b")
        assert (set(name), again, is_lazy(storage)) == ({"pread"}, [], True)
        return first, storage

    release(1)
    calls_of(5)
    few, _ = calls_of(10)
    many, storage = calls_of(3000)
    assert many == few
    # The pointer and the index; what is noted of Django's manifest, which is not opened itself.
    assert many.count("open") == 3
    assert len(storage.manifest_hash) == 12
    assert not is_lazy(storage)
    assert len(storage.hashed_files) == 3000


def write_release_of(root, number):
    """A release of so many style sheets, as a build leaves it, without them."""
    entries = tuple(
        ManifestEntry(
            name=f"css/{n}.css",
            file=f"css/{n}.0123456789ab.css",
            immutable=True,
            sha256="ab" * 32,
            size=1,
            type="text/css",
            integrity="sha384-abc",
        )
        for n in range(number)
    )
    manifest = Manifest(id="ab", created="2026-01-01T00:00:00Z", label="", entries=entries)
    write_atomic(str(root / manifest_name("ab")), format_manifest(manifest).encode())
    put_in_force(manifest, str(root), "build")
    write_django_manifest(manifest, str(root))


def test_integrity_is_read_when_it_is_asked_for(release, root, configure, new_process):
    """Of a file in any release that is kept, and of what it imports."""

    def calls_of(number):
        write_release_of(root.parent / str(number), number)
        configure(STATIC_ROOT=root.parent / str(number), STORAGES={**settings.STORAGES})
        new_process()
        calls, html = system_calls(lambda: asset("css/3.css"))
        assert 'integrity="sha384-abc"' in html
        assert is_lazy(staticfiles_storage)
        return [each for each in calls if each != "pread"]

    release(1)
    asset("css/app.css")
    assert calls_of(3000) == calls_of(10)


NAMED = pytest.mark.parametrize("storage", [MANIFEST, "own_storages.NamedManifest"])


def touched(root):
    for path in root.rglob("*"):
        os.utime(path, (7, 7))


def copied(root):
    shutil.copytree(root, root.with_name("copy"))
    shutil.rmtree(root)
    shutil.copytree(root.with_name("copy"), root)


def rolled_back(root):
    switch(str(root), None, "rollback")


def pruned(root):
    prune(str(root), Retention(1, 0))


@NAMED
@pytest.mark.parametrize("change", [lambda root: None, touched, copied, rolled_back, pruned])
def test_a_manifest_of_ours_is_not_parsed(release, root, storage, change):
    """Nor is it where the folder was copied, or another release put in force."""
    release(1, storage=storage)
    two = release(2, storage=storage)
    change(root)
    current = manifest_of(root)
    assert (current.id == two.id) is (change is not rolled_back)
    mine = begin()
    assert is_lazy(mine)
    for name in ("css/app.css", "robots.txt"):
        assert mine.url(name) == url_of(current, name)
    [path] = [*root.glob("staticfiles.json"), *root.glob("names/of-files.json")]
    written = json.loads(path.read_text())
    assert written == {"paths": mine.hashed_files, "version": "1.1", "hash": mine.manifest_hash}


@NAMED
def test_another_manifest_counts(release, root, storage):
    """Whatever its size and time are: somebody else has written it, and knows why."""
    one = release(1, storage=storage)
    [path] = [*root.glob("staticfiles.json"), *root.glob("names/of-files.json")]
    before = path.stat()
    document = json.loads(path.read_text())
    file = document["paths"]["css/app.css"]
    document["paths"]["css/app.css"] = "css/app.0123456789ab.css"
    path.write_text(json.dumps(document))
    assert path.stat().st_size == before.st_size
    os.utime(path, (5, 5))
    mine = begin()
    assert mine.url("css/app.css") == "/static/css/app.0123456789ab.css"
    assert (mine.release_entries, mine.manifest_hash) == (None, document["hash"])
    # Of ours again, though nothing says so but its names.
    document["paths"]["css/app.css"] = file
    path.write_text(json.dumps(document, indent=2))
    assert begin().url("css/app.css") == url_of(one, "css/app.css")
    (root / ".hiss/noted.json").unlink()
    assert is_lazy(begin())
    path.unlink()
    assert is_lazy(begin())
    assert begin().url("css/app.css") == url_of(one, "css/app.css")


@NAMED
def test_a_manifest_of_a_release_before(release, root, storage):
    """It may be there still where something was killed; it is of no matter, noted or not."""
    release(1, storage=storage)
    [path] = [*root.glob("staticfiles.json"), *root.glob("names/of-files.json")]
    before = path.read_bytes()
    two = release(2, storage=storage)
    path.write_bytes(before)
    for _ in range(2):
        mine = begin()
        assert is_lazy(mine)
        assert mine.url("css/app.css") == url_of(two, "css/app.css")
        (root / ".hiss/noted.json").unlink(missing_ok=True)


def test_what_has_no_hash_keeps_its_name_through_a_rollback(release, root):
    """Django's manifest of a rollback has hashed names alone, and was believed."""
    storage = "own_storages.OnlyCssIsHashed"
    one = release(1, storage=storage)
    release(2, storage=storage)
    switch(str(root), one.id, "rollback")
    assert begin().url("robots.txt") == "/static/robots.txt"
    assert begin().url("css/app.css") == url_of(one, "css/app.css")


def test_a_process_keeps_its_names_whatever_happens(release, root, either, new_process):
    """Builds, rollbacks and prunes, before its first page and after; to the last name, and to what
    is near one that lacks.
    """
    one = release(1)
    new_process()
    either.open()
    early = make_storage()
    assert early.url("robots.txt") == url_of(one, "robots.txt")
    two = release(2)
    running_before = dict(running._started)
    switch(str(root), one.id, "rollback")
    switch(str(root), two.id, "rollback")
    for version in (3, 4):
        release(version, HISS={"KEEP_RELEASES": 1, "KEEP_DAYS": 0, "COMPRESSION": False})
    assert kept_ids(str(root)) == [manifest_of(root).id]
    assert running._started == running_before
    for storage in (early, make_storage()):
        assert is_lazy(storage)
        assert storage.url("css/app.css") == url_of(one, "css/app.css")
        with pytest.raises(ValueError, match=r"The nearest: css/app\.css"):
            storage.url("css/ap.css")
        assert set(storage.hashed_files) == set(site(1))
    new_process()
    assert static("css/app.css") == url_of(manifest_of(root), "css/app.css")


class OwnNames(CompressedManifestStaticFilesStorage):
    """Has names that no build made."""

    def load_manifest(self):
        """Those of the release, and one more."""
        names, digest = super().load_manifest()
        names["made.css"] = f"{digest}.css"
        return names, digest


def test_load_manifest_may_be_overridden(release, root, configure):
    """It has names and their hash, of which it may make what it wants."""
    one = release(1)
    storage = OwnNames()
    assert storage.url("css/app.css") == url_of(one, "css/app.css")
    digest = json.loads((root / "staticfiles.json").read_text())["hash"]
    assert storage.url("made.css") == f"/static/{digest}.css"
    assert storage.manifest_hash == digest
    assert begin().load_manifest()[1] == digest


@pytest.mark.parametrize("damage", ["records", "names", "cut", "version"])
def test_damage_to_the_index_is_no_missing_name(release, root, damage, log):
    """It is said, and the manifest read; without that, who asks is told what is wrong."""
    one = release(1)
    index = root / ".hiss/index"
    whole, storage = index.read_bytes(), begin()
    data = bytearray(whole)
    match damage:
        case "records":
            data[80 : len(data) // 2] = bytes(len(data) // 2 - 80)
        case "names":
            data[-12 * 8 :] = bytes(12 * 8)
        case "cut":
            del data[-1:]
            storage = None
        case "version":
            data[8] = 2
            storage = None
    with index.open("r+b") as file:
        file.write(data)
        file.truncate()
    storage = storage or begin()
    for name in ("css/app.css", "img/hill.svg", "robots.txt"):
        assert storage.url(name) == url_of(one, name)
    assert [line for line in log() if "Reading the manifest of release" in line]
    storage = begin()
    (root / f".hiss/releases/{one.id}.json").write_text("{")
    if damage in {"records", "names"}:
        with pytest.raises(ImproperlyConfigured, match="is not a manifest of Hiss"):
            storage.url("css/app.css")
    else:
        # Django's own names are there still.
        assert begin().url("css/app.css") == url_of(one, "css/app.css")
