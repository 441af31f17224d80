"""Every case through Django's four doors: the middleware, and the wrappers in front."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from .cases import CASES, Request, Response
from .check import check, check_house
from .limits import LIMITS
from .survey import Survey

_CASES = [case for case in CASES if case.request.target.startswith("/")]
_DOORS = ("middleware-wsgi", "middleware-asgi", "front-wsgi", "front-asgi")


class _Children:
    """One process for each site, started when it is first asked."""

    def __init__(self, root: Path, log: Path) -> None:
        self._root, self._log = root, log
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def ask(self, door: str, request: Request) -> Response:
        """A door's answer, from the process for the request's site."""
        if request.site not in self._children:
            self._children[request.site] = self._start(request.site)
        child = self._children[request.site]
        try:
            pickle.dump((door, request), child.stdin)
            child.stdin.flush()
            return pickle.load(child.stdout)
        except (EOFError, BrokenPipeError):
            return Response(0, faults=(self._log.read_text(errors="replace")[-3000:],))

    def _start(self, site: str) -> subprocess.Popen[bytes]:
        folder = Path(__file__).parent.parent
        # A warning, such as Django's of an iterator that blocks its event loop, is an error.
        command = [sys.executable, "-W", "error", "-m", "conformance.django_child"]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*command, site, str(self._root)],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(folder)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def close(self) -> None:
        """End the processes."""
        for child in self._children.values():
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()
            child.wait(10)
            child.stdout.close()


@pytest.fixture(scope="module")
def children(tree, tmp_path_factory):
    """The processes that Django runs in."""
    children = _Children(tree, tmp_path_factory.mktemp("django") / "log")
    yield children
    children.close()


@pytest.fixture(scope="module", params=_DOORS)
def door(request, children):
    """A door's name, and something to ask."""
    return request.param, Survey(partial(children.ask, request.param))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_django_keeps_the_contract(case, door):
    """Django's door gives an answer that the contract allows."""
    name, survey = door
    request, context = survey.context(case)
    response = survey.ask(request)
    faults = check(case, request, response, context)
    faults += check_house(case, request, response, context)
    limit = LIMITS.get((f"django-{name}", case.id))
    if limit is None:
        assert faults == []
    else:
        assert faults, "the limit is no more: take it out of the table"
        assert response.status in limit.instead
