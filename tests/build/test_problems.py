"""Problems: how they are judged, where they are, how they are told."""

import json

import pytest

from hiss.build.problems import (
    Problem,
    Rules,
    Verdict,
    errors_of,
    format_problems,
    position,
    read_problems,
    rule_against,
    write_problems,
)
from hiss.build.references import Kind, Reference
from hiss.build.source import Source
from hiss.errors import ConfigurationError


def reference(kind, url="none.png"):
    return Reference(0, len(url), url, kind)


CSS, JS, URL, MAP = map(reference, (Kind.CSS_URL, Kind.JS_IMPORT, Kind.JS_URL, Kind.SOURCE_MAP))
OWN, VENDOR = Source("css/app.css", "/src/css/app.css"), Source("v/x.js", "/v/x.js", "django")

VERDICTS = [
    # By default: the project's own style sheets must be right; packages', and modules, are told of.
    ({}, OWN, CSS, "error"),
    ({}, OWN, reference(Kind.CSS_IMPORT), "error"),
    ({}, OWN, JS, "warn"),
    ({}, OWN, reference(Kind.JS_EXPORT), "warn"),
    ({}, OWN, reference(Kind.JS_DYNAMIC_IMPORT), "warn"),
    ({}, OWN, URL, "warn"),
    ({}, VENDOR, CSS, "warn"),
    ({}, VENDOR, JS, "warn"),
    # A bare name in a style sheet is for a tool to find.
    ({}, OWN, reference(Kind.CSS_IMPORT, "tailwindcss"), "warn"),
    ({}, OWN, reference(Kind.CSS_IMPORT, "tailwindcss/base"), "error"),
    ({}, OWN, reference(Kind.CSS_IMPORT, "base.css"), "error"),
    ({}, OWN, reference(Kind.CSS_URL, "tailwindcss"), "error"),
    ({"own": "error"}, OWN, reference(Kind.CSS_IMPORT, "tailwindcss"), "error"),
    # A source map is for who debugs: nobody misses it.
    ({}, OWN, MAP, "ignore"),
    ({}, VENDOR, MAP, "ignore"),
    ({"own": "error", "vendor": "error"}, OWN, MAP, "ignore"),
    ({"own": "warn"}, OWN, MAP, "ignore"),
    # What the project says of its own holds for modules too.
    ({"own": "error"}, OWN, JS, "error"),
    ({"own": "warn"}, OWN, CSS, "warn"),
    ({"own": "warn"}, OWN, JS, "warn"),
    ({"own": "ignore"}, OWN, CSS, "ignore"),
    ({"own": "ignore"}, OWN, JS, "ignore"),
    ({"own": "ignore"}, VENDOR, CSS, "warn"),
    ({"vendor": "ignore"}, VENDOR, CSS, "ignore"),
    ({"vendor": "ignore"}, OWN, CSS, "error"),
    ({"vendor": "error"}, VENDOR, CSS, "error"),
    # A glob of names comes before owners, the first that fits before others.
    ({"css/*": "ignore"}, OWN, CSS, "ignore"),
    ({"css/*": "ignore"}, VENDOR, CSS, "warn"),
    ({"*.js": "error"}, VENDOR, JS, "error"),
    ({"own": "ignore", "css/*": "error"}, OWN, CSS, "error"),
    ({"css/app.css": "warn", "*": "ignore"}, OWN, CSS, "warn"),
    ({"*": "ignore", "css/app.css": "warn"}, OWN, CSS, "ignore"),
    ({"CSS/*": "ignore"}, OWN, CSS, "error"),
    # No rule makes a source map anything.
    ({"*.css": "error"}, OWN, MAP, "ignore"),
    # What is said of packages holds for their modules, too, and for nobody else's.
    ({"vendor": "error"}, VENDOR, JS, "error"),
    ({"vendor": "error"}, OWN, JS, "warn"),
]


@pytest.mark.parametrize(("rules", "source", "missing", "verdict"), VERDICTS)
def test_verdicts(rules, source, missing, verdict):
    """By glob, by whose file it is, by what kind of reference."""
    assert Rules(rules).judge(source, missing) is Verdict(verdict)


@pytest.mark.parametrize("verdict", ["errors", "warning", "", "ERROR", None, 1])
def test_a_verdict_that_is_none(verdict):
    """A misspelt verdict is refused, with the key it stands under and those there are."""
    with pytest.raises(ConfigurationError) as caught:
        Rules({"css/*": verdict})
    for words in ('MISSING_REFERENCES["css/*"]', '"error", "warn" or "ignore"', repr(verdict)):
        assert words in caught.value.message


