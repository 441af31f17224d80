"""The names that WhiteNoise's documentation has are there, and are Hiss underneath."""

import inspect
import tomllib
import warnings
from importlib import import_module
from pathlib import Path

import pytest
from whitenoise.media_types import MediaTypes, default_types

import hiss.django.middleware
import hiss.django.storage

COMPAT = Path(__file__).parents[2] / "compat" / "whitenoise"

NAMES = [
    ("whitenoise", "WhiteNoise"),
    ("whitenoise.base", "WhiteNoise"),
    ("whitenoise.compress", "Compressor"),
    ("whitenoise.compress", "main"),
    ("whitenoise.media_types", "MediaTypes"),
    ("whitenoise.media_types", "default_types"),
    ("whitenoise.middleware", "WhiteNoiseMiddleware"),
    ("whitenoise.responders", "IsDirectoryError"),
    ("whitenoise.responders", "MissingFileError"),
    ("whitenoise.responders", "NotARegularFileError"),
    ("whitenoise.storage", "CompressedManifestStaticFilesStorage"),
    ("whitenoise.storage", "CompressedStaticFilesStorage"),
    ("whitenoise.storage", "MissingFileError"),
]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_public_name(module, name):
    """Each is where it was, and it is the one of this repository."""
    found = import_module(module)
    assert Path(inspect.getfile(found)).is_relative_to(COMPAT)
    assert callable(getattr(found, name))


def test_what_is_underneath():
    """The middleware and the storages are Hiss's own."""
    middleware = import_module("whitenoise.middleware").WhiteNoiseMiddleware
    assert issubclass(middleware, hiss.django.middleware.HissMiddleware)
    assert (middleware.sync_capable, middleware.async_capable) == (True, True)
    storage = import_module("whitenoise.storage")
    for name in ("CompressedManifestStaticFilesStorage", "CompressedStaticFilesStorage"):
        assert issubclass(getattr(storage, name), getattr(hiss.django.storage, name))
    assert issubclass(storage.MissingFileError, ValueError)


def test_errors_of_responders():
    """A missing file is one that is not regular, as `except` clauses have it."""
    responders = import_module("whitenoise.responders")
    assert issubclass(responders.IsDirectoryError, responders.MissingFileError)
    assert issubclass(responders.MissingFileError, responders.NotARegularFileError)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/static/app.js", "text/javascript"),
        ("STYLE.CSS", "text/css"),
        ("a.woff2", "font/woff2"),
        ("apple-app-site-association", "application/json"),
        ("a.foo", "application/x-foo"),
        ("some-special-file", "application/x-custom-type"),
        ("a.nobody-knows", "application/octet-stream"),
    ],
)
def test_media_types(path, expected):
    """A project's own types come before the table, by extension and by whole name."""
    own = {".foo": "application/x-foo", "some-special-file": "application/x-custom-type"}
    types = MediaTypes(extra_types=own)
    assert types.get_type(path) == expected
    assert MediaTypes().types_map == default_types()
    assert types.types_map == {**default_types(), **own}


def test_the_distribution():
    """It brings `whitenoise` and needs `hiss`; the extra that guides name is there."""
    project = tomllib.loads((COMPAT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dependencies"] == ["hiss"]
    assert project["project"]["optional-dependencies"] == {"brotli": []}
    assert project["tool"]["uv"]["build-backend"]["module-name"] == "whitenoise"
    assert (COMPAT / "src" / "whitenoise" / "py.typed").exists()


def test_nothing_warns_when_it_is_imported():
    """A project with warnings as errors imports it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for module, _ in NAMES:
            import_module(module)
