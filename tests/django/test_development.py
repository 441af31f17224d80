"""Development: finders, files that come and change and go, and `runserver`."""

import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import BaseFinder
from django.core.exceptions import SuspiciousFileOperation
from django.core.handlers.wsgi import WSGIHandler as DjangoWSGIHandler
from django.core.management import load_command_class
from hiss_site import HISS

from harness.ports import free_port
from harness.servers import running
from hiss.django.handlers import WSGIHandler

SHOP = Path(__file__).parents[2] / "examples/shop"


@pytest.fixture
def shelf_app(tmp_path, monkeypatch):
    """An app of the project's with a static folder: its name, and that folder."""
    name = f"shelf_{abs(hash(str(tmp_path)))}"
    folder = tmp_path / "apps" / name / "static"
    folder.mkdir(parents=True)
    (tmp_path / "apps" / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "apps")
    yield name, folder
    sys.modules.pop(name, None)


@pytest.fixture
def places(shelf_app, tmp_path, configure):
    """A development's folders: an app's, two of STATICFILES_DIRS', and STATIC_ROOT."""
    name, app_folder = shelf_app
    folders = {"app": app_folder}
    for place in ("dir", "pair", "root"):
        folders[place] = tmp_path / place
        folders[place].mkdir()
    configure(
        DEBUG=True,
        INSTALLED_APPS=["hiss.django", "django.contrib.staticfiles", name],
        STATICFILES_DIRS=[folders["dir"], ("vendor", folders["pair"])],
        STATIC_ROOT=folders["root"],
    )
    return folders


def write(path, text):
    """Write a file, at a time that its file system can tell from before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time.sleep(0.02)
    path.write_text(text)


URLS = [
    ("app", "/static/a.css"),
    ("dir", "/static/a.css"),
    ("pair", "/static/vendor/a.css"),
    ("root", "/static/a.css"),
]


@pytest.mark.parametrize(("place", "url"), URLS)
def test_changes_are_seen_at_once(either, places, place, url):
    """A file that is new, longer, changed at equal size, moved over or deleted is seen as it is."""
    site, path = either.open(), places[place] / "a.css"
    assert site.get(url).status == 404
    for text in ("a{}", "a{color:red}", "b{color:red}"):
        write(path, text)
        assert site.get(url).body == text.encode()
    times = path.stat()
    write(path, "c{color:red}")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert site.get(url).body == b"c{color:red}"
    write(path.with_name("new"), "d{color:red}")
    path.with_name("new").replace(path)
    assert site.get(url).body == b"d{color:red}"
    path.unlink()
    assert site.get(url).status == 404
    write(path, "e{}")
    assert site.get(url).body == b"e{}"


def test_nothing_is_kept_by_the_browser(either, places):
    """MAX_AGE is 0 in DEBUG, so that a reload asks again, and a validator makes it cheap."""
    write(places["dir"] / "a.css", "a{}")
    site = either.open()
    headers = site.get("/static/a.css").headers
    assert headers["Cache-Control"] == "max-age=0, public"
    assert site.get("/static/a.css", headers={"If-None-Match": headers["ETag"]}).status == 304
    write(places["dir"] / "a.css", "b{}")
    assert site.get("/static/a.css", headers={"If-None-Match": headers["ETag"]}).status == 200


def test_the_first_place_wins(either, places):
    """Of two files for one URL the first finder's is served, as collectstatic would take it."""
    site = either.open()
    for place in ("root", "app", "dir"):
        write(places[place] / "a.css", place)
        assert site.get("/static/a.css").body == place.encode()


def test_links_out_of_an_apps_folder_are_trusted(either, places, tmp_path):
    """What a finder finds is served wherever it leads: a linked node_modules is common."""
    write(tmp_path / "elsewhere/lib.js", "let a")
    (places["app"] / "lib.js").symlink_to(tmp_path / "elsewhere/lib.js")
    (places["dir"] / "modules").symlink_to(tmp_path / "elsewhere")
    site = either.open()
    assert site.get("/static/lib.js").body == b"let a"
    assert site.get("/static/modules/lib.js").body == b"let a"


def test_links_out_of_static_root_are_not_followed(either, places, tmp_path):
    """STATIC_ROOT holds what is public, in development as in production (W11)."""
    write(tmp_path / "elsewhere/secret.txt", "SECRET")
    (places["root"] / "link.txt").symlink_to(tmp_path / "elsewhere/secret.txt")
    (places["root"] / "links").symlink_to(tmp_path / "elsewhere")
    site = either.open()
    assert site.get("/static/link.txt").status == 404
    assert site.get("/static/links/secret.txt").status == 404


