"""Every case through the WSGI and the ASGI door, in process."""

from __future__ import annotations

import asyncio

import pytest
import trio

from .apps import make_asgi, make_wsgi
from .cases import CASES
from .check import check, check_house
from .doors import ask_asgi, ask_wsgi
from .survey import Survey

# What is no path is the server's to read; `secure` is Django's alone.
_CASES = [
    case for case in CASES if case.request.target.startswith("/") and case.request.site != "secure"
]
# trio's threads and loops are slow to start: some of each part are enough.
_SAMPLE = _CASES[::9]


def _test(case, survey: Survey):
    request, context = survey.context(case)
    response = survey.ask(request)
    assert check(case, request, response, context) == []
    assert check_house(case, request, response, context) == []


@pytest.fixture(scope="module", params=[False, True], ids=["validator", "file-wrapper"])
def wsgi(request, tree):
    """The WSGI door, under wsgiref's validator or with a file wrapper."""
    app = make_wsgi(tree)
    return Survey(lambda asked: ask_wsgi(app, asked, file_wrapper=request.param))


@pytest.fixture(scope="module", params=[False, True], ids=["stream", "pathsend"])
def asgi(request, tree):
    """The ASGI door, under a server with or without `http.response.pathsend`."""
    app = make_asgi(tree)
    with asyncio.Runner() as runner:
        yield Survey(lambda asked: runner.run(ask_asgi(app, asked, pathsend=request.param)))


@pytest.fixture(scope="module")
def asgi_on_trio(tree):
    """The ASGI door on trio's event loop."""
    app = make_asgi(tree)
    return Survey(lambda asked: trio.run(ask_asgi, app, asked))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_wsgi_keeps_the_contract(case, wsgi):
    """The WSGI door gives an answer that the contract allows."""
    _test(case, wsgi)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_asgi_keeps_the_contract(case, asgi):
    """The ASGI door gives an answer that the contract allows."""
    _test(case, asgi)


@pytest.mark.parametrize("case", _SAMPLE, ids=lambda case: case.id)
def test_asgi_on_trio_keeps_the_contract(case, asgi_on_trio):
    """The ASGI door needs no asyncio."""
    _test(case, asgi_on_trio)
