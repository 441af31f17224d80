"""A site as it was found: its pages, its files, and every answer that came of asking for them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import md5
from ipaddress import ip_address
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

from hiss.http.media import is_compressible, media_type
from hiss.verify.built import Announced, Built
from hiss.verify.urls import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.core.manifest import Manifest, ManifestEntry
    from hiss.verify.discover import Use, Want
    from hiss.verify.messages import Answer

#: Codings that are asked for, each alone.
CODINGS: Final = ("gzip", "br", "zstd")
#: How the request for a file with no coding is called among its answers.
IDENTITY: Final = "identity"

# Django's: the first 12 hex digits of the MD5 of the content, before the last extension.
_MD5_NAME: Final = re.compile(r"\.([0-9a-f]{12})(?:\.[^./]+)?\Z")
# Others': webpack, Vite, esbuild, Parcel: eight characters or more, of which one is a digit or,
# as base64 has it, the case changes.
_HASH: Final = re.compile(r"[.\-_](?=[A-Za-z0-9_-]*[0-9]|[A-Z]*[a-z]+[A-Z])[A-Za-z0-9_-]{8,}(?=\.)")


def is_at_home(url: str) -> bool:
    """Whether a URL is on the machine that asks."""
    name = urlsplit(url).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        # RFC 6761, 6.3.
        return name == "localhost" or name.endswith(".localhost")


@dataclass
class Page:
    """A page, and what it names itself."""

    url: str
    answer: Answer
    uses: list[Use] = field(default_factory=list)
    #: Whether all of it was read for what it names.
    is_whole: bool = True
    #: Where it redirects to and was not followed: because that leads away, back, or nowhere.
    leads: Literal["away", "back", "nowhere", ""] = ""


@dataclass
class Asset:
    """A file that pages need."""

    url: str
    #: Its name below the prefix; empty where it is elsewhere.
    name: str
    uses: list[Use] = field(default_factory=list)
    #: By what was asked: `identity`, a coding, or one of the names in `probe`.
    answers: dict[str, Answer] = field(default_factory=dict)
    #: URLs that it names.
    names: set[str] = field(default_factory=set)
    #: Whether all of it was read for those.
    is_whole: bool = True

    @property
    def plain(self) -> Answer:
        """The answer to the plainest request."""
        return self.answers[IDENTITY]

    @property
    def is_static(self) -> bool:
        """Whether it is below the prefix."""
        return bool(self.name)

    @property
    def page(self) -> str:
        """The first page that needs it."""
        return self.uses[0].page if self.uses else ""

    @property
    def wants(self) -> frozenset[Want]:
        """What it is needed as."""
        return frozenset(use.want for use in self.uses)

    @property
    def content(self) -> bytes | None:
        """Its bytes, without a coding; `None` where they could not be had."""
        return self.plain.content

    @property
    def media_type(self) -> str:
        """What its name says that it is."""
        return media_type(unquote(urlsplit(self.url).path))

    @property
    def is_compressible(self) -> bool:
        """Whether files of its name's type usually shrink."""
        return is_compressible(self.media_type)

    @property
    def foreign(self) -> list[Use]:
        """Its uses with CORS, from pages of another origin."""
        return [use for use in self.uses if use.cors and origin_of(use.page) != origin_of(self.url)]

    @cached_property
    def name_hash(self) -> str:
        """The hash that its name holds, as Django writes it; empty for none."""
        found = _MD5_NAME.search(unquote(urlsplit(self.url).path))
        return found[1] if found else ""

    @property
    def has_md5(self) -> bool:
        """Whether the hash in its name is that of its bytes."""
        if not self.name_hash or self.content is None:
            return False
        digest = md5(self.content, usedforsecurity=False).hexdigest()
        return digest.startswith(self.name_hash)

    @property
    def looks_hashed(self) -> bool:
        """Whether its URL may well hold a hash or a version, of whichever tool."""
        parts = urlsplit(self.url)
        return bool(parts.query or _HASH.search(parts.path.rpartition("/")[2]))

    @property
    def may_be_versioned(self) -> bool:
        """Whether its URL may hold a version, written by hand: jquery-3.7.1.js, or /v2/app.css."""
        parts = urlsplit(self.url)
        return bool(parts.query) or any(each.isdecimal() for each in parts.path)

    def coded(self) -> dict[str, Answer]:
        """Coding to the answer that came when it was asked for, alone."""
        return {each: self.answers[each] for each in CODINGS if each in self.answers}

    def representations(self) -> dict[str, Answer]:
        """Coding to an answer that is whole and in that coding; the empty one first."""
        found: dict[str, Answer] = {}
        for answer in (self.plain, *self.coded().values()):
            if answer.status == 200 and not answer.trouble:
                found.setdefault(answer.coding, answer)
        return found


@dataclass
class Site:
    """All that is known when the checks are held against it."""

    url: str
    #: The path of its static files, with both slashes.
    prefix: str
    #: The URL that they are below, where the pages' own are.
    base: str
    announced: Announced
    built: Built
    expects_hiss: bool
    pages: list[Page] = field(default_factory=list)
    assets: dict[str, Asset] = field(default_factory=dict)
    #: URLs that nothing is at, each asked for twice.
    misses: list[tuple[Answer, Answer]] = field(default_factory=list)
    #: The answer for the prefix itself.
    folder: Answer | None = None
    #: Files of older releases: which release, what it recorded, what came.
    older: list[tuple[Manifest, ManifestEntry, Answer]] = field(default_factory=list)
    #: Another host to the URLs there, which were not asked for.
    left_out: dict[str, set[str]] = field(default_factory=dict)

    @property
    def release(self) -> str:
        """The id of the release that answers, as far as that is known."""
        return self.announced.release or self.built.current

    def entry(self, asset: Asset) -> ManifestEntry | None:
        """What was recorded of a file."""
        return self.built.entry(asset.name, self.release) if asset.name else None

    def is_hashed(self, asset: Asset) -> bool:
        """Whether a file is certainly named by its content."""
        entry = self.entry(asset)
        if entry is not None:
            return entry.immutable
        return asset.has_md5 or asset.name in self.built.hashed

    @cached_property
    def names_by_md5(self) -> bool:
        """Whether the files here are named as Django does it: some other file proves it."""
        return bool(self.built.hashed or self.release) or any(
            each.has_md5 for each in self.assets.values()
        )

    def is_cyclic(self, asset: Asset) -> bool:
        """Whether a file names itself in the end: then its name's hash is not of it alone."""
        seen: set[str] = set()
        queue = list(asset.names)
        while queue:
            url = queue.pop()
            if url == asset.url:
                return True
            if url not in seen:
                seen.add(url)
                known = self.assets.get(url)
                queue.extend(known.names if known else ())
        return False


def take_turns(assets: Iterable[Asset]) -> list[Asset]:
    """Files of each kind in turn: one style sheet, one script, one image, the next style sheet."""
    kinds: dict[tuple[str, str, bool], list[Asset]] = defaultdict(list)
    for each in assets:
        extension = urlsplit(each.url).path.rpartition("/")[2].rpartition(".")[2]
        kinds[origin_of(each.url), extension, bool(each.name_hash)].append(each)
    rounds = chain.from_iterable(zip_longest(*kinds.values()))
    return [each for each in rounds if each is not None]
