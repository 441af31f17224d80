"""Running a project's own commands."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hiss.release.deploy.command import run_command
from hiss.release.deploy.plan import StepFailedError


def is_over(path):
    """Whether the process whose id is in a file has ended, reaped or not, or does so soon."""
    stat = Path(f"/proc/{path.read_text().strip()}/stat")
    deadline = time.monotonic() + 5
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def run(tmp_path):
    """Runs a command; what it said, and the processes that were noted."""

    def run(command, *, timeout=20.0, **environment):
        said, noted = [], []
        try:
            run_command(
                command,
                folder=str(tmp_path),
                environment=environment,
                timeout=timeout,
                output=said.append,
                note=noted.append,
            )
        finally:
            run.said, run.noted = b"".join(said).decode(), noted
        return run.said

    return run


def test_good(run, tmp_path):
    """It runs in the folder, in a shell, with the environment; both its outputs are seen."""
    assert run("echo $HISS_HOLD >a; cat a; pwd >&2", HISS_HOLD="1") == f"1\n{tmp_path}\n"
    assert len(run.noted) == 2
    assert run.noted[1] is None


def test_reads_nothing(run):
    """Nobody is there to answer a question."""
    assert run("cat; echo end") == "end\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo first; echo last >&2; exit 3", "ended with 3\n    first\n    last"),
        ("none-of-that-name", "ended with 127\n"),
        ("kill -9 $$", "was ended by signal 9"),
    ],
)
def test_bad(run, command, words):
    """How it ended is said, with what it said last."""
    with pytest.raises(StepFailedError) as caught:
        run(command)
    assert caught.value.message.startswith(f"`{command}` {words}")


def test_only_the_last_lines(run):
    """Of much output, the end is in the message, and all of it was seen."""
    with pytest.raises(StepFailedError) as caught:
        run("seq 20000; exit 1")
    assert caught.value.message.splitlines()[1:] == [f"    {n}" for n in range(19981, 20001)]
    assert run.said.split() == [str(n) for n in range(1, 20001)]


def test_output_is_seen_as_it_comes(tmp_path):
    """And not only at the end."""
    seen = []

    def watch(data):
        seen.append((data, (tmp_path / "end").exists()))

    run_command(
        "echo one; sleep 0.5; touch end",
        folder=str(tmp_path),
        environment={},
        timeout=20,
        output=watch,
        note=lambda process: None,
    )
    assert seen == [(b"one\n", False)]


def test_too_long(run, tmp_path):
    """What does not return is ended, with all that it has started."""
    with pytest.raises(
        StepFailedError, match=r"was still running after 0\.3 s\n    begun"
    ) as caught:
        run("echo begun; sh -c 'echo $$ >pid; sleep 60'; true", timeout=0.3)
    assert "It must return" in caught.value.hint
    assert is_over(tmp_path / "pid")


def test_daemon(run, tmp_path):
    """A daemon that it starts goes on, and nobody waits for it, though it has our output."""
    began = time.monotonic()
    run("sleep 30 & echo $! >pid")
    assert time.monotonic() - began < 15
    process = int((tmp_path / "pid").read_text())
    os.kill(process, 9)


def test_killed_before_anybody_knows_of_it(tmp_path):
    """A command does not run before its process was noted: whoever comes next could not wait."""
    code = (
        "import os, signal\n"
        "from hiss.release.deploy.command import run_command\n"
        "def note(process):\n"
        "    open('pid', 'w').write(str(process))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "run_command('echo >ran', folder='.', environment={}, timeout=9, output=print, note=note)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert done.returncode == -9
    assert is_over(tmp_path / "pid")
    assert not (tmp_path / "ran").exists()


def test_interrupted(tmp_path):
    """What stops us ends the command, too."""

    def stop(data):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_command(
            "echo $$ >pid; echo begun; exec sleep 60",
            folder=str(tmp_path),
            environment={},
            timeout=20,
            output=stop,
            note=lambda process: None,
        )
    assert is_over(tmp_path / "pid")
