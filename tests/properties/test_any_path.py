"""Whatever path is asked for, nothing outside the root is served, and nothing raises."""

import os
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import hiss.asgi
import hiss.wsgi
from hiss.core.manifest import ManifestEntry
from hiss.files.index import format_index
from hiss.files.release import INDEX

SECRET = b"SECRET"
PUBLIC = {
    "app.css": b"body{}",
    "css/app.css": b"css",
    "large.bin": bytes(5000),
    ".well-known/a": b"well known",
    "é.txt": b"e",
    "docs/index.html": b"<p>",
}
PRIVATE = [
    "secret", "outer/secret", "static/.env", "static/.hiss/current", "static/css/.secret",
    "static/back\\slash",
]  # fmt: skip
LINKS = {"out": "../secret", "folder_out": "../outer", "up": "..", "loop": ".", "dangling": "none"}

SEGMENTS = st.sampled_from(
    [b"", b".", b"..", b"...", b"secret", b"outer", *(name.encode() for name in LINKS), b"static",
     b"css", b"app.css", b".env", b".hiss", b"current", b".secret", b".well-known", b"docs",
     b"large.bin", b"fifo", b"\xe9", "é.txt".encode(), b"%2e%2e", b"%2f", b"%5c", b"\0", b"\\",
     b"..\\..\\secret", b"back\\slash", b"~root", b"C:", b"a" * 300, b"etc", b"passwd", b"%",
     b"\xc0\xae\xc0\xae", b"\xed\xa0\x80", b" ", b"\n", b"?", b"#", b";"]
) | st.binary(max_size=6)  # fmt: skip
SEPARATORS = st.sampled_from([b"/", b"/", b"/", b"//", b"\\", b"/./"])


@st.composite
def paths(draw):
    """Bytes of a path, more often than not below the prefix."""
    path = draw(st.sampled_from([b"/static/", b"/static/", b"/static", b"/", b"", b"//static/"]))
    for segment in draw(st.lists(SEGMENTS, max_size=7)):
        path += segment + draw(SEPARATORS)
    return path if draw(st.booleans()) else path.rstrip(b"/\\.")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A root with public files, and a secret in every place beside and between them."""
    top = tmp_path_factory.mktemp("site")
    for name, content in [
        *((f"static/{name}", content) for name, content in PUBLIC.items()),
        *((name, SECRET) for name in PRIVATE),
    ]:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    for name, target in LINKS.items():
        (top / "static" / name).symlink_to(target)
    os.mkfifo(top / "static/fifo")
    # Taken for a release's, it would stop a catalog from being built.
    (top / "static/.hiss/current").rename(top / "static/.hiss/secret")
    return top / "static"


@pytest.fixture(scope="module", params=["catalog", "autorefresh", "indexed"])
def options(request, root):
    """The options of a site that looks at the disk at its start, each time, or as it is asked."""
    index = root / INDEX
    if request.param == "indexed":
        write_index(index)
    yield {"autorefresh": request.param == "autorefresh", "memory": 16_000, "index_file": True}
    index.unlink(missing_ok=True)


def write_index(path):
    """An index of half the public files, of what leads out, and of what there is not."""
    private = [".env", ".hiss/secret", "css/.secret", "../secret", "/etc/passwd", "back\\slash"]
    fields = {"immutable": True, "sha256": "", "size": 0, "type": "", "integrity": ""}
    names = [*sorted(PUBLIC)[::2], *LINKS, *private, "none", "fifo", "css", "out/secret"]
    path.write_bytes(format_index(ManifestEntry(name=n, file=n, **fields) for n in names))


@pytest.fixture(scope="module")
def wsgi_site(root, options):
    """A WSGI application with nothing but the root."""
    return hiss.wsgi.StaticFiles(root=root, **options)


@pytest.fixture(scope="module")
def asgi_site(root, options):
    """An ASGI application with nothing but the root."""
    return hiss.asgi.StaticFiles(root=root, **options)


def check(response):
    assert response.status in {200, 302, 404}
    assert response.is_coherent
    assert SECRET not in response.body
    assert response.status != 200 or response.body in PUBLIC.values()
    if response.status == 302:
        assert response.headers["Location"].startswith("./")


@given(path=paths() | st.binary(max_size=30))
@example(path=b"/static/../secret")
@example(path=b"/static/out")
@example(path=b"/static/.env")
@example(path=b"/static/.hiss/secret")
@example(path=b"/static/up/secret")
@example(path=b"/static/loop/../../secret")
@example(path=b"/static/folder_out/secret")
@example(path=b"/static//etc/passwd")
@example(path=b"/static/back\\slash")
@example(path=b"/static/..\\secret")
def test_any_path_to_wsgi(wsgi_site, wsgi_get, path):
    """No bytes of PATH_INFO lead out of the root, or to an error."""
    environ = {"PATH_INFO": path.decode("latin-1"), "RAW_URI": ""}
    check(wsgi_get(wsgi_site, "/", validate=False, **environ))


@given(
    path=paths() | st.binary(max_size=30), errors=st.sampled_from(["replace", "surrogateescape"])
)
@example(path=b"/static/../secret", errors="replace")
@example(path=b"/static/out", errors="replace")
@example(path=b"/static/.env", errors="replace")
@example(path=b"/static/up/secret", errors="replace")
@example(path=b"/static/folder_out/secret", errors="replace")
@example(path=b"/static/back\\slash", errors="replace")
def test_any_path_to_asgi(asgi_site, asgi_get, path, errors):
    """No decoded path, however the server decodes what is not UTF-8, leads out or to an error."""
    scope = {"path": path.decode("utf-8", errors), "raw_path": quote_from_bytes(path).encode()}
    check(asgi_get(asgi_site, "/", **scope))


@given(path=st.text(max_size=30).map("/static/".__add__))
def test_any_text_to_asgi(asgi_site, asgi_get, path):
    """Nor does any text, lone surrogates and NULs among it."""
    check(asgi_get(asgi_site, "/", path=path, raw_path=None))
