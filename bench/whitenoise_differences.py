"""Prints what hiss-whitenoise answers otherwise than WhiteNoise: the tables of docs/migrate.md.

    python bench/whitenoise_differences.py [--peer PYTHON] [--write]

Two processes, one with the real WhiteNoise and one with the package of compat/whitenoise, are asked
the same. Each row is what they answered; one that does not differ is a row too many, and fails.
`--peer` is an interpreter that has WhiteNoise and Django, if this one has not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final, NamedTuple

import brotli

_HERE: Final = Path(__file__).resolve()
_COMPAT: Final = _HERE.parent.parent / "compat" / "whitenoise" / "src"
_PAGE: Final = _HERE.parent.parent / "docs" / "migrate.md"

CSS: Final = b"a { color: red }\n" * 400
OTHER: Final = b"b { color: tan }\n" * 400
HASHED: Final = "app.db8f2edc0c8a.js"


class Answer(NamedTuple):
    """What an application answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def says(self, *names: str) -> str:
        """The status, and these fields."""
        fields = [
            f"{name}: {self.headers[name]}" if name in self.headers else f"no {name}"
            for name in names
        ]
        return ", ".join([str(self.status), *fields])

    @property
    def coding(self) -> str:
        """The status, and in which coding."""
        return f"{self.status}, {self.headers.get('Content-Encoding', 'not coded')}"


def get(app: Any, target: str, method: str = "GET", **fields: str) -> Answer:  # noqa: ANN401
    """Ask a WSGI application."""
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.replace("%2F", "/"),
        "RAW_URI": target,
        "QUERY_STRING": query,
        "SERVER_NAME": "test",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        **{f"HTTP_{name.upper()}": value for name, value in fields.items()},
    }
    started: list[Any] = []
    result = app(environ, lambda status, headers, _info=None: started.append((status, headers)))
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = started[-1]
    return Answer(int(status[:3]), dict(headers), body)


