"""`[tool.hiss.deploy]`: its keys, and what is wrong with them."""

import pytest

from hiss.errors import ConfigurationError
from hiss.release.deploy.config import parse_deploy

LEAST = {"root": "static", "build": "make", "restart": "again", "url": "http://127.0.0.1:8000"}


def test_least():
    """Four keys are needed; the others have defaults. Paths are those of the file's folder."""
    config = parse_deploy(LEAST, "/srv/shop")
    assert (config.root, config.build, config.restart) == ("/srv/shop/static", "make", "again")
    assert (config.folder, config.prefix, config.pages) == ("/srv/shop", "/static/", ("/",))
    assert (config.timeout, config.command_timeout, config.settle) == (60, 600, 5)
    assert (config.check, config.undo, config.host, config.headers) == ((), "", "", {})


def test_all():
    """Every key has its place."""
    config = parse_deploy(
        {
            **LEAST,
            "root": "/var/static",
            "check": ["one", "two"],
            "undo": "back",
            "url": "unix:/run/shop.sock",
            "prefix": "assets",
            "host": "shop.example",
            "headers": {"X-Forwarded-Proto": "https"},
            "pages": "/about/",
            "timeout": 1.5,
            "command_timeout": 9,
            "settle": 1,
        },
        "/srv/shop",
    )
    assert (config.root, config.check, config.undo) == ("/var/static", ("one", "two"), "back")
    assert (config.url, config.prefix, config.host) == (
        "unix:/run/shop.sock",
        "/assets/",
        "shop.example",
    )
    assert (config.pages, config.headers) == (("/about/",), {"X-Forwarded-Proto": "https"})
    assert (config.timeout, config.command_timeout, config.settle) == (1.5, 9, 1)


def test_one_check():
    """One command needs no list."""
    assert parse_deploy({**LEAST, "check": "one"}, "/srv").check == ("one",)


def test_defaults_are_for_what_lacks():
    """What [tool.hiss] says counts where this table is silent."""
    defaults = {"root": "/out", "prefix": "/s/", "build": "hiss build"}
    table = {"restart": "again", "url": "http://[::1]:8000", "prefix": "/t/"}
    config = parse_deploy(table, "/srv", defaults)
    assert (config.root, config.prefix, config.build) == ("/out", "/t/", "hiss build")
    assert parse_deploy({**table, "root": "here"}, "/srv", {**defaults}).root == "/srv/here"


@pytest.mark.parametrize("key", LEAST)
def test_needed(key):
    """What is needed and lacks is said, with an example."""
    with pytest.raises(ConfigurationError) as caught:
        parse_deploy({name: value for name, value in LEAST.items() if name != key}, "/srv")
    assert caught.value.message == f"{key} is not set"
    assert caught.value.hint.startswith(f'Such as `{key} = "')


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"restrat": "x"}, "Did you mean restart?"),
        ({"zzz": "x"}, "There are build, check, command_timeout, headers, host, pages,"),
        ({"build": 1}, "build must be text, not 1"),
        ({"check": ["a", 1]}, "check must be a command, or a list of them"),
        ({"check": [""]}, "check must be a command, or a list of them"),
        ({"pages": ["about"]}, "pages must be paths that begin with a slash, not ['about']"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0, not 0"),
        ({"timeout": float("nan")}, "timeout must be a number of seconds above 0"),
        ({"command_timeout": True}, "command_timeout must be a number of seconds above 0"),
        ({"settle": 0}, "settle must be a number from 1 on, not 0"),
        ({"settle": 1.5}, "settle must be a number from 1 on, not 1.5"),
        ({"headers": ["a: b"]}, "headers must be a table of names and values"),
        ({"headers": {"a": 1}}, "headers must be a table of names and values"),
        ({"url": "127.0.0.1:8000"}, "url must say where the application answers"),
        ({"url": "http://"}, "url must say where the application answers"),
        ({"url": "http://h:x"}, "url must say where the application answers"),
        ({"url": "unix:shop.sock"}, "url must say where the application answers"),
    ],
)
def test_refused(table, words):
    """What is no value of a key, and no key, is refused with what was meant."""
    with pytest.raises(ConfigurationError) as caught:
        parse_deploy({**LEAST, **table}, "/srv")
    assert words in str(caught.value)
