"""examples/starlette_notes: a timetable in Starlette, with its static files from Hiss."""

import re
import sys
from base64 import b64encode
from hashlib import sha384
from importlib import import_module

import pytest
from starlette.testclient import TestClient

FOR_EVER = (200, "max-age=31536000, public, immutable")


@pytest.fixture(scope="module")
def example(make_example):
    """The timetable, built."""
    return make_example("starlette_notes", "TIMETABLE_")


@pytest.fixture
def create_app(example, monkeypatch):
    """The module's factory."""
    monkeypatch.syspath_prepend(str(example.folder))
    yield import_module("timetable").create_app
    del sys.modules["timetable"]


@pytest.fixture
def client(create_app, example):
    """Starlette's own client; lifespan passes through Hiss."""
    with TestClient(create_app(example.static)) as client:
        yield client


def test_static_files_are_in_front(client):
    """What the page names is there, for ever, and is what it says it is."""
    page = client.get("/")
    assert page.status_code == 200
    assert page.url.path == "/from/quay"
    found = re.findall(
        r'(?:href|src)="(/static/[^"]+)"(?: integrity="(sha384-[^"]{64})")?', page.text
    )
    assert len(found) == 4
    assert sum(bool(integrity) for _, integrity in found) == 2
    for url, integrity in found:
        answer = client.get(url)
        digest = b64encode(sha384(answer.content).digest()).decode()
        assert integrity in ("", f"sha384-{digest}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == FOR_EVER
    missing = client.get("/static/css/none.css")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


@pytest.mark.parametrize(
    ("pier", "first", "last", "count"),
    [
        ("quay", "07:00", "21:00", 15),
        ("mill", "07:09", "21:45", 30),
        ("island", "07:30", "21:30", 15),
    ],
)
def test_timetable(client, pier, first, last, count):
    """Each pier has its boats, the first one first."""
    times = re.findall(r"<time>(.+?)</time>", client.get(f"/from/{pier}").text)
    assert (times[0], times[-1], len(times)) == (first, last, count)
    assert times == sorted(times)


def test_no_such_pier(client):
    """A pier that is not there is a 404 of the application."""
    answer = client.get("/from/moon")
    assert (answer.status_code, answer.text) == (404, "There is no such pier.")


def test_without_a_build_it_says_what_to_run(create_app, example, tmp_path):
    """The error names the command."""
    command = f"cd {example.folder} && hiss build"
    with pytest.raises(RuntimeError, match=f"there is no release in .*{re.escape(command)}$"):
        create_app(tmp_path / "none")


@pytest.mark.browser
@pytest.mark.live
def test_in_a_browser(example, visit, tmp_path):
    """Under uvicorn it is styled, complete and quiet; the map comes when it is asked for."""
    command = ("uvicorn", "--factory", "timetable:create_app")
    with example.serve(*command, log=tmp_path / "log") as url:
        page = visit.page
        page.goto(url)
        page.wait_for_load_state("networkidle")
        style = page.locator(".sheet").evaluate("e => getComputedStyle(e).backgroundColor")
        assert style == "rgb(16, 64, 79)"
        names = {"css/app.css", "css/board.css", "css/tokens.css", "img/ferry.svg", "img/waves.svg"}
        assert visit.static() == dict.fromkeys(names | {"js/app.js", "js/clock.js"}, FOR_EVER)

        page.click("[data-where]")
        page.wait_for_selector("[data-map] .map__boat")
        page.wait_for_load_state("networkidle")
        late = {"js/lazy/map.js": FOR_EVER, "img/route.svg": FOR_EVER}
        assert visit.static().items() >= late.items()
        assert page.locator("[data-map] img").evaluate_all(
            "all => all.map(i => i.naturalWidth > 0)"
        )
        assert visit.messages == []
