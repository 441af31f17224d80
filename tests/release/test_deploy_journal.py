"""The journal of a deploy, and its lock."""

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from hiss.errors import ManifestError
from hiss.release.deploy.journal import (
    JOURNAL,
    LOCK,
    Journal,
    needed_releases,
    only_deploy,
    read_journal,
    remove_journal,
    write_journal,
)
from hiss.release.deploy.plan import StepFailedError

FULL = Journal(
    before="aaaa",
    release="bbbb",
    step="restart",
    switched=True,
    restarted=True,
    started="now",
    pin_file="/pin",
    had_pin=True,
    former_pin="\udcff\r\n",
)


@pytest.mark.parametrize("journal", [FULL, Journal(before="")])
def test_read_what_was_written(tmp_path, journal):
    """A journal comes back as it was, and is gone once it is removed."""
    root = str(tmp_path)
    assert read_journal(root) is None
    write_journal(root, journal)
    assert read_journal(root) == journal
    remove_journal(root)
    assert read_journal(root) is None
    remove_journal(root)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"before": None},
        {"restarted": "yes"},
        {"more": 1},
    ],
)
def test_unreadable(tmp_path, change):
    """What is no journal is said with its place, and lets no prune fail."""
    write_journal(str(tmp_path), FULL)
    path = tmp_path / JOURNAL
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ManifestError, match=r"deploy\.json, the journal of a deploy, cannot be"):
        read_journal(str(tmp_path))
    assert needed_releases(str(tmp_path)) == frozenset()


@pytest.mark.parametrize("text", ["", "[]", "{}", "\xff"])
def test_no_journal_at_all(tmp_path, text):
    """Nor do other files."""
    write_journal(str(tmp_path), FULL)
    (tmp_path / JOURNAL).write_bytes(text.encode("latin-1"))
    with pytest.raises(ManifestError):
        read_journal(str(tmp_path))


def test_needed_releases(tmp_path):
    """What a deploy may still put in force must stay."""
    root = str(tmp_path)
    assert needed_releases(root) == frozenset()
    write_journal(root, Journal(before="", release=""))
    assert needed_releases(root) == frozenset()
    write_journal(root, FULL)
    assert needed_releases(root) == {"aaaa", "bbbb"}


def test_one_at_a_time(tmp_path):
    """A second deploy is refused, and let in once the first is over."""
    root = str(tmp_path)
    with only_deploy(root), pytest.raises(StepFailedError, match="is at work"), only_deploy(root):
        pass
    with only_deploy(root):
        pass


def test_commands_do_not_hold_the_lock(tmp_path):
    """What a deploy leaves running does not keep the next one out."""
    root = str(tmp_path)
    with only_deploy(root), subprocess.Popen(["sleep", "60"]) as process:
        held = []
        for each in Path(f"/proc/{process.pid}/fd").iterdir():
            # What it opens itself to begin, it closes at any moment.
            with suppress(FileNotFoundError):
                held.append(each.readlink())
        process.kill()
    assert held
    assert tmp_path / LOCK not in held


def test_left_behind(tmp_path):
    """A command that is still running is known by its process, and when that began."""
    root = str(tmp_path)
    with only_deploy(root) as hold:
        assert hold.left_behind() is None
        with subprocess.Popen(["sleep", "60"]) as process:
            hold.note(process.pid)
            noted = (tmp_path / LOCK).read_text()
            with open(tmp_path / LOCK, "rb") as file:
                assert file.read().split()[0] == str(process.pid).encode()
            process.kill()
        hold.note(None)
        assert (tmp_path / LOCK).read_text() == ""
    # The process is over.
    (tmp_path / LOCK).write_text(noted)
    with only_deploy(root) as hold:
        assert hold.left_behind() is None
    # Another process has its id.
    (tmp_path / LOCK).write_text(f"{os.getpid()} 1\n")
    with only_deploy(root) as hold:
        assert hold.left_behind() is None
    with only_deploy(root) as hold:
        hold.note(os.getpid())
    with only_deploy(root) as hold:
        assert hold.left_behind() == os.getpid()
