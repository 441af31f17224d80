"""`hiss deploy`: its options and its words."""

import argparse
import json
import sys
from shlex import quote

import pytest

from hiss.build.config import BuildConfig
from hiss.cli import deploy
from hiss.errors import ConfigurationError
from hiss.release.retain import Retention

PYPROJECT = """
[tool.hiss]
output = "out"

[tool.hiss.deploy]
check = "make check"
build = "make static"
restart = "make restart"
url = "http://127.0.0.1:1"
"""


@pytest.fixture
def hiss_deploy(tmp_path, monkeypatch, capsys):
    """Runs the command: its exit code, what it printed, and what it said on the side."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, pyproject=PYPROJECT, config=None):
        (tmp_path / "pyproject.toml").write_text(pyproject)
        parser = argparse.ArgumentParser()
        deploy.add_arguments(parser)
        options = parser.parse_args(arguments)
        options.config = config
        code = deploy.run(options)
        return code, *capsys.readouterr()

    return run


def test_dry_run(hiss_deploy, tmp_path):
    """The steps, numbered, each with what it does; nothing is changed."""
    code, out, err = hiss_deploy("--dry-run", "--settle", "1")
    assert (code, err) == (0, "")
    assert out == (
        f"In {tmp_path}:\n"
        " 1. check    make check\n"
        " 2. build    HISS_HOLD=1 make static\n"
        f" 3. switch   put the release that was built in force in {tmp_path}/out\n"
        " 4. restart  make restart\n"
        " 5. answer   http://127.0.0.1:1/static/hiss.json names the new release, within 60 s\n"
        " 6. pages    /: all are 200, and what they need of http://127.0.0.1:1/static/\n"
        " 7. prune    let go releases that are not kept: the last 3 stay, and those in force "
        "in the last 7 days\n"
        "There is no release in force: should a step fail, there is nothing to go back to.\n"
    )
    assert [each.name for each in tmp_path.iterdir()] == ["pyproject.toml"]


def test_dry_run_with_a_way_back(hiss_deploy, tmp_path, write_release):
    """As values, too."""
    (tmp_path / "out").mkdir()
    release = write_release(tmp_path / "out", {"a.css": "a"}, codings=()).id
    _, out, _ = hiss_deploy("-n", "--undo-command", "git checkout v1", "--settle", "1")
    assert out.partition("Should a step fail once the site was changed:\n")[2] == (
        f" 1. back     put release {release} back in force\n"
        " 2. undo     git checkout v1\n"
        " 3. restart  make restart\n"
        f" 4. answer   http://127.0.0.1:1/static/hiss.json names {release}, within 60 s\n"
    )
    document = json.loads(hiss_deploy("-n", "--json")[1])
    assert (document["before"], document["unfinished"]) == (release, "")
    assert document["steps"][0] == {"name": "check", "does": "make check"}
    assert [each["name"] for each in document["way_back"]] == ["back", "restart", "answer"]


def test_options_before_the_file(hiss_deploy, tmp_path, monkeypatch):
    """Each option is a key; paths of the command line are where it was typed."""
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    _, out, _ = hiss_deploy(
        *("-n", "--root", "here", "--build", "b", "--restart", "r", "--check", "c1"),
        *("--check", "c2", "--url", "unix:/s", "--prefix", "/p/", "--page", "/x", "--page", "/y"),
        *("--timeout", "3", "--header", "X-A: b:c", "--host", "h", "--command-timeout", "4"),
    )
    for words in (
        f"In {tmp_path}:",
        "1. check    c1\n 2. check    c2\n 3. build    HISS_HOLD=1 b\n",
        f"in {tmp_path}/below/here\n",
        "restart  r\n",
        "unix:/s/p/hiss.json names the new release, 5 times in a row, within 3 s",
        "/x, /y: ",
    ):
        assert words in out


def test_sources_are_built_by_hiss(hiss_deploy):
    """Where [tool.hiss] says what to build, no command needs to be named."""
    text = PYPROJECT.replace('build = "make static"\n', "").replace(
        "[tool.hiss]\n", '[tool.hiss]\nsources = ["assets"]\n'
    )
    _, out, _ = hiss_deploy("-n", pyproject=text)
    assert f"build    HISS_HOLD=1 {quote(sys.executable)} -m hiss build\n" in out


def test_what_is_kept_and_pinned(hiss_deploy, tmp_path):
    """[tool.hiss] says it; a file of the deploy's own comes before."""
    more = 'keep_releases = 1\nkeep_days = 0\nrelease_file = "code/pin"\n'
    text = PYPROJECT.replace("[tool.hiss]\n", f"[tool.hiss]\n{more}")
    _, out, _ = hiss_deploy("-n", pyproject=text)
    assert f"in force in {tmp_path}/out, and name it in {tmp_path}/code/pin\n" in out
    assert "prune    let go releases that are not kept: the last stays\n" in out
    _, out, _ = hiss_deploy("-n", pyproject=text + 'release_file = "other"\n')
    assert f", and name it in {tmp_path}/other\n" in out
    _, out, _ = hiss_deploy("-n", "--release-file", "third", pyproject=text)
    assert f", and name it in {tmp_path}/third\n" in out


