"""Faults, each as a function of a request and its right reply: what a bad server sends instead.

By the id of the finding that each must come to, and no other.
"""

from __future__ import annotations

import gzip
from dataclasses import replace

from hiss.http.codings import compress, decompress

from .server import Reply

MUCH = 1_000_000
HTML = b"<!doctype html><html><title>Shop</title></html>"


def is_file(asked, reply, end=""):
    """Whether a file comes, in whole or in part."""
    return asked.is_static and asked.path.endswith(end) and reply.status in {200, 206, 304}


def on(end, change, *statuses):
    """Change the replies for files whose path ends so, of these statuses."""

    def fault(asked, reply):
        wanted = is_file(asked, reply, end) and reply.status in (statuses or {200, 206, 304})
        return change(asked, reply) if wanted else reply

    return fault


def instead(end, status, body=b"", **fields):
    """Something else comes for files whose path ends so."""

    def change(asked, reply):
        kind = "text/html" if body else None
        return Reply(status, [], body).set(content_type=kind, **fields)

    return on(end, change)


def with_fields(end, *statuses, **fields):
    """Fields are others; `None` drops one."""
    return on(end, lambda asked, reply: reply.set(**fields), *statuses)


def on_page(**fields):
    """Fields of pages are others."""
    return lambda asked, reply: reply if asked.is_static else reply.set(**fields)


def page_says(old, new):
    """Pages are other than they should be."""

    def fault(asked, reply):
        return reply if asked.is_static else replace(reply, body=reply.body.replace(old, new))

    return fault


def spoil(data):
    """Bytes as many, and others."""
    return data[:-1] + bytes([data[-1] ^ 1])


def spoilt(asked, reply):
    """Other bytes, as a server would send them that has them: as many, and in each part."""
    if asked.method == "HEAD" or reply.status == 304:
        return reply
    if coding := reply.get("Content-Encoding"):
        return replace(
            reply, body=compress(coding, decompress(coding, reply.body, limit=MUCH).swapcase(), 1)
        )
    return replace(reply, body=reply.body.swapcase())


def coding_is_older(asked, reply):
    """The .gz beside a file is of another build."""
    if reply.get("Content-Encoding") == "gzip" and reply.status == 200:
        return replace(reply, body=gzip.compress(b"/* the former */"))
    return reply


def compressed_in_place(asked, reply):
    """The bytes are gzip, and nothing says so."""
    if asked.method == "HEAD":
        return reply.set(content_length=None)
    if reply.status != 200:
        return reply
    body = gzip.compress(b"body { color: green } " * 20)
    return replace(reply, body=body).set(content_encoding=None)


def compressed_twice(asked, reply):
    if reply.get("Content-Encoding") == "gzip" and reply.status == 200:
        return replace(reply, body=gzip.compress(reply.body))
    return reply


def always_gzip(asked, reply):
    """As `gzip_static always`, or a cache without Vary."""
    if reply.status != 200 or "gzip" in asked.field("accept-encoding"):
        return reply
    body = gzip.compress(reply.body, mtime=0) if not reply.get("Content-Encoding") else b""
    return replace(reply, body=body).set(content_encoding="gzip") if body else reply


