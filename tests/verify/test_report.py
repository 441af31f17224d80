"""A report for people, for programs, and for continuous integration."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

from hiss.verify.checks import CHECKS
from hiss.verify.finding import Finding, Report, Severity
from hiss.verify.report import format_json, format_junit, format_table


def finding(number, **other):
    return Finding(
        **{
            "id": "hiss.V012",
            "severity": Severity.ERROR,
            "url": f"https://shop.example/static/{number}.js",
            "what": "its type is text/plain, not text/javascript: browsers refuse it",
            "curl": f"curl https://shop.example/static/{number}.js",
            "cause": "a <table> of types",
            "page": "https://shop.example/",
            **other,
        }
    )


CLEAN = Report(
    url="https://shop.example/",
    pages=("https://shop.example/",),
    assets=9,
    requests=90,
    seconds=1.26,
    release="4eb8ef837c3534a7",
    served_by=("Cloudflare", "nginx"),
    checked={"hiss.V010": 9, "hiss.V012": 9, "hiss.V013": 9},
)
BAD = replace(
    CLEAN,
    findings=(
        *(finding(number) for number in range(5)),
        finding(5, id="hiss.V013", severity=Severity.WARNING, what="no \x1b[31mnosniff"),
    ),
    notes=("something was left out",),
)


def test_a_clean_site_for_people():
    """Two lines."""
    assert format_table(CLEAN) == (
        "https://shop.example/: 1 page, 9 files, by Cloudflare and nginx, "
        "release 4eb8ef837c3534a7; 90 requests in 1.3 s\n"
        "nothing is wrong\n"
    )


def test_findings_for_people():
    """What is wrong in one way is said once, with a few of the URLs, and how to see it."""
    text = format_table(BAD)
    assert text.count("error hiss.V012 (rule: media types are right)") == 1
    assert text.count("ask it: curl https://shop.example/static/0.js") == 1
    assert text.count("likely: a <table> of types") == 2
    assert "and 2 more (--json has all)" in text
    assert "/3.js" not in text
    assert "warning hiss.V013" in text
    assert "note: something was left out" in text
    assert text.endswith("5 errors, 1 warning\n")


def test_what_is_good_to_know():
    """A note is shown to people and programs, and fails nothing."""
    note = finding(1, id="hiss.V006", severity=Severity.NOTE, what="DEBUG is on")
    noted = replace(CLEAN, findings=(note,), checked={"hiss.V006": 1})
    assert noted.is_good
    assert not BAD.is_good
    text = format_table(noted)
    assert text.startswith("note hiss.V006 (rule: DEBUG is off)\n  DEBUG is on\n")
    assert text.endswith("nothing is wrong\n")
    assert format_table(replace(BAD, findings=(*BAD.findings, note))).endswith(
        "5 errors, 1 warning\n"
    )
    assert json.loads(format_json(noted))["findings"][0]["severity"] == "note"
    suite = ET.fromstring(format_junit(noted).encode())
    assert suite.get("failures") == "0"
    assert suite.find(".//failure") is None


def test_what_a_server_says_moves_no_cursor():
    """Control characters of a server's answer do not reach the terminal."""
    assert "\x1b" not in format_table(BAD)


def test_for_programs():
    """Everything, each finding on its own."""
    document = json.loads(format_json(BAD))
    assert document["version"] == 1
    assert len(document["findings"]) == 6
    assert document["findings"][0] == {
        "id": "hiss.V012",
        "severity": "error",
        "url": "https://shop.example/static/0.js",
        "what": "its type is text/plain, not text/javascript: browsers refuse it",
        "curl": "curl https://shop.example/static/0.js",
        "cause": "a <table> of types",
        "page": "https://shop.example/",
    }
    checks = {each["id"]: each for each in document["checks"]}
    assert len(checks) == len(CHECKS)
    assert checks["hiss.V012"]["checked"] == 9
    assert checks["hiss.V012"]["findings"] == 5
    assert document["notes"] == ["something was left out"]


def test_for_continuous_integration():
    """A case for each check: failed, passed, or skipped."""
    root = ET.fromstring(format_junit(BAD).encode())
    [suite] = root.findall("testsuite")
    cases = {each.get("name").split()[0]: each for each in suite.findall("testcase")}
    assert cases.keys() == {each.id for each in CHECKS.values()}
    failure = cases["hiss.V012"].find("failure")
    assert failure.get("type") == "error"
    assert "static/4.js" in failure.text
    assert cases["hiss.V013"].find("failure").get("type") == "warning"
    assert cases["hiss.V010"].find("failure") is None
    assert cases["hiss.V010"].find("skipped") is None
    assert cases["hiss.V020"].find("skipped") is not None
    skipped = sum(each.find("skipped") is not None for each in cases.values())
    assert (suite.get("failures"), suite.get("skipped")) == ("2", str(skipped))
    assert suite.get("tests") == str(len(CHECKS))
