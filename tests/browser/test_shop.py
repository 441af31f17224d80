"""The shop in a real browser: styled, complete, quiet, and from cache the second time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.servers import program, running

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.timeout(180)]

SHOP = Path(__file__).parents[2] / "examples" / "shop"
COMMANDS = {
    "gunicorn": ["gunicorn", "shop.wsgi", "--worker-class=gthread", "--threads=4"],
    "uvicorn": ["uvicorn", "shop.asgi:application", "--lifespan=off"],
}
HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The shop, migrated and collected into a folder of its own, with a user for its admin."""
    folder = tmp_path_factory.mktemp("shop")
    environment = {
        **os.environ,
        "SHOP_DATABASE": str(folder / "shop.sqlite3"),
        "SHOP_STATIC_ROOT": str(folder / "static"),
        "DJANGO_SUPERUSER_PASSWORD": "admin",
    }
    environment.pop("SHOP_DEBUG", None)
    user = ["createsuperuser", "--noinput", "--username=admin", "--email=admin@example.com"]
    for arguments in (["migrate"], ["collectstatic", "--noinput"], user):
        command = [sys.executable, "manage.py", *arguments, "--verbosity=0"]
        subprocess.run(command, cwd=SHOP, env=environment, check=True)
    return environment


@pytest.fixture(scope="module", params=COMMANDS)
def site(request, environment, tmp_path_factory):
    """The URL of the shop behind a server."""
    port = free_port()
    name, *arguments = COMMANDS[request.param]
    where = {"gunicorn": [f"--bind=127.0.0.1:{port}"], "uvicorn": [f"--port={port}"]}
    command = [program(name), *arguments, *where[name]]
    log = tmp_path_factory.mktemp("log") / "server.log"
    with running(command, log, port=port, cwd=SHOP, env=environment):
        yield f"http://127.0.0.1:{port}"


class Visit:
    """A tab that remembers what it was answered and what it complained of."""

    def __init__(self, page):
        self.page = page
        self.answers = {}
        self.complaints = []
        page.on("response", lambda response: self.answers.update({response.url: response.status}))
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))

    def _note(self, kind, text):
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def static(self):
        """The status of each static answer by its URL."""
        return {url: status for url, status in self.answers.items() if "/static/" in url}


@pytest.fixture
def visit(browser):
    """A tab of a browser that was never there."""
    context = browser.new_context()
    yield Visit(context.new_page())
    context.close()


def sources(page):
    """Where the page's resources came from: bytes over the network, by URL; none: from cache."""
    return dict(
        page.evaluate("performance.getEntriesByType('resource').map(r => [r.name, r.transferSize])")
    )


def test_admin_is_styled(site, visit):
    """The admin's login is drawn with its own style sheet, and every answer is 200."""
    visit.page.goto(f"{site}/admin/")
    visit.page.wait_for_load_state("networkidle")

    header = visit.page.locator("#header")
    assert header.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(65, 118, 144)"
    assert set(visit.static().values()) == {200}
    assert visit.complaints == []


def test_admin_after_login_is_complete(site, visit):
    """A list of the admin works: scripts, images and fonts too, without a complaint."""
    page = visit.page
    page.goto(f"{site}/admin/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "admin")
    page.click("[type=submit]")
    page.goto(f"{site}/admin/catalog/product/")
    page.wait_for_load_state("networkidle")

    assert page.locator("#result_list").is_visible()
    assert len(visit.static()) > 10
    assert set(visit.static().values()) == {200}
    assert visit.complaints == []


@pytest.mark.parametrize("path", ["/", "/kind/green/", "/tea/morning-sencha/", "/how-it-is-made/"])
def test_pages_are_complete(site, visit, path):
    """Every page has all it names, from hashed URLs alone, without a complaint."""
    visit.page.goto(site + path)
    visit.page.wait_for_load_state("networkidle")

    assert visit.static()
    assert [url for url in visit.static() if not HASHED.search(url)] == []
    # A video is asked for in parts; everything else is whole.
    assert {s for url, s in visit.static().items() if not url.endswith(".webm")} == {200}
    assert visit.complaints == []


def test_second_load_is_from_cache(site, visit):
    """What is hashed is asked for once: the second load takes it from the cache."""
    visit.page.goto(f"{site}/")
    visit.page.wait_for_load_state("networkidle")
    first = sources(visit.page)
    visit.page.goto("about:blank")
    visit.page.goto(f"{site}/")
    visit.page.wait_for_load_state("networkidle")
    second = sources(visit.page)

    hashed = [url for url in second if ".css" in url or ".woff2" in url]
    assert hashed
    assert all(first[url] > 0 for url in hashed)
    assert [second[url] for url in hashed] == [0] * len(hashed)


def test_lazy_module_comes_when_asked_for(site, visit):
    """A module named by a dynamic import is fetched at the click that needs it, and runs."""
    page = visit.page
    page.goto(f"{site}/tea/morning-sencha/")
    page.wait_for_load_state("networkidle")
    assert not any("zoom" in url for url in visit.static())

    page.click("[data-zoom]")
    page.wait_for_selector("dialog.zoom[open]")

    assert any("zoom" in url for url in visit.static())
    assert visit.complaints == []


def test_video_is_sought_by_ranges(site, visit):
    """A seek in the video lands where it was aimed, which takes ranges."""
    page = visit.page
    page.goto(f"{site}/how-it-is-made/")
    page.wait_for_load_state("networkidle")
    reached = page.evaluate(
        """() => new Promise((resolve) => {
            const video = document.querySelector("video");
            video.addEventListener("seeked", () => resolve(video.currentTime));
            const seek = () => { video.currentTime = 5; };
            if (video.readyState >= 1) seek();
            else { video.addEventListener("loadedmetadata", seek); video.load(); }
        })"""
    )

    assert reached == pytest.approx(5, abs=0.1)
    assert 206 in {status for url, status in visit.static().items() if url.endswith(".webm")}
