"""A process that has everything imported, and forks a command for each order: it starts in no time,
and may be killed at any step.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

KILLED = -signal.SIGKILL

_PROGRAM = """
import json, os, signal, sys
from hiss.cli import main
from hiss.http.codings import compress

for coding in ("br", "gzip", "zstd"):
    compress(coding, b"", 1)


def count_steps(order):
    # Before each file is put or taken, and after: two steps.
    taken = 0

    def counted(function):
        def call(*arguments, **more):
            if any(order["spared"] and order["spared"] in str(each) for each in arguments):
                return function(*arguments, **more)
            count()
            function(*arguments, **more)
            count()

        return call

    def count():
        nonlocal taken
        taken += 1
        if taken == order["kill_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in order["counted"]:
        setattr(os, name, counted(getattr(os, name)))
    return lambda: taken


def run(order):
    os.chdir(order["folder"])
    os.dup2(os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    os.environ["HISS_CACHE_DIR"] = order["cache"]
    steps = count_steps(order)
    code = main(order["arguments"])
    with open(order["said"] + "-steps", "w") as file:
        file.write(str(steps()))
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
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                code = run(order)
            finally:
                os._exit(code)
    print(answer, flush=True)
"""


class Forge:
    """Starts `hiss …`, kills it, waits for it."""

    def __init__(self, folder, process, before, after, counted, spared):
        self.folder = folder
        self._process = process
        self._before, self._after = before, after
        self._steps = {"counted": counted, "spared": spared}

    def start(self, *arguments, kill_at=0, cache="cache", said="said"):
        """Start a command in the folder; the process's id."""
        order = {
            "folder": str(self.folder),
            "arguments": [str(each) for each in (*self._before, *arguments, *self._after)],
            "kill_at": kill_at,
            "cache": str(self.folder / cache),
            "said": str(self.folder / said),
            **self._steps,
        }
        return self._ask(order)

    def wait(self, pid):
        """The exit code of a command, below zero where it was killed."""
        return self._ask({"wait": pid})

    def run(self, *arguments, **how):
        """Run it to its end."""
        return self.wait(self.start(*arguments, **how))

    def took(self, *arguments):
        """How many seconds it takes."""
        started = time.monotonic()
        assert self.run(*arguments) == 0, self.said()
        return time.monotonic() - started

    def killed(self, after, *arguments):
        """Run it for so many seconds; its exit code."""
        pid = self.start(*arguments)
        time.sleep(after)
        # It is a zombie until it is waited for: the id is nobody else's.
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid)

    def said(self, name="said"):
        """What a command said on the side."""
        return (self.folder / name).read_text()

    def steps(self, name="said"):
        """How many steps the one took that said this, and was not killed."""
        return int((self.folder / f"{name}-steps").read_text())

    def _ask(self, order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def forging(folder, *, before=(), after=(), counted=("replace", "unlink"), spared="", **variables):
    """A forge whose commands begin and end with these arguments.

    Its steps are calls of these functions of `os`, but for those with `spared` in a path.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )
    yield Forge(folder, process, before, after, counted, spared)
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()
