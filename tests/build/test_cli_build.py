"""`hiss build`: its arguments, its words, its exit codes."""

import json
import os
import subprocess
import sys

import pytest
from trees import (
    assert_whole,
    environment,
    hashed,
    manifest_of,
    names_in,
    release_of,
    temporary_files,
    write_tree,
)

import hiss
from hiss.build.problems import read_problems
from hiss.build.publish import clear_leftovers
from hiss.cli import main
from hiss.files.atomic import write_atomic

TREE = {"css/app.css": "a{b:url(../x.png)}", "x.png": b"\x89PNG", "robots.txt": "User-agent: *"}
BAD = {"css/bad.css": "ü{}\n\n  a{b:url(../X.png)}", "js/bad.js": "import './none.js'"}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch, cache_folder):
    """A project's folder with sources in `src`, which is the current one."""
    folder = tmp_path / "project"
    write_tree(folder / "src", TREE)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def hiss_build(capsys):
    """Runs the command: its exit code, what it printed, and what it said on the side."""

    def run(*arguments):
        code = main(["build", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_good(project, hiss_build, wsgi_get):
    """0, one line that says what was made, and a line for each stage on the side."""
    code, out, err = hiss_build("src", "-o", "static")
    assert code == 0
    manifest = manifest_of(project / "static")
    size = sum(each.size for each in manifest.entries)
    assert out == f"release {manifest.id} in static: 6 files, {size} B\n"
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "reading",
        *("writing", "compressing") * 2,
    ]
    assert_whole(project / "static", wsgi_get)


def test_quiet(project, hiss_build):
    """No progress; the result, and problems, are said all the same."""
    assert hiss_build("src", "-o", "static", "-q")[2] == ""
    write_tree(project / "src", {"js/bad.js": BAD["js/bad.js"]})
    _, out, err = hiss_build("src", "-o", "static", "--quiet")
    assert out.startswith("release ")
    assert err.endswith("0 error(s), 1 warning(s)\n")


def test_findings(project, hiss_build):
    """1 where errors stopped it: each with its place, its text and what to do; nothing is lost."""
    hiss_build("src", "-o", "static")
    before = release_of(project / "static")
    write_tree(project / "src", BAD)
    code, out, err = hiss_build("src", "-o", "static", "-q")
    assert (code, out) == (1, "")
    assert err == (
        "src/css/bad.css:3:11: error: url() names X.png, and there is no such file\n"
        "    ../X.png\n"
        "    nearest: x.png\n"
        '    your file; to let it pass: "MISSING_REFERENCES": {"css/bad.css": "ignore"}\n'
        "src/js/bad.js:1:9: warn: import names js/none.js, and there is no such file\n"
        "    ./none.js\n"
        "    nearest: js/bad.js\n"
        '    your file; to let it pass: "MISSING_REFERENCES": {"js/bad.js": "ignore"}\n'
        "1 error(s), 1 warning(s)\n"
        "nothing was published; the release before is still in force\n"
    )
    assert release_of(project / "static") == before


def test_warnings_are_no_findings(project, hiss_build):
    """0, and what was warned of is left for the report."""
    write_tree(project / "src", {"js/bad.js": BAD["js/bad.js"]})
    write_tree(project / "more", {"robots.txt": "else"})
    code, out, err = hiss_build("src", "more", "-o", "static", "-q")
    assert code == 0
    assert out.startswith("release ")
    left = read_problems(str(project / "static"))
    assert [each["id"] for each in left] == ["missing-reference", "collision"]
    assert "src/robots.txt is published, this is not" in err
    assert "more/robots.txt:1:1: warn: there are two files called robots.txt" in err
    assert (project / "static/robots.txt").read_text() == TREE["robots.txt"]


def test_files_that_are_the_same_do_not_collide(project, hiss_build):
    """Two folders may hold the same file."""
    write_tree(project / "more", {"robots.txt": TREE["robots.txt"]})
    assert hiss_build("src", "more", "-o", "static", "-q")[2] == ""


def test_json(project, hiss_build):
    """One document on standard output and nothing else: the release, all names, all problems."""
    write_tree(project / "src", {"js/bad.js": BAD["js/bad.js"], "ü.txt": ""})
    code, out, err = hiss_build("src", "-o", "static", "--json", "--label", "v1")
    assert (code, err) == (0, "")
    document = json.loads(out)
    manifest = manifest_of(project / "static")
    assert document["version"] == 1
    assert document["release"] == {
        "id": manifest.id,
        "created": manifest.created,
        "label": "v1",
    }
    assert document["names"] == {e.name: e.file for e in manifest.entries if e.immutable}
    assert document["names"]["ü.txt"] == hashed("ü.txt", "")
    assert document["problems"] == read_problems(str(project / "static"))
    assert [each["wanted"] for each in document["problems"]] == ["js/none.js"]


def test_json_of_findings(project, hiss_build):
    """1, no release, the same document."""
    write_tree(project / "src", BAD)
    code, out, err = hiss_build("src", "-o", "static", "--json")
    document = json.loads(out)
    assert (code, err, document["release"]) == (1, "", None)
    assert {each["verdict"] for each in document["problems"]} == {"error", "warn"}
    assert "css/bad.css" in document["names"]


@pytest.mark.parametrize("built", [False, True])
def test_a_dry_run_writes_nothing(project, hiss_build, built):
    """Not a byte, and says all the same what is wrong and what things would be called."""
    if built:
        hiss_build("src", "-o", "static")
    write_tree(project / "src", BAD)
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    code, out, err = hiss_build("src", "-o", "static", "--dry-run", "-q")
    assert (code, out) == (1, "")
    assert "1 error(s), 1 warning(s)" in err
    assert "nothing was published" not in err
    code, out, _ = hiss_build("src", "-o", "static", "-n", "--json")
    document = json.loads(out)
    assert (code, document["release"]) == (1, None)
    assert document["names"]["x.png"] == hashed("x.png", TREE["x.png"])
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_a_dry_run_of_a_good_tree(hiss_build):
    """0, and no word of a release that is not there."""
    assert hiss_build("src", "-o", "static", "-n", "-q") == (0, "", "")


def test_a_dry_run_leaves_the_cache_alone(hiss_build, cache_folder):
    """Nothing is nothing."""
    hiss_build("src", "-o", "static", "-n")
    assert list(cache_folder.iterdir()) == []


CONFIGURED = """
[tool.hiss]
sources = ["src", "more"]
output = "out"
prefix = "/assets/"
keep_only_hashed_files = true
compression = { br = 1, gzip = 1, zstd = false }
label = "configured"
missing_references = { own = "warn" }
"""


def test_pyproject(project, hiss_build, monkeypatch, wsgi_get):
    """Everything may be said in [tool.hiss], whose paths are the file's; started anywhere below."""
    (project / "pyproject.toml").write_text(CONFIGURED)
    sheet = "a{b:url(/assets/x.png) url(none.png)}" + "c{}" * 99
    write_tree(project / "more", {"css/more.css": sheet})
    monkeypatch.chdir(project / "src/css")
    code, _, err = hiss_build("-q")
    assert code == 0
    assert "1 warning(s)" in err
    manifest = manifest_of(project / "out")
    assert manifest.label == "configured"
    assert all(each.immutable for each in manifest.entries)
    [more] = [each for each in manifest.entries if each.name == "css/more.css"]
    assert set(more.codings) == {"br", "gzip"}
    assert hashed("/assets/x.png", TREE["x.png"]) in (project / "out" / more.file).read_text()


def test_arguments_come_before_pyproject(project, hiss_build, monkeypatch, cache_folder):
    """And are relative to where the command is run."""
    (project / "pyproject.toml").write_text(CONFIGURED)
    write_tree(project / "sub/assets", {"a.css": "a{b:url(/s/a.png)}", "a.png": ""})
    monkeypatch.chdir(project / "sub")
    arguments = ("assets", "-o", "static", "--prefix", "s", "--label", "", "--cache-dir", "cache")
    assert hiss_build(*arguments, "-q")[0] == 0
    manifest = manifest_of(project / "sub/static")
    assert manifest.label == ""
    assert {each.name for each in manifest.entries} == {"a.css", "a.png"}
    assert (project / "sub/cache").is_dir()
    assert list(cache_folder.iterdir()) == []
    assert not (project / "out").exists()


def test_the_empty_prefix(project, hiss_build):
    """Is the root of the site, as it is everywhere else."""
    write_tree(project / "src", {"r.css": "a{b:url(/x.png)}"})
    hiss_build("src", "-o", "static", "--prefix", "", "-q")
    [sheet] = [
        e for e in manifest_of(project / "static").entries if e.name == "r.css" and e.immutable
    ]
    assert hashed("x.png", TREE["x.png"]) in (project / "static" / sheet.file).read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["nothing to build", "[tool.hiss]"]),
        (("src",), ["nowhere to build to", "-o"]),
        (("none", "-o", "static"), ["no folder none"]),
        (("src/x.png", "-o", "static"), ["no folder src/x.png"]),
        (("src", "-o", "src"), ["lies in a source, src", "another folder"]),
        (("src", "-o", "src/static"), ["lies in a source, src"]),
        (("src", "-o", "./src/../src/a/b"), ["lies in a source, src"]),
        (("src", "-o", "link/static"), ["lies in a source, src"]),
        (("link", "-o", "src/static"), ["lies in a source, link"]),
        ((".", "-o", "static"), ["lies in a source, ."]),
        (("src", "-o", "src/x.png/static"), ["lies in a source"]),
        (("src", "-o", "file"), ["file"]),
        (("src", "-o", "file/static"), ["file"]),
    ],
)
def test_what_cannot_be_done(project, hiss_build, arguments, words):
    """2, and what to do, with no traceback; nothing is written."""
    (project / "link").symlink_to(project / "src")
    (project / "file").write_text("in the way")
    before = {path.relative_to(project) for path in project.rglob("*")}
    code, out, err = hiss_build(*arguments, "-q")
    assert (code, out) == (2, "")
    assert err.startswith("hiss: ")
    assert "Traceback" not in err
    for each in words:
        assert each in err
    assert {path.relative_to(project) for path in project.rglob("*")} == before


