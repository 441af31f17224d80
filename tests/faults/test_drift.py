"""A file that changes after the start: the answer is whole and true, and one log line says so."""

import os
from pathlib import Path

import pytest

OLD = b"old content\n" * 1000
SMALL, LARGE = {"memory": 2**24}, {"memory": 0}


def truncate(path):
    """Shorter, in place."""
    with open(path, "r+b") as file:
        file.truncate(100)


def empty(path):
    """Nothing left, in place."""
    with open(path, "r+b") as file:
        file.truncate(0)


def grow(path):
    """Longer, in place."""
    with open(path, "ab") as file:
        file.write(b"more")


def rewrite(path):
    """Other bytes of the same number in place, the time set back."""
    before = path.stat()
    with open(path, "r+b") as file:
        file.write(b"NEW")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path):
    """Another file of the same size and time, by rename."""
    new = path.with_name("new")
    new.write_bytes(OLD.swapcase())
    os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    new.replace(path)


def replace_shorter(path):
    """Another file, by rename."""
    path.with_name("new").write_bytes(b"new")
    path.with_name("new").replace(path)


def link_inside(path):
    """A link to another file of the root."""
    path.with_name("other").write_bytes(b"other")
    path.unlink()
    path.symlink_to("other")


def delete(path):
    """Gone."""
    path.unlink()


def folder(path):
    """A folder of that name."""
    path.unlink()
    path.mkdir()


def fifo(path):
    """A FIFO of that name, which nobody writes to."""
    path.unlink()
    os.mkfifo(path)


def link_out(path):
    """A link to a file beside the root."""
    path.unlink()
    path.symlink_to("../secret")


def link_nowhere(path):
    """A link to nothing."""
    path.unlink()
    path.symlink_to("nowhere")


def parent_out(path):
    """The folder that it is in is a link out of the root."""
    (path.parent.parent.parent / "elsewhere").mkdir()
    (path.parent.parent.parent / "elsewhere" / path.name).write_bytes(b"secret")
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to("../elsewhere")


CHANGES = [truncate, empty, grow, rewrite, replace, replace_shorter, link_inside]
LOSSES = [delete, folder, fifo, link_out, link_nowhere, parent_out]


@pytest.fixture
def path(make_tree, tmp_path):
    """A file two folders below the test's own, and a secret beside its root."""
    (tmp_path / "secret").write_bytes(b"secret")
    return make_tree({"css/app.css": OLD}) / "css/app.css"


def get(door, site, **headers):
    return door.get(site, "/static/css/app.css", "GET", headers)


def check_new(response, path):
    assert response.status == 200
    assert response.body == path.read_bytes()
    assert response.is_coherent


def check_gone(response):
    assert response.status == 404
    assert response.body == b"404 Not Found\n"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.is_coherent


def name_of(change):
    return change.__name__


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_large_file_that_changes(door, path, log, change):
    """What is read from disk each time is measured anew: new bytes, length and tag (W6, W8)."""
    site = door.StaticFiles(root=path.parents[1], **LARGE)
    old = get(door, site)
    assert old.body == OLD
    assert log() == []
    change(path)
    new = get(door, site)
    check_new(new, path)
    assert new.headers["ETag"] != old.headers["ETag"]
    assert log() == [f"{path}: it changed on the disk: served as it is now"]
    again = get(door, site)
    check_new(again, path)
    assert again.headers["ETag"] == new.headers["ETag"]
    assert get(door, site, **{"If-None-Match": new.headers["ETag"]}).status == 304
    assert get(door, site, **{"If-None-Match": old.headers["ETag"]}).status == 200
    assert len(log()) == 1


@pytest.mark.parametrize("loss", LOSSES, ids=name_of)
def test_a_large_file_that_is_lost(door, path, log, loss):
    """What is no file of the root any more is a 404, at once and until it comes back (W8)."""
    site = door.StaticFiles(root=path.parents[1], **LARGE)
    assert get(door, site).body == OLD
    loss(path)
    for _ in range(2):
        check_gone(get(door, site))
    [line] = log()
    assert line.startswith(f"Answering 404 for /static/css/app.css: {path}: ")


@pytest.mark.parametrize("change", [*CHANGES, *LOSSES], ids=name_of)
def test_a_small_file_in_memory(door, path, log, change):
    """What is in memory is served from there, whole under its own tag; no disk is looked at."""
    site = door.StaticFiles(root=path.parents[1], **SMALL)
    old = get(door, site)
    change(path)
    new = get(door, site)
    assert (new.status, new.body, new.headers["ETag"]) == (200, OLD, old.headers["ETag"])
    assert new.is_coherent
    assert log() == []


