"""A deploy from end to end, of a site that is as simple as can be: a server that answers with the
release that was in force when it was "restarted", which is to copy the pointer to it.

`tests/deploy` has the real ones.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hiss.errors import HissError
from hiss.files.release import BUILT, CURRENT, INDEX, kept_ids, manifest_name, read_manifest
from hiss.release.deploy import run
from hiss.release.deploy.config import parse_deploy
from hiss.release.deploy.journal import (
    LOCK,
    Journal,
    needed_releases,
    only_deploy,
    read_journal,
    write_journal,
)
from hiss.release.history import read_history
from hiss.release.retain import Retention
from hiss.release.switch import switch

RESTART = "cp static/.hiss/current running"
BUILD = "cp -r next/. static"
ALL, ONE = Retention(100, 0), Retention(1, 0)


class Seen:
    """Watches a deploy, and remembers it."""

    def __init__(self):
        self.said, self.steps, self.words, self.data = [], [], [], b""

    def say(self, words):
        self.said.append(words)

    def begin(self, step):
        self.steps.append(step.name)

    def output(self, data):
        self.data += data

    def end(self, done, words=""):
        self.words.append(words)


class Project:
    """A project's folder, its server, and its configuration."""

    def __init__(self, folder, url, write_release):
        self.folder, self.root = folder, folder / "static"
        self._url, self._write_release = url, write_release
        self.root.mkdir()

    def prepare(self, text, *, broken=False):
        """Have the next build make a release whose style sheet says `text`; its id."""
        following = self.folder / "next"
        if following.exists():
            subprocess.run(["rm", "-r", following], check=True)
        following.mkdir()
        files = {"app.css": text, f"app.{text}.css": text}
        manifest = self._write_release(
            following, files, immutable=[f"app.{text}.css"], codings=(), indexed=False
        )
        (following / CURRENT).unlink()
        names = ["app.none.css" if broken else f"app.{text}.css"]
        (self.folder / "page").write_text(json.dumps(names))
        return manifest.id

    def deploy(self, what=run.deploy, retention=ALL, **table):
        """Deploy, or undo; what came of it, and what was seen of it."""
        table = {
            "root": "static",
            "build": BUILD,
            "restart": RESTART,
            "url": self._url,
            "timeout": 1,
            "settle": 2,
            **table,
        }
        seen = Seen()
        config = parse_deploy(table, str(self.folder), {"retention": retention})
        outcome = what(config, seen)
        assert [done.step.name for done in outcome.steps] == seen.steps
        return outcome, seen

    def current(self):
        """The release in force, which is whole."""
        manifest = read_manifest(str(self.root))
        for entry in manifest.entries:
            assert (self.root / entry.file).stat().st_size == entry.size
        plain = (self.root / "app.css").read_text()
        assert (self.root / f"app.{plain}.css").read_text() == plain
        assert f"app.{plain}.css" in {each.file for each in manifest.entries}
        return manifest.id

    def running(self):
        """The release that the server answers with."""
        return (self.folder / "running").read_text().strip()


