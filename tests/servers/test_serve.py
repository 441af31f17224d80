"""`hiss serve`: one command from an application or a folder to a server with the lane set up."""

import os
import sys
import urllib.error
import urllib.request

import pytest

from harness.ports import free_port
from harness.servers import program, running
from hiss.cli import main

pytestmark = pytest.mark.live

APP = """
from hiss.asgi import StaticFiles

async def page(scope, receive, send):
    if scope["type"] == "http":
        text = scope["root_path"].encode() or b"page"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text})

application = StaticFiles(page, root="static")
"""


WSGI = """
from hiss import wsgi

def application(environ, start_response):
    start_response("200 OK", [])
    return []

static = wsgi.StaticFiles(application, root="static")
"""


@pytest.fixture
def project(tmp_path):
    """A folder with an application, its static files, and a site of its own."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.css").write_text("body{}")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>index")
    (tmp_path / "page.py").write_text(APP)
    return tmp_path


def ask(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


@pytest.fixture
def serve(project, tmp_path):
    """Run the command, ask, and return the answers with what it said."""

    def run(arguments, paths, **environment):
        port, log = free_port(), tmp_path / "log"
        command = [program("hiss"), "serve", *arguments, "--port", str(port)]
        child = {**os.environ, "PYTHONPATH": str(project), **environment}
        with running(command, log, port=port, cwd=project, env=child):
            answers = [ask(port, path) for path in paths]
        return answers, log.read_text()

    return run


def test_an_application(serve):
    """An application keeps its own pages; its files come by the lane; uvicorn's log is as ever."""
    answers, log = serve(["page:application"], ["/", "/static/app.css", "/static/app.css"])
    assert answers == [(200, "page"), (200, "body{}"), (200, "body{}")]
    assert log.count('"GET /static/app.css HTTP/1.1" 200') == 2
    assert "without Hiss's lane" not in log


@pytest.mark.parametrize(
    ("arguments", "paths", "expected"),
    [
        (["site"], ["/", "/none"], [(200, "<p>index"), (404, "")]),
        (["static", "--prefix", "s"], ["/s/app.css", "/app.css"], [(200, "body{}"), (404, "")]),
    ],
)
def test_a_folder(serve, arguments, paths, expected):
    """A folder is served at the root of the host, or where it is told to be."""
    answers, _ = serve(arguments, paths)
    assert answers == expected


def test_options_of_uvicorns_are_handed_on(serve):
    """What uvicorn has an option for, this command has too."""
    options = ["--root-path", "/below", "--no-access-log", "--workers", "2"]
    answers, log = serve(["page:application", *options], ["/"])
    assert answers == [(200, "/below")]
    assert "GET /" not in log
    assert "Started parent process" in log


def test_a_folder_of_the_configuration(serve, project):
    """With nothing named, it is the folder and the prefix that `hiss build` writes to."""
    table = '[tool.hiss]\nsources = ["src"]\noutput = "static"\nprefix = "/assets/"\n'
    (project / "pyproject.toml").write_text(table)
    answers, _ = serve([], ["/assets/app.css"])
    assert answers == [(200, "body{}")]


def test_a_django_project(serve, project):
    """With nothing named, it is the asgi.py of the Django project around."""
    (project / "manage.py").write_text(
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\n'
    )
    (project / "config" / "settings").mkdir(parents=True)
    (project / "config" / "asgi.py").write_text("from page import application\n")
    answers, _ = serve([], ["/", "/static/app.css"])
    assert answers == [(200, "page"), (200, "body{}")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing says what to serve"),
        (["nothing"], "neither a folder nor an application"),
        (["site", "--log-level", "loud"], "log-level"),
        (["site", "--port", "70000"], "--port must be from 0 to 65535"),
        (["site", "--ssl-certfile", "none.pem"], "there is no file none.pem"),
        (["page:none"], "none"),
        (["none:application"], "none"),
        (["page:APP"], "cannot be called"),
        (["wsgi_page:application"], "-k hiss.servers.gunicorn.StaticThreadWorker"),
        (["wsgi_page:static"], "-k hiss.servers.gunicorn.StaticThreadWorker"),
    ],
)
def test_what_cannot_be_served(project, monkeypatch, capsys, arguments, said):
    """A mistake is one message, and exit code 2."""
    (project / "page.py").write_text(f"{APP}\nAPP = 5\n")
    (project / "wsgi_page.py").write_text(WSGI)
    monkeypatch.chdir(project)
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    for name in ("page", "wsgi_page"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert main(["serve", *arguments]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert "Traceback" not in message


def test_a_release_that_is_damaged(project, monkeypatch, capsys):
    """What is wrong with a folder is said before anything is served."""
    (project / "site" / ".hiss" / "releases").mkdir(parents=True)
    (project / "site" / ".hiss" / "current").write_text("0123456789abcdef")
    monkeypatch.chdir(project)
    assert main(["serve", "site"]) == 2
    assert "hiss:" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["uvicorn", "httptools"])
def test_without_what_it_needs(project, monkeypatch, capsys, name):
    """The command says what is missing, and how to get it."""
    monkeypatch.chdir(project)
    monkeypatch.setattr("importlib.util.find_spec", lambda each: None if each == name else 1)
    assert main(["serve", "site"]) == 2
    message = capsys.readouterr().err
    assert f"{name} is not installed" in message
    assert "pip install 'hiss[serve]'" in message
