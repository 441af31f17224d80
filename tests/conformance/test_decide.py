"""Every case about a file, held against the decision alone: no door, no server."""

from __future__ import annotations

import pytest

from hiss.core.decide import decide
from hiss.core.reply import Extract
from hiss.core.request import Request as DecideRequest
from hiss.files.body import open_body
from hiss.files.memory import Memory
from hiss.files.mount import mount
from hiss.files.options import settle
from hiss.files.site import open_site

from .cases import CASES, Request, Response
from .cases.files import FILES, MODIFIED, RECORDED
from .cases.message import SITES, request_for
from .check import check, check_house
from .survey import Survey
from .tree import make_tree

_CASES = [case for case in CASES if case.request.site == "main" and case.request.file in FILES]


@pytest.fixture(scope="module")
def survey(tree):
    """The decision on the assets of the tree, as something to ask."""
    return _survey(tree)


def _survey(tree) -> Survey:
    origin = open_site((mount(tree, SITES["main"]),), settle({}))
    memory = Memory()

    def ask(request: Request) -> Response:
        asset = origin.find(SITES["main"] + request.file).load()
        headers = [
            (name.lower().encode("latin-1"), value.strip().encode("latin-1"))
            for name, value in request.headers
        ]
        reply = decide(asset, DecideRequest.from_raw_headers(request.method, "", headers))
        return Response(reply.status, reply.headers, _bytes(reply.content, memory))

    return Survey(ask)


def _bytes(content, memory: Memory) -> bytes:
    if not isinstance(content, Extract):
        return content
    body = open_body(content, memory)
    return body if isinstance(body, bytes) else b"".join(body)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_the_decision_keeps_the_contract(case, survey):
    """`decide` gives an answer that the contract allows."""
    request, context = survey.context(case)
    response = survey.ask(request)
    assert check(case, request, response, context) == []
    assert check_house(case, request, response, context) == []


def test_no_rebuild_changes_an_entity_tag(survey, tmp_path):
    """The same bytes have the same tags on every replica, whatever the time of their files."""
    rebuilt = _survey(make_tree(tmp_path, modified=MODIFIED + 86_400))
    for file, codings in RECORDED.items():
        for coding in ("identity", *codings):
            request = request_for(file, accept_encoding=coding)
            before, after = survey.ask(request), rebuilt.ask(request)
            assert before.field("etag") == after.field("etag")
            assert before.field("last-modified") != after.field("last-modified")