def test_a_source_may_lie_in_the_output_s_neighbourhood(project, hiss_build):
    """`src2` is not in `src`, whatever their names begin with."""
    assert hiss_build("src", "-o", "src2", "-q")[0] == 0
    assert (project / "src2/.hiss/current").is_file()


def test_a_wrong_pyproject(project, hiss_build):
    """2, with the file and the key."""
    (project / "pyproject.toml").write_text('[tool.hiss]\nouput = "x"')
    code, _, err = hiss_build("src", "-o", "static")
    assert code == 2
    assert err.startswith(f"hiss: {project}/pyproject.toml, [tool.hiss]: there is no key 'ouput'\n")
    assert "output" in err.splitlines()[1]


def test_what_is_not_public_is_not_published(project, hiss_build):
    """Dot files, editors' backups, links out of the source."""
    secret = write_tree(project, {"secret.txt": "secret"}) / "secret.txt"
    hidden = {".env": "", ".git/config": "", "css/app.css~": "", "css/.app.css.swp": ""}
    write_tree(project / "src", hidden | {".well-known/security.txt": "Contact:"})
    (project / "src/out.txt").symlink_to(secret)
    hiss_build("src", "-o", "static", "-q")
    names = {each.name for each in manifest_of(project / "static").entries}
    assert names == {*TREE, ".well-known/security.txt"}