@pytest.fixture
def project(tmp_path, write_release):
    """A project that was never deployed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = tmp_path / "static" / self.path.removeprefix("/static/")
            if self.path == "/":
                links = json.loads((tmp_path / "page").read_text())
                body = "".join(f"<img src='/static/{each}'>" for each in links).encode()
            elif self.path == "/static/hiss.json" and (tmp_path / "running").exists():
                body = json.dumps({"id": (tmp_path / "running").read_text().strip()}).encode()
            elif self.path.startswith("/static/") and path.is_file():
                body = path.read_bytes()
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Project(tmp_path, f"http://127.0.0.1:{server.server_port}", write_release)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def deployed(project):
    """A project with a release; its id."""
    release = project.prepare("one")
    assert project.deploy()[0].result == "deployed"
    return release


FORWARD = ["build", "switch", "restart", "answer", "pages"]
BACK = ["back", "restart", "answer"]


def test_first(project):
    """A first release comes into force, and nothing is left of the deploy."""
    release = project.prepare("one")
    outcome, seen = project.deploy(check=["echo checked", "true"])
    assert (outcome.result, outcome.before, outcome.release) == ("deployed", "", release)
    assert seen.steps == ["check", "check", *FORWARD, "prune"]
    assert seen.words == [
        "",
        "",
        f"release {release}",
        "",
        "",
        f"release {release}",
        "1 page, 1 file",
        "",
    ]
    assert seen.data == b"checked\n"
    assert all(done.is_good for done in outcome.steps)
    assert project.current() == project.running() == release
    assert read_journal(str(project.root)) is None
    assert [event[1:] for event in read_history(str(project.root))] == [(release, "deploy")]


def test_next(project, deployed):
    """The next takes its place."""
    release = project.prepare("two")
    outcome, _ = project.deploy()
    assert (outcome.result, outcome.before, outcome.release) == ("deployed", deployed, release)
    assert project.current() == project.running() == release


def test_same_again(project, deployed):
    """New code with the same files is a deploy like others."""
    outcome, _ = project.deploy()
    assert (outcome.result, outcome.before, outcome.release) == ("deployed", deployed, deployed)


def test_only_the_build_holds(project, deployed):
    """What is built is only kept; other commands are told nothing."""
    project.prepare("two")
    tell = "echo $HISS_HOLD >>told; "
    project.deploy(check=f"{tell}true", build=tell + BUILD, restart=tell + RESTART)
    assert (project.folder / "told").read_text().split("\n") == ["", "1", "", ""]


@pytest.mark.parametrize(
    ("table", "words", "steps"),
    [
        ({"check": ["true", "echo no; exit 3"]}, "`echo no; exit 3` ended with 3", 2),
        ({"build": "echo half >static/app.css; false"}, "ended with 1", 1),
        ({"build": "true"}, "has built no release into", 1),
        ({"build": f"{BUILD}; touch static/.hiss/releases/*"}, "2 releases were built into", 1),
    ],
)
def test_failed_before_anything_was_changed(project, deployed, table, words, steps):
    """The site is as it was, with its plain names, and nothing was restarted."""
    project.prepare("two")
    (project.folder / "running").write_text("untouched")
    outcome, seen = project.deploy(**table)
    assert (outcome.result, outcome.before) == ("unchanged", deployed)
    assert outcome.failed == seen.steps[-1]
    assert words in outcome.problem
    assert len(seen.steps) == steps
    assert project.current() == deployed
    assert project.running() == "untouched"
    assert read_journal(str(project.root)) is None


@pytest.mark.parametrize(
    ("table", "is_broken", "words", "failed"),
    [
        ({"restart": f"test -e failed && {RESTART} || ! touch failed"}, False, "ended with 1", 2),
        ({"restart": f"test -e failed && {RESTART}; touch failed"}, False, "last answer", 3),
        ({}, True, "what pages need is not there:\n    http://127.0.0.1:", 4),
    ],
)
def test_failed_and_undone(project, deployed, table, is_broken, words, failed):
    """The former release is back, after the former code, and the site answers with it."""
    release = project.prepare("two", broken=is_broken)
    undo = "cat static/.hiss/current >undone"
    outcome, seen = project.deploy(**table, undo=undo)
    assert (outcome.result, outcome.before, outcome.release) == ("undone", deployed, release)
    assert seen.steps == [*FORWARD[: failed + 1], "back", "undo", "restart", "answer"]
    assert outcome.failed == FORWARD[failed]
    assert words in outcome.problem
    assert [done.is_good for done in outcome.steps] == [True] * failed + [False] + [True] * 4
    assert (project.folder / "undone").read_text().strip() == deployed
    assert project.current() == project.running() == deployed
    assert read_journal(str(project.root)) is None


def test_first_failed(project):
    """There is nothing to go back to: all stays as it is, which is said; another deploy goes on."""
    release = project.prepare("one", broken=True)
    outcome, seen = project.deploy(undo="touch undone")
    assert (outcome.result, outcome.failed) == ("broken", "pages")
    assert outcome.trouble == f"there was no release before: release {release} stays in force"
    assert seen.steps == FORWARD
    assert not (project.folder / "undone").exists()
    assert project.current() == release
    assert read_journal(str(project.root)).before == ""
    project.prepare("two")
    assert project.deploy()[0].before == ""
    assert read_journal(str(project.root)) is None


def test_first_failed_and_given_up(project):
    """What nobody can undo is not left to undo for ever."""
    release = project.prepare("one", broken=True)
    project.deploy()
    outcome, seen = project.deploy(run.undo)
    assert (outcome.result, seen.steps) == ("broken", [])
    assert outcome.trouble.endswith(
        f"release {release} stays in force, and nothing is left to undo"
    )
    assert read_journal(str(project.root)) is None
    with pytest.raises(HissError, match="there is no unfinished deploy"):
        project.deploy(run.undo)
    project.prepare("two")
    assert project.deploy()[0].before == release


def test_former_releases_go(project):
    """At the end, and no sooner: a held build lets nothing go, and a failure needs them."""
    ids = [project.prepare("one")]
    project.deploy()
    for text in ("two", "three"):
        ids.append(project.prepare(text))
        project.deploy()
    assert {*kept_ids(str(project.root))} == {*ids}
    project.prepare("four", broken=True)
    outcome, seen = project.deploy(retention=ONE)
    assert (outcome.result, "prune" in seen.steps) == ("undone", False)
    assert {*ids} < {*kept_ids(str(project.root))}
    last = project.prepare("four")
    outcome, seen = project.deploy(retention=ONE)
    assert (outcome.result, seen.steps) == ("deployed", [*FORWARD, "prune"])
    assert seen.words[-1] == "3 releases went"
    assert kept_ids(str(project.root)) == [last]
    assert not (project.root / "app.one.css").exists()
    assert project.current() == project.running() == last


def test_prune_fails(project, deployed):
    """Which is said, and the site is deployed all the same."""
    project.prepare("two")
    project.deploy()
    (project.root / manifest_name("abcd")).write_text("{")
    release = project.prepare("three")
    outcome, seen = project.deploy(retention=ONE)
    assert (outcome.result, outcome.problem, outcome.failed) == ("deployed", "", "")
    assert [done.is_good for done in outcome.steps] == [True] * 5 + [False]
    [said] = seen.said
    assert said.startswith("the deploy is good; only the prune failed: ")
    assert "abcd.json cannot be read" in said
    assert project.current() == project.running() == release
    assert read_journal(str(project.root)) is None


def test_a_build_that_adopts(project, deployed):
    """Other manifests are written, too: the build's own word says what it has built."""
    (project.root / BUILT).write_text(f"{deployed}\n")
    release = project.prepare("two")
    adopts = f"cp static/{manifest_name(deployed)} copy; mv copy static/{manifest_name(deployed)}"
    outcome, _ = project.deploy(build=f"{BUILD}; {adopts}; echo {release} >static/{BUILT}")
    assert (outcome.result, outcome.release) == ("deployed", release)
    # That of a build before is none; nor is one of a release that is not here.
    project.prepare("three")
    assert project.deploy(build="true")[0].failed == "build"
    release = project.prepare("four")
    outcome, _ = project.deploy(build=f"{BUILD}; echo 0000 >static/{BUILT}")
    assert (outcome.result, outcome.release) == ("deployed", release)


