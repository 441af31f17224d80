"""What may not be read: where that is, by whom, and what to do; never "build again" for a mode."""

import errno
import os

import pytest

from hiss.errors import ManifestError
from hiss.files.denied import find_denied, unreadable
from hiss.files.pin import find_pin
from hiss.files.release import kept_ids, open_index, read_current, read_manifest


@pytest.fixture
def root(public_folder, make_release):
    """A release in a folder that everybody may enter."""
    return make_release({"css/app.css": "a"}, root=public_folder / "static")


# What may not be read; which of it is said to be the obstacle; what was to be read; how.
DENIED = [
    (".hiss/current", ".hiss/current", ".hiss/current", read_current),
    (".hiss", ".hiss", ".hiss/current", read_current),
    (".", ".", ".hiss/current", read_current),
    ("..", "..", ".hiss/current", read_current),
    (".hiss/releases", ".hiss/releases", ".hiss/releases", kept_ids),
    (".hiss/releases", ".hiss/releases", ".hiss/releases/{id}.json", read_manifest),
    (
        ".hiss/releases/{id}.json",
        ".hiss/releases/{id}.json",
        ".hiss/releases/{id}.json",
        read_manifest,
    ),
    (".hiss/index", ".hiss/index", ".hiss/index", open_index),
    ("RELEASE", "RELEASE", "RELEASE", lambda root: find_pin(os.path.join(root, "RELEASE"))),
]


@pytest.mark.parametrize(("shut", "place", "path", "read"), DENIED)
def test_modes_that_keep_a_process_out(root, unprivileged, shut, place, path, read):
    """The path, the user, the place whose mode is in the way, its owner; and no word of building
    again, which would not change it.
    """
    (root / "RELEASE").write_text("v1")
    release = read_current(str(root))
    shut, place, path = (
        os.path.normpath(root / each.format(id=release)) for each in (shut, place, path)
    )
    mode = os.stat(shut).st_mode
    os.chmod(shut, 0)
    with unprivileged():
        user = os.geteuid()
        with pytest.raises(ManifestError) as caught:
            read(str(root))
    os.chmod(shut, mode)
    names = [str(user), "nobody"] if user == 65534 else [str(user), os.environ.get("USER", "")]
    message, hint = caught.value.message, caught.value.hint
    assert message.startswith(f"{path} cannot be read by user ")
    assert message.split(" by user ")[1].split(":")[0] in names
    assert f": {place} is of " in message
    assert message.endswith("with mode 0000")
    assert "chmod" in hint
    assert "again" not in hint


@pytest.mark.parametrize(
    ("error", "words", "hint"),
    [
        (IsADirectoryError(errno.EISDIR, "Is a directory"), "Is a directory", "in its place"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory"), "Not a dir", "in its place"),
        (OSError(errno.ELOOP, "Too many levels"), "Too many levels", "in its place"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error", "the system's to mend"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open", "the system's to mend"),
        (OSError("unheard of"), "unheard of", "the system's to mend"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"), "odd", "Run the build again."),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_each_error_has_its_own_remedy(error, words, hint):
    """To build again is said where that helps, and only there."""
    found = unreadable("/srv/static/.hiss/current", error)
    assert found.message.startswith("/srv/static/.hiss/current cannot be read: ")
    assert words in found.message
    assert hint in found.hint


def test_what_is_in_the_way_of_a_file(root, unprivileged):
    """The outermost folder, or the file; nothing for what may be read, or is not there."""
    (root / "css").chmod(0o600)
    with unprivileged():
        assert find_denied(str(root / "css/app.css")) == str(root / "css")
        assert find_denied(str(root / "css"), os.X_OK) == str(root / "css")
        assert find_denied(str(root / "app.css.gz")) == ""
        assert find_denied(str(root / "nowhere/app.css")) == ""
    assert find_denied("relative/and/not/there") == ""
    (root / "link").symlink_to("nowhere")
    assert find_denied(str(root / "link")) == ""