def test_a_file_and_a_folder_of_one_name(project, hiss_build):
    """Two sources that cannot both be: the message names what is in the way."""
    write_tree(project / "more", {"robots.txt/a.css": ""})
    code, _, err = hiss_build("src", "more", "-o", "static", "-q")
    assert code == 1
    assert "robots.txt is a file, and robots.txt/a.css needs it to be a folder" in err
    assert not (project / "static").exists()


def test_a_codec_that_is_missing(project, hiss_build, monkeypatch):
    """2, with what to install; the release before stays."""
    hiss_build("src", "-o", "static", "-q")
    before = release_of(project / "static")
    write_tree(project / "src", {"new.txt": "new" * 99})
    monkeypatch.setitem(sys.modules, "brotli", None)
    code, _, err = hiss_build("src", "-o", "static", "-q")
    assert code == 2
    assert "pip install brotli" in err
    assert release_of(project / "static") == before


def test_interrupted(project, hiss_build, monkeypatch):
    """130 and one word; no traceback, and nothing left over."""
    replace = os.replace

    def interrupt(source, target):
        if os.fspath(target).endswith("robots.txt"):
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupt)
    code, out, err = hiss_build("src", "-o", "static", "-q")
    assert (code, out, err) == (130, "", "hiss: stopped\n")
    assert temporary_files(project / "static") == []


