"""`hiss serve`: an ASGI application, or a folder, under uvicorn with Hiss's lane set up."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from hiss.cli.project import find_config
from hiss.cli.settings import find_application
from hiss.errors import ConfigurationError
from hiss.http.paths import normalise_prefix
from hiss.servers.folder import FOLDER, PREFIX, make_application

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

NAME: Final = "serve"
HELP: Final = "serve an ASGI application or a folder with uvicorn, static files by the fast lane"

_LAST_PORT: Final = 65535
_NEEDED: Final = ("uvicorn", "httptools")

# Options of uvicorn's that are handed on as they are.
_UVICORNS: Final = (
    ("--uds", "PATH", "bind to a Unix socket instead"),
    ("--root-path", "PATH", "the application's place on its host, which a proxy takes off"),
    ("--forwarded-allow-ips", "ADDRESSES", "the proxies whose X-Forwarded fields are believed"),
    ("--ssl-certfile", "FILE", "a certificate: serve https"),
    ("--ssl-keyfile", "FILE", "its key"),
    ("--log-level", "LEVEL", "critical, error, warning, info, debug or trace"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "target",
        nargs="?",
        metavar="APP|DIR",
        help="an ASGI application, as module:attribute, or a folder (default: the Django project's "
        "asgi.py; else `output` of [tool.hiss] in pyproject.toml)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
    parser.add_argument("-p", "--port", type=int, default=8000, help="(default: 8000)")
    parser.add_argument(
        "-w", "--workers", type=int, help="processes (default: WEB_CONCURRENCY or 1)"
    )
    parser.add_argument(
        "--prefix", help="of a folder: the path of its URLs (default: /, or `prefix`)"
    )
    parser.add_argument("--no-access-log", action="store_true", help="log no requests")
    for name, metavar, text in _UVICORNS:
        parser.add_argument(name, metavar=metavar, help=text)


def run(options: argparse.Namespace) -> int:
    """Serve, until a signal comes. 0: it ended as it should."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            "pip install 'hiss[serve]' brings what this command needs.",
        )
    from click import ClickException
    from uvicorn.main import main

    arguments = [*_application(options), "--http", "hiss.servers.uvicorn:StaticProtocol"]
    arguments += ["--host", options.host, "--port", str(options.port)]
    if options.workers is not None:
        arguments += ["--workers", str(options.workers)]
    if options.no_access_log:
        arguments.append("--no-access-log")
    for name, _, _ in _UVICORNS:
        value = getattr(options, name.removeprefix("--").replace("-", "_"))
        arguments += [name, value] if value is not None else []
    _check(options)
    try:
        main(arguments, prog_name="hiss serve", standalone_mode=False)
    except ClickException as error:
        raise ConfigurationError(error.format_message(), "") from error
    return 0


def _application(options: argparse.Namespace) -> list[str]:
    """uvicorn's words for what is to be served."""
    target, prefix = options.target, options.prefix or "/"
    if target is None:
        found = find_application(os.getcwd())
        if found is not None:
            folder, application = found
            _import(application, folder)
            return [application, "--app-dir", folder]
        config = find_config(options)
        target, prefix = config.output, options.prefix or config.prefix
    if not target:
        raise ConfigurationError(
            "nothing says what to serve",
            "Name an ASGI application, such as `hiss serve mysite.asgi:application`, or a folder.",
        )
    if os.path.isdir(target):
        # uvicorn's processes import what they serve, each by itself.
        os.environ[FOLDER], os.environ[PREFIX] = os.path.abspath(target), normalise_prefix(prefix)
        # What is wrong with it, this one says.
        make_application()
        return ["hiss.servers.folder:make_application", "--factory"]
    if ":" not in target:
        raise ConfigurationError(
            f"{target} is neither a folder nor an application",
            "An application is named as module:attribute, such as mysite.asgi:application.",
        )
    _import(target, os.getcwd())
    return [target]


def _import(target: str, folder: str) -> None:
    """Import the application once: uvicorn would say nothing of a WSGI application at the start,
    and start workers that cannot import theirs again and again.
    """
    from uvicorn.importer import ImportFromStringError, import_from_string

    sys.path.insert(0, folder)
    try:
        application = import_from_string(target)
    except ImportFromStringError as error:
        raise ConfigurationError(str(error), "Is it spelt as in Python, and installed?") from error
    finally:
        sys.path.remove(folder)
    if not callable(application):
        raise ConfigurationError(f"{target} is no application: it cannot be called", "")
    if _is_wsgi(application):
        raise ConfigurationError(
            f"{target} is a WSGI application",
            f"gunicorn serves it: gunicorn {target} -k hiss.servers.gunicorn.StaticThreadWorker",
        )


def _is_wsgi(application: Callable[..., Any]) -> bool:
    """Whether it takes what WSGI's applications take, an environment and `start_response`."""
    if inspect.isclass(application):
        return False
    try:
        parameters = inspect.signature(application).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [each for each in parameters if each.default is each.empty]
    is_positional = all(each.kind is each.POSITIONAL_OR_KEYWORD for each in needed)
    return len(needed) == 2 and is_positional


def _check(options: argparse.Namespace) -> None:
    """What uvicorn would say less clearly."""
    for name in (options.ssl_certfile, options.ssl_keyfile):
        if name is not None and not os.path.isfile(name):
            raise ConfigurationError(f"there is no file {name}", "")
    if not 0 <= options.port <= _LAST_PORT:
        raise ConfigurationError(f"--port must be from 0 to {_LAST_PORT}, not {options.port}", "")
