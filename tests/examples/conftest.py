"""The small examples, built by `hiss build` and started as their READMEs say."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.servers import program, running

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Example:
    """An example's folder, and what it is told by environment variables."""

    folder: Path
    static: Path
    environment: dict[str, str]

    def run(self, *command):
        """Run a Python module in its folder, and return how that ended and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @contextlib.contextmanager
    def serve(self, server, *arguments, log):
        """Start a server, and give the URL of what it serves."""
        port = free_port()
        where = f"--bind=127.0.0.1:{port}" if server == "gunicorn" else f"--port={port}"
        command = [program(server), *arguments, where]
        with running(command, log, port=port, cwd=self.folder, env=self.environment):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def make_example(tmp_path_factory):
    """Builds an example: `make_example("flask_notes", "NOTES_")`."""

    def make(name, prefix):
        folder = tmp_path_factory.mktemp(name)
        static = folder / "static"
        environment = {
            **os.environ,
            f"{prefix}STATIC": str(static),
            f"{prefix}DATABASE": str(folder / "notes.sqlite3"),
        }
        example = Example(EXAMPLES / name, static, environment)
        code, said = example.run("hiss", "build", "-o", str(static))
        assert code == 0, said
        return example

    return make


class Visit:
    """A tab of a browser, with what it was answered and everything it had to say."""

    def __init__(self, page):
        self.page = page
        self.answers = []
        self.messages = []
        page.on("response", lambda response: self.answers.append(response))
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))

    def static(self):
        """The static answers, by the logical name: status, and how long a cache may keep it."""
        found = {}
        for each in self.answers:
            _, separator, file = each.url.partition("/static/")
            if separator:
                name, _, extension = file.split(".")
                found[f"{name}.{extension}"] = each.status, each.headers["cache-control"]
        return found


@pytest.fixture
def visit(browser):
    """A tab of a browser that was never there."""
    context = browser.new_context()
    yield Visit(context.new_page())
    context.close()
