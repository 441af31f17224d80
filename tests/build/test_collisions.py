"""Two files with one name: which counts, and whether that matters."""

import os

import pytest
from trees import write_tree

from hiss.build.collisions import find_collisions
from hiss.build.problems import Verdict
from hiss.build.source import Source


def collisions(root, *contents):
    """The problems of sources of one name with these contents, in this order."""
    sources = []
    for number, content in enumerate(contents):
        write_tree(root, {f"{number}/a.css": content})
        sources.append(Source("a.css", str(root / f"{number}/a.css"), f"app{number}"))
    return list(find_collisions(sources))


@pytest.mark.parametrize(
    ("contents", "hidden"),
    [
        ([], []),
        (["a"], []),
        (["a", "a"], []),
        (["", ""], []),
        (["a", "b"], [1]),
        (["a", "aa"], [1]),
        (["a", "b", "b", "a"], [1, 2]),
    ],
)
def test_which_collide(tmp_path, contents, hidden):
    """Each that is hidden by the first and says something else; the same bytes are no matter."""
    problems = collisions(tmp_path, *contents)
    assert [each.owner for each in problems] == [f"app{number}" for number in hidden]


def test_a_collision_says_which_wins(tmp_path):
    """A warning that names both files, and what to change."""
    [problem] = collisions(tmp_path, "a", "b")
    assert (problem.id, problem.verdict, problem.file) == ("collision", Verdict.WARNING, "a.css")
    assert problem.path == str(tmp_path / "1/a.css")
    assert str(tmp_path / "0/a.css") in problem.text
    assert "differ" in problem.message
    assert "first" in problem.rule


def test_files_alike_but_for_their_bytes(tmp_path):
    """The same size and time are not the same file."""
    write_tree(tmp_path, {"0/a.css": "aa", "1/a.css": "bb"})
    for number in (0, 1):
        os.utime(tmp_path / f"{number}/a.css", (1_000_000_000, 1_000_000_000))
    sources = [Source("a.css", str(tmp_path / f"{number}/a.css")) for number in (0, 1)]
    assert len(list(find_collisions(sources))) == 1


def test_other_names_do_not_collide(tmp_path):
    """Neither in another folder nor in another case."""
    write_tree(tmp_path, {"a.css": "1", "A.css": "2", "x/a.css": "3"})
    names = ["a.css", "A.css", "x/a.css"]
    assert not list(find_collisions(Source(name, str(tmp_path / name)) for name in names))
