"""What caches say, who stands between, and how long an answer may be kept."""

from __future__ import annotations

import pytest

from hiss.verify.caches import said_of_cache, who_answers
from hiss.verify.freshness import contradiction, longest_age, max_age, may_be_shared
from hiss.verify.messages import Answer, Request


def answer(*fields):
    return Answer(Request("http://x/"), 200, fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("Cache-Status", "a; hit")], "hit"),
        ([("Cache-Status", "origin; hit, edge; fwd=miss; stored")], "miss"),
        ([("CF-Cache-Status", "HIT")], "hit"),
        ([("CF-Cache-Status", "DYNAMIC"), ("Age", "3")], "miss"),
        ([("CF-Cache-Status", "REVALIDATED")], "hit"),
        ([("X-Cache", "Hit from cloudfront")], "hit"),
        ([("X-Cache", "RefreshHit from cloudfront")], "hit"),
        ([("X-Cache", "Miss from cloudfront")], "miss"),
        ([("X-Cache", "MISS, HIT")], "hit"),
        ([("X-Cache", "TCP_HIT")], "hit"),
        ([("X-Cache-Status", "EXPIRED")], "miss"),
        ([("X-Varnish", "32770 3")], "hit"),
        ([("X-Varnish", "32770")], "miss"),
        ([("Age", "0")], "miss"),
        ([("Age", "7")], "hit"),
        ([("Age", "soon")], ""),
        ([("X-Cache", "white")], "miss"),
        ([], ""),
    ],
)
def test_what_a_cache_says(fields, said):
    """In each of their ways."""
    assert said_of_cache(answer(*fields)) == said


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ([("Server", "nginx/1.22.1")], ("nginx",)),
        ([("Server", "cloudflare"), ("CF-Ray", "1")], ("Cloudflare",)),
        ([("Server", "AmazonS3"), ("X-Amz-Cf-Id", "x")], ("CloudFront", "Amazon S3")),
        ([("Via", "1.1 varnish (Varnish/7.1)"), ("Server", "gunicorn")], ("Varnish", "gunicorn")),
        ([("X-Served-By", "cache-fra-1"), ("Via", "1.1 varnish")], ("Fastly", "Varnish")),
        ([("Server", "Teapot/1")], ("Teapot/1",)),
        ([], ()),
    ],
)
def test_who_answers(fields, who):
    """The nearest first."""
    assert who_answers(answer(*fields)) == who


@pytest.mark.parametrize(
    ("fields", "browser", "any_cache", "shared"),
    [
        ([], None, 0, False),
        ([("Cache-Control", "max-age=60, public")], 60, 60, True),
        ([("Cache-Control", "max-age=60"), ("Cache-Control", "public")], 60, 60, True),
        ([("Cache-Control", "max-age=60, no-cache")], 0, 0, False),
        ([("Cache-Control", "max-age=60, private")], 60, 60, False),
        ([("Cache-Control", "max-age=0, s-maxage=300")], 0, 300, True),
        ([("Cache-Control", "no-store"), ("CDN-Cache-Control", "max-age=9")], 0, 9, False),
        (
            [
                ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("Expires", "Sun, 06 Nov 1994 08:50:37 GMT"),
            ],
            60,
            60,
            True,
        ),
        ([("Expires", "0")], 0, 0, False),
    ],
)
def test_how_long_it_may_be_kept(fields, browser, any_cache, shared):
    """By browsers, and by caches."""
    found = answer(*fields)
    assert max_age(found) == browser
    assert longest_age(found) == any_cache
    assert may_be_shared(found) is shared


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("max-age=60, public", ""),
        ("max-age=60, max-age=60", ""),
        ("max-age=60, max-age=61", "max-age is 60 and 61"),
        ("public, private", "public and private"),
        ("no-store, immutable", "immutable and no-store"),
        ("max-age=31536000, immutable, must-revalidate", ""),
    ],
)
def test_what_contradicts_itself(value, said):
    """And what only says things twice."""
    assert contradiction(answer(("Cache-Control", value))) == said
