"""What is remembered of files that went."""

import pytest

from hiss.files import expired
from hiss.files.expired import add_expired, read_expired


def test_nothing_went(tmp_path):
    """A root that forgot nothing remembers nothing."""
    assert read_expired(str(tmp_path)) == {}


def test_what_is_written_is_read(tmp_path):
    """Names with spaces and of all alphabets; of two releases the one that went last counts."""
    add_expired(str(tmp_path), [("js/app.0a.js", "aa"), ("a b/é ☃.css", "aa"), ("x.css", "aa")])
    add_expired(str(tmp_path), [("js/app.0a.js", "bb"), ("new.css", "bb")])
    assert read_expired(str(tmp_path)) == {
        "a b/é ☃.css": "aa",
        "x.css": "aa",
        "js/app.0a.js": "bb",
        "new.css": "bb",
    }
    lines = (tmp_path / ".hiss/expired").read_text(encoding="utf-8").splitlines()
    assert lines == ["aa a b/é ☃.css", "aa x.css", "bb js/app.0a.js", "bb new.css"]


def test_the_oldest_are_forgotten(tmp_path, monkeypatch):
    """It does not grow for ever: those that went first are forgotten first."""
    monkeypatch.setattr(expired, "_MOST", 3)
    for number in range(5):
        add_expired(str(tmp_path), [(f"{number}.js", "aa")])
    assert list(read_expired(str(tmp_path))) == ["2.js", "3.js", "4.js"]
    add_expired(str(tmp_path), [("2.js", "bb"), ("5.js", "bb")])
    assert list(read_expired(str(tmp_path))) == ["4.js", "2.js", "5.js"]


def test_a_name_of_several_lines_is_left_out(tmp_path):
    """It could say that something else went."""
    add_expired(str(tmp_path), [("a\nbb other.js", "aa"), ("b.js", "aa")])
    assert read_expired(str(tmp_path)) == {"b.js": "aa"}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"aa", b"\xff\xfe\x00", b"aa\n\nbb"])
def test_a_damaged_file_remembers_nothing(tmp_path, data):
    """And what goes next is remembered all the same."""
    (tmp_path / ".hiss").mkdir()
    (tmp_path / ".hiss/expired").write_bytes(data)
    assert read_expired(str(tmp_path)) == {}
    add_expired(str(tmp_path), [("a.js", "aa")])
    assert read_expired(str(tmp_path)) == {"a.js": "aa"}


def test_a_folder_in_its_place(tmp_path):
    """What cannot be read says nothing."""
    (tmp_path / ".hiss/expired").mkdir(parents=True)
    assert read_expired(str(tmp_path)) == {}
