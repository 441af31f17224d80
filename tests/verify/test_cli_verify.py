"""`hiss verify` as a command."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hiss.cli import verify
from hiss.errors import ConfigurationError
from hiss.verify.checks import CHECKS

from .faults import with_fields

DOCS = Path(__file__).parents[2] / "docs" / "verify.md"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command in an empty folder; gives its exit code."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        parser = argparse.ArgumentParser()
        verify.add_arguments(parser)
        options = parser.parse_args(arguments)
        options.config = None
        return verify.run(options)

    return call


def test_a_good_site(run, server, capsys):
    """Exit code 0, and two lines."""
    assert run(server.url) == 0
    assert "nothing is wrong" in capsys.readouterr().out


def test_findings(run, server, capsys, tmp_path):
    """Exit code 1; JSON on the one side, JUnit on the other."""
    server.fault = with_fields(".css", content_type="text/plain")
    assert run(server.url, "--json", "--junit", "out.xml") == 1
    document = json.loads(capsys.readouterr().out)
    assert {each["id"] for each in document["findings"]} == {"hiss.V012"}
    assert ET.parse(tmp_path / "out.xml").getroot().get("failures") == "1"


@pytest.mark.parametrize("key", ["V012", "hiss.V012", "v012"])
def test_a_finding_may_be_ignored(run, server, key):
    """It still explains others."""
    server.fault = with_fields(".css", content_type="text/plain")
    assert run(server.url, "--ignore", key) == 0


def test_pages_prefix_headers_and_root(run, server, shop, capsys):
    """Are passed on."""
    arguments = ("/admin/login/", "--prefix", "static", "--root", str(shop.root), "--expect-hiss")
    assert run(server.url, *arguments, "--header", "X-Key: a:b", "--max-requests", "1000") == 0
    assert {each.path for each in server.asked if not each.is_static} == {"/admin/login/"}
    assert {each.field("x-key") for each in server.asked} == {"a:b"}
    assert "1 page," in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ignore", "V12"), "there is no such finding"),
        (("--header", "nothing"), "--header must be NAME:VALUE"),
        (("--max-requests", "0"), "--max-requests must be more than 0"),
        (("--timeout", "-1"), "--timeout must be more than 0"),
        (("--root", "nowhere"), "there is no folder"),
    ],
)
def test_what_is_wrong_is_said(run, arguments, message):
    """Before anything is asked: there is nothing at this URL."""
    with pytest.raises(ConfigurationError, match=message):
        run("http://127.0.0.1:1/", *arguments)


def in_project(folder, settings, *arguments):
    """What the command says in a project with these settings: its exit code, and all of it."""
    (folder / "manage.py").write_text('os.environ["DJANGO_SETTINGS_MODULE"] = "shop_settings"\n')
    (folder / "shop_settings.py").write_text(settings)
    command = [sys.executable, "-m", "hiss", "verify", *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_prefix_is_the_projects(server, tmp_path):
    """As the settings say that manage.py names; what is said comes first."""
    code, said = in_project(tmp_path, 'STATIC_URL = "/assets/"\n', server.url)
    assert (code, f"no file below {server.url}/assets/" in said) == (1, True)
    code, said = in_project(tmp_path, 'STATIC_URL = "/a/"\n', server.url, "--prefix", "/static/")
    assert (code, "nothing is wrong" in said) == (0, True)


@pytest.mark.parametrize("settings", ["1 / 0", "raise SystemExit(3)", "STATIC_URL = 'http://['"])
def test_settings_that_cannot_be_read_stop_nothing(server, tmp_path, settings):
    """It is said, and the usual prefix counts."""
    code, said = in_project(tmp_path, settings, server.url)
    assert code == 0
    assert "STATIC_URL cannot be read (shop_settings: " in said


def test_progress_where_a_person_watches(run, server, monkeypatch):
    """One line that changes, and is gone in the end; nothing where nobody watches."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for is_quiet in (False, True):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        assert run(server.url, *(["-q"] if is_quiet else [])) == 0
        said = terminal.getvalue()
        if is_quiet:
            assert said == ""
        else:
            assert re.search(r"files: \d+ of \d+ requests", said)
            assert said.endswith("\r\x1b[2K")


def test_each_finding_is_in_the_documentation():
    """With its title, and nothing that there is not."""
    found = re.findall(r"^### hiss\.(V\d{3}): (.+)$", DOCS.read_text(), re.MULTILINE)
    assert dict(found) == {key: check.title for key, check in CHECKS.items()}
    assert len(found) == len(CHECKS)
