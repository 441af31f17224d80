"""`hiss deploy` against a real gunicorn: afterwards the site serves the new release whole, or the
old one.

The tests share a site, each bringing a version of its own: what one leaves is what the next finds,
as it is with a real one.
"""

import json
import signal
import time
from contextlib import ExitStack

import pytest

from hiss.files.lock import locked
from hiss.files.release import LOCK, read_manifest
from hiss.release.deploy.journal import needed_releases, read_journal

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

STEPS = ["check", "build", "switch", "restart", "answer", "pages"]
BACK = ["back", "undo", "restart", "answer"]

IMPORT_ERROR = "\nimport nothing_of_that_name\n"
# A gunicorn that is to reload ends, where its workers do not start; one that is started anew, too.
GONE = "nothing listens there"
# Keeps the lock of releases for a second, so that the switch, which comes next, has to wait.
HELD = " && flock static/.hiss/lock sh -c 'sleep 1 >/dev/null 2>&1 &'"


@pytest.fixture
def site(shop):
    """The site, at work with some version."""
    shop.configure("reload")
    try:
        assert shop.serving
        shop.assert_serves(shop.serving)
    except AssertionError:
        # The first test, or one after a test that failed.
        shop.stop()
        shop.journal.unlink(missing_ok=True)
        shop.serving = ""
        shop.bring("base")
        shop.collect()
        ended = shop.deploy()
        assert ended.code == 0, ended
        shop.assert_serves("base")
    return shop


@pytest.fixture
def version(request):
    """A name for what a test deploys, its own."""
    return "".join(each if each.isalnum() else "-" for each in request.node.name)


def lines_of(ended):
    """The lines of steps, without their seconds."""
    lines = [line for line in ended.err.splitlines() if " … " in line and " s" in line]
    return [line.partition(" ")[0] for line in lines]


def id_of(site):
    """The release in force."""
    return read_manifest(site.root).id


@pytest.mark.parametrize("restart", ["reload", "full"])
def test_good(site, version, restart):
    """The new release answers, whole; the way there is told, a line for each step."""
    site.configure(restart, check="{python} current/manage.py check")
    before = read_manifest(site.root)
    site.bring(version)
    ended = site.deploy()
    assert ended.code == 0, ended
    site.assert_serves(version)
    assert ended.out == (
        f"deployed: the site answers with release {id_of(site)} (before: release {before.id})\n"
    )
    assert lines_of(ended) == [*STEPS, "prune"]
    assert "System check identified no issues" in ended.err
    assert " s, 2 pages, 4 files\n" in ended.err
    # Tabs that were opened before the deploy.
    files = [each.file for each in before.entries if each.immutable]
    assert {site.get(f"/static/{file}")[0] for file in files} == {200}


@pytest.mark.parametrize("restart", ["reload", "full"])
def test_app_does_not_start(site, version, restart):
    """The former code and release are back, and what was wrong is said."""
    # Time enough for gunicorn to notice, and to end: a reload would be lost on one that is ending.
    site.configure(restart, timeout=6 if restart == "reload" else 3)
    former, before = site.serving, id_of(site)
    site.bring(version, broken=IMPORT_ERROR)
    ended = site.deploy()
    assert ended.code == 1, ended
    site.assert_serves(former)
    assert lines_of(ended) == [*STEPS[:-1], *BACK]
    assert "answer: http://127.0.0.1:" in ended.err
    assert GONE in ended.err
    assert ended.out == (
        f"undone: release {before} is in force again, and the site answers with it\n"
    )
    assert id_of(site) == before


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param(
            '<link rel="stylesheet" href="/static/css/none.css">\n<img src="/static/no.png">',
            [
                "/static/css/none.css (on http://127.0.0.1:{port}/): 404 (Hiss-Miss: never built)",
                "/static/no.png (on http://127.0.0.1:{port}/): 404 (Hiss-Miss: never built)",
            ],
            id="hard-coded",
        ),
        pytest.param(
            '<link rel="stylesheet" href="{% static "css/none.css" %}">',
            ["http://127.0.0.1:{port}/: 500"],
            id="tag",
        ),
    ],
)
def test_css_is_missing(site, version, more, words):
    """What each page lacks is said, all of it, and the former release is back."""
    former = site.serving
    site.bring(version, more=more)
    ended = site.deploy("--json")
    assert ended.code == 1, ended
    site.assert_serves(former)
    said = json.loads(ended.out)
    assert said["result"] == "undone"
    assert said["before"] == id_of(site) != said["release"]
    for each in words:
        assert each.format(port=site.port) in said["problem"]
    assert [each["name"] for each in said["steps"]] == [*STEPS, *BACK]
    assert [each["good"] for each in said["steps"]] == [True] * 5 + [False] + [True] * 4


