"""What changes for users: known differences, and what the project's own files are answered with."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from wsgiref.util import setup_testing_defaults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    App = Callable[[dict[str, Any], Any], Any]


class Difference(NamedTuple):
    """One thing that users, browsers or caches see otherwise."""

    what: str
    before: str
    after: str


#: Of WhiteNoise 6.12, and of ServeStatic 4.4 where it is the same.
KNOWN: Final = (
    Difference(
        "a URL below the prefix without a file", "the application's answer", "404, no-store"
    ),
    Difference("Cache-Control of hashed files", "max-age=315360000", "max-age=31536000"),
    Difference("codings", "gzip, and br where Brotli is installed", "br, zstd, gzip"),
    Difference("ETag", "from time and size; one for all codings", "from the bytes; one per coding"),
    Difference("If-None-Match with W/, a list or *", "200 again", "304"),
    Difference("Accept-Encoding: gzip;q=0", "gzip", "not gzip"),
    Difference("Range: bytes=0-0", "416", "206"),
    Difference("If-Range that does not match", "206 of other bytes", "200"),
    Difference("X-Content-Type-Options", "of SecurityMiddleware at best", "nosniff"),
    Difference("Cross-Origin-Resource-Policy", "none", "cross-origin"),
    Difference("dot files, links out of the folder", "served", "not served"),
    Difference("files of former releases", "gone with the next image", "kept, and adopted"),
)


class Seen(NamedTuple):
    """What a request is answered with, before and after."""

    request: str
    #: Status and header fields; those that are the same are left out.
    before: tuple[str, ...]
    after: tuple[str, ...]


_REQUESTS: Final = (
    ("GET", {"Accept-Encoding": "gzip, deflate, br, zstd"}),
    ("GET", {"Accept-Encoding": "gzip;q=0"}),
    ("GET", {"Range": "bytes=0-0"}),
)


#: A name without a file.
MISSING: Final = "hiss-no-such-file.css"


def hashed_names(root: str) -> dict[str, str]:
    """Names to hashed ones, as Django's manifest has them; empty without one."""
    try:
        with open(os.path.join(root, "staticfiles.json"), encoding="utf-8") as file:
            paths: dict[str, str] = json.load(file)["paths"]
            return dict(paths)
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def originals(root: str) -> tuple[str, ...]:
    """The names of what was collected: no hashed copies, and no compressed ones.

    Of a file that is there under its hashed name alone (KEEP_ONLY_HASHED_FILES), the plain name.
    """
    names = [
        os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
        for folder, _, files in os.walk(root)
        for name in files
    ]
    names = [name for name in names if not name.startswith(".hiss/")]
    known = hashed_names(root)
    if known:
        there = set(names)
        return tuple(sorted(name for name in known if there & {name, known[name]}))
    return tuple(sorted(name for name in names if not name.endswith((".gz", ".br", ".zst"))))


def place(root: str, name: str, known: Mapping[str, str]) -> str:
    """Where an original's bytes are: under its name, or under the hashed one."""
    path = os.path.join(root, name)
    return path if name not in known or os.path.isfile(path) else os.path.join(root, known[name])


def sample(names: Sequence[str]) -> tuple[str, ...]:
    """A style sheet and another file of these, and a name that is not there."""
    styles = [name for name in names if name.endswith(".css")]
    others = [name for name in names if name.endswith((".js", ".svg", ".txt", ".png"))]
    return (*styles[:1], *others[:1], MISSING)


def compare(
    before: App, after: App, prefix: str, names: Sequence[tuple[str, str]]
) -> Iterator[Seen]:
    """The answers of two applications to the same requests, where they differ; `names` are what
    a file is called before, and after.
    """
    for name, renamed in names:
        for method, fields in _REQUESTS[: 1 if name == MISSING else None]:
            first = _ask(before, method, prefix + name, fields)
            second = _ask(after, method, prefix + renamed, fields)
            said = "; ".join(f"{key}: {value}" for key, value in fields.items())
            gone = tuple(each for each in first if each not in second)
            new = tuple(each for each in second if each not in first)
            if gone or new:
                yield Seen(f"{method} {prefix}{name} ({said})", gone, new)


def _ask(app: App, method: str, path: str, fields: dict[str, str]) -> tuple[str, ...]:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path}
    setup_testing_defaults(environ)
    environ |= {f"HTTP_{key.upper().replace('-', '_')}": value for key, value in fields.items()}
    said: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], _info: object = None) -> None:
        # When a file was written says nothing of either.
        kept = [pair for pair in headers if pair[0] != "Last-Modified"]
        said[:] = [status, *(f"{name}: {value}" for name, value in kept)]

    body = app(environ, start)
    try:
        for _ in body:
            pass
    finally:
        if hasattr(body, "close"):
            body.close()
    return tuple(said)