def behind(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """The application behind."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"app"]


def whose(answer: Answer) -> str:
    """Whether the file came, or the application's answer."""
    return "the application's answer" if answer.body == b"app" else str(answer.status)


class World:
    """A folder of files, and the package `whitenoise` in front of an application."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = self.make("static")
        self.app = self.wrap(self.root, immutable_file_test=r"\.[0-9a-f]{12}\.")

    def make(self, name: str, files: dict[str, bytes] | None = None) -> Path:
        """A folder with the files of the rows, or with these."""
        root = self.folder / name
        for path, data in (FILES if files is None else files).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
            os.utime(root / path, (1_700_000_000, 1_700_000_000))
        return root

    def wrap(self, root: Path, prefix: str = "static", **configuration: Any) -> Any:  # noqa: ANN401
        """A WhiteNoise of a folder."""
        from whitenoise import WhiteNoise

        return WhiteNoise(behind, str(root), prefix, **configuration)

    def tag(self, **fields: str) -> str:
        """The tag of app.css."""
        return get(self.app, "/static/app.css", **fields).headers["ETag"]


FILES: Final = {
    "app.css": CSS,
    "app.css.gz": gzip.compress(CSS, 9, mtime=0),
    "app.css.br": brotli.compress(CSS),
    HASHED: b"let a",
    "stale.css": CSS,
    "stale.css.gz": gzip.compress(OTHER, 9, mtime=0),
    "docs/index.html": b"<p>docs",
    ".env": b"SECRET=1",
    **{f"a.{each}": b"x" for each in ("webmanifest", "map", "csv", "ttf", "woff", "wav")},
}

Row = tuple[str, str, Callable[[World], str]]


def _css(**fields: str) -> Callable[[World], Answer]:
    return lambda world: get(world.app, "/static/app.css", **fields)


def _status(**fields: str) -> Callable[[World], str]:
    return lambda world: str(_css(**fields)(world).status)


def _coding(**fields: str) -> Callable[[World], str]:
    return lambda world: _css(**fields)(world).coding


def _ranged(value: str, *names: str) -> Callable[[World], str]:
    return lambda world: _css(range=value)(world).says(*names)


def _says(*names: str, **fields: str) -> Callable[[World], str]:
    return lambda world: _css(**fields)(world).says(*names)


def _type(name: str) -> Callable[[World], str]:
    return lambda world: get(world.app, f"/static/a.{name}").headers["Content-Type"]


def _tags(world: World) -> str:
    tags = {world.tag(), world.tag(accept_encoding="br"), world.tag(accept_encoding="gzip")}
    return f"{len(tags)} for three representations"


def _zones(world: World) -> str:
    tags = set()
    for zone in ("UTC", "America/New_York"):
        os.environ["TZ"] = zone
        time.tzset()
        tags.add(get(world.wrap(world.root), "/static/app.css").headers["ETag"])
    return "another" if len(tags) > 1 else "the same"


def _own_tag(world: World) -> str:
    def tag(headers: Any, _path: str, _url: str) -> None:  # noqa: ANN401
        headers["ETag"] = '"mine"'

    answer = get(world.wrap(world.root, add_headers_function=tag), "/static/app.css")
    return "sent" if answer.headers["ETag"] == '"mine"' else "the content's is sent"


def _rewritten(world: World) -> str:
    root = world.make("rewritten", {"x.css": CSS})
    tag = get(world.wrap(root), "/static/x.css").headers["ETag"]
    world.make("rewritten", {"x.css": OTHER})
    return str(get(world.wrap(root), "/static/x.css", if_none_match=tag).status)


def _touched(world: World) -> str:
    root = world.make("touched", {"x.css": CSS})
    tag = get(world.wrap(root), "/static/x.css").headers["ETag"]
    os.utime(root / "x.css", (1_600_000_000, 1_600_000_000))
    return str(get(world.wrap(root), "/static/x.css", if_none_match=tag).status)


def _future(world: World) -> str:
    root = world.make("future", {"x.css": CSS})
    os.utime(root / "x.css", (4_000_000_000, 4_000_000_000))
    found = get(world.wrap(root), "/static/x.css").headers["Last-Modified"]
    return "later than Date" if found.endswith("2096 07:06:40 GMT") else "not later than Date"


def _pinned(world: World) -> str:
    root = world.make("pinned", {"x.css": CSS})
    os.utime(root / "x.css", (315_619_200, 315_619_200))
    return get(world.wrap(root), "/static/x.css").says("Last-Modified")


def _changed(world: World) -> str:
    root = world.make("changed", {"x.css": CSS})
    app = world.wrap(root)
    (root / "x.css").write_bytes(b"short")
    answer = get(app, "/static/x.css")
    return f"Content-Length {answer.headers['Content-Length']}, {len(answer.body)} bytes"


def _deleted(world: World) -> str:
    root = world.make("deleted", {"x.css": CSS})
    app = world.wrap(root)
    (root / "x.css").unlink()
    try:
        return str(get(app, "/static/x.css").status)
    except OSError as error:
        return f"{type(error).__name__}: 500"


def _linked(target: str) -> Callable[[World], str]:
    def ask(world: World) -> str:
        world.make("outside", {"y.css": CSS})
        root = world.make(f"link-{len(target)}", {"x.css": CSS})
        (root / "link").symlink_to(target)
        try:
            app = world.wrap(root)
        except OSError as error:
            return f"does not start: {type(error).__name__}"
        if target == "../outside":
            return whose(get(app, "/static/link/y.css"))
        return f"starts; {get(app, '/static/x.css').status} for the others"

    return ask


def _index(target: str, method: str = "GET") -> Callable[[World], str]:
    def ask(world: World) -> str:
        app = world.wrap(world.root, index_file=True)
        return get(app, target, method).says("Location")

    return ask


def _live(world: World) -> str:
    app = world.wrap(world.root, autorefresh=True)
    return get(app, "/static/app.css", accept_encoding="gzip").coding


def _subclass(world: World) -> str:
    from whitenoise import WhiteNoise

    own = type("Own", (WhiteNoise,), {"max_age": 5})
    return get(own(behind, str(world.root)), "/app.css").headers["Cache-Control"]


def _compress(*arguments: str) -> Callable[[World], str]:
    def ask(world: World) -> str:
        from whitenoise.compress import main

        root = world.make(f"compress-{'-'.join(arguments) or 'all'}", {"x.css": CSS, ".env": CSS})
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                code = main([*(each.format(root=root) for each in arguments)])
            except SystemExit as ended:
                code = ended.code
        made = sorted(each.name for each in root.iterdir() if each.suffix in {".br", ".gz"})
        return f"exit code {code}" if code or not made else ", ".join(made)

    return ask


_STORAGE: Final = "whitenoise.storage.CompressedManifestStaticFilesStorage"


@contextlib.contextmanager
def django_project(world: World, name: str, files: dict[str, bytes], **more: Any) -> Iterator[Any]:
    """A Django project with these files, and its settings in force; collects."""
    from django.apps import apps
    from django.conf import settings
    from django.http import HttpResponse
    from django.test import override_settings
    from django.urls import re_path

    if not settings.configured:
        settings.configure(SECRET_KEY="-", INSTALLED_APPS=["django.contrib.staticfiles"])
        apps.populate(settings.INSTALLED_APPS)
        logging.disable()
    source = world.make(f"{name}-source", files)
    changes = {
        "ALLOWED_HOSTS": ["*"],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
        ],
        "ROOT_URLCONF": (re_path("^$", lambda request: HttpResponse("app")),),
        "STATICFILES_DIRS": [source],
        "STATIC_ROOT": world.folder / f"{name}-root",
        "STATIC_URL": "/static/",
        "STORAGES": {"staticfiles": {"BACKEND": _STORAGE}},
        **more,
    }
    with override_settings(**changes):
        yield source


def _collect(**options: Any) -> None:
    from django.core.management import call_command

    with contextlib.redirect_stderr(io.StringIO()):
        call_command("collectstatic", interactive=False, verbosity=0, **options)


def _in_django(
    target: str, show: Callable[[Answer], str], after: str = "", **fields: str
) -> Callable[[World], str]:
    """What Django answers for a target, `{css}` in it the hashed name of app.css; a file named
    `after` comes when the application runs.
    """

    def ask(world: World) -> str:
        from django.contrib.staticfiles.storage import staticfiles_storage
        from django.core.handlers.wsgi import WSGIHandler

        slug = re.sub(r"\W", "", target + after + str(fields))
        with django_project(world, slug, {"app.css": CSS}):
            _collect()
            app = WSGIHandler()
            if after:
                Path(staticfiles_storage.path(after)).write_bytes(CSS)
            url = target.format(css=staticfiles_storage.stored_name("app.css"))
            return show(get(app, url, **fields))

    return ask


def _asgi(world: World) -> str:
    from django.core.handlers.asgi import ASGIHandler

    async def ask() -> int:
        app = ASGIHandler()
        sent: list[Any] = []
        scope = {"type": "http", "method": "GET", "path": "/static/big.png", "headers": []}
        queue: asyncio.Queue[Any] = asyncio.Queue()
        queue.put_nowait({"type": "http.request"})

        async def send(message: Any) -> None:  # noqa: ANN401
            sent.append(message)

        await app(scope, queue.get, send)
        return sum(len(each.get("body", b"")) for each in sent)

    with (
        django_project(world, "asgi", {"big.png": os.urandom(8 << 20)}),
        warnings.catch_warnings(record=True) as caught,
    ):
        _collect()
        warnings.simplefilter("always")
        asyncio.run(ask())
    held = any("synchronous iterator" in str(each.message) for each in caught)
    return "read whole into memory, with a warning" if held else "streamed"


def _missing_name(world: World) -> str:
    from django.contrib.staticfiles.storage import staticfiles_storage

    with django_project(world, "lax", {"app.css": CSS}, WHITENOISE_MANIFEST_STRICT=False):
        _collect()
        try:
            return str(staticfiles_storage.url("none.css"))
        except ValueError as error:
            return type(error).__name__


def _two_problems(world: World) -> str:
    files = {"a.css": b"a{background:url(1.png)}", "b.css": b"b{background:url(2.png)}"}
    with django_project(world, "broken", files):
        try:
            _collect()
        except Exception as error:  # noqa: BLE001 - of either
            return f"names {sum(each in str(error) for each in ('1.png', '2.png'))} of 2"
    return "nothing"


def _cleared(world: World) -> str:
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.handlers.wsgi import WSGIHandler

    with django_project(world, "cleared", {"app.css": CSS}) as source:
        _collect()
        old = staticfiles_storage.url("app.css")
        (source / "app.css").write_bytes(OTHER)
        _collect(clear=True)
        return str(get(WSGIHandler(), old).status)


SECTIONS: Final[dict[str, list[Row]]] = {
    "Which coding": [
        ("`Accept-Encoding: gzip;q=0`", "RFC 9110 12.5.3", _coding(accept_encoding="gzip;q=0")),
        ("`Accept-Encoding: GZIP`", "RFC 9110 8.4.1", _coding(accept_encoding="GZIP")),
        ("`Accept-Encoding: not-gzip`", "RFC 9110 12.5.3", _coding(accept_encoding="not-gzip")),
        (
            "`Accept-Encoding: br;q=0.1, gzip`",
            "RFC 9110 12.5.3",
            _coding(accept_encoding="br;q=0.1, gzip"),
        ),
        (
            "`Accept-Encoding: zstd`, after collectstatic",
            "",
            _in_django("/static/{css}", lambda answer: answer.coding, accept_encoding="zstd"),
        ),
        (
            "`.gz` beside a file, of an earlier build's bytes",
            "RFC 9110 8.4",
            lambda world: get(world.app, "/static/stale.css", accept_encoding="gzip").coding,
        ),
        (
            "`/static/app.css.gz`, beside `app.css`",
            "",
            lambda world: whose(get(world.app, "/static/app.css.gz")),
        ),
        ("variants with `autorefresh`", "", _live),
    ],
    "Validators and conditions": [
        ("ETags of a file with `.br` and `.gz`", "RFC 9110 8.8.3", _tags),
        ("an ETag set by `add_headers_function`", "RFC 9110 8.8.3", _own_tag),
        ("the ETag in another time zone", "", _zones),
        (
            "other bytes, same size and time; the old tag in If-None-Match",
            "RFC 9110 8.8.1",
            _rewritten,
        ),
        ("same bytes, another time; the old tag in If-None-Match", "", _touched),
        (
            "If-None-Match with the tag, weakened by a CDN",
            "RFC 9110 13.1.2",
            lambda world: _status(if_none_match=f"W/{world.tag()}")(world),
        ),
        (
            "If-None-Match with a list of tags",
            "RFC 9110 13.1.2",
            lambda world: _status(if_none_match=f'"x", {world.tag()}')(world),
        ),
        ("`If-None-Match: *`", "RFC 9110 13.1.2", _status(if_none_match="*")),
        ('`If-Match: "other"`', "RFC 9110 13.1.1", _status(if_match='"other"')),
        (
            "If-Unmodified-Since, before it was modified",
            "RFC 9110 13.1.4",
            _status(if_unmodified_since=formatdate(1_600_000_000, usegmt=True)),
        ),
        ("Last-Modified of a file from the future", "RFC 9110 8.8.2.1", _future),
        ("Last-Modified of a file pinned to 1980, as in zip", "", _pinned),
    ],
    "Ranges": [
        ("`Range: bytes=0-0`", "RFC 9110 14.1.2", _ranged("bytes=0-0", "Content-Range")),
        ("`Range: bytes=-1`", "RFC 9110 14.1.2", _ranged("bytes=-1", "Content-Range")),
        ("`Range: bytes=-0`", "RFC 9110 14.1.2", _ranged("bytes=-0", "Content-Range")),
        ("`Range: bytes=5-2`", "RFC 9110 14.1.1", _ranged("bytes=5-2")),
        ("`Range: bytes=1_0-20`", "RFC 9110 14.1.1", _ranged("bytes=1_0-20")),
        ("`Range: bytes=0-1,4-5`", "", _ranged("bytes=0-1,4-5")),
        (
            "a range with HEAD",
            "RFC 9110 14.2",
            lambda world: str(get(world.app, "/static/app.css", "HEAD", range="bytes=0-4").status),
        ),
        (
            'a range with `If-Range: "other"`',
            "RFC 9110 13.1.5",
            _status(range="bytes=0-4", if_range='"other"'),
        ),
        (
            "a range with `Accept-Encoding: br`",
            "",
            _coding(range="bytes=0-4", accept_encoding="br"),
        ),
        ("Accept-Ranges", "", _says("Accept-Ranges")),
        (
            "fields of a 416",
            "",
            _ranged("bytes=99999-", "Access-Control-Allow-Origin", "Cache-Control"),
        ),
    ],
    "Caching and other fields": [
        (
            "Cache-Control of an immutable file",
            "",
            lambda world: get(world.app, f"/static/{HASHED}").headers["Cache-Control"],
        ),
        (
            "CORS of a 304",
            "",
            lambda world: _says("Access-Control-Allow-Origin", if_none_match=world.tag())(world),
        ),
        ("Cross-Origin-Resource-Policy", "", _says("Cross-Origin-Resource-Policy")),
        ("X-Content-Type-Options, without Django", "", _says("X-Content-Type-Options")),
        ("Content-Type of `.css`", "", _says("Content-Type")),
        *(
            (f"Content-Type of `.{each}`", rule, _type(each))
            for each, rule in (
                ("webmanifest", ""),
                ("map", "ECMA-426"),
                ("csv", "RFC 4180"),
                ("ttf", "RFC 8081"),
                ("woff", "RFC 8081"),
                ("wav", ""),
            )
        ),
    ],
    "What is found": [
        (
            "nothing there, below STATIC_URL, in Django",
            "",
            _in_django(
                "/static/none.css", lambda answer: answer.says("Content-Type", "Cache-Control")
            ),
        ),
        ("`.env` in the folder", "", lambda world: whose(get(world.app, "/static/.env"))),
        ("a link that leads out of the folder", "", _linked("../outside")),
        ("a link that leads nowhere", "", _linked("none")),
        ("a link that leads in a circle", "", _linked(".")),
        (
            "`%2F` for a slash, where the server tells",
            "RFC 3986 2.2",
            lambda world: whose(get(world.app, "/static/docs%2Findex.html")),
        ),
        ("a file that was written over since the start", "RFC 9110 8.6", _changed),
        ("a file that was deleted since the start", "RFC 9110 15.5.5", _deleted),
        (
            "a file that came to STATIC_ROOT since the start",
            "",
            _in_django("/static/new.css", lambda answer: str(answer.status), after="new.css"),
        ),
        ("`/static/hiss.json`", "", _in_django("/static/hiss.json", lambda a: str(a.status))),
        (
            "an index document, without its last slash",
            "",
            _index("/static/docs?a=b"),
        ),
        ("the same, with POST", "", _index("/static/docs", "POST")),
        ("8 MiB, by Django under ASGI", "", _asgi),
    ],
    "Build and configuration": [
        ("collectstatic with two references to nothing", "", _two_problems),
        ("the former hashed URL after `collectstatic --clear`", "", _cleared),
        ("`{% static 'none.css' %}` with WHITENOISE_MANIFEST_STRICT = False", "", _missing_name),
        ("`max_age = 5` in a subclass, as documented", "", _subclass),
        ("`python -m whitenoise.compress .`", "", _compress("{root}")),
        ("the same, of a folder that is not there", "", _compress("{root}/none")),
    ],
}


def probe() -> None:
    """Ask whichever `whitenoise` this process has, and print the answers as JSON."""
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="whitenoise-") as folder:
        os.environ["HISS_CACHE_DIR"] = f"{folder}/cache"
        world = World(Path(folder).resolve())
        answers = [[ask(world) for _, _, ask in rows] for rows in SECTIONS.values()]
    print(json.dumps(answers))


def _ask(python: str, path: str) -> list[list[str]]:
    environment = {**os.environ, "PYTHONPATH": path}
    command = [python, "-W", "ignore", str(_HERE), "--probe"]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    answers: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def main() -> int:
    """Ask both, print the tables, and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.probe:
        probe()
        return 0
    theirs, ours = _ask(options.peer, ""), _ask(sys.executable, str(_COMPAT))
    lines, same = [], []
    for (section, rows), peers, own in zip(SECTIONS.items(), theirs, ours, strict=True):
        lines += [f"### {section}", "", "|  | WhiteNoise 6.12 | hiss-whitenoise | rule |"]
        lines.append("| --- | --- | --- | --- |")
        for (what, rule, _), before, after in zip(rows, peers, own, strict=True):
            lines.append(f"| {what} | {before} | {after} | {rule} |")
            if before == after:
                same.append(what)
        lines.append("")
    text = "\n".join(lines)
    print(text)
    if same:
        print(f"no difference: {'; '.join(same)}", file=sys.stderr)
        return 1
    if options.write:
        page = _PAGE.read_text(encoding="utf-8")
        begin, end = "<!-- begin differences -->\n", "<!-- end differences -->"
        head, tail = page.index(begin) + len(begin), page.index(end)
        _PAGE.write_text(f"{page[:head]}\n{text}\n{page[tail:]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
