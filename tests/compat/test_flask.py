"""The page "Using WhiteNoise with Flask"."""

import pytest
from flask import Flask
from whitenoise import WhiteNoise

APP = """
from flask import Flask
from whitenoise import WhiteNoise

app = WhiteNoise(Flask(__name__), root='static/')
"""
SEVERAL = """
from flask import Flask
from whitenoise import WhiteNoise

app = WhiteNoise(Flask(__name__))
my_static_folders = (
    'static/folder/one/',
    'static/folder/two/',
    'static/folder/three/'
)
for static in my_static_folders:
    app.add_files(static)
"""


@pytest.mark.parametrize(
    ("code", "url"), [(APP, "/folder/two/a.css"), (SEVERAL, "/a.css")], ids=["root", "add_files"]
)
def test_the_pages_code(make_tree, wsgi_get, monkeypatch, code, url):
    """Word for word, with relative folders: files are at the site's root, misses are Flask's."""
    names = ("one/1.css", "two/a.css", "three/3.css")
    root = make_tree({f"static/folder/{name}": name for name in names}, name="project")
    monkeypatch.chdir(root)
    found = {"__name__": "mysite"}
    exec(code, found)
    response = wsgi_get(found["app"], url)
    assert (response.status, response.body) == (200, b"two/a.css")
    assert response.headers["Cache-Control"] == "max-age=60, public"
    assert b"<!doctype html>" in wsgi_get(found["app"], "/none").body


def test_wsgi_app(make_tree, wsgi_get):
    """Flask's own way to add middleware keeps the application's commands and its test client."""
    app = Flask("mysite")
    app.add_url_rule("/", "home", lambda: "home")
    app.wsgi_app = WhiteNoise(app.wsgi_app, root=make_tree({"a.css": "a"}), prefix="assets/")
    client = app.test_client()
    assert client.get("/").text == "home"
    assert client.get("/assets/a.css").text == "a"
    assert client.get("/assets/none.css").status_code == 404