def test_without_the_former_code(site, version):
    """Where nothing brings the former code back the site stays down, which is said; a deploy of
    code that is mended goes on from there, and still knows what to go back to.
    """
    site.configure("full", timeout=2, undo="")
    before = id_of(site)
    site.bring(version, broken=IMPORT_ERROR)
    ended = site.deploy()
    assert ended.code == 2, ended
    assert f"hiss: NOT undone: http://127.0.0.1:{site.port}/static/hiss.json" in ended.err
    assert id_of(site) == before
    assert read_journal(site.root).before == before
    site.configure("full")
    site.bring(f"{version}-mended")
    ended = site.deploy()
    assert ended.code == 0, ended
    assert f"a deploy from {before}, begun " in ended.err
    site.assert_serves(f"{version}-mended")


@pytest.mark.parametrize("step", STEPS)
def test_killed(site, version, step):
    """`--undo` goes back to the old release, whole; another deploy goes on to the new one."""
    restart = "full" if step == "restart" else "reload"
    site.configure(restart, also=HELD if step == "switch" else "")
    former, before = site.serving, id_of(site)

    site.bring(f"{version}-1")
    ended = site.deploy_to(step)
    assert ended.code == -signal.SIGKILL
    assert read_journal(site.root).step == step
    assert before in needed_releases(site.root)
    if step != "restart":
        site.assert_page_is_whole()
    ended = site.deploy("--undo")
    assert ended.code == 0, ended
    assert f"was left in its step `{step}`" in ended.err
    site.assert_serves(former)
    assert id_of(site) == before

    site.bring(f"{version}-2")
    site.deploy_to(step)
    assert read_journal(site.root).before == before
    ended = site.deploy()
    assert ended.code == 0, ended
    assert f"was killed in its step `{step}`; it is begun again" in ended.err
    assert f"(before: release {before})" in ended.out
    site.assert_serves(f"{version}-2")
    assert id_of(site) != before


def await_step(site, process, step):
    """Until the journal names the step."""
    while site.step() != step:
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


@pytest.mark.parametrize("step", ["back", "restart"])
def test_killed_on_the_way_back(site, version, step):
    """It goes back in the end."""
    site.configure("full" if step == "restart" else "reload")
    former = site.serving
    site.bring(version, more='<script src="/static/js/none.js"></script>')
    with site.start_deploy() as process, ExitStack() as held:
        await_step(site, process, "pages")
        if step == "back":
            # Which it would be through with in no time.
            held.enter_context(locked(str(site.root / LOCK)))
        await_step(site, process, step)
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert site.step() == step
    ended = site.deploy("--undo")
    assert ended.code == 0, ended
    site.assert_serves(former)


@pytest.mark.parametrize(
    ("number", "step"), [(signal.SIGTERM, "answer"), (signal.SIGINT, "build")], ids=str
)
def test_stopped(site, version, number, step):
    """A signal is a failure: by itself the deploy goes back."""
    former = site.serving
    site.bring(version)
    ended = site.deploy_to(step, signal_number=number)
    assert ended.code == 1, ended
    assert f"hiss: {step}: stopped by {number.name}" in ended.err
    assert ("nothing was changed" in ended.err) == (step == "build")
    site.assert_serves(former)


def test_nothing_but_code(site, version):
    """A deploy that changes no static file waits for the new process all the same: it is told from
    the old one, which goes on answering with the same release for a while.
    """
    site.bring(version)
    assert site.deploy().code == 0
    site.assert_serves(version)
    site.configure("nothing", timeout=1, undo="")
    before = id_of(site)
    ended = site.deploy()
    # Nothing was restarted, so that neither way a new process answers.
    assert ended.code == 2, ended
    assert f"the last answer: release {before}" in ended.err
    site.configure("reload")
    assert site.deploy().code == 0
    assert id_of(site) == before
    site.assert_serves(version)
