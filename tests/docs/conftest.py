"""What pages begin with: fresh environments, and projects that are set up."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from docs.blocks import Block
from docs.environments import clone_environment, make_environment, make_wheels, once
from docs.running import Page

STARTS = Path(__file__).parent / "starts"


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that the processes of one run of the tests share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def fresh_environment(shared):
    """Makes an environment with nothing but pip: `fresh_environment(folder)`."""
    with once(shared, "docs-python") as folder:
        if folder:
            make_environment(folder)
    return functools.partial(_clone, shared / "docs-python")


@pytest.fixture(scope="session")
def wheels(shared, fresh_environment):
    """A folder where pip finds this checkout, as a wheel, and what pages install beside it."""
    with once(shared, "docs-wheels") as folder:
        if folder:
            try:
                make_wheels(folder, shared / "docs-python")
            except (OSError, subprocess.SubprocessError) as error:
                (folder / "failed").write_text(str(error))
    failed = shared / "docs-wheels" / "failed"
    if failed.exists():
        pytest.skip(f"the packages that pages install cannot be had: {failed.read_text()[-300:]}")
    return shared / "docs-wheels"


@pytest.fixture
def make_page(tmp_path, shared, fresh_environment, request):
    """Makes a reader's machine: `make_page("django")`, or `make_page(wheels=False)` without pip."""

    def make(start="", *, wheels=True):
        how = {"fresh": fresh_environment, "cache": shared / "docs-cache"}
        if wheels:
            how["wheels"] = request.getfixturevalue("wheels")
        base = fresh_environment
        if start:
            prepared = _prepare(shared, start, how)
            base = functools.partial(_clone, prepared / "python")
            shutil.copytree(prepared / "machine" / "site", tmp_path / "machine" / "site")
        return Page(tmp_path / "machine", base(tmp_path / "python"), **how)

    return make


def _prepare(shared, start, how):
    with once(shared, f"docs-start-{start}") as folder:
        if folder:
            path = STARTS / f"{start}.sh"
            page = Page(folder / "machine", how["fresh"](folder / "python"), **how)
            page.follow([Block(path.name, 1, "run", "sh", path.read_text("utf-8"))])
    return shared / f"docs-start-{start}"


def _clone(base, folder):
    clone_environment(base, folder)
    return folder