PIN = "beside.txt"


def test_pin(project):
    """The file beside the code says what was put in force; on the way back, what it said before."""
    pin = project.folder / PIN
    release = project.prepare("one")
    # A build that is held does not write it.
    unpinned = f"{BUILD}; test ! -e {PIN}"
    assert project.deploy(build=unpinned, release_file=PIN)[0].result == "deployed"
    assert pin.read_text() == f"{release}\n"
    pin.write_bytes(b"as it was\r\n\xff")
    project.prepare("two", broken=True)
    seen_at_restart = f"cat {PIN} >>at-restart; {RESTART}"
    outcome, _ = project.deploy(release_file=PIN, restart=seen_at_restart)
    assert outcome.result == "undone"
    assert pin.read_bytes() == b"as it was\r\n\xff"
    said = (project.folder / "at-restart").read_bytes()
    assert said == f"{outcome.release}\n".encode() + b"as it was\r\n\xff"
    pin.unlink()
    assert project.deploy(release_file=PIN)[0].result == "undone"
    assert not pin.exists()


def test_pin_where_nothing_was_changed(project, deployed):
    """A build that is not told, or a switch that fails, leaves it as it was."""
    pin = project.folder / PIN
    pin.write_text("former")
    project.prepare("two")
    outcome, _ = project.deploy(build=f"echo other >{PIN}; false", release_file=PIN)
    assert (outcome.result, pin.read_text()) == ("unchanged", "former")
    # The same release once more: nothing but the file is changed when it is stopped.
    project.prepare("one")
    stop = f"{RESTART}; kill -INT $PPID; sleep 0.2"
    assert project.deploy(restart=stop, release_file=PIN)[0].result == "undone"
    assert pin.read_text() == "former"


