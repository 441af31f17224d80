"""A notebook: notes on coloured cards, kept in SQLite."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from flask import Flask, abort, redirect, render_template, request, url_for

import hiss.manifest
from hiss.errors import ManifestError
from hiss.wsgi import StaticFiles

HERE = Path(__file__).parent
COLOURS = ("butter", "sage", "rose")
POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"

SCHEMA = """
CREATE TABLE IF NOT EXISTS note (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    colour TEXT NOT NULL,
    made TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)
"""
FIRST = [
    ("Ask Ines for the bread recipe. The one with rye, not the other one.", "butter"),
    ("Swifts are back over the square: first heard on the fourth.", "sage"),
    ("A good sentence is a room with one door.", "rose"),
]


class Static(NamedTuple):
    """A static file, for templates: as text it is its URL."""

    url: str
    integrity: str

    def __str__(self):
        return self.url


def load_assets(folder):
    """The files that were built into a folder."""
    try:
        return hiss.manifest.load(folder)
    except ManifestError as error:
        command = f"cd {HERE} && hiss build"
        raise RuntimeError(f"{error.message}. To build the static files: {command}") from None


class Notebook:
    """The notes, the newest first."""

    def __init__(self, path):
        self._path = path
        self._do(SCHEMA)
        if not self.notes():
            for text, colour in FIRST:
                self.add(text, colour)

    def notes(self):
        return self._do("SELECT id, text, colour, date(made) FROM note ORDER BY id DESC")

    def add(self, text, colour):
        self._do("INSERT INTO note (text, colour) VALUES (?, ?)", text, colour)

    def remove(self, note):
        self._do("DELETE FROM note WHERE id = ?", note)

    def _do(self, statement, *values):
        with closing(sqlite3.connect(self._path)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def add_pages(app, notebook):
    """The pages."""

    @app.get("/")
    def show():
        return render_template("notes.html", notes=notebook.notes(), colours=COLOURS)

    @app.post("/")
    def add():
        text, colour = request.form.get("text", "").strip(), request.form.get("colour")
        if not text or len(text) > 500 or colour not in COLOURS:
            abort(400)
        notebook.add(text, colour)
        return redirect(url_for("show"), 303)

    @app.post("/<int:note>/delete")
    def delete(note):
        notebook.remove(note)
        return redirect(url_for("show"), 303)


def guard(app):
    """What holds for every page."""

    @app.before_request
    def refuse_other_sites():
        # There is no session to forge, but nobody else should write into this notebook.
        came_from = request.headers.get("Sec-Fetch-Site", "same-origin")
        if request.method == "POST" and came_from != "same-origin":
            abort(403)

    @app.after_request
    def add_policy(response):
        response.headers["Content-Security-Policy"] = POLICY
        return response


def create_app(static=None, database=None):
    """The application, with its static files in front."""
    static = static or os.environ.get("NOTES_STATIC", HERE / "static")
    database = database or os.environ.get("NOTES_DATABASE", HERE / "notes.sqlite3")
    assets = load_assets(static)
    app = Flask(__name__, static_folder=None)
    app.add_template_global(
        lambda name: Static(assets.url(name), assets.integrity(name)), name="static"
    )
    guard(app)
    add_pages(app, Notebook(database))
    app.wsgi_app = StaticFiles(app.wsgi_app, root=static, prefix="/static/")
    return app
