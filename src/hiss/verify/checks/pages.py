"""Pages: that they answer, and what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from hiss.verify.checks.check import WARNING, Trouble
from hiss.verify.discover import Want
from hiss.verify.urls import host_of, join

if TYPE_CHECKING:
    from hiss.verify.checks.check import Troubles
    from hiss.verify.site import Page, Site

# Mixed Content, 3.1: those that a browser upgrades, or shows with a warning.
_UPGRADED = frozenset({Want.IMAGE, Want.MEDIA})


def is_answered(page: Page, site: Site) -> Troubles:
    """A page is 200, and a page."""
    answer = page.answer
    if not answer.status or answer.trouble:
        yield Trouble(f"the page cannot be had: {answer.trouble}", answer)
    elif location := answer.header("Location"):
        yield _led(page, location)
    elif answer.status != 200:
        yield Trouble(f"the page is {answer.status}", answer)
    elif answer.obstacle:
        yield Trouble(f"the page cannot be read: {answer.obstacle.words}", answer)
    elif not answer.is_html:
        yield Trouble(f"the page is no HTML: its type is {answer.type or 'not said'}", answer)


def _led(page: Page, location: str) -> Trouble:
    target = join(page.url, location) or location
    match page.leads:
        case "away":
            why = "which is at another host"
            cause = (
                f"Verify that one (hiss verify {target}), or let it be followed: "
                f"--host {host_of(target)}."
            )
        case "back":
            why = "and leads round and round"
            cause = (
                "Two rules disagree: of scheme (SECURE_SSL_REDIRECT without "
                "SECURE_PROXY_SSL_HEADER, behind a proxy that ends TLS), of a slash at the end "
                "(APPEND_SLASH), or of the host's name."
            )
        case "nowhere":
            why = "which is no URL"
            cause = (
                "What writes Location, the application or a rule of the server, writes it wrong."
            )
        case _:
            why, cause = "which was not followed", ""
    return Trouble(f"the page is {page.answer.status} to {target}, {why}", page.answer, cause=cause)


def has_no_mixed_content(page: Page, site: Site) -> Troubles:
    """A page over HTTPS needs nothing over HTTP."""
    uses = [*page.uses]
    for asset in site.assets.values():
        uses.extend(use for use in asset.uses if use.page == page.url and use.by != page.url)
    if not page.url.startswith("https:"):
        return
    for use in dict.fromkeys(uses):
        if use.url.startswith("http:"):
            severity = WARNING if use.want in _UPGRADED else None
            said = "upgrade" if severity else "refuse"
            yield Trouble(
                f"a page over HTTPS needs this {use.want} over HTTP: browsers {said} it",
                page.answer,
                severity,
                use.url,
            )


def is_of_the_release(page: Page, site: Site) -> Troubles:
    """A page names the files of the release that the site says it renders."""
    release = site.release
    if release not in site.built.releases:
        return
    for use in page.uses:
        path = unquote(urlsplit(use.url).path)
        if not path.startswith(site.prefix):
            continue
        known = site.built.release_of(path[len(site.prefix) :])
        if known and release not in known:
            yield Trouble(
                f"the page names a file of release {', '.join(sorted(known))}, while the site "
                f"says that it renders {release}",
                page.answer,
                url=use.url,
            )


def is_not_immutable(page: Page, site: Site) -> Troubles:
    """A page may be asked for again."""
    if "immutable" in page.answer.members("Cache-Control"):
        said = page.answer.header("Cache-Control")
        yield Trouble(f"a page is immutable (Cache-Control: {said}): it never changes", page.answer)
