"""The lock: one writer at a time, in this process or another, and none for ever."""

import errno
import fcntl
import subprocess
import sys
import threading

import pytest

from hiss.files.lock import locked

# Takes the lock, says so, and keeps it until it is told to go on.
HOLDER = """
import sys
from hiss.files.lock import locked

with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""

# Adds to a number in a file, which two at once would do wrong.
COUNTER = """
import sys, time
from pathlib import Path
from hiss.files.lock import locked

number = Path(sys.argv[2])
for _ in range(100):
    with locked(sys.argv[1]):
        before = int(number.read_text())
        time.sleep(0.0001)
        number.write_text(str(before + 1))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".hiss/lock"


@pytest.fixture
def hold(path):
    """Starts processes that hold the lock, or wait for it; ended with the test."""
    processes = []

    def start():
        command = [sys.executable, "-c", HOLDER, str(path)]
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        return processes[-1]

    yield start
    for each in processes:
        each.kill()
        each.wait(10)
        each.stdin.close()
        each.stdout.close()


def is_free(path):
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_the_file_stays(path):
    """The lock's folder and file are made, and stay there, free."""
    for _ in range(2):
        with locked(str(path)):
            assert not is_free(path)
        assert is_free(path)
        assert path.read_bytes() == b""


def test_it_is_let_go_after_a_failure(path):
    """A block that fails lets the lock go."""
    with pytest.raises(KeyError), locked(str(path)):
        raise KeyError
    assert is_free(path)


def test_another_process_waits(path, hold):
    """While a process has the lock, another waits for it, and has it next."""
    first = hold()
    assert first.stdout.readline() == "held\n"
    assert not is_free(path)
    second = hold()
    waiting = threading.Thread(target=second.stdout.readline)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    first.communicate("go\n", timeout=10)
    assert first.returncode == 0
    waiting.join(10)
    assert not waiting.is_alive()
    assert not is_free(path)


def test_a_killed_holder_holds_nothing(path, hold):
    """The system lets go what its holder, killed, cannot."""
    holder = hold()
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait(10)
    with locked(str(path)):
        pass


def test_two_processes(path, tmp_path):
    """Two processes that change one file under the lock do not undo each other's work."""
    number = tmp_path / "number"
    number.write_text("0")
    command = [sys.executable, "-c", COUNTER, str(path), str(number)]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [each.wait(60) for each in processes] == [0, 0]
    assert number.read_text() == "200"


def test_two_threads(path):
    """Nor do two threads of one process."""
    inside, most = [], []

    def work():
        for _ in range(50):
            with locked(str(path)):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}


def test_where_there_are_no_locks(path, monkeypatch):
    """A file system or a platform without locks is worked on without one."""

    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(str(path)):
        assert path.exists()
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with locked(str(path)):
        assert path.exists()
