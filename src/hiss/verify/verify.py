"""Looking at a site: survey, questions, judgement, in that order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit

from hiss.errors import ConfigurationError
from hiss.http.paths import normalise_prefix
from hiss.verify.built import Built, ask_announced, ask_built, read_root
from hiss.verify.caches import who_answers
from hiss.verify.checks import judge
from hiss.verify.fetch import Fetcher, Hosts, Limits
from hiss.verify.finding import Report, count
from hiss.verify.probe import probe
from hiss.verify.site import Site
from hiss.verify.survey import survey
from hiss.verify.urls import host_of, join, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.verify.messages import Field

# The share of the requests that is left for what is asked of each file beyond having it.
_FOR_PROBES: Final = 0.4
# URLs that are named one by one.
_MOST_NAMED: Final = 3


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
    pages = tuple(_page(url, each) for each in wishes.pages)
    hosts = _hosts(wishes, (url, base))
    for page in pages:
        if not hosts.hold(page):
            raise ConfigurationError(
                f"{page} is not at {urlsplit(url).netloc}",
                f"Let it be asked: --host {host_of(page)}.",
            )
    with Fetcher(wishes.limits, hosts, url, wishes.headers, watch.advance) as ask:
        watch.stage("pages")
        site = Site(url, _path(base), base, ask_announced(ask, base), built, wishes.expects_hiss)
        if not built.where and site.announced.manifests:
            site = replace(site, built=ask_built(ask, site.announced))
        # What a site names may be without end, and what is wrong with it shows when it is probed.
        ask.leaving = int(wishes.limits.requests * _FOR_PROBES)
        survey(ask, site, pages)
        ask.leaving = 0
        watch.stage("files")
        probe(ask, site)
        findings, checked = judge(site, wishes.ignored)
        notes = tuple(_notes(site, ask))
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


def _page(url: str, page: str) -> str:
    joined = join(url, page)
    if joined is None:
        raise ConfigurationError(f"{page} is no URL of a page", "Such as /shop/.")
    return joined


def _path(base: str) -> str:
    return unquote(urlsplit(base).path)


def _hosts(wishes: Wishes, urls: tuple[str, ...]) -> Hosts:
    return Hosts(frozenset({*map(_host, wishes.hosts), *map(host_of, urls)}))


def _host(named: str) -> str:
    try:
        return host_of(named if "//" in named else f"//{named}")
    except ValueError as error:
        raise ConfigurationError(f"--host {named}: {error}", "Such as cdn.example.") from error


def _served_by(site: Site) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for asset in site.assets.values():
        if asset.is_static:
            found.update(dict.fromkeys(who_answers(asset.plain)))
    return tuple(found)


def _notes(site: Site, ask: Fetcher) -> Iterator[str]:
    for host, urls in sorted(site.left_out.items()):
        was, them = ("was", "it") if len(urls) == 1 else ("were", "them")
        yield (
            f"{count(len(urls), 'URL')} at {host} {was} not asked for: --host {host} lets {them} be"
        )
    if ask.refused:
        was = "was" if ask.refused == 1 else "were"
        yield (
            f"{count(ask.refused, 'request')} more {was} not made: --max-requests is "
            f"{ask.limits.requests}"
        )
    if not site.announced.url:
        yield (
            f"nothing at {urljoin(site.base, 'hiss.json')}: what is Hiss's own was not looked at"
        )
    elif not site.built.where:
        yield "which files the release has is not known: --root DIR, or SHOW_MANIFEST, tells it"
    yield from _not_looked_at(site, ask)


def _not_looked_at(site: Site, ask: Fetcher) -> Iterator[str]:
    for asset in site.assets.values():
        if asset.plain.is_too_long and not asset.plain.is_let_go:
            yield f"{asset.url} is longer than is read: its bytes were not looked at"
    if ask.let_go:
        yield (
            f"{count(ask.let_go, 'answer')} came after {ask.limits.kept >> 20} MiB that are kept "
            "of all together: their bytes were not looked at"
        )
    cut = [each.url for each in site.pages if not each.is_whole]
    cut += [each.url for each in site.assets.values() if not each.is_whole]
    if cut:
        more = f" and {len(cut) - _MOST_NAMED} more" if len(cut) > _MOST_NAMED else ""
        yield (
            f"{', '.join(cut[:_MOST_NAMED])}{more}: only the beginning was read for what it names: "
            "it is very long, or takes very long"
        )
