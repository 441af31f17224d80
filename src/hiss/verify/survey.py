"""Going through a site: pages, what they name, and what that names in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin, urlsplit

from hiss.errors import ConfigurationError
from hiss.verify.discover import (
    MOST_OF_FILE,
    ImportMap,
    Want,
    find_in_manifest,
    find_in_page,
    find_in_script,
    find_in_style,
)
from hiss.verify.messages import Request
from hiss.verify.site import IDENTITY, Asset, Page, Site, take_turns
from hiss.verify.urls import host_of, join, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.verify.discover import Use
    from hiss.verify.fetch import Fetcher

#: What is looked at where no page is named, from the site's URL on: itself, and Django's admin.
#: What is not there is passed over.
DEFAULT_PAGES: Final = ("", "admin/login/")

_MOST_REDIRECTS: Final = 5
# Ways in which one file is needed: two pages of the same template make as many as they like.
_MOST_USES: Final = 100
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def survey(fetcher: Fetcher, site: Site, pages: Iterable[str]) -> None:
    """Find the pages and the files of a site.

    Raises:
        ConfigurationError: No page can be had at all.
    """
    wanted = tuple(pages)
    maps: dict[str, ImportMap] = {}
    uses: list[Use] = []
    for url in wanted or tuple(urljoin(site.url, each) for each in DEFAULT_PAGES):
        page = _ask_page(fetcher, url)
        if page is None or (not wanted and page.answer.status == 404):
            continue
        site.pages.append(page)
        if page.answer.status == 200 and page.answer.is_html:
            named = find_in_page(page.url, page.answer.text, page.answer.header("Link"))
            maps[page.url] = named.import_map
            page.uses = named.uses
            page.is_whole = named.is_whole
            uses.extend(named.uses)
    _refuse_nothing(site)
    while uses:
        uses = list(_ask_assets(fetcher, site, uses, maps))


def _refuse_nothing(site: Site) -> None:
    if site.pages and any(page.answer.status for page in site.pages):
        return
    trouble = site.pages[0].answer.trouble if site.pages else ""
    if trouble:
        raise ConfigurationError(f"{site.url}: {trouble}", "Is the site up, at this URL?")
    raise ConfigurationError(
        f"there is no page at {site.url}", "Name one that there is: hiss verify URL PAGE."
    )


def _ask_page(fetcher: Fetcher, url: str) -> Page | None:
    """A page, where its redirects lead to, as long as that is here."""
    page: Page | None = None
    for _ in range(_MOST_REDIRECTS + 1):
        answer = fetcher.ask(_plainly(url, ("Accept", "text/html,*/*;q=0.8")))
        if answer is None:
            if page and not fetcher.hosts.hold(url):
                page.leads = "away"
            break
        page = Page(answer.request.url, answer)
        location = answer.header("Location")
        if answer.status not in _REDIRECTS or not location:
            break
        target = join(page.url, location)
        if target is None:
            page.leads = "nowhere"
            break
        url = target
    else:
        if page:
            page.leads = "back"
    return page


def _plainly(url: str, *fields: tuple[str, str]) -> Request:
    return Request(url, (("Accept-Encoding", "identity"), *fields))


def _ask_assets(
    fetcher: Fetcher,
    site: Site,
    uses: Iterable[Use],
    maps: dict[str, ImportMap],
) -> Iterator[Use]:
    """Ask for what is needed and was not asked for; yields what that needs in turn."""
    new: dict[str, Asset] = {}
    for use in uses:
        known = site.assets.get(use.url) or new.get(use.url)
        if known is not None:
            if len(known.uses) < _MOST_USES and use not in known.uses:
                known.uses.append(use)
        elif fetcher.hosts.hold(use.url):
            new[use.url] = Asset(use.url, _name(use.url, site.prefix), [use])
        else:
            site.left_out.setdefault(host_of(use.url), set()).add(use.url)
    assets = take_turns(new.values())
    requests = [_plainly(each.url, *origin_field(each)) for each in assets]
    for asset, answer in zip(assets, fetcher.ask_all(requests), strict=True):
        if answer is None:
            continue
        site.assets[asset.url] = asset
        asset.answers[IDENTITY] = answer
        if not asset.is_static:
            _follow(fetcher, asset)
        for use in dict.fromkeys(_uses_of(asset, maps)):
            asset.names.add(use.url)
            yield use


def origin_field(asset: Asset) -> tuple[tuple[str, str], ...]:
    """The Origin that a browser would send for a file."""
    foreign = asset.foreign
    return (("Origin", origin_of(foreign[0].page)),) if foreign else ()


def _follow(fetcher: Fetcher, asset: Asset) -> None:
    """Put the answer that a file's redirects lead to in the place of the first."""
    for _ in range(_MOST_REDIRECTS):
        location = asset.plain.header("Location")
        if asset.plain.status not in _REDIRECTS or not location:
            return
        url = join(asset.plain.request.url, location)
        answer = fetcher.ask(_plainly(url, *origin_field(asset))) if url else None
        if answer is None:
            return
        asset.answers[IDENTITY] = answer


def _name(url: str, prefix: str) -> str:
    path = unquote(urlsplit(url).path)
    return path[len(prefix) :] if path.startswith(prefix) else ""


def _uses_of(asset: Asset, maps: dict[str, ImportMap]) -> Iterator[Use]:
    data = asset.content
    if asset.plain.status != 200 or data is None or asset.plain.is_html:
        return
    page = asset.page
    wants = asset.wants
    asset.is_whole = len(data) <= MOST_OF_FILE
    data = data[:MOST_OF_FILE]
    if Want.STYLE in wants:
        yield from find_in_style(asset.url, data, page)
    elif wants & {Want.SCRIPT, Want.MODULE}:
        yield from find_in_script(asset.url, data, page, maps.get(page) or ImportMap())
    elif Want.MANIFEST in wants:
        yield from find_in_manifest(asset.url, data, page)
