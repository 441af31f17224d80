"""The table itself: enough cases, no two of one name, no part of the contract left out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from .cases import CASES
from .cases.files import CSS, FILES, HASHED, LEGACY, ORDER, RECORDED
from .limits import LIMITS
from .servers import SERVERS

# Part of http.md to the fewest cases that can be said to cover it. Parts 9 and 10 are of other
# rooms: purging, and the release that builds deltas.
_LEAST = {1: 100, 2: 60, 3: 60, 4: 120, 5: 120, 6: 30, 7: 60, 8: 20}

# What each part must have a case for, by the beginning of ids.
_TOPICS = {
    1: ("neg-not-gzip", "neg-gzip-q0", "neg-upper", "neg-x-gzip", "neg-star", "neg-identity",
        "neg-empty", "neg-absent", "neg-everything-q0", "neg-very-long", "neg-bad", "vary-304",
        "vary-416", "vary-head", "download", "unrecorded-variant", "variant-has-no-url"),
    2: ("etag-strong", "etag-distinct", "inm-weak", "inm-list", "inm-star", "ims-same-imf",
        "ims-same-rfc850", "ims-same-asctime", "lm-future", "lm-utc"),
    3: ("im-weak", "ius-", "pre-im-false", "pre-ius-false", "pre-inm-true", "pre-range",
        "pre-missing", "pre-post"),
    4: ("range-first-byte", "range-suffix", "range-416-suffix-zero", "range-ignored-inverted",
        "range-ignored-underscore", "range-ignored-unit", "range-head", "multi-overlap",
        "multi-abusive", "multi-with-unsatisfiable", "if-range-weak", "if-range-date",
        "if-range-br", "accept-ranges"),
    5: ("method-post", "method-options", "head-", "path-parent", "path-nul", "path-backslash",
        "path-slash-encoded", "path-found-non-ascii", "path-dotfile", "path-found-well-known",
        "path-link", "app-static-pages", "mounted", "index-redirect", "target-absolute"),
    6: ("cache-immutable", "cache-other", "cache-looks-hashed", "cache-tampered", "miss-", "plain"),
    7: ("type-app.wasm", "type-app.webmanifest", "type-fonts", "policy-206", "policy-304",
        "policy-404", "policy-405", "policy-416", "policy-off", "secure-plain-http"),
    8: ("body-empty", "body-large", "body-parts"),
}  # fmt: skip


def test_the_table_is_large_and_its_ids_are_unique():
    """At least 300 cases, each with a name of its own that can stand in a shell."""
    counts = Counter(case.id for case in CASES)
    assert len(CASES) >= 300
    assert [key for key, count in counts.items() if count > 1] == []
    assert [key for key in counts if not re.fullmatch(r"[a-z0-9.-]+", key)] == []


@pytest.mark.parametrize("part", _LEAST)
def test_every_part_of_the_contract_is_covered(part):
    """Each part of http.md has its cases, and each of its rules one at least."""
    ids = [case.id for case in CASES if case.part == part]
    assert len(ids) >= _LEAST[part]
    missing = [topic for topic in _TOPICS[part] if not any(key.startswith(topic) for key in ids)]
    assert missing == []


def test_no_two_cases_ask_the_same_and_expect_the_same():
    """A case that says again what another said is none."""
    counts = Counter((case.request, case.expected, case.distinct) for case in CASES)
    repeated = {key for key, count in counts.items() if count > 1}
    again = [c.id for c in CASES if (c.request, c.expected, c.distinct) in repeated]
    assert again == []


def test_every_case_names_its_source():
    """An RFC and its section, or the contract's own page."""
    pattern = re.compile(r"RFC \d{4}( \d+(\.\d+)*)?|http\.md")
    assert [case.id for case in CASES if not pattern.fullmatch(case.rfc)] == []


def test_every_limit_is_of_a_server_and_a_case():
    """A limit of something that is not there would never be looked at."""
    ids = {case.id for case in CASES}
    places = {*SERVERS, "django-middleware-asgi"}
    assert [key for key in LIMITS if key[0] not in places or key[1] not in ids] == []


def test_the_variants_have_the_sizes_that_the_cases_rest_on(tree):
    """Smaller than the file, each of another size, and one brotli larger than its gzip."""

    def sizes(name: str) -> dict[str, int]:
        suffixes = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}
        return {
            coding: (tree / (name + suffixes[coding])).stat().st_size for coding in RECORDED[name]
        }

    for name in (CSS, HASHED, LEGACY, ORDER):
        assert len(set(sizes(name).values())) == len(RECORDED[name])
        assert max(sizes(name).values()) < len(FILES[name])
    assert sizes(ORDER)["br"] > sizes(ORDER)["gzip"]
    # Between the end of the coded bytes and that of the file lies what If-Range's cases ask for.
    assert 910 < min(sizes(CSS).values()) < max(sizes(CSS).values()) < 6000 < len(FILES[CSS])


def test_cases_and_checks_need_neither_pytest_nor_hiss():
    """The benchmark of other servers uses them on their own."""
    program = (
        "import sys; sys.modules['pytest'] = sys.modules['hiss'] = None\n"
        "from conformance import check, client, survey, tree\n"
        "from conformance.cases import CASES\n"
    )
    folder = Path(__file__).parent.parent
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