def test_the_rule_against_a_problem_is_one():
    """What a report says would let a reference pass, does."""
    words = rule_against(OWN)
    rules = json.loads("{" + words.partition("pass: ")[2] + "}")["MISSING_REFERENCES"]
    assert Rules(rules).judge(OWN, CSS) is Verdict.IGNORE
    assert Rules(rules).judge(Source("css/other.css", ""), CSS) is Verdict.ERROR


@pytest.mark.parametrize(
    ("data", "at", "expected"),
    [
        ("", "", (1, 1)),
        ("x", "x", (1, 1)),
        ("ab x", "x", (1, 4)),
        ("a\nx", "x", (2, 1)),
        ("a\r\n x", "x", (2, 2)),
        ("\n\n\nabc x", "x", (4, 5)),
        ("ü€😀 x", "x", (1, 5)),
        ("ü\n€ x", "x", (2, 3)),
        ("\ta x", "x", (1, 4)),
    ],
)
def test_position(data, at, expected):
    """Lines and columns from 1, columns in characters."""
    assert position(data.encode(), data.encode().index(at.encode())) == expected


def test_position_after_bytes_that_are_no_text():
    """They count too, somehow, and stop nothing."""
    assert position(b"\xff\xfe\nx", 3) == (2, 1)
    assert position(b"\xff\xfex", 2) == (1, 3)


def problem(**fields):
    return Problem(
        **{
            "id": "missing-reference",
            "verdict": Verdict.ERROR,
            "file": "css/app.css",
            "path": "static/css/app.css",
            "line": 4,
            "column": 12,
            "text": "../img/none.svg",
            "message": "url() names img/none.svg, and there is no such file",
        }
        | fields
    )


FULL = problem(
    wanted="img/none.svg", near=("img/one.svg", "img/bone.svg"), owner="django", rule="do this"
)


def test_a_problem_in_words():
    """Where, as editors understand it; what is there; what is near; whose it is; what to do."""
    assert str(FULL).splitlines() == [
        "static/css/app.css:4:12: error: url() names img/none.svg, and there is no such file",
        "    ../img/none.svg",
        "    nearest: img/one.svg, img/bone.svg",
        "    a file of django; do this",
    ]
    assert str(problem(verdict=Verdict.WARNING)).splitlines() == [
        "static/css/app.css:4:12: warn: url() names img/none.svg, and there is no such file",
        "    ../img/none.svg",
        "    your file",
    ]


def test_a_report():
    """Errors first, by file and line; all of them, and how many of each."""
    problems = [
        problem(file="b", path="b", line=2, verdict=Verdict.WARNING),
        problem(file="b", path="b", line=10),
        problem(file="b", path="b", line=9),
        problem(file="a", path="a", line=3),
        problem(file="a", path="a", line=1, verdict=Verdict.WARNING),
    ]
    lines = format_problems(problems).splitlines()
    heads = [line.partition(": ")[0] for line in lines if line[0] in "ab"]
    assert heads == ["a:3:12", "b:9:12", "b:10:12", "a:1:12", "b:2:12"]
    assert lines[-1] == "3 error(s), 2 warning(s)"
    assert format_problems([]) == "0 error(s), 0 warning(s)"
    assert [each.line for each in errors_of(problems)] == [10, 9, 3]


@pytest.mark.parametrize(("most", "shown", "more"), [(None, 3, ""), (3, 3, ""), (2, 2, "1 more")])
def test_a_report_that_is_cut(most, shown, more):
    """No more than so many are shown; where the rest is, it says."""
    report = format_problems([problem(line=number) for number in (1, 2, 3)], most=most)
    assert report.count("../img/none.svg") == shown
    assert (".hiss/problems.json" in report) == bool(more)
    assert more in report
    assert report.endswith("3 error(s), 0 warning(s)")


def test_problems_are_left_beside_the_release(tmp_path):
    """They come back as JSON has them, whatever characters they hold."""
    strange = problem(text="ü\u2028\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"))
    write_problems([FULL, strange], str(tmp_path))
    first, second = read_problems(str(tmp_path))
    assert first == {
        "id": "missing-reference",
        "verdict": "error",
        "file": "css/app.css",
        "path": "static/css/app.css",
        "line": 4,
        "column": 12,
        "text": "../img/none.svg",
        "message": "url() names img/none.svg, and there is no such file",
        "wanted": "img/none.svg",
        "near": ["img/one.svg", "img/bone.svg"],
        "owner": "django",
        "rule": "do this",
    }
    assert second["text"] == strange.text
    write_problems([], str(tmp_path))
    assert read_problems(str(tmp_path)) == []


@pytest.mark.parametrize("left", [None, b"", b"{", b"{}", b"null", b"\xff"])
def test_problems_that_cannot_be_read(tmp_path, left):
    """A report without them is better than none."""
    if left is not None:
        (tmp_path / ".hiss").mkdir()
        (tmp_path / ".hiss/problems.json").write_bytes(left)
    assert read_problems(str(tmp_path)) == []
