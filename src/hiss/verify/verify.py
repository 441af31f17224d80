"""Looking at a site: survey, questions, judgement, in that order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit

from hiss.errors import ConfigurationError
from hiss.http.paths import normalise_prefix
from hiss.verify.built import Built, ask_announced, ask_built, read_root
from hiss.verify.caches import who_answers
from hiss.verify.checks import judge
from hiss.verify.fetch import Fetcher, Hosts, Limits
from hiss.verify.finding import Report
from hiss.verify.probe import probe
from hiss.verify.site import Site, origin_of
from hiss.verify.survey import survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.verify.messages import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be looked at, and how much of it."""

    #: The site: a page of it, or its root.
    url: str
    #: Paths or URLs; none: the usual ones.
    pages: tuple[str, ...] = ()
    #: The path that static files are below; or a URL, where they are at another host.
    prefix: str = "/static/"
    #: Other hosts that may be asked, such as a CDN's.
    hosts: tuple[str, ...] = ()
    #: The folder that is served; empty: what the site itself says counts.
    root: str = ""
    #: Fields for the site's own host, such as Authorization.
    headers: tuple[Field, ...] = ()
    #: Hiss must answer, not a server in front.
    expects_hiss: bool = False
    #: Keys of checks that are not said.
    ignored: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)


class Watch(Protocol):
    """Watches. May be called from several threads."""

    def stage(self, words: str) -> None:
        """Something begins."""

    def advance(self, done: int, known: int) -> None:
        """So many requests were made, of so many that are known to be needed."""


def verify(wishes: Wishes, watch: Watch) -> Report:
    """Look at a site, and say what is wrong with it.

    Raises:
        ConfigurationError: Something is wrong with what is wished, or the site cannot be had.
        ManifestError: What is recorded in `root` cannot be read.
    """
    began = time.monotonic()
    url, base = _settle(wishes)
    built = read_root(wishes.root) if wishes.root else Built()
    pages = tuple(urljoin(url, each) for each in wishes.pages)
    hosts = _hosts(wishes, (url, base))
    for page in pages:
        if not hosts.hold(page):
            raise ConfigurationError(
                f"{page} is not at {urlsplit(url).netloc}",
                f"Let it be asked: --host {urlsplit(page).netloc}.",
            )
    left_out: dict[str, int] = {}
    with Fetcher(wishes.limits, hosts, urlsplit(url).netloc, wishes.headers, watch.advance) as ask:
        watch.stage("pages")
        site = Site(url, _path(base), base, ask_announced(ask, base), built, wishes.expects_hiss)
        if not built.where and site.announced.manifests:
            site = replace(site, built=ask_built(ask, site.announced))
        survey(ask, site, pages, left_out)
        watch.stage("files")
        probe(ask, site)
        findings, checked = judge(site, wishes.ignored)
        notes = tuple(_notes(site, ask, left_out))
    return Report(
        url=url,
        pages=tuple(page.url for page in site.pages),
        assets=len(site.assets),
        requests=ask.sent,
        seconds=time.monotonic() - began,
        release=site.announced.release,
        served_by=_served_by(site),
        checked=checked,
        findings=tuple(findings),
        notes=notes,
    )


def _settle(wishes: Wishes) -> tuple[str, str]:
    """The site's URL, and the one that its static files are below."""
    parts = _split(wishes.url, "URL")
    if parts is None:
        raise ConfigurationError(
            f"{wishes.url} is no URL of a site", "Such as https://shop.example/."
        )
    scheme, netloc, path = parts
    url = f"{scheme}://{netloc}{path or '/'}"
    other = _split(wishes.prefix, "--prefix")
    if other is None:
        prefix = normalise_prefix(urlsplit(urljoin(url, wishes.prefix)).path)
        return url, origin_of(url) + quote(prefix, safe="/%")
    scheme, netloc, path = other
    return url, f"{scheme}://{netloc}{normalise_prefix(path)}"


def _split(url: str, what: str) -> tuple[str, str, str] | None:
    """Scheme, host with its port, and path; `None` where it is no URL of HTTP."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{what} {url}: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return parts.scheme, parts.netloc.rpartition("@")[2].lower(), parts.path


def _path(base: str) -> str:
    return unquote(urlsplit(base).path)


def _hosts(wishes: Wishes, urls: tuple[str, ...]) -> Hosts:
    named = {urlsplit(each if "//" in each else f"//{each}").netloc for each in wishes.hosts}
    return Hosts(frozenset({each.lower() for each in named} | {urlsplit(u).netloc for u in urls}))


def _served_by(site: Site) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for asset in site.assets.values():
        if asset.is_static:
            found.update(dict.fromkeys(who_answers(asset.plain)))
    return tuple(found)


def _notes(site: Site, ask: Fetcher, left_out: dict[str, int]) -> Iterator[str]:
    for host, count in sorted(left_out.items()):
        yield f"{count} URLs at {host} were not asked for: --host {host} lets them be"
    if ask.refused:
        yield (
            f"{ask.refused} requests more were not made: --max-requests is {ask.limits.requests}"
        )
    if not any(each.is_static for each in site.assets.values()):
        yield f"no file below {site.base} is named by these pages: --prefix says where they are"
    if not site.announced.url:
        yield (
            f"nothing at {urljoin(site.base, 'hiss.json')}: what is Hiss's own was not looked at"
        )
    elif not site.built.where:
        yield "which files the release has is not known: --root DIR, or SHOW_MANIFEST, tells it"
    for asset in site.assets.values():
        if asset.plain.is_too_long:
            yield f"{asset.url} is longer than is read: its bytes were not looked at"