ESCAPES = [
    "/static/../secret.txt",
    "/static/../../secret.txt",
    "/static/css/../../secret.txt",
    "/static/%2e%2e/secret.txt",
    "/static/.%2e/secret.txt",
    "/static/..%2fsecret.txt",
    "/static/%2e%2e%2fsecret.txt",
    "/static/..%5csecret.txt",
    "/static/..\\secret.txt",
    "/static/%5c..%5csecret.txt",
    "/static/....//secret.txt",
    "/static/..;/secret.txt",
    "/static/%252e%252e/secret.txt",
    "/static/../static-secret/secret.txt",
    "/static/vendor/../secret.txt",
    "/static/vendor/%2e%2e/secret.txt",
    "/static/vendor//{secret}",
    "/static/{secret}",
    "/static/%2f{secret}",
    "/static//{secret}",
    "/static/file:{secret}",
    "/static/C:%5csecret.txt",
    "/static/secret.txt%00.css",
    "/static/a.css%00",
    "/static/a.css/",
    "/static/a.css/.",
    "/static//a.css",
    "/static/./a.css",
    "/static/css/../a.css",
    "/static/.hidden",
    "/static/.git/config",
    "/static/css/.env",
]


@pytest.mark.parametrize("ours", [{}, {"MISSES": "pass"}, {"INDEX_FILE": True}], ids=str)
def test_nothing_leaves_the_folders(either, places, tmp_path, ours):
    """No spelling of a path leads out of the folders, or to what is hidden (pain 35: WN#684)."""
    for folder in (*places.values(), places["dir"] / "css"):
        for name in (".hidden", ".git/config", ".env"):
            write_now(folder / name, "SECRET")
        write_now(folder.parent / "secret.txt", "SECRET")
        write_now(folder.parent / f"{folder.name}-secret/secret.txt", "SECRET")
        write_now(folder / "a.css", "a{}")
    secret = str(tmp_path / "secret.txt").lstrip("/")
    site = either.open(HISS=ours)
    assert site.get("/static/a.css").body == b"a{}"
    answers = {target: site.get(target.format(secret=secret)) for target in ESCAPES}
    assert {target: each.status for target, each in answers.items()} == dict.fromkeys(ESCAPES, 404)
    assert not any(b"SECRET" in each.body for each in answers.values())


def test_bytes_that_are_no_text_are_a_miss(either, places, tmp_path):
    """A dot in too many bytes is no dot, and a name of such bytes is nobody's."""
    write_now(tmp_path / "secret.txt", "SECRET")
    site = either.open()
    assert site.get("/static/%c0%ae%c0%ae/secret.txt").status == 404
    assert site.get("/static/%ff.css").status == 404


def write_now(path, text):
    """Write a file that nobody has seen before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_folders_and_others_that_are_no_files_are_misses(either, places):
    """A folder, a pipe and a dangling link are 404s, and nobody waits for them (W7)."""
    (places["dir"] / "css").mkdir()
    os.mkfifo(places["app"] / "pipe")
    (places["root"] / "gone").symlink_to(places["root"] / "nothing")
    site = either.open()
    assert [site.get(f"/static/{name}").status for name in ("css", "css/", "pipe", "gone")] == [
        404
    ] * 4


def test_finders_without_autorefresh(either, places, log):
    """With USE_FINDERS alone, all that the finders have is listed at start, and then no more."""
    for place in places:
        write(places[place] / f"{place}.css", place)
        write(places[place] / "all.css", place)
    write(places["dir"] / ".hidden", "SECRET")
    site = either.open(DEBUG=False, HISS={"USE_FINDERS": True, "IMMUTABLE_FILE_TEST": "pair"})
    write(places["dir"] / "new.css", "new")
    answers = {
        url: site.get(f"/static/{url}").body
        for url in ("app.css", "dir.css", "vendor/pair.css", "root.css", "all.css")
    }
    assert answers == {
        "app.css": b"app",
        "dir.css": b"dir",
        "vendor/pair.css": b"pair",
        "root.css": b"root",
        "all.css": b"dir",
    }
    for missing in (".hidden", "new.css", "pair.css"):
        assert site.get(f"/static/{missing}").status == 404
    assert "immutable" in site.get("/static/vendor/pair.css").headers["Cache-Control"]
    assert site.get("/static/app.css").headers["Cache-Control"] == "max-age=60, public"
    assert log() == []


def test_autorefresh_without_finders(either, places):
    """With AUTOREFRESH alone, STATIC_ROOT is looked at anew, and the finders are not asked."""
    write(places["app"] / "app.css", "app")
    site = either.open(DEBUG=False, HISS={"AUTOREFRESH": True})
    write(places["root"] / "root.css", "root")
    assert site.get("/static/root.css").body == b"root"
    assert site.get("/static/app.css").status == 404


def test_without_django_staticfiles_there_are_no_finders(either, places):
    """A project without django.contrib.staticfiles is served its STATIC_ROOT."""
    write(places["root"] / "a.css", "root")
    write(places["dir"] / "b.css", "dir")
    for ours in ({}, {"AUTOREFRESH": False}):
        site = either.open(INSTALLED_APPS=["hiss.django"], HISS=ours)
        assert site.get("/static/a.css").body == b"root"
        assert site.get("/static/b.css").status == 404


INDEX_URLS = ["/static/docs/", "/static/docs", "/static/docs/index.html", "/static/", "/static"]


@pytest.mark.parametrize("target", INDEX_URLS)
def test_index_documents_answer_as_in_production(either, places, target):
    """What a folder's URLs answer is the same in development and in production (pain 4)."""
    write(places["root"] / "docs/index.html", "<h1>Docs</h1>")
    write(places["root"] / "index.html", "<h1>Root</h1>")
    answers = []
    for debug in (True, False):
        site = either.open(DEBUG=debug, HISS={"INDEX_FILE": True})
        response = site.get(target)
        answers.append((response.status, response.headers["Location"]))
    assert answers[0] == answers[1]


