"""`hiss release`: its commands, their words, their JSON, their exit codes."""

import json
import subprocess
import sys

import pytest
from trees import assert_whole, environment, manifest_of, write_tree

from hiss.cli import main
from hiss.files.release import kept_ids
from hiss.release.ledger import read_ledger
from hiss.release.prune import plan_prune
from release.roots import (
    ONE,
    plain_damage,
    publish,
    publish_all,
    snapshot,
    tree,
    words,
    write_history,
)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A project's folder, which is the current one, with `output` in its pyproject.toml."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.hiss]\noutput = "static"\n')
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HISS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("HISS_HOLD", raising=False)
    return folder


@pytest.fixture
def root(project):
    return project / "static"


@pytest.fixture
def release(capsys):
    """Runs `hiss release …`: its exit code, what it printed, and what it said on the side."""

    def run(*arguments):
        code = main(["release", *map(str, arguments)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def as_json(release, *arguments, code=0):
    got, out, err = release(*arguments, "--json")
    assert (got, err) == (code, "")
    return json.loads(out)


# --- list


def test_list(root, release):
    """The last that was put in force first, with a star; since when, and until when."""
    one = publish(root, tree(1), label="v1")
    two, three = publish_all(root, 2, 3)
    write_history(root, (20, one), (10, two), (1, three))
    code, out, err = release("list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line[:18] for line in lines] == [f"* {three.id}", f"  {two.id}", f"  {one.id}"]
    assert "  in force since 20" in lines[0]
    assert "  in force until 20" in lines[1]
    assert f"{one.id}  v1  in force until 20" in lines[2]
    assert all(f"{len(one.entries)} files, " in line for line in lines)
    listed = as_json(release, "list")["releases"]
    assert [each["id"] for each in listed] == [three.id, two.id, one.id]
    assert [each["current"] for each in listed] == [True, False, False]
    assert [each["until"] for each in listed] == [None, listed[0]["since"], listed[1]["since"]]
    assert listed[2]["label"] == "v1"
    assert {each["files"] for each in listed} == {len(one.entries)}
    assert listed[2]["size"] == sum(each.size for each in one.entries)


def test_list_says_what_goes(project, root, release):
    """As pyproject.toml has it."""
    publish_all(root, 1, 2, 3)
    assert "goes with" not in release("list")[1]
    text = '[tool.hiss]\noutput = "static"\nkeep_releases = 2\nkeep_days = 0\n'
    (project / "pyproject.toml").write_text(text)
    lines = release("list")[1].splitlines()
    assert ["goes with the next build or prune" in line for line in lines] == [False, False, True]


def test_list_of_a_held_release(root, release):
    one = publish(root, tree(1))
    write_history(root, (1, one))
    held = publish(root, tree(2), switch=False)
    lines = release("list")[1].splitlines()
    assert lines[0].startswith(f"  {held.id}  built ")
    assert "not in force since" in lines[0]
    assert lines[1].startswith(f"* {one.id}")


def test_a_damaged_manifest_is_told(root, release):
    """On the side; the others are listed."""
    one, two = publish_all(root, 1, 2)
    damaged = root / f".hiss/releases/{one.id}.json"
    damaged.write_text("{")
    code, out, err = release("list")
    assert (code, len(out.splitlines())) == (0, 1)
    assert two.id in out
    assert f"{damaged} cannot be read" in err


# --- show and diff


def test_show(root, release):
    """The one in force, or the one that is named: by its id, how that begins, or its label."""
    one = publish(root, tree(1), label="v1")
    two = publish(root, tree(2))
    for arguments, manifest in (
        ([], two),
        ([one.id], one),
        ([one.id[:6]], one),
        (["v1"], one),
        ([two.id], two),
    ):
        code, out, err = release("show", *arguments)
        assert (code, err) == (0, "")
        head, *lines = out.splitlines()
        assert manifest.id in head
        assert [line.split()[0] for line in lines] == sorted(e.file for e in manifest.entries)
        assert "gzip" in out
        document = as_json(release, "show", *arguments)
        assert document["id"] == manifest.id
        assert {each["file"]: each["codings"] for each in document["entries"]} == {
            each.file: dict(each.codings) for each in manifest.entries
        }


def test_diff(root, release):
    """What is new, what changed, what is gone; and what users download again, as it is sent."""
    one = publish(root, {"same.txt": words(0), "changed.txt": words(1), "gone.txt": words(2)})
    two = publish(root, {"same.txt": words(0), "changed.txt": words(3), "new.txt": words(4)})

    def sent(manifest, name):
        [entry] = [e for e in manifest.entries if e.name == name and e.immutable]
        return min(entry.size, *entry.codings.values())

    for arguments in ([one.id], [one.id, two.id]):
        document = as_json(release, "diff", *arguments)
        assert document == {
            "before": one.id,
            "after": two.id,
            "added": ["new.txt"],
            "changed": ["changed.txt"],
            "removed": ["gone.txt"],
            "bytes": {
                "again": sent(two, "changed.txt"),
                "new": sent(two, "new.txt"),
                "kept": sent(two, "same.txt"),
            },
        }
        code, out, _ = release("diff", *arguments)
        assert code == 0
        assert [line[0] for line in out.splitlines()[:-1]] == ["+", "~", "-"]
        assert out.splitlines()[-1].startswith(f"from {one.id} to {two.id}, as sent: ")
    back = as_json(release, "diff", two.id, one.id)
    assert (back["added"], back["removed"]) == (["gone.txt"], ["new.txt"])
    nothing = as_json(release, "diff", one.id, one.id)["bytes"]
    assert (nothing["again"], nothing["new"]) == (0, 0)


# --- rollback


def test_rollback(root, release, wsgi_get):
    """It says what is in force, what to start again, and how to go forward: which works."""
    one, two = publish_all(root, 1, 2)
    code, out, err = release("rollback")
    assert (code, err) == (0, "")
    assert f"release {one.id} is in force, in the place of {two.id}" in out
    assert "Start the application again" in out
    assert manifest_of(root).id == one.id
    assert plain_damage(root) == []
    assert_whole(root, wsgi_get)
    forward = out.split("hiss release rollback ")[1].split()
    assert release("rollback", *forward)[0] == 0
    assert manifest_of(root).id == two.id
    document = as_json(release, "rollback", one.id[:5])
    assert (document["before"], document["release"]["id"]) == (two.id, one.id)
    assert (document["release"]["current"], document["lost"]) == (True, [])


@pytest.mark.parametrize("which", ["label", "none"])
def test_rollback_dry_run(root, release, which):
    """It says what it would do, and changes nothing."""
    one = publish(root, tree(1), label="v1")
    two = publish(root, tree(2))
    before = snapshot(root)
    arguments = ["v1"] if which == "label" else []
    code, out, _ = release("rollback", *arguments, "--dry-run")
    assert (code, out) == (0, f"would put {one.id} in force in the place of {two.id}\n")
    document = as_json(release, "rollback", *arguments, "-n")
    assert (document["before"], document["release"]["id"]) == (two.id, one.id)
    assert snapshot(root) == before


def test_rollback_where_nothing_was_in_force(root, release):
    """The first release was held: no words speak of one that there was not."""
    held = publish(root, tree(1), switch=False)
    code, out, _ = release("rollback", held.id)
    assert code == 0
    assert out.startswith(f"release {held.id} is in force\n")
    assert "To go forward" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_rollback_that_loses_something(root, release):
    """1, and the names on the side."""
    one = publish(root, tree(1), name_of=None)
    publish(root, tree(2), name_of=None)
    [entry] = [each for each in one.entries if each.name == "robots.txt"]
    (root / f".hiss/originals/{entry.sha256}").unlink()
    code, _, err = release("rollback", one.id)
    assert code == 1
    assert "robots.txt could not be put back" in err
    assert manifest_of(root).id == one.id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rollback"], "to go back to"),
        (["rollback", "-n"], "to go back to"),
        (["rollback", "gone"], "there is no release 'gone'"),
        (["rollback", "gone", "-n"], "there is no release 'gone'"),
        (["show", "gone"], "there is no release 'gone'"),
        (["diff", "gone"], "there is no release 'gone'"),
        (["prune", "--keep-releases", "0"], "KEEP_RELEASES must be a number, at least 1"),
        (["prune", "--keep-days", "-1"], "KEEP_DAYS must be a number of days"),
    ],
)
def test_what_cannot_be_done(root, release, arguments, message):
    """2, in words, and nothing is changed."""
    publish_all(root, 1)
    before = snapshot(root)
    code, out, err = release(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("hiss: ")
    assert message in err
    assert snapshot(root) == before


@pytest.mark.parametrize("command", ["list", "show", "rollback", "prune"])
def test_where_there_is_nothing(project, root, release, command):
    """No folder; a folder without a release; no folder named at all."""
    assert "there is no folder" in release(command)[2]
    root.mkdir()
    code, _, err = release(command)
    assert (code, "there is no release in" in err) == (2, True)
    (project / "pyproject.toml").write_text("")
    code, _, err = release(command)
    assert (code, "no folder of static files is named" in err) == (2, True)
    publish_all(root, 1, 2)
    assert release(command, "--root", root)[0] == 0
    assert release(command, "-d", "static")[0] == 0


# --- prune


def test_prune(root, release, wsgi_get):
    """What its dry run says is what it does, in words and in JSON."""
    one = publish(root, tree(1), label="v1")
    two, three = publish_all(root, 2, 3)
    rules = ["--keep-releases", "1", "--keep-days", "0"]
    planned = plan_prune(read_ledger(str(root)), ONE)
    before = snapshot(root)
    dry = as_json(release, "prune", *rules, "--dry-run")
    code, words_of_dry, _ = release("prune", *rules, "-n")
    assert code == 0
    assert snapshot(root) == before
    assert dry == {
        "releases": [one.id, two.id],
        "files": [*planned.files],
        "bytes": planned.size,
        "obstacle": "",
    }
    code, out, err = release("prune", *rules)
    assert (code, err) == (0, "")
    assert out == words_of_dry.replace("would remove", "removed")
    assert out.startswith(f"- release {one.id} (v1)\n- release {two.id}\n    ")
    assert f"removed 2 releases, {len(planned.files)} files, " in out
    assert kept_ids(str(root)) == [three.id]
    assert_whole(root, wsgi_get)
    assert as_json(release, "prune", *rules)["releases"] == []


def test_prune_by_the_projects_rules(project, root, release):
    """`keep_releases` and `keep_days` of pyproject.toml, and each may be said otherwise."""
    versions = publish_all(root, 1, 2, 3, 4)
    write_history(root, *zip((40, 30, 20, 10), versions, strict=True))
    text = '[tool.hiss]\noutput = "static"\nkeep_releases = 2\nkeep_days = 15\n'
    (project / "pyproject.toml").write_text(text)
    ids = [each.id for each in versions]
    assert as_json(release, "prune", "-n")["releases"] == ids[:2]
    assert as_json(release, "prune", "-n", "--keep-days", "25.5")["releases"] == ids[:1]
    assert as_json(release, "prune", "-n", "--keep-releases", "3")["releases"] == ids[:1]
    assert release("prune")[0] == 0
    assert set(kept_ids(str(root))) == set(ids[2:])


def test_prune_that_is_stopped(root, release):
    """1, and why; nothing is removed."""
    one, *_ = publish_all(root, 1, 2, 3)
    damaged = root / f".hiss/releases/{one.id}.json"
    damaged.write_text("{")
    before = snapshot(root)
    rules = ["--keep-releases", "1", "--keep-days", "0"]
    for more in ([], ["-n"]):
        code, out, _ = release("prune", *rules, *more)
        assert code == 1
        assert out.startswith(f"nothing is removed: {damaged} cannot be read")
        document = json.loads(release("prune", *rules, *more, "--json")[1])
        assert document["releases"] == document["files"] == []
        assert str(damaged) in document["obstacle"]
    assert snapshot(root) == before


# --- hiss build


@pytest.mark.parametrize("by", ["--hold", "HISS_HOLD"])
def test_a_held_build(project, root, release, monkeypatch, capsys, by):
    """It says how it is put in force, and that works."""
    one = publish(root, tree(1))
    write_tree(project / "src", tree(2))
    if by == "HISS_HOLD":
        monkeypatch.setenv("HISS_HOLD", "1")
    assert main(["build", "src", "-q", *([by] if by == "--hold" else [])]) == 0
    out = capsys.readouterr().out
    assert manifest_of(root).id == one.id
    command = out.split("It is kept, and not in force: hiss ")[1].split(" puts")[0]
    assert release(*command.split()[1:])[0] == 0
    assert manifest_of(root).id != one.id
    assert (root / "robots.txt").read_text() == words(2)


def test_a_build_keeps_as_the_project_says(project, root):
    text = '[tool.hiss]\noutput = "static"\nkeep_releases = 2\nkeep_days = 0\n'
    (project / "pyproject.toml").write_text(text)
    ids = []
    for version in range(4):
        write_tree(project / "src", tree(version))
        assert main(["build", "src", "-q"]) == 0
        ids.append(manifest_of(root).id)
    assert set(kept_ids(str(root))) == set(ids[2:])


def test_a_build_writes_its_file(project, root):
    """`--release-file`, or `release_file`; beside pyproject.toml, wherever the command is run. A
    release that is only held is not for the code to render yet.
    """
    write_tree(project / "src", tree(1))
    assert main(["build", "src", "-q", "--release-file", "code/.release"]) == 0
    assert (project / "code/.release").read_text() == f"{manifest_of(root).id}\n"
    text = '[tool.hiss]\noutput = "static"\nrelease_file = ".hiss-release"\n'
    (project / "pyproject.toml").write_text(text)
    write_tree(project / "src", tree(2))
    assert main(["build", "src", "-q", "--hold"]) == 0
    assert not (project / ".hiss-release").exists()
    assert main(["build", "src", "-q"]) == 0
    assert (project / ".hiss-release").read_text() == f"{manifest_of(root).id}\n"


# --- a process of its own


def test_the_command(project, root):
    """`python -m hiss release list`, as anybody runs it."""
    one, two = publish_all(root, 1, 2)
    done = subprocess.run(
        [sys.executable, "-m", "hiss", "release", "list"],
        capture_output=True,
        text=True,
        cwd=project,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[2:18] for line in done.stdout.splitlines()] == [two.id, one.id]
