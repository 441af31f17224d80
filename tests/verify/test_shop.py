"""examples/shop, as its README says to serve it: there is nothing wrong with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.servers import running

from .conftest import ids, look

pytestmark = pytest.mark.live

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The shop under gunicorn: its URL, and its STATIC_ROOT."""
    folder = tmp_path_factory.mktemp("shop-live")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        "SHOP_DATABASE": str(folder / "shop.sqlite3"),
        "SHOP_STATIC_ROOT": str(folder / "static"),
    }
    for command in (("migrate", "-v0"), ("collectstatic", "--noinput", "-v0")):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=SHOP, env=environment, check=True
        )
    port = free_port()
    command = (
        f"gunicorn --bind=127.0.0.1:{port} --worker-class=gthread --threads=4 "
        "--no-control-socket --log-level=error shop.wsgi"
    )
    command = [sys.executable, "-m", *command.split()]
    with running(command, folder / "log", port=port, cwd=SHOP, env=environment):
        yield f"http://127.0.0.1:{port}/", folder / "static"


def test_the_shop_is_clean(live):
    """As anybody sees it, within the usual limits."""
    url, _ = live
    report = look(url, requests=500)
    assert report.findings == ()
    assert {each.removeprefix(url) for each in report.pages} == {"", "admin/login/"}
    assert report.assets > 40
    assert not any("--max-requests" in each for each in report.notes)


def test_the_shop_is_as_it_was_built(live):
    """Every file that its pages need, and by Hiss."""
    url, root = live
    report = look(url, root=str(root), expects_hiss=True)
    assert report.findings == ()
    assert report.checked["hiss.V021"] > 30
    assert report.checked["hiss.V090"] > 30


def test_a_page_that_is_not_there(live):
    """Named, it must be."""
    url, _ = live
    assert ids(look(url, pages=("/nowhere/",))) == {"V001"}
