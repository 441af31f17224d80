"""A small site, built twice by `hiss build`, and servers for it."""

from __future__ import annotations

import random
import ssl
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha384
from pathlib import Path

import pytest

import hiss.wsgi
from hiss.cli import main
from hiss.files.release import read_manifest
from hiss.verify.fetch import Limits
from hiss.verify.verify import Wishes, verify

from .server import Misbehaving

RANDOM = random.Random(5)
WORDS = ["tea", "kettle", "leaf", "sencha", "oolong", "harvest", "steep", "morning", "garden"]


def prose(size):
    """Text that shrinks when it is compressed, but not to nothing."""
    return " ".join(RANDOM.choice(WORDS) for _ in range(size // 6))


def comment(size):
    """Of that many characters."""
    return f"/*{prose(size)}*/"


SOURCES = {
    "css/app.css": "@import 'type.css';\nbody{background:url(../img/paper.png)}\n" + comment(4000),
    "css/type.css": "@font-face{font-family:T;src:url(../font/t.woff2)}\n" + comment(2000),
    "font/t.woff2": b"wOF2" + RANDOM.randbytes(3000),
    "img/paper.png": b"\x89PNG\r\n\x1a\n" + RANDOM.randbytes(2000),
    "img/logo.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><desc>{prose(2000)}</desc></svg>",
    "js/main.js": "import { a } from './dep.js';\nimport('./lazy.mjs');\n" + comment(4000),
    "js/dep.js": "import './main.js';\nexport const a = 1;\n" + comment(2000),
    "js/lazy.mjs": "export default 1;\n" + comment(2000),
    "js/old.js": "window.old = 1;\n" + comment(2000),
    "media/kettle.webm": b"\x1a\x45\xdf\xa3" + RANDOM.randbytes(5000),
    "robots.txt": "User-agent: *\n",
}


@dataclass(frozen=True)
class Silent:
    """Watches, and says nothing."""

    def stage(self, words):
        """Nothing."""

    def advance(self, done, known):
        """Nothing."""


@dataclass(frozen=True)
class Shop:
    """What was built: the folder, and the manifest of the release in force."""

    root: Path
    manifest: object

    def file(self, name):
        """The published name of a logical one."""
        return next(e.file for e in self.manifest.entries if e.name == name and e.immutable)

    def data(self, name):
        return (self.root / self.file(name)).read_bytes()

    def page(self, base="/static/"):
        """The page of the site."""
        integrity = "sha384-" + b64encode(sha384(self.data("js/old.js")).digest()).decode()

        def url(name):
            return base + self.file(name)

        return f"""<!doctype html><html><head>
            <link rel="stylesheet" href="{url("css/app.css")}">
            <link rel="icon" href="{base}img/logo.svg">
            <link rel="preload" as="font" href="{url("font/t.woff2")}" crossorigin>
            <script type="importmap">{{"imports": {{"lazy": "{url("js/lazy.mjs")}"}}}}</script>
            <script type="module" src="{url("js/main.js")}"></script>
            <script src="{url("js/old.js")}" integrity="{integrity}" crossorigin></script>
            </head><body><!-- <img src="{base}img/commented.png"> -->
            <img src="{url("img/logo.svg")}" srcset="{url("img/paper.png")} 2x">
            <video src="{url("media/kettle.webm")}"></video>
            <template><img src="{base}img/template.png"></template></body></html>"""

    def app(self, page=None):
        """The site, as Hiss serves it, its manifests shown."""
        text = self.page() if page is None else page

        def pages(environ, start_response):
            found = environ["PATH_INFO"] in {"/", "/admin/login/"}
            kind = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-cache")]
            start_response("200 OK" if found else "404 Not Found", kind)
            return [text.encode() if found else b"<!doctype html><title>404</title>"]

        return hiss.wsgi.StaticFiles(pages, root=self.root, show_manifest=True)


def build(folder, output, sources):
    for name, text in sources.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    cache = folder.parent / "cache"
    arguments = ["build", str(folder), "-o", str(output), "--cache-dir", str(cache), "-q"]
    assert main(arguments) == 0


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The site, in its second release; the first had another `js/old.js`."""
    folder = tmp_path_factory.mktemp("shop")
    build(folder / "src", folder / "static", {**SOURCES, "js/old.js": "window.old = 0;"})
    build(folder / "src", folder / "static", SOURCES)
    return Shop(folder / "static", read_manifest(str(folder / "static")))


@pytest.fixture(scope="session")
def _server(shop):
    with Misbehaving(shop.app()) as server:
        yield server


@pytest.fixture
def server(_server):
    """The site, well served, until its `fault` is set."""
    _server.reset()
    return _server


@pytest.fixture(scope="session")
def _abroad(shop):
    with Misbehaving(shop.app()) as cdn:
        page = shop.page(f"{cdn.url}/static/")
        with Misbehaving(shop.app(page)) as server:
            yield server, cdn


@pytest.fixture
def abroad(_abroad):
    """The site, and the host that its static files are at."""
    for each in _abroad:
        each.reset()
    return _abroad


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@pytest.fixture
def secure(shop, certificate, monkeypatch):
    """Makes a server over HTTPS, whose certificate is trusted."""
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    return lambda page: Misbehaving(shop.app(page), context=context)


def look(url, *, requests=2000, body=1_000_000, timeout=5.0, **wishes):
    """Verify, without patience."""
    limits = Limits(requests=requests, back_off=0.01, timeout=timeout, body=body)
    return verify(Wishes(url=url, limits=limits, **wishes), Silent())


def ids(report):
    """The ids of what was found, each once, without `hiss.`."""
    return {each.id.removeprefix("hiss.") for each in report.findings}
