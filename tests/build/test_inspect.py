"""Reading a source: its hash, its references, and these only once for the same bytes."""

import json

import pytest
from trees import sha256

from hiss.build.inspect import inspect
from hiss.build.source import Source

CSS = "a{b:url(x.png)} /* import './y.js' */"
JS = "import './y.js'; // url(x.png)"


@pytest.mark.parametrize(
    ("name", "text", "urls"),
    [
        ("a.css", CSS, ["x.png"]),
        ("a.CSS", CSS, ["x.png"]),
        ("a.js", JS, ["./y.js"]),
        ("a.mjs", JS, ["./y.js"]),
        ("a.min.js", JS, ["./y.js"]),
        ("a.html", '<img src="x.png">', []),
        ("a.ts", JS, []),
        ("a.css.txt", CSS, []),
        ("css", CSS, []),
        ("a.css", "", []),
    ],
)
def test_references_by_extension(tmp_path, cache, name, text, urls):
    """A style sheet's and a script's, by the name's extension in any case; of no other file."""
    (tmp_path / "file").write_text(text)
    source = Source(name, str(tmp_path / "file"))
    for _ in range(2):
        read = inspect(source, source.path, cache)
        assert (read.source, read.content.sha256) == (source, sha256(text))
        assert [each.url for each in read.references] == urls


def test_the_bytes_may_lie_elsewhere(tmp_path, cache):
    """Django's sources are read where collectstatic put them, and named where they come from."""
    (tmp_path / "copy").write_text(CSS)
    source = Source("a.css", str(tmp_path / "original"))
    read = inspect(source, str(tmp_path / "copy"), cache)
    assert (read.source.path, read.content.path) == (source.path, str(tmp_path / "copy"))


def test_references_are_found_once(tmp_path, cache, cache_folder):
    """The second time they come from the cache, offsets and kinds and all."""
    (tmp_path / "file").write_text(CSS)
    source = Source("a.css", str(tmp_path / "file"))
    first = inspect(source, source.path, cache)
    [entry] = [path for path in cache_folder.rglob("*") if path.is_file()]
    cache.put(entry.name, json.dumps([[1, 2, "from the cache", "CSS_SRC"]]).encode())
    [reference] = inspect(source, source.path, cache).references
    assert reference.url == "from the cache"
    entry.write_bytes(b"damaged")
    assert inspect(source, source.path, cache) == first


def test_the_same_bytes_under_another_extension(tmp_path, cache):
    """What a style sheet says is nothing to a script."""
    (tmp_path / "file").write_text(CSS)
    path = str(tmp_path / "file")
    assert inspect(Source("a.css", path), path, cache).references
    assert inspect(Source("a.js", path), path, cache).references == ()