def cut_short(asked, reply):
    if asked.method == "GET" and reply.status == 200:
        return replace(reply, length=len(reply.body), body=reply.body[: len(reply.body) // 2])
    return reply


def one_tag_for_all(asked, reply):
    """As WhiteNoise does it: a tag of the file, not of what is sent."""
    etag = reply.get("ETag")
    for coding in ("-gzip", "-br", "-zstd"):
        etag = etag.replace(coding, "")
    is_same = asked.field("if-none-match").removeprefix("W/") == etag
    return (Reply(304, reply.fields) if is_same else reply).set(etag=etag)


def never_304(asked, reply):
    """The request's condition is not heeded."""
    if reply.status != 304:
        return reply
    return Reply(200, [*reply.fields, ("Content-Type", "text/css")], b"x")


def compares_to_the_letter(asked, reply):
    is_weak = asked.field("if-none-match").startswith("W/")
    return never_304(asked, reply) if is_weak else reply


def weak_tags(asked, reply):
    """A filter weakens them all; the comparison is right."""
    etag = reply.get("ETag")
    return reply.set(etag=f"W/{etag}") if etag and not etag.startswith("W/") else reply


def poor_304(asked, reply):
    return reply.set(cache_control=None) if reply.status == 304 else reply


def whole_for_part(asked, reply):
    return Reply(200, reply.fields, b"x" * 90) if reply.status == 206 else reply


def wrong_part(asked, reply):
    return replace(reply, body=spoil(reply.body)) if reply.status == 206 else reply


def wrong_place(asked, reply):
    return reply.set(content_range="bytes 0-1/9") if reply.status == 206 else reply


def satisfies_nothing(asked, reply):
    return Reply(416, reply.fields, b"") if reply.status == 206 else reply


def if_range_ignored(shop):
    """A part comes whatever If-Range says."""

    def fault(asked, reply):
        if not asked.field("if-range") or reply.status != 200:
            return reply
        first, last = (int(each) for each in asked.field("range")[6:].split("-"))
        part = f"bytes {first}-{last}/{len(reply.body)}"
        return Reply(206, reply.fields, reply.body[first : last + 1]).set(content_range=part)

    return fault


def head_differs(asked, reply):
    return reply.set(content_type="text/plain") if asked.method == "HEAD" else reply


def head_is_405(asked, reply):
    return Reply(405, [("Allow", "GET")]) if asked.method == "HEAD" else reply


def loud_head(asked, reply):
    if asked.method != "HEAD" or not asked.is_static:
        return reply
    return replace(reply, body=b"body", is_loud=True)


def misses_are(status, body=b"", **fields):
    """What is not there is answered so."""

    def fault(asked, reply):
        if not asked.is_static or reply.status != 404:
            return reply
        return Reply(status, [("Content-Type", "text/html")], body).set(**fields)

    return fault


def cached_miss(asked, reply):
    """A cache keeps a 404, and says so."""
    if not asked.is_static or reply.status != 404:
        return reply
    return reply.set(cache_control=None, x_cache="HIT" if asked.before else "MISS")


def listing(asked, reply):
    if asked.path != "/static/":
        return reply
    body = b"<html><head><title>Index of /static/</title></head></html>"
    return Reply(200, [("Content-Type", "text/html")], body)


def another_server(asked, reply):
    """A rule of a server in front answers for some files."""
    if not is_file(asked, reply, ".css") or not reply.get("ETag"):
        return reply
    etag = reply.get("ETag").replace('"', "")
    fields = {"etag": f'"5f-{etag[:8]}{reply.get("Content-Encoding")}"', "server": "nginx/1.22.1"}
    if asked.field("if-none-match") and reply.status == 200:
        return Reply(304, reply.fields).set(**fields)
    return reply.set(**fields)


def cold_cdn(asked, reply):
    return reply.set(server="cloudflare", cf_ray="1", cf_cache_status="DYNAMIC")


def warm_cdn(asked, reply):
    """Not a fault: a CDN as it should be."""
    said = "HIT" if asked.before and reply.status in {200, 206, 304} else "MISS"
    return reply.set(server="cloudflare", cf_ray="1", cf_cache_status=said)


def old_release_is_gone(shop):
    """Files of the release before are not there any more."""
    kept = {each.file for each in shop.manifest.entries}

    def fault(asked, reply):
        name = asked.path.removeprefix("/static/")
        is_known = name in kept or name.startswith("hiss") or not asked.is_static
        return reply if is_known else Reply(404, [("Cache-Control", "no-store")])

    return fault


#: Id, what the fault is called, and the fault, or what makes it of the site.
FAULTS = (
    ("V001", "page-500", lambda a, r: r if a.is_static else Reply(500, [], b"oops")),
    ("V001", "page-is-text", lambda a, r: r if a.is_static
        else Reply(200, [("Content-Type", "text/plain")], b"hi")),
    ("V006", "debug-of-hiss", misses_are(404, b"This page is shown because DEBUG is on; or",
        cache_control="no-store")),
    ("V006", "debug-of-django", misses_are(404, b"because you have <code>DEBUG = True</code> in",
        cache_control="no-store")),
    ("V010", "css-404", instead(".css", 404, cache_control="no-store")),
    ("V010", "js-403", instead(".js", 403)),
    ("V010", "svg-500", instead(".svg", 500)),
    ("V010", "font-503", instead(".woff2", 503)),
    ("V011", "html-for-js", instead(".js", 200, HTML, x_content_type_options="nosniff")),
    ("V011", "html-for-css", instead(".css", 200, HTML)),
    ("V012", "js-is-octets", with_fields(".js", content_type="application/octet-stream")),
    ("V012", "mjs-is-octets", with_fields(".mjs", content_type="application/octet-stream")),
    ("V012", "css-is-text", with_fields(".css", content_type="text/plain")),
    ("V012", "svg-is-text", with_fields(".svg", content_type="text/plain")),
    ("V012", "webm-is-octets", with_fields(".webm", content_type="application/octet-stream")),
    ("V012", "no-type", with_fields(".css", content_type=None)),
    ("V013", "no-nosniff", with_fields("", x_content_type_options=None)),
    ("V014", "redirected", instead(".css", 302, location="/admin/login/?next=/static/")),
    ("V021", "other-bytes", on(".svg", spoilt)),
    ("V023", "cut-short", on(".js", cut_short)),
    ("V030", "older-gz", on(".css", coding_is_older)),
    ("V030", "no-gzip-at-all", on(".css", lambda a, r: replace(r, body=b"\x1f\x8b\x08 no")
        if r.get("Content-Encoding") == "gzip" and r.status == 200 else r)),
    ("V031", "gzip-to-all", on(".css", always_gzip)),
    ("V032", "no-vary", with_fields("", 200, vary=None)),
    ("V032", "vary-only-when-coded", on("", lambda a, r: r if r.get("Content-Encoding")
        else r.set(vary=None))),
    ("V033", "compressed-in-place", on(".svg", compressed_in_place)),
    ("V034", "compressed-twice", on(".js", compressed_twice)),
    ("V040", "page-immutable", on_page(cache_control="max-age=31536000, public, immutable")),
    ("V040", "all-immutable", with_fields("", cache_control="max-age=31536000, immutable")),
    ("V040", "plain-for-ten-years", with_fields("img/logo.svg",
        cache_control="public, max-age=315360000")),
    ("V040", "plain-for-a-year-by-expires", with_fields("img/logo.svg", cache_control=None,
        date="Mon, 01 Jan 2024 00:00:00 GMT", expires="Wed, 01 Jan 2025 00:00:00 GMT")),
    ("V041", "hashed-for-a-minute", with_fields("", cache_control="max-age=60, public")),
    ("V041", "hashed-without-word", with_fields("", cache_control=None)),
    ("V042", "two-max-ages", on(".css", lambda a, r: r.set(
        cache_control="max-age=31536000, public, immutable, max-age=60"))),
    ("V043", "cookie", with_fields("", set_cookie="sessionid=1")),
    ("V043", "vary-cookie", on("", lambda a, r: r.set(
        vary=f"{r.get('Vary') or 'Accept-Encoding'}, Cookie"))),
    ("V050", "no-etag", with_fields("", etag=None)),
    ("V050", "no-etag-in-gzip", on("", lambda a, r: r.set(etag=None)
        if r.get("Content-Encoding") == "gzip" else r)),
    ("V051", "one-etag", on("", one_tag_for_all)),
    ("V052", "never-304", never_304),
    ("V053", "to-the-letter", compares_to_the_letter),
    ("V054", "weak", on("", weak_tags)),
    ("V055", "poor-304", poor_304),
    ("V060", "no-parts", whole_for_part),
    ("V061", "wrong-part", wrong_part),
    ("V061", "wrong-place", wrong_place),
    ("V061", "nothing-satisfied", satisfies_nothing),
    ("V063", "head-differs", on("", head_differs)),
    ("V063", "head-405", on("", head_is_405)),
    ("V064", "head-with-body", on("", loud_head)),
    ("V080", "miss-is-page", misses_are(200, HTML)),
    ("V080", "miss-is-302", misses_are(302, location="/")),
    ("V080", "miss-is-500", misses_are(500)),
    ("V080", "miss-is-403", misses_are(403)),
    ("V081", "miss-for-an-hour", misses_are(404, cache_control="max-age=3600")),
    ("V081", "miss-s-maxage", misses_are(404, cache_control="s-maxage=300")),
    ("V081", "miss-from-cache", cached_miss),
    ("V082", "listing", listing),
    ("V090", "rule-for-css", another_server),
    ("V091", "cold-cdn", cold_cdn),
)  # fmt: skip

#: Those that are made of the site.
OF_THE_SITE = (
    ("V005", "old-release-gone", old_release_is_gone),
    ("V062", "if-range-ignored", if_range_ignored),
)

#: At another host; the second of the two servers has it.
ABROAD = (
    ("V070", "no-cors", with_fields("", access_control_allow_origin=None)),
    ("V070", "cors-for-another", with_fields("", access_control_allow_origin="https://a.example")),
    ("V071", "cors-repeats", on("", lambda a, r: r.set(
        access_control_allow_origin=a.field("origin") or "*"))),
    ("V072", "corp", with_fields("", cross_origin_resource_policy="same-origin")),
)  # fmt: skip