class OddFinder(BaseFinder):
    """A finder that names what is no path, or refuses to look."""

    def find(self, path, *_arguments, **_options):
        """Two files for one name; for another, the error of a name that leaves its folder."""
        if path == "suspicious.css":
            raise SuspiciousFileOperation
        return ["/one", "/two"]

    def list(self, ignore_patterns):
        """No files."""
        return []


@pytest.mark.parametrize("name", ["both.css", "suspicious.css"])
def test_a_finder_that_finds_no_one_file_finds_none(places, configure, wsgi_get, name):
    """Where a finder names no one file, STATIC_ROOT is asked."""
    write(places["root"] / name, "root")
    configure(STATICFILES_FINDERS=["test_development.OddFinder"], STATICFILES_DIRS=[])
    assert wsgi_get(DjangoWSGIHandler(), f"/static/{name}").body == b"root"


# --- runserver

OURS = "static/vendor/a.css"


@pytest.fixture
def runserver(places):
    """The handler that `runserver` would serve by: `runserver(use_static_handler=True)`."""
    write(places["pair"] / "a.css", "a{}")

    def handler(**options):
        command = load_command_class("hiss.django", "runserver")
        return command.get_handler(**{"insecure_serving": False} | options)

    return handler


def test_runserver_is_found_in_our_app(places):
    """With Hiss before staticfiles, `manage.py runserver` is ours, with Django's own options."""
    from django.core.management import get_commands

    assert get_commands.__wrapped__()["runserver"] == "hiss.django"
    parser = load_command_class("hiss.django", "runserver").create_parser("manage.py", "runserver")
    assert {"--nostatic", "--insecure"} <= set(parser._option_string_actions)


@pytest.mark.parametrize("middleware", [[], [HISS]], ids=["without", "with"])
@pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
def test_runserver_serves_static_files(runserver, configure, places, wsgi_get, middleware, debug):
    """With or without the middleware, files come through Hiss, as they will in production."""
    write(places["root"] / "root.css", "root")
    configure(MIDDLEWARE=middleware, DEBUG=debug)
    handler = runserver(use_static_handler=True)
    assert isinstance(handler, WSGIHandler)
    assert type(handler.app) is DjangoWSGIHandler
    response = wsgi_get(handler, "/static/root.css")
    assert (response.body, response.headers["ETag"] is None) == (b"root", False)
    assert wsgi_get(handler, f"/{OURS}").status == (200 if debug else 404)
    assert wsgi_get(handler, "/page/").body == b"the application's page"


def test_runserver_without_static(runserver, configure, wsgi_get):
    """--nostatic leaves the application as it is."""
    configure(MIDDLEWARE=[])
    handler = runserver(use_static_handler=False)
    assert type(handler) is DjangoWSGIHandler
    assert wsgi_get(handler, f"/{OURS}").status == 404


def test_runserver_does_not_wrap_twice(runserver, configure, tmp_path, monkeypatch, wsgi_get):
    """A WSGI_APPLICATION that is Hiss's is served as it is."""
    module = f"wsgi_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{module}.py").write_text(
        "from hiss.django import get_wsgi_application\napplication = get_wsgi_application()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    configure(WSGI_APPLICATION=f"{module}.application", MIDDLEWARE=[])
    handler = runserver(use_static_handler=True)
    assert handler is sys.modules.pop(module).application
    assert wsgi_get(handler, f"/{OURS}").body == b"a{}"


def fetch(url, *, until):
    """The answer to a GET, as soon as a server is there; fails when `until` has passed."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.mark.live
def test_the_shop_under_runserver(tmp_path):
    """The example runs with `manage.py runserver`, and an edit is there at the next request."""
    shop, port = tmp_path / "shop", free_port()
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("*.sqlite3", "staticfiles", "__pyc*"))
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    environ = os.environ | {
        "SHOP_DEBUG": "1",
        "SHOP_DATABASE": str(tmp_path / "shop.sqlite3"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    log = tmp_path / "log"
    with running(command, log, port=port, cwd=shop, env=environ):
        url, until = f"http://127.0.0.1:{port}/static/catalog/css/app.css", time.monotonic() + 20
        path = shop / "catalog/static/catalog/css/app.css"
        status, headers, body = fetch(url, until=until)
        assert (status, body) == (200, path.read_bytes())
        assert headers["ETag"].startswith('"')
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "max-age=0, public"
        path.write_text("/* edited */")
        assert fetch(url, until=until)[2] == b"/* edited */"
        assert fetch(f"http://127.0.0.1:{port}/robots.txt", until=until)[0] == 200
        status, headers, _ = fetch(f"{url}.missing", until=until)
        assert (status, headers["Cache-Control"]) == (404, "no-store")
    assert "Traceback" not in log.read_text()