def test_djangos_settings(hiss_deploy, tmp_path):
    """`manage.py hiss deploy` takes what [tool.hiss.deploy] does not say from them."""
    config = BuildConfig(
        output=f"{tmp_path}/root",
        prefix="/assets/",
        retention=Retention(9, 0),
        release_file=f"{tmp_path}/pin",
    )
    text = PYPROJECT.replace('[tool.hiss]\noutput = "out"\n', "")
    for pyproject in (text, PYPROJECT):
        _, out, _ = hiss_deploy("-n", pyproject=pyproject, config=config)
        assert f"in force in {tmp_path}/root, and name it in {tmp_path}/pin\n" in out
        assert "http://127.0.0.1:1/assets/hiss.json" in out
        assert "the last 9 stay\n" in out
    _, out, _ = hiss_deploy("-n", pyproject=text + 'root = "own"\nprefix = "/p/"', config=config)
    assert f"in force in {tmp_path}/own, " in out
    assert "http://127.0.0.1:1/p/hiss.json" in out


def test_first_failed(hiss_deploy, tmp_path, write_release):
    """What to do is said."""
    (tmp_path / "next").mkdir()
    write_release(tmp_path / "next", {"a.css": "a"}, codings=())
    (tmp_path / "next/.hiss/current").unlink()
    text = PYPROJECT.replace("make check", "true").replace("make static", "cp -r next/. out")
    code, _, err = hiss_deploy(pyproject=text.replace("make restart", "false"))
    assert code == 2
    assert "hiss: NOT undone: there was no release before: release " in err
    assert err.endswith("  Mend what is wrong, and deploy again.\n")


@pytest.mark.parametrize(
    ("pyproject", "arguments", "words"),
    [
        (PYPROJECT + 'restrat = "x"', (), "there is no key 'restrat'"),
        (PYPROJECT.replace('build = "make static"\n', ""), (), "build is not set"),
        ('[tool.hiss]\ndeploy = "x"', (), "there is no key 'deploy'"),
        (PYPROJECT, ("--header", "X"), "--header must be NAME:VALUE, not 'X'"),
        (PYPROJECT, ("--timeout", "0"), "timeout must be a number of seconds above 0"),
    ],
)
def test_configuration(hiss_deploy, tmp_path, pyproject, arguments, words):
    """What is wrong is said with its place."""
    with pytest.raises(ConfigurationError) as caught:
        hiss_deploy(*arguments, pyproject=pyproject)
    assert words in caught.value.message


def test_failure_and_json(hiss_deploy, tmp_path):
    """1 where nothing was changed; a line for each step, the output before it; JSON by itself."""
    check = PYPROJECT.replace("make check", "echo one; echo two; exit 3")
    code, out, err = hiss_deploy(pyproject=check)
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert lines[:3] == ["check …", "one", "two"]
    assert lines[3].startswith("check … ")
    assert lines[3].endswith(" s, failed")
    assert lines[4:] == [
        "hiss: check: `echo one; echo two; exit 3` ended with 3",
        "    one",
        "    two",
        "nothing was changed: no release is in force, as before",
    ]
    code, out, _ = hiss_deploy("--json", pyproject=check)
    document = json.loads(out)
    assert (code, document["result"], document["failed"]) == (1, "unchanged", "check")
    [step] = document["steps"]
    assert step.pop("seconds") >= 0
    assert step == {"name": "check", "does": "echo one; echo two; exit 3", "good": False}
