"""Looking at a site as a browser would: pages, what they name, and what that names in turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from hiss.http.paths import quote_path
from hiss.release.deploy.links import find_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.core.manifest import Manifest, ManifestEntry
    from hiss.release.deploy.client import Answer, Site

_MOST_REDIRECTS: Final = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a page needs and does not get."""

    #: The page, or empty where it is the page itself.
    page: str
    url: str
    #: What was wrong with the answer.
    what: str

    def __str__(self) -> str:
        where = f" (on {self.page})" if self.page else ""
        return f"{self.url}{where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at."""

    pages: int
    assets: int
    faults: tuple[Fault, ...]


def check_pages(site: Site, pages: Iterable[str], manifest: Manifest, timeout: float) -> Looked:
    """Ask for each page, for what it names under the prefix, and for what the release says that
    those name. All that is wrong is said at once.
    """
    faults: list[Fault] = []
    # Target to the page that needs it.
    needed: dict[str, str] = {}
    count = 0
    for page in pages:
        count += 1
        target, answer, trouble = _follow(site, site.base + page, timeout)
        if trouble:
            faults.append(Fault("", site.url(target), trouble))
            continue
        for link in find_links(_text(answer)):
            asset = site.target(link, target)
            if asset is not None and asset.startswith(site.prefix):
                needed.setdefault(asset, site.url(target))
    entries = {entry.file: entry for entry in manifest.entries}
    for asset in _closure(site, list(needed), manifest):
        needed.setdefault(asset, "")
    for asset, page in needed.items():
        name = unquote(urlsplit(asset).path)[len(site.prefix) :]
        what = _judge(site.get(asset, timeout=timeout), entries.get(name))
        if what:
            faults.append(Fault(page, site.url(asset), what))
    return Looked(count, len(needed), tuple(faults))


def _follow(site: Site, target: str, timeout: float) -> tuple[str, Answer, str]:
    """Where a page is in the end, what it says, and what is wrong with that."""
    began = target
    answer = site.get(target, timeout=timeout)
    for _ in range(_MOST_REDIRECTS):
        if answer.status not in {301, 302, 303, 307, 308}:
            break
        location = answer.header("Location")
        following = site.target(location, target)
        if following is None:
            return began, answer, f"{answer.status} to {location}, which is elsewhere"
        if following == target:
            return (
                began,
                answer,
                (
                    f"{answer.status} to itself, {location}: where the application wants HTTPS, "
                    'say `headers = { X-Forwarded-Proto = "https" }`'
                ),
            )
        target = following
        answer = site.get(target, timeout=timeout)
    return target, answer, "" if answer.status == 200 else str(answer)


def _text(answer: Answer) -> str:
    """The page's text; empty where it is not HTML."""
    header = Message()
    header["Content-Type"] = answer.header("Content-Type")
    if header.get_content_type() not in {"text/html", "application/xhtml+xml"}:
        return ""
    try:
        return answer.body.decode(header.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")


def _closure(site: Site, targets: list[str], manifest: Manifest) -> Iterator[str]:
    """What these name by the manifest, all the way down."""
    entries = {entry.file: entry for entry in manifest.entries}
    # The published name of a logical one: the hashed one, where there is.
    published = {entry.name: entry for entry in manifest.entries if not entry.immutable}
    published.update({entry.name: entry for entry in manifest.entries if entry.immutable})
    names = (unquote(urlsplit(each).path)[len(site.prefix) :] for each in targets)
    queue = deque(entries[name] for name in names if name in entries)
    seen = {entry.file for entry in queue}
    while queue:
        for name in queue.popleft().references:
            entry = published.get(name)
            if entry is not None and entry.file not in seen:
                seen.add(entry.file)
                queue.append(entry)
                yield site.prefix + quote_path(entry.file)


def _judge(answer: Answer, entry: ManifestEntry | None) -> str:
    if answer.status != 200:
        return str(answer)
    if entry is None or answer.sha256 == entry.sha256:
        return ""
    coding = answer.header("Content-Encoding")
    how = f", in {coding}, though identity was asked for" if coding else ""
    return f"not the bytes that were built: {len(answer.body)}{how}, and not {entry.size}"
