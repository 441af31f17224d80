"""examples/flask_notes: a notebook in Flask, with its static files from Hiss."""

import re
import sys
from base64 import b64encode
from hashlib import sha384
from importlib import import_module

import pytest

FOR_EVER = (200, "max-age=31536000, public, immutable")


@pytest.fixture(scope="module")
def example(make_example):
    """The notebook, built."""
    return make_example("flask_notes", "NOTES_")


@pytest.fixture
def create_app(example, monkeypatch):
    """The module's factory."""
    monkeypatch.syspath_prepend(str(example.folder))
    yield import_module("notes").create_app
    del sys.modules["notes"]


@pytest.fixture
def client(create_app, example, tmp_path):
    """Flask's own client, for a notebook of the test's own."""
    return create_app(example.static, tmp_path / "notes.sqlite3").test_client()


def test_static_files_are_in_front(client):
    """What the page names is there, for ever, and is what it says it is."""
    page = client.get("/")
    assert page.status_code == 200
    found = re.findall(
        r'(?:href|src)="(/static/[^"]+)"(?: integrity="(sha384-[^"]{64})")?', page.text
    )
    assert len(found) == 4
    assert sum(bool(integrity) for _, integrity in found) == 2
    for url, integrity in found:
        answer = client.get(url)
        digest = b64encode(sha384(answer.data).digest()).decode()
        assert integrity in ("", f"sha384-{digest}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == FOR_EVER
    missing = client.get("/static/css/none.css")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


def test_notes_come_and_go(client):
    """A note is kept until it is torn off, and is text whatever it says."""
    added = client.post("/", data={"text": " <b>bread</b> ", "colour": "sage"})
    assert (added.status_code, added.location) == (303, "/")
    page = client.get("/").text
    assert "&lt;b&gt;bread&lt;/b&gt;</p>" in page
    newest = re.search(r'action="(/\d+/delete)"', page)[1]
    assert client.post(newest).status_code == 303
    assert "bread&lt;" not in client.get("/").text


@pytest.mark.parametrize(
    "form", [{}, {"text": " ", "colour": "sage"}, {"text": "a", "colour": "red"}]
)
def test_what_is_no_note_is_refused(client, form):
    """A note has a text and one of the colours."""
    assert client.post("/", data=form).status_code == 400


def test_other_sites_write_nothing(client):
    """A form on another site is refused."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    form = {"text": "spam", "colour": "sage"}
    assert client.post("/", data=form, headers=headers).status_code == 403


def test_without_a_build_it_says_what_to_run(create_app, example, tmp_path):
    """The error names the command."""
    command = f"cd {example.folder} && hiss build"
    with pytest.raises(RuntimeError, match=f"there is no release in .*{re.escape(command)}$"):
        create_app(tmp_path / "none", tmp_path / "notes.sqlite3")


@pytest.mark.browser
@pytest.mark.live
def test_in_a_browser(example, visit, tmp_path):
    """Under gunicorn it is styled, complete and quiet; a module comes when it is needed."""
    command = ("gunicorn", "notes:create_app()", "--threads=4")
    with example.serve(*command, log=tmp_path / "log") as url:
        page = visit.page
        page.goto(url)
        page.wait_for_load_state("networkidle")
        style = page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
        assert style == "rgb(239, 233, 223)"
        names = {"css/app.css", "css/card.css", "css/tokens.css", "img/dots.svg", "img/pencil.svg"}
        assert visit.static() == dict.fromkeys(names | {"js/app.js", "js/search.js"}, FOR_EVER)

        page.fill("[data-search]", "swifts")
        assert page.locator("[data-note]:visible").count() == 1
        page.click("[data-read]:visible")
        page.wait_for_selector("dialog[open]")
        assert visit.static()["js/lazy/reader.js"] == FOR_EVER
        page.keyboard.press("Escape")

        page.fill("textarea", "Kept in a browser.")
        page.click("text=Keep >> visible=true")
        page.wait_for_selector("text=Kept in a browser.")
        assert visit.messages == []
