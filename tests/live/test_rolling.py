"""While one release replaces another, one instance at a time, nobody misses a file."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import partial

import pytest

from live.instances import SERVERS, find_nginx
from live.rolling import PHASES, Bridge, Images, Shared, run
from live.versions import HISS
from live.visitors import Answer, judge, references

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

needs_nginx = pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed")

LAYOUTS = {"shared": Shared, "images": partial(Images, Bridge.BOTH)}
BODY = b"body {}\n"
DIGEST = hashlib.md5(BODY).hexdigest()[:12]
IMMUTABLE = {"cache-control": "max-age=31536000, public, immutable"}
BRIEF = {"cache-control": "max-age=60, public"}


@pytest.fixture(scope="module", params=LAYOUTS)
def outcome(request, tmp_path_factory):
    """Two rolls forward, one back, and one forward again, with visitors all the time."""
    return run(tmp_path_factory.mktemp("roll"), HISS, LAYOUTS[request.param]())


@needs_nginx
def test_no_asset_fails_and_no_page_is_mixed(outcome):
    """Every asset that a page or a tab of any version named came whole, as its name says, to keep
    for ever; and no page named another version's.
    """
    assert Counter(outcome.tally.faults) == {}


@needs_nginx
def test_visitors_saw_all_there_is(outcome):
    """The run was one: in each phase old and new pages, every instance, and the cache, which had
    and had not what was asked for.
    """
    tally, before = outcome.tally, 1
    for phase in PHASES:
        assert tally.versions[phase.name, before] > 0
        assert tally.versions[phase.name, phase.version] > 0
        before = phase.version

    assert len(tally.instances.keys() - {"none"}) == len(SERVERS) * (1 + len(PHASES))
    assert {"HIT", "MISS", "BYPASS"} <= tally.cache.keys()
    assert tally.assets > 1000
    for name in ("css/app", "img/hills", "img/logo", "js/dialog", "js/main", "js/lazy/zoom"):
        assert len({url for url in tally.urls if f"catalog/{name}." in url}) == 3, name
    for version in (1, 2, 3):
        assert any(f"js/lazy/only-{version}." in url for url in tally.urls)


@needs_nginx
def test_images_that_lack_each_others_releases_fail(tmp_path):
    """Without adopting, a roll fails visitors, and they are told of it: the harness sees it."""
    tally = run(tmp_path, HISS, Images(Bridge.NONE), phases=PHASES[:1]).tally

    assert tally.count("failed") > 0
    assert {(fault.kind, fault.status) for fault in tally.faults} == {("failed", 404)}
    assert {fault.reason for fault in tally.faults} == {"never built"}


@pytest.mark.parametrize(
    ("name", "answer", "kind"),
    [
        (f"app.{DIGEST}.css", Answer(200, IMMUTABLE, BODY), ""),
        (f"app.{DIGEST}.css", Answer(200, IMMUTABLE, BODY[:-1]), "wrong"),
        (
            f"app.{DIGEST}.css",
            Answer(200, BRIEF, BODY),
            "mutable",
        ),
        (f"app.{DIGEST}.css", Answer(200, {}, BODY), "mutable"),
        (f"app.{DIGEST}.css", Answer(404, {}, b""), "failed"),
        (f"app.{DIGEST}.css", Answer(0, {}, b""), "failed"),
        ("app.css", Answer(200, IMMUTABLE, BODY), "unhashed"),
    ],
)
def test_answers_are_judged_by_their_names(name, answer, kind):
    """A hash in a name is a promise of bytes, and of their being there."""
    assert judge(f"/static/{name}", answer) == kind


@pytest.mark.parametrize(
    ("url", "text", "named"),
    [
        ("/", '<link href="/static/a.css"><img src="/static/b.svg#c">', ["a.css", "b.svg"]),
        ("/", '<a href="/tea/"><video poster="/static/c.webp">', ["c.webp"]),
        ("/static/a.css", '@import "b.css"; @import url("c.css");', ["b.css", "c.css"]),
        ("/static/d/a.css", "a { b: url(../c.png) }", ["c.png"]),
        ("/static/a.js", 'import { b } from "./b.js"; import "./c.js";', ["b.js", "c.js"]),
        ("/static/d/a.js", 'const b = await import("../b.js");', ["b.js"]),
    ],
)
def test_references_are_found(url, text, named):
    """What a page or an asset names is asked for."""
    found = [each.url for each in references(url, text.encode())]

    assert found == [f"/static/{name}" for name in named]


def test_dynamic_imports_are_for_later():
    """Only what a script imports by a call can wait for a click."""
    found = references("/static/a.js", b'import "./b.js"; import("./c.js");')

    assert [(each.url, each.is_lazy) for each in found] == [
        ("/static/b.js", False),
        ("/static/c.js", True),
    ]
