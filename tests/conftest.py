"""What the tests share: trees and releases on disk, and a client for each door."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import shutil
import signal
import tempfile
from base64 import b64encode
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes
from wsgiref.headers import Headers
from wsgiref.validate import validator

import pytest
import trio
from hypothesis import HealthCheck, settings

import hiss.asgi
import hiss.wsgi
from harness.chromium import browser as browser
from harness.disks import disk as disk
from harness.disks import make_disk as make_disk
from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id, union
from hiss.files.index import format_index
from hiss.files.release import CURRENT, INDEX, kept_manifests, manifest_name
from hiss.http.codings import BUILD_LEVELS, SUFFIXES, compress
from hiss.http.media import media_type

# Bounded, so that the whole suite stays quick. A fixture that a property shares is a site, which
# no request changes.
settings.register_profile(
    "hiss",
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("hiss")


# Who owns nothing, on most systems; its number needs no name.
NOBODY = 65534


@dataclass(frozen=True)
class Response:
    """What a client sees of an answer, and what the door did to send it."""

    status: int
    headers: Headers
    body: bytes
    #: ASGI's messages, or the iterable that WSGI's application returned.
    raw: Any = field(repr=False, default=None)

    @property
    def is_coherent(self) -> bool:
        """Whether Content-Length is the length of the body."""
        return self.headers["Content-Length"] == str(len(self.body))


def write_tree(root, files):
    """Write a mapping of names to text, bytes or link targets (`Path`) below `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def write_release(
    root, files, *, codings=("br", "gzip", "zstd"), immutable=(), checksums=True, indexed=True
):
    """Write files, their variants, and what a build would leave beside them: manifest and index.

    Without `checksums` or `indexed`, as a build of an earlier version would have left it.
    """
    write_tree(root, files)
    entries = []
    for name in files:
        data = (root / name).read_bytes()
        sizes, sums = {}, {}
        for coding in codings:
            packed = compress(coding, data, BUILD_LEVELS[coding])
            (root / (name + SUFFIXES[coding])).write_bytes(packed)
            sizes[coding] = len(packed)
            sums[coding] = hashlib.sha256(packed).hexdigest()
        entries.append(
            ManifestEntry(
                name=name,
                file=name,
                immutable=name in immutable,
                sha256=hashlib.sha256(data).hexdigest(),
                size=len(data),
                type=media_type(name),
                integrity="sha384-" + b64encode(hashlib.sha384(data).digest()).decode(),
                codings=sizes,
                checksums=sums if checksums else {},
            )
        )
    manifest = Manifest(
        id=release_id(entries), created="2026-01-02T03:04:05Z", label="", entries=tuple(entries)
    )
    write_tree(
        root, {manifest_name(manifest.id): format_manifest(manifest), CURRENT: manifest.id + "\n"}
    )
    if indexed:
        # A process may have the one before open.
        (root / INDEX).unlink(missing_ok=True)
        kept = kept_manifests(str(root), manifest)
        (root / INDEX).write_bytes(format_index(union(kept), manifest.id, kept))
    return manifest


def wsgi_get(app, target, method="GET", headers=(), *, validate=True, **environ):
    """Send a request to a WSGI application as a server would; `target` is percent-encoded."""
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "RAW_URI": target,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in dict(headers).items()
        },
        **environ,
    }
    started = []

    def start_response(status, fields, exc_info=None):
        started.append((int(status[:3]), Headers(fields)))
        return lambda data: None

    result = (validator(app) if validate else app)(environ, start_response)
    if hasattr(result, "close"):
        with closing(result):
            body = b"".join(result)
    else:
        body = b"".join(result)
    [(status, fields)] = started
    return Response(status, fields, body, result)


def asgi_scope(target, method="GET", headers=(), **scope):
    """The scope of a request; `target` is percent-encoded."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path, errors="surrogateescape"),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in dict(headers).items()],
        **scope,
    }


def asgi_get(app, target, method="GET", headers=(), *, backend="asyncio", **scope):
    """Send a request to an ASGI application as a server would; `target` is percent-encoded."""
    messages = []

    async def talk():
        requests = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive():
            if requests:
                return requests.pop()
            # A client that is still there.
            if backend == "asyncio":
                await asyncio.Event().wait()
            await trio.sleep_forever()
            raise AssertionError

        async def send(message):
            messages.append(message)

        await app(asgi_scope(target, method, headers, **scope), receive, send)

    asyncio.run(talk()) if backend == "asyncio" else trio.run(talk)
    start, *rest = messages
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    pieces = [
        Path(each["path"]).read_bytes() if "path" in each else each.get("body", b"")
        for each in rest
    ]
    assert [each.get("more_body", False) for each in rest] == [True] * (len(rest) - 1) + [False]
    return Response(start["status"], Headers(fields), b"".join(pieces), messages)


@dataclass(frozen=True)
class Door:
    """A door's class and a client for it."""

    name: str
    StaticFiles: type
    get: Any

    def __repr__(self):
        return self.name


WSGI = Door("wsgi", hiss.wsgi.StaticFiles, wsgi_get)
ASGI = Door("asgi", hiss.asgi.StaticFiles, asgi_get)


@pytest.fixture(params=[WSGI, ASGI], ids=repr)
def door(request):
    """Each door in turn: its `StaticFiles`, and `get(app, target, method, headers)`."""
    return request.param


@pytest.fixture(scope="session", autouse=True)
def interrupts_heeded():
    """A shell has what it starts in the background ignore Ctrl-C; so would all that we start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def make_tree(tmp_path):
    """Writes files below a fresh root: `make_tree({"css/app.css": "a{}"})` returns the root."""

    def make(files, name="static"):
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        return write_tree(root, files)

    return make


@pytest.fixture
def make_release(tmp_path):
    """Writes a release below a fresh root, as `write_release` does, and returns the root."""

    def make(files, *, root=tmp_path / "static", **how):
        root.mkdir(exist_ok=True)
        write_release(root, files, **how)
        return root

    return make


@pytest.fixture
def public_folder():
    """A fresh folder that every user may enter; pytest's own are for who runs the tests alone."""
    folder = Path(tempfile.mkdtemp(prefix="hiss-"))
    folder.chmod(0o755)
    yield folder
    for parent, names, _ in os.walk(folder):
        for name in names:
            # Before it is walked into.
            Path(parent, name).chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def unprivileged():
    """For a block, this process is a user's whom modes bind, as they do not bind root:
    `with unprivileged():`. What is imported in it must have been before.
    """

    @contextmanager
    def dropping():
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(user)

    return dropping


@pytest.fixture(name="wsgi_get")
def wsgi_get_fixture():
    """The client for WSGI applications, which also holds them to `wsgiref.validate`."""
    return wsgi_get


@pytest.fixture(name="asgi_get")
def asgi_get_fixture():
    """The client for ASGI applications."""
    return asgi_get


@pytest.fixture(name="asgi_scope")
def asgi_scope_fixture():
    """The maker of ASGI's scopes."""
    return asgi_scope


@pytest.fixture(name="write_release")
def write_release_fixture():
    """The maker of releases in a folder of the test's own choice: `write_release(root, files)`."""
    return write_release


@pytest.fixture
def log(caplog):
    """What was logged so far under `hiss` of things that went wrong: `log()`. What a site says when
    it starts is left out, and so are misses, which are the client's fault.
    """
    caplog.set_level("INFO", "hiss")
    return lambda: [
        each.getMessage()
        for each in caplog.records
        if each.name.startswith("hiss") and each.name not in {"hiss.start", "hiss.misses"}
    ]