def run(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "hiss", *arguments],
        capture_output=True,
        env=environment(**variables),
        check=False,
        timeout=60,
    )


def test_as_a_command(project):
    """`python -m hiss build` exits as `main` returns."""
    done = run("build", "src", "-o", "static")
    assert (done.returncode, done.stdout[:8]) == (0, b"release ")
    write_tree(project / "src", BAD)
    assert run("build", "src", "-o", "static").returncode == 1
    assert run("build").returncode == 2
    version = run("--version")
    assert version.stdout.decode().strip() == f"hiss {hiss.__version__}"


@pytest.mark.parametrize("arguments", [(), ("bild",), ("build", "--ouput", "x")])
def test_what_the_parser_does_not_know(arguments, capsys):
    """2, with the usage."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: hiss" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "build", "report"])
def test_help(command, capsys):
    """0, with every argument of the command."""
    with pytest.raises(SystemExit) as caught:
        main([*command.split(), "--help"])
    assert caught.value.code == 0
    words = capsys.readouterr().out
    for each in {"build": ["--dry-run", "--json", "SRC"], "report": ["DIR"]}.get(
        command, ["build"]
    ):
        assert each in words


def test_json_on_an_output_that_is_not_utf_8(project):
    """As Windows gives a pipe: JSON needs nothing but ASCII."""
    write_tree(project / "src", {"ж.txt": ""})
    done = run("build", "src", "-o", "static", "--json", PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["names"]["ж.txt"] == hashed("ж.txt", "")


def test_another_build_may_clear_up_as_soon_as_this_one_is_done(project, hiss_build, monkeypatch):
    """The lock is held for all that is written into the folder."""
    replace = os.replace

    def replace_late(source, target):
        if target.endswith("problems.json") and not is_locked(project / "static/.hiss/lock"):
            clear_leftovers(str(project / "static"))
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_late)
    code, _, err = hiss_build("src", "-o", "static", "-q")
    assert (code, err) == (0, "")


def is_locked(path):
    fcntl = pytest.importorskip("fcntl")
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_a_release_is_reported(project, hiss_build, capsys):
    """`hiss report` after a build finds it, in the folder or by [tool.hiss]."""
    hiss_build("src", "-o", "static", "-q")
    assert main(["report", "static", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert main(["report", "static", "-o", "page.html"]) == 0
    assert (project / "page.html").read_text().startswith("<!")
    (project / "pyproject.toml").write_text('[tool.hiss]\noutput = "static"')
    assert main(["report"]) == 0
    assert (project / "hiss-report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "no folder to report on"), (["src"], "no release in src"), (["none"], "no release")],
)
def test_nothing_to_report(capsys, arguments, words):
    """2, and what to do."""
    assert main(["report", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_the_release_before_is_compared(project, hiss_build, capsys):
    """The last one that was in force before this."""
    hiss_build("src", "-o", "static", "-q")
    write_tree(project / "src", {"new.txt": "new"})
    hiss_build("src", "-o", "static", "-q")
    write_atomic(str(project / "static/.hiss/releases/damaged.json"), b"{")
    assert main(["report", "static", "--json"]) == 0
    assert "new.txt" in capsys.readouterr().out


def test_nothing_but_the_release_is_written(project, hiss_build):
    """What lies in the output, and was made by none of us, stays."""
    write_tree(project / "static", {"mine.txt": "mine", "css/mine.css": "mine"})
    hiss_build("src", "-o", "static", "-q")
    assert {"mine.txt", "css/mine.css"} < names_in(project / "static")
    assert (project / "static/mine.txt").read_text() == "mine"