@pytest.mark.parametrize("options", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_file_that_changes_before_it_was_asked_for(door, path, log, options, change):
    """What nobody has asked for yet is served as it is, which is no news."""
    site = door.StaticFiles(root=path.parents[1], **options)
    change(path)
    check_new(get(door, site), path)
    assert log() == []


@pytest.mark.parametrize("options", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("loss", LOSSES, ids=name_of)
def test_a_file_that_is_lost_before_it_was_asked_for(door, path, log, options, loss):
    """What is lost before the first request is a 404, said once however often it is asked for."""
    site = door.StaticFiles(root=path.parents[1], **options)
    loss(path)
    for _ in range(3):
        check_gone(get(door, site))
    [line] = log()
    assert line.startswith("Answering 404 for /static/css/app.css: ")


@pytest.mark.parametrize("options", [SMALL, LARGE], ids=["small", "large"])
def test_a_file_that_comes_back(door, path, options):
    """A file that is there again is served again, without a new start."""
    site = door.StaticFiles(root=path.parents[1], **options)
    path.unlink()
    check_gone(get(door, site))
    path.write_bytes(b"back")
    check_new(get(door, site), path)


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_range_of_a_file_that_changes(door, path, change):
    """A part, on condition of the old tag, is the whole new file: nothing is spliced (W2)."""
    site = door.StaticFiles(root=path.parents[1], **LARGE)
    etag = get(door, site).headers["ETag"]
    change(path)
    check_new(get(door, site, **{"Range": "bytes=0-9", "If-Range": etag}), path)


@pytest.mark.parametrize("change", [*CHANGES, *LOSSES], ids=name_of)
def test_a_file_that_memory_let_go(door, path, log, change):
    """A small file that was driven out of memory is recognised, or not, when it is read again."""
    site = door.StaticFiles(root=path.parents[1], **SMALL)
    get(door, site)
    source = site.origin.find("/static/css/app.css").resource.identity.source
    source.data = None
    change(path)
    response = get(door, site)
    if change in CHANGES:
        check_new(response, path)
        assert log() == [f"{path}: it changed on the disk: served as it is now"]
    else:
        check_gone(response)
        [line] = log()
        assert line.startswith("Answering 404 for /static/css/app.css: ")


@pytest.mark.parametrize("options", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("change", [*CHANGES, *LOSSES], ids=name_of)
def test_development_sees_every_change(door, path, options, change):
    """Where the disk is looked at on each request, each request gets what is there."""
    site = door.StaticFiles(root=path.parents[1], autorefresh=True, **options)
    old = get(door, site)
    change(path)
    response = get(door, site)
    if change in CHANGES:
        check_new(response, path)
        assert response.headers["ETag"] != old.headers["ETag"]
    else:
        check_gone(response)


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_changed_file_is_immutable_no_more(door, make_release, log, change, indexed):
    """Other bytes than the build recorded are sent for a minute, not for ever; one line says so."""
    files = {"css/app.css": OLD.decode()}
    root = make_release(files, codings=(), immutable=set(files), indexed=indexed)
    site = door.StaticFiles(root=root, **LARGE)
    change(root / "css/app.css")
    response = get(door, site)
    check_new(response, root / "css/app.css")
    assert response.headers["Cache-Control"] == "max-age=60, public"
    [line] = log()
    assert "is not what the build wrote" in line


def test_touching_a_file_changes_no_tag(door, path, log):
    """A new time without new bytes comes to the same tag, which is no news."""
    site = door.StaticFiles(root=path.parents[1], **LARGE)
    old = get(door, site)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    new = get(door, site)
    assert new.headers["ETag"] == old.headers["ETag"]
    assert new.headers["Last-Modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert log() == []


def test_a_link_that_is_turned_is_another_file(door, make_tree):
    """A link inside the root that leads to another file now is that file."""
    root = make_tree({"a.css": "a", "b.css": "bb", "css/app.css": Path("../a.css")})
    site = door.StaticFiles(root=root, memory=0)
    assert get(door, site).body == b"a"
    (root / "css/app.css").unlink()
    (root / "css/app.css").symlink_to("../b.css")
    response = get(door, site)
    assert (response.body, response.is_coherent) == (b"bb", True)
