"""What goes wrong while releases are adopted: kills, several at once, a full disk.

The root is whole at any moment, and the next adoption completes what was begun.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
from trees import damage_of, environment, manifest_of, misserved_of

from hiss.files.release import kept_ids
from release.test_adopt import (
    KINDS,
    adopt_into,
    faults_of,
    plain_file,
    release_ids,
    run,
    snapshot,
)
from release.test_adopt import build_into as build_into
from release.test_adopt import pattern as pattern
from release.test_adopt import source as source

# A process that has everything imported, and forks an adoption for each order.
FORGE = """
import argparse, json, os, signal, sys
from hiss.cli import adopt
from hiss.cli.main import CANNOT


def kill_at(step):
    # Before each file is put in its place, and after: two steps; and in the middle of writing.
    taken = 0

    def count():
        nonlocal taken
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(function):
        def call(*arguments, **more):
            count()
            function(*arguments, **more)
            count()

        return call

    os.replace, os.unlink = counted(os.replace), counted(os.unlink)
    return lambda: taken


def run(order):
    os.dup2(os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    steps = kill_at(order["kill_at"])
    parser = argparse.ArgumentParser()
    adopt.add_arguments(parser)
    try:
        code = adopt.run(parser.parse_args(order["arguments"]))
    except OSError as error:
        print(error)
        code = CANNOT
    print("steps", steps(), flush=True)
    return code


for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
    else:
        answer = os.fork()
        if answer == 0:
            code = 99
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                code = run(order)
            finally:
                os._exit(code)
    print(answer, flush=True)
"""


class Forge:
    """Starts adoptions, kills them, waits for them."""

    def __init__(self, folder, process):
        self._folder = folder
        self._process = process

    def start(self, *arguments, kill_at=0, said="said"):
        order = {
            "arguments": [str(each) for each in arguments],
            "kill_at": kill_at,
            "said": str(self._folder / said),
        }
        return self._ask(order)

    def wait(self, pid):
        return self._ask({"wait": pid})

    def adopt(self, *arguments, **how):
        return self.wait(self.start(*arguments, **how))

    def said(self, name="said"):
        return (self._folder / name).read_text()

    def _ask(self, order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture
def forge(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", FORGE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(TMPDIR=str(tmp_path)),
    )
    yield Forge(tmp_path, process)
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()


KILLS = 15


@pytest.mark.parametrize("kind", ["folder", "tar.gz"])
def test_killed_at_any_step(source, tmp_path, kind, forge, build_into, wsgi_get):
    """What is in force stays whole and served; each release is whole, or is not one yet; and the
    next adoption makes of it what it would have made of the root as it was.
    """
    archive = KINDS[kind](source, tmp_path)
    before = tmp_path / "before"
    manifest = build_into(before, 4)
    clean = shutil.copytree(before, tmp_path / "clean")
    assert forge.adopt(archive, "-d", clean) == 0
    steps = int(forge.said().split()[-1])
    assert steps > 100
    chance = random.Random(random.random())
    # The last ones are those of manifests, index and history.
    for step in [*chance.sample(range(1, steps - 20), KILLS - 5), *range(steps - 16, steps, 3)]:
        root = shutil.copytree(before, tmp_path / f"here-{step}")
        assert forge.adopt(archive, "-d", root, kill_at=step) == -signal.SIGKILL
        assert manifest_of(root) == manifest
        assert damage_of(root) == []
        assert misserved_of(root, wsgi_get) == []
        left = [each for each in faults_of(root, wsgi_get) if isinstance(each, tuple)]
        # A manifest that the index has not yet: the files are there, and are not immutable.
        assert [each for each in left if each[1] != "not immutable" and len(each) == 2] == []
        assert forge.adopt(archive, "-d", root) == 0
        assert snapshot(root) == snapshot(clean), step
        assert faults_of(root, wsgi_get) == []


def test_killed_twice(source, tmp_path, forge, wsgi_get):
    """Over what is left, into a fresh folder."""
    root, chance = tmp_path / "here", random.Random(random.random())
    for step in (chance.randrange(1, 50), chance.randrange(1, 50), chance.randrange(1, 50)):
        assert forge.adopt(source, "-d", root, kill_at=step) == -signal.SIGKILL
    assert forge.adopt(source, "-d", root) == 0
    adopt_into(tmp_path / "clean", source)
    assert snapshot(root) == snapshot(tmp_path / "clean")
    assert faults_of(root, wsgi_get) == []


def test_several_at_once(source, tmp_path, forge, build_into, wsgi_get):
    """From two sources that share files, into one root: all end well, nothing is missing."""
    other = tmp_path / "other"
    for version in (3, 5, 6):
        build_into(other, version)
    archive = KINDS["tar.gz"](source, tmp_path)
    for number in range(4):
        root = tmp_path / f"here-{number}"
        started = [
            forge.start(each, "-d", root, "--keep-releases", 9, said=f"said-{place}")
            for place, each in enumerate((source, other, archive, source))
        ]
        assert [forge.wait(pid) for pid in started] == [0] * 4
        assert {*release_ids(root)} == {*release_ids(source), *release_ids(other)}
        assert len(release_ids(root)) == 5
        assert faults_of(root, wsgi_get) == []


def test_beside_a_build(source, tmp_path, forge, build_into, wsgi_get):
    """A build into the same root waits, or is waited for: what both made is there."""
    for number in range(4):
        root = tmp_path / f"here-{number}"
        pid = forge.start(source, "-d", root)
        manifest = build_into(root, 4)
        assert forge.wait(pid) == 0
        assert manifest_of(root) == manifest
        assert {*release_ids(root)} == {*release_ids(source), manifest.id}
        assert damage_of(root) == []
        assert faults_of(root, wsgi_get) == []


@pytest.fixture
def disk(tmp_path):
    """Room for so much: `disk(size)`; the folder."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk is mounted by root, on Linux")
    mounted = []

    def mount(size):
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(source, tmp_path, disk, forge, build_into, wsgi_get):
    """However far it comes, it ends in words; what is there is whole; with room it goes on."""
    codes = []
    for size in ("160k", "200k", "240k", "280k", "320k", "1m"):
        root = disk(size) / "here"
        code = forge.adopt(source, "-d", root)
        codes.append(code)
        if code == 2:
            assert "No space left on device" in forge.said()
        left = [each for each in faults_of(root, wsgi_get) if isinstance(each, tuple)]
        assert [each for each in left if each[1] != "not immutable" and len(each) == 2] == []
    assert codes[-1] == 0
    assert {*codes} > {0} or 1 in codes
    assert faults_of(root, wsgi_get) == []


def test_what_was_begun_is_cleared(source, tmp_path, wsgi_get):
    """Files that a killed one had begun to write."""
    root = tmp_path / "here"
    for folder in (root, root / "css", root / ".hiss"):
        folder.mkdir(exist_ok=True)
        (folder / ".hiss-part-0123").write_text("half")
    assert run(source, "-d", root) == 0
    assert faults_of(root, wsgi_get) == []
    assert len(kept_ids(str(root))) == 3


def test_plain_names_after_a_kill(source, tmp_path):
    """A plain file that was put in place without its variants gets them."""
    root = tmp_path / "here"
    root.mkdir()
    entry = plain_file(manifest_of(source), "robots.txt")
    shutil.copy(source / entry.file, root / entry.file)
    adopt_into(root, source)
    for suffix in (".br", ".gz", ".zst"):
        name = f"robots.txt{suffix}"
        assert (root / name).read_bytes() == (source / name).read_bytes()