@pytest.mark.parametrize("is_undo", [False, True])
def test_pin_of_a_deploy_that_was_killed(project, deployed, is_undo):
    """What it said before is in the journal, and where: a link to the code may have moved since."""
    for name in ("old", "new", "newer"):
        (project.folder / name).mkdir()
    link = project.folder / "code"
    link.symlink_to("new")
    (project.folder / "old" / PIN).write_text(deployed)
    (project.folder / "new" / PIN).write_text("what came with it")
    release = project.prepare("two")
    dies = "kill -9 $PPID; sleep 0.2"
    table = {
        "root": "static",
        "build": BUILD,
        "restart": dies,
        "url": project._url,
        "release_file": f"code/{PIN}",
    }
    code = (
        "from hiss.release.deploy import run\n"
        "from hiss.release.deploy.config import parse_deploy\n"
        "from unittest.mock import Mock\n"
        f"table = {table!r}\n"
        f"run.deploy(parse_deploy(table, {str(project.folder)!r}), Mock())\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert (project.folder / "new" / PIN).read_text() == f"{release}\n"
    assert read_journal(str(project.root)).former_pin == "what came with it"
    link.unlink()
    link.symlink_to("old" if is_undo else "newer")
    if is_undo:
        outcome, _ = project.deploy(run.undo, release_file=f"code/{PIN}")
        assert outcome.result == "undone"
        assert (project.folder / "old" / PIN).read_text() == deployed
    else:
        assert project.deploy(release_file=f"code/{PIN}")[0].result == "deployed"
        assert (project.folder / "newer" / PIN).read_text() == f"{release}\n"
    assert (project.folder / "new" / PIN).read_text() == "what came with it"


def test_not_undone(project, deployed):
    """What could not be undone is said with why, and can be tried again."""
    release = project.prepare("two", broken=True)
    outcome, seen = project.deploy(undo="test -e mended")
    assert (outcome.result, outcome.failed) == ("broken", "pages")
    assert "app.none.css" in outcome.problem
    assert outcome.trouble == "`test -e mended` ended with 1"
    assert seen.steps == [*FORWARD, "back", "undo"]
    assert needed_releases(str(project.root)) == {deployed, release}
    (project.folder / "mended").touch()
    outcome, seen = project.deploy(run.undo, undo="test -e mended")
    assert (outcome.result, outcome.problem) == ("undone", "")
    assert seen.said[0].startswith(f"a deploy from {deployed}, begun ")
    assert seen.steps == ["back", "undo", "restart", "answer"]
    assert project.current() == project.running() == deployed
    with pytest.raises(HissError, match="there is no unfinished deploy"):
        project.deploy(run.undo)


@pytest.mark.parametrize("is_undo", [False, True])
@pytest.mark.parametrize("step", FORWARD)
def test_killed(project, deployed, step, is_undo):
    """Whatever a killed deploy has left, another one goes on from there, and `undo` goes back."""
    release = project.prepare("two")
    at = FORWARD.index(step)
    root = str(project.root)
    # As far as it came, it was done.
    for done in FORWARD[: at + 1]:
        match done:
            case "build":
                subprocess.run(BUILD, shell=True, cwd=project.folder, check=True)
            case "switch":
                switch(root, release, "deploy")
            case "restart":
                subprocess.run(RESTART, shell=True, cwd=project.folder, check=True)
    journal = Journal(
        before=deployed,
        release=release if at else "",
        step=step,
        switched=at >= 1,
        restarted=at >= 2,
        started="then",
    )
    write_journal(root, journal)
    if is_undo:
        outcome, seen = project.deploy(run.undo)
        assert outcome.result == ("undone" if at else "unchanged")
        assert seen.steps == (BACK if at else [])
        assert project.current() == project.running() == deployed
    else:
        # This one fails at the end: it goes back to what was before the one that was killed.
        project.prepare("three", broken=True)
        outcome, seen = project.deploy()
        assert (outcome.result, outcome.before) == ("undone", deployed)
        assert seen.said[0] == (
            f"a deploy from {deployed}, begun then, was killed in its step `{step}`; it is begun "
            "again"
        )
        assert project.current() == project.running() == deployed
        write_journal(root, journal)
        project.prepare("four")
        outcome, seen = project.deploy()
        assert (outcome.result, outcome.before) == ("deployed", deployed)
        assert project.current() == project.running() == outcome.release
    assert read_journal(root) is None


def test_killed_deploy_fails_early(project, deployed):
    """A deploy that goes on from one that was killed undoes that one's changes, too."""
    release = project.prepare("two")
    subprocess.run(BUILD, shell=True, cwd=project.folder, check=True)
    switch(str(project.root), release, "deploy")
    journal = Journal(before=deployed, release=release, step="restart", restarted=True)
    write_journal(str(project.root), journal)
    outcome, seen = project.deploy(check="false")
    assert (outcome.result, seen.steps) == ("undone", ["check", *BACK])
    assert project.current() == project.running() == deployed


def test_somebody_else_has_switched_since(project, deployed):
    """A journal of long ago is none: what is in force now is what there is to go back to."""
    release = project.prepare("two")
    project.deploy()
    write_journal(str(project.root), Journal(before=deployed, release="0000", step="answer"))
    project.prepare("three", broken=True)
    outcome, seen = project.deploy()
    assert (outcome.result, outcome.before, seen.said) == ("undone", release, [])
    assert project.current() == release


def test_build_that_does_not_hold(project, deployed):
    """A build that puts its release in force itself is undone all the same."""
    release = project.prepare("two", broken=True)
    outcome, seen = project.deploy(build=f"{BUILD}; echo {release} >static/.hiss/current")
    assert (outcome.result, outcome.before) == ("undone", deployed)
    assert seen.said == [f"the build has put {release} in force itself: HISS_HOLD=1 is not heeded"]
    assert project.current() == project.running() == deployed


def test_one_at_a_time(project, deployed):
    """Another deploy is refused, and changes nothing."""
    with only_deploy(str(project.root)):
        with pytest.raises(HissError, match=r"another deploy into .+ is at work"):
            project.deploy()
        with pytest.raises(HissError, match=r"another deploy into .+ is at work"):
            project.deploy(run.undo)
    assert project.current() == deployed


def test_commands_of_a_killed_deploy(project, deployed):
    """What is still at work is waited for."""
    project.prepare("two")
    with subprocess.Popen(
        ["sh", "-c", f"sleep 1; {RESTART}; echo >>late"], cwd=project.folder
    ) as p:
        with only_deploy(str(project.root)) as hold:
            hold.note(p.pid)
        assert (project.root / LOCK).read_text().split()[0] == str(p.pid)
        outcome, seen = project.deploy(check="test -e late")
    assert outcome.result == "deployed"
    words = f"a command of the deploy that was killed still runs, as process {p.pid}: waiting"
    assert seen.said == [words]


def test_that_do_not_end(project, deployed):
    """But not for ever."""
    with only_deploy(str(project.root)) as hold:
        hold.note(os.getpid())
    with pytest.raises(HissError, match="does not end"):
        project.deploy(command_timeout=0.2)
    assert project.current() == deployed


def test_damaged_pointer(project, deployed):
    """It cannot begin."""
    (project.root / CURRENT).write_text("../x")
    with pytest.raises(HissError, match="should hold the id of a release"):
        project.deploy()


def test_switch_fails(project, deployed):
    """Where the switch cannot be made, what is in force stays; that the index is gone is said."""
    project.prepare("two")
    # A folder in the place of the index.
    build = f"{BUILD}; rm static/{INDEX}; mkdir -p static/{INDEX}/x"
    outcome, _ = project.deploy(build=build, restart=f"rmdir static/{INDEX}/x; {RESTART}")
    assert (outcome.result, outcome.failed) == ("broken", "switch")
    assert INDEX in outcome.trouble
    assert project.running() == deployed
    assert read_manifest(str(project.root)).id == deployed
    (project.root / INDEX / "x").rmdir()
    (project.root / INDEX).rmdir()
    assert project.deploy(run.undo)[0].result == "unchanged"
    assert (project.root / INDEX).is_file()
    assert project.current() == deployed


def test_a_fault_of_our_own(project, deployed):
    """The site goes first: it is put back, and then the fault is raised."""

    class Faulty(Seen):
        def end(self, done, words=""):
            super().end(done, words)
            if done.step.name == "pages":
                raise ZeroDivisionError

    project.prepare("two")
    table = {"root": "static", "build": BUILD, "restart": RESTART, "url": project._url, "settle": 1}
    with pytest.raises(ZeroDivisionError):
        run.deploy(parse_deploy(table, str(project.folder)), Faulty())
    assert project.current() == project.running() == deployed


def test_stopped(project, deployed):
    """The first signal has the deploy go back; those that come then change nothing; and after it
    they are what they were.
    """
    project.prepare("two")
    former = signal.getsignal(signal.SIGINT)
    signal_us = "kill -INT $PPID; sleep 0.2; "
    outcome, seen = project.deploy(restart=f"{signal_us}{RESTART}", undo=f"{signal_us}true")
    assert (outcome.result, outcome.failed, outcome.problem) == (
        "undone",
        "restart",
        "stopped by SIGINT",
    )
    assert seen.steps == ["build", "switch", "restart", "back", "undo", "restart", "answer"]
    assert project.current() == project.running() == deployed
    assert signal.getsignal(signal.SIGINT) is former


def test_not_stopped_on_the_way_back(project, deployed):
    """Whatever made it go back, no signal stops that."""
    project.prepare("two", broken=True)
    outcome, _ = project.deploy(undo="kill -INT $PPID; sleep 0.2")
    assert (outcome.result, outcome.failed) == ("undone", "pages")
    assert project.current() == project.running() == deployed


def test_no_thread_but_the_main_one(project):
    """Signals are the main thread's; a deploy in another goes without."""
    project.prepare("one")
    found = []
    thread = threading.Thread(target=lambda: found.append(project.deploy()[0].result))
    thread.start()
    thread.join()
    assert found == ["deployed"]


def test_lock_is_let_go_by_the_dead(project, deployed):
    """A process that was killed keeps nobody out."""
    code = (
        "import os, signal\n"
        "from hiss.release.deploy.journal import only_deploy\n"
        f"with only_deploy({str(project.root)!r}):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -9
    with open(project.root / LOCK, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
