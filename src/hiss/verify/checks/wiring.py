"""Who answers: that misses are misses, that Hiss is asked, and which releases there are."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from hiss.http.etags import make_etag
from hiss.verify.caches import said_of_cache, who_answers
from hiss.verify.checks.check import NOTE, Trouble
from hiss.verify.finding import count
from hiss.verify.freshness import longest_age
from hiss.verify.site import is_at_home
from hiss.verify.urls import origin_of

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.messages import Answer
    from hiss.verify.site import Asset, Site

_GONE: Final = frozenset({404, 410})
# Seconds. A miss may be a file with the next deploy.
_MOST_OF_A_MISS: Final = 60
# As hiss.django.missing and Django's technical_404.html say it.
_DEBUG: Final = re.compile(rb"because (?:DEBUG is on|you have <code>DEBUG = True</code>)")
_LISTING: Final = (b"<title>index of", b"<title>directory listing", b"<h1>index of")


def misses(site: Site) -> Troubles:
    """What is not there is 404."""
    # What the files that are there are answered, too, was said of them.
    said = {each.plain.status for each in site.assets.values() if each.is_static} - {200}
    for first, _ in site.misses:
        if first.status not in _GONE | said:
            html = ", with HTML" if first.status == 200 and first.is_html else ""
            what = first.trouble or f"{first.status}{html}"
            yield Trouble(
                f"what is not there is answered {what}, not 404", first, url=first.request.url
            )
            return


def forgets_misses(site: Site) -> Troubles:
    """That something is not there is not kept."""
    for first, second in site.misses:
        if first.status not in _GONE:
            continue
        if longest_age(first) > _MOST_OF_A_MISS:
            said = first.header("Cache-Control") or f"Expires: {first.header('Expires')}"
            yield Trouble(
                f"a 404 may be kept ({said}): what is deployed next stays missing",
                first,
                url=first.request.url,
            )
            return
        if second.status in _GONE and said_of_cache(second) == "hit":
            who = who_answers(second)
            yield Trouble(
                f"a 404 comes out of the cache{f' of {who[0]}' if who else ''}: what is deployed "
                "next stays missing",
                second,
                url=second.request.url,
            )
            return


def lists_nothing(site: Site) -> Troubles:
    """A folder is not listed."""
    answer = site.folder
    if answer is None or answer.status != 200 or not answer.is_html:
        return
    start = (answer.content or b"")[:2048].lower()
    if any(each in start for each in _LISTING):
        yield Trouble("the folder's files are listed", answer, url=answer.request.url)


def has_files(site: Site) -> Troubles:
    """There is something below the prefix that was asked for, or would have been."""
    named = [use for page in site.pages for use in page.uses]
    if any(each.is_static for each in site.assets.values()):
        return
    if any(use.url.startswith(site.base) for use in named):
        return
    others = list(dict.fromkeys(use.url for use in named))
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    elsewhere = f"; they name {others[0]}{more}" if others else ""
    yield Trouble(
        f"no file below {site.base} is named by {count(len(site.pages), 'page')}, so no static "
        f"file was looked at{elsewhere}",
        url=site.base,
    )


def is_by_hiss(asset: Asset, site: Site) -> Troubles:
    """Hiss answers, where it is there to."""
    said_here = bool(site.announced.url) and origin_of(site.announced.url) == origin_of(asset.url)
    if asset.content is None or not (said_here or site.expects_hiss):
        return
    etag = asset.plain.header("ETag").removeprefix("W/")
    if etag in _tags_of_hiss(asset.plain):
        return
    who = " and ".join(who_answers(asset.plain)) or "another server"
    yield Trouble(
        f"{who} answers, and not Hiss: {etag or 'no'} ETag is not one of its", asset.plain
    )


def _tags_of_hiss(answer: Answer) -> set[str]:
    digest = sha256(answer.content or b"").digest()
    # A proxy may have undone the coding, and kept the tag.
    return {make_etag(digest, coding) for coding in ("", "gzip", "br", "zstd")}


def renders_what_is_in_force(site: Site) -> Troubles:
    """The processes render the release that was put in force."""
    running, current = site.announced.release, site.built.current
    if site.built.root and running and current and running != current:
        yield Trouble(
            f"the site says that it renders release {running}, and {current} is in force in "
            f"{site.built.root}",
            url=site.announced.url,
        )


def is_in_production(site: Site) -> Troubles:
    """Django says on its pages of errors that DEBUG is on, and so does Hiss."""
    for answer, _ in site.misses:
        if _DEBUG.search(answer.content or b""):
            at_home = is_at_home(answer.request.url)
            yield Trouble(
                "DEBUG is on: files come under plain names, as they are, and are looked for with "
                "each request"
                + ("" if at_home else "; and errors show code and settings to everybody"),
                answer,
                # Where else should it be on?
                NOTE if at_home else None,
                url=answer.request.url,
            )
            return


def keeps_older_releases(site: Site) -> Troubles:
    """Who has a page of an older release open still gets its files."""
    for manifest, entry, answer in site.older:
        if answer.status != 200:
            what = answer.trouble or str(answer.status)
        elif answer.content is None or sha256(answer.content).hexdigest() == entry.sha256:
            continue
        else:
            what = "other bytes"
        yield Trouble(
            f"a file of release {manifest.id}, which is kept, is answered {what}",
            answer,
            url=answer.request.url,
        )
