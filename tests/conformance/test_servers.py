"""Every case over a socket, under the servers that people run."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import pytest

from .cases import CASES
from .check import check, check_house
from .client import ask
from .limits import LIMITS
from .servers import SERVERS, running
from .survey import Survey

pytestmark = pytest.mark.live

# `secure` is Django's alone.
_CASES = [case for case in CASES if case.request.site != "secure"]


class _Result(NamedTuple):
    status: int
    faults: list[str]


@pytest.fixture(scope="session")
def results(request, tree, tmp_path_factory):
    """(server, case) to what came of it: each server runs once, for the cases that are selected."""
    selected: dict[str, list] = {}
    for item in request.session.items:
        if "results" in getattr(item, "fixturenames", ()):
            parameters = item.callspec.params
            cases = selected.setdefault(parameters["server"], [])
            cases += [parameters["case"]] if "case" in parameters else []
    found: dict[tuple[str, str], _Result] = {}
    logs: dict[str, str] = {}
    for server, cases in selected.items():
        log = tmp_path_factory.mktemp(server) / "log"
        with running(server, tree, log) as address:
            survey = Survey(partial(ask, address))
            for case in cases:
                found[server, case.id] = _try(case, survey)
        logs[server] = log.read_text(errors="replace")
    return found, logs


def _try(case, survey: Survey) -> _Result:
    request, context = survey.context(case)
    response = survey.ask(request)
    faults = check(case, request, response, context)
    return _Result(response.status, faults + check_house(case, request, response, context))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
@pytest.mark.parametrize("server", SERVERS)
def test_servers_keep_the_contract(server, case, results):
    """What comes over the wire is what the contract allows, or a limit that is known."""
    status, faults = results[0][server, case.id]
    limit = LIMITS.get((server, case.id))
    if limit is None:
        assert faults == []
    else:
        assert faults, "the limit is no more: take it out of the table"
        assert status in limit.instead


@pytest.mark.parametrize("server", SERVERS)
def test_servers_report_no_error(server, results):
    """Nothing went wrong behind an answer that looks right."""
    log = results[1][server]
    if server == "hypercorn":
        # `Head` is HEAD to hypercorn and not to h11 below it, which then waits for a body.
        log = log.replace("Error in ASGI Framework\nTraceback", "", 1)
    assert "Traceback" not in log
    assert "without Hiss's lane" not in log
