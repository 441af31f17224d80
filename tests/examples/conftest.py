"""The small examples, built by `hiss build` and started as their READMEs say."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
CHROMIUM = shutil.which("chromium")
# Chromium by itself asks the network for things, and waits for what a closed one never says.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


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
    def serve(self, program, *arguments, log):
        """Start a server, and give the URL of what it serves."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        where = f"--bind=127.0.0.1:{port}" if program == "gunicorn" else f"--port={port}"
        command = [str(Path(sys.executable).with_name(program)), *arguments, where]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=output, stderr=output
            )
        try:
            deadline = time.monotonic() + 30
            while True:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                with (
                    contextlib.suppress(OSError),
                    socket.create_connection(("127.0.0.1", port), 1),
                ):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


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


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


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
