"""Visitors who load pages with all that those name, and tabs that stay open; what they got.

Every hashed name says what its bytes must be: the first 12 digits of their MD5.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from threading import Event
from typing import Final, NamedTuple
from urllib.parse import urljoin

from conformance.bodies import decode

PAGES: Final = ("/", "/kind/green/", "/tea/morning-sencha/", "/how-it-is-made/")
#: The page that loads modules later.
PRODUCT: Final = "/tea/morning-sencha/"

# Of which a visitor picks one for each request; no browser asks so.
_CODINGS: Final = ("gzip", "br", "zstd", "")
# One visitor in so many comes through an edge that has no copy of anything.
_ELSEWHERE: Final = 3

_IN_HTML: Final = re.compile(r'(?:href|src|poster)="(/static/[^"#?]+)')
_IN_CSS: Final = re.compile(r"""(?:url\(\s*|@import\s+(?=["']))["']?([^"')]+)""")
_IN_JS: Final = re.compile(r"""\b(?:from|import)\s*(?P<lazy>\()?\s*["'](?P<url>\.[^"']+)["']""")
_VERSION: Final = re.compile(r'<meta name="version" content="(\d+)">')
_HASHED: Final = re.compile(r"\.([0-9a-f]{12})\.[a-z0-9]+$")


class Answer(NamedTuple):
    """What came, decoded; status 0: nothing whole, and `error` says why."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fault(NamedTuple):
    """Something that a visitor should not have got."""

    phase: str
    #: `failed`: not 200; `wrong`: other bytes than the name says; `mutable`: not to be kept for
    #: ever; `unhashed`: a name that says nothing of its bytes; `mixed`: a page that names another
    #: version's files.
    kind: str
    url: str
    status: int
    #: Why there is no such file, as the server says it; or why no answer came.
    reason: str


@dataclass
class Tally:
    """What visitors got."""

    pages: int = 0
    assets: int = 0
    faults: list[Fault] = field(default_factory=list)
    #: The assets that were had.
    urls: set[str] = field(default_factory=set)
    #: How often nginx's cache had an asset: HIT, MISS, BYPASS.
    cache: Counter[str] = field(default_factory=Counter)
    #: By phase, how often each version rendered a page.
    versions: Counter[tuple[str, int]] = field(default_factory=Counter)
    #: How often each instance answered.
    instances: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Take in another's."""
        self.pages += other.pages
        self.assets += other.assets
        self.faults += other.faults
        self.urls |= other.urls
        self.cache += other.cache
        self.versions += other.versions
        self.instances += other.instances

    def count(self, *kinds: str) -> int:
        """How many faults there are of these kinds."""
        return sum(fault.kind in kinds for fault in self.faults)


def judge(url: str, answer: Answer) -> str:
    """The kind of fault that the answer for an asset is; empty where it is none."""
    if answer.status != 200:
        return "failed"
    hashed = _HASHED.search(url)
    if not hashed:
        return "unhashed"
    if hashlib.md5(answer.body).hexdigest()[:12] != hashed[1]:
        return "wrong"
    return "" if "immutable" in answer.headers.get("cache-control", "") else "mutable"


class Reference(NamedTuple):
    """What an asset names."""

    url: str
    #: Whether it is only loaded when it is needed.
    is_lazy: bool = False


def references(url: str, body: bytes) -> Iterator[Reference]:
    """What a page or an asset names."""
    text = body.decode("utf-8", "replace")
    if url.endswith("/"):
        yield from map(Reference, _IN_HTML.findall(text))
    elif url.endswith(".css"):
        yield from (Reference(urljoin(url, name)) for name in _IN_CSS.findall(text))
    elif url.endswith(".js"):
        for found in _IN_JS.finditer(text):
            yield Reference(urljoin(url, found["url"]), bool(found["lazy"]))


class Visitor:
    """Somebody with a browser, without a cache of its own."""

    def __init__(self, crowd: Crowd, number: int, *, elsewhere: bool) -> None:
        """`elsewhere`: its requests go past nginx's cache."""
        self.tally = Tally()
        self._crowd = crowd
        self._connection = http.client.HTTPConnection("127.0.0.1", crowd.port, timeout=20)
        self._pages = islice(cycle(PAGES), number, None)
        self._random = random.Random(number)
        self._edge = {"X-Elsewhere": "1"} if elsewhere else {}

    def run(self) -> None:
        """Load one page after another, until the crowd goes home."""
        for page in self._pages:
            if self._crowd.is_over.wait(self._crowd.pause):
                break
            self.load(self.open(page))
        self.close()

    def close(self) -> None:
        """End its connection."""
        self._connection.close()

    def open(self, page: str) -> list[str]:
        """Load a page alone; the URLs of what it names."""
        answer = self._get(page)
        self.tally.pages += 1
        if answer.status != 200:
            self._note("failed", page, answer)
            return []
        found = _VERSION.search(answer.body.decode())
        assert found
        version, urls = int(found[1]), [each.url for each in references(page, answer.body)]
        self.tally.versions[self._crowd.phase, version] += 1
        names = self._crowd.names[version]
        if any(url.removeprefix("/static/") not in names for url in urls):
            self._note("mixed", page, answer)
        return urls

    def load(self, urls: Iterable[str], *, lazy: bool = True) -> set[str]:
        """Load assets and all that they name, and what those name; without `lazy`, what is only
        loaded when it is needed is left out, and returned.
        """
        waiting, seen, left = deque(urls), set[str](), set[str]()
        while waiting and not self._crowd.is_over.is_set():
            url = waiting.popleft()
            if url in seen:
                continue
            seen.add(url)
            answer = self._get(url)
            self.tally.assets += 1
            kind = judge(url, answer)
            if kind:
                self._note(kind, url, answer)
            if answer.status != 200:
                continue
            self.tally.urls.add(url)
            for each in references(url, answer.body):
                (left.add if each.is_lazy and not lazy else waiting.append)(each.url)
        return left

    def _note(self, kind: str, url: str, answer: Answer) -> None:
        reason = answer.headers.get("hiss-miss", answer.headers.get("error", ""))
        self.tally.faults.append(Fault(self._crowd.phase, kind, url, answer.status, reason))

    def _get(self, path: str) -> Answer:
        coding = self._random.choice(_CODINGS)
        fields = {"Accept-Encoding": coding, **self._edge}
        try:
            response = self._send(path, fields)
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Answer(0, {"error": repr(error)}, b"")
        headers = {name.lower(): value for name, value in response.getheaders()}
        self.tally.cache[headers.get("x-cache", "none")] += 1
        self.tally.instances[headers.get("x-instance", "none")] += 1
        coding = headers.get("content-encoding", "")
        return Answer(response.status, headers, decode(coding, body) if coding else body)

    def _send(self, path: str, fields: Mapping[str, str]) -> http.client.HTTPResponse:
        is_new = self._connection.sock is None
        try:
            self._connection.request("GET", path, headers={**fields})
            return self._connection.getresponse()
        except ConnectionError:
            if is_new:
                raise
        # A server may end a connection between two requests: browsers then ask on a new one.
        self._connection.close()
        self._connection.request("GET", path, headers={**fields})
        return self._connection.getresponse()


class Tab:
    """A page that was opened, and whose modules are loaded when somebody clicks."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        # What it loads later is asked of instances, not of the cache.
        self._visitor = Visitor(crowd, number, elsewhere=True)
        self._later = self._visitor.load(self._visitor.open(PRODUCT), lazy=False)
        assert self._later, "there is nothing to load later"

    def click(self) -> None:
        """Load what was not loaded yet."""
        self._visitor.load(self._later)

    def close(self) -> Tally:
        """What it got."""
        self._visitor.close()
        return self._visitor.tally


class Crowd:
    """Many visitors at once, and the tabs that they leave open."""

    def __init__(self, port: int, names: Mapping[int, frozenset[str]], pause: float) -> None:
        """`names`: by version, the hashed names of its files; `pause`: seconds between the pages of
        a visitor.
        """
        self.port = port
        self.names = names
        self.pause = pause
        self.phase = ""
        self.is_over = Event()
        self._tabs: list[Tab] = []

    def open_tabs(self, number: int) -> None:
        """Open so many tabs."""
        self._tabs += [Tab(self, len(self._tabs) + n) for n in range(number)]

    def click(self) -> None:
        """Have each open tab load what it loads later."""
        for tab in self._tabs:
            tab.click()

    @contextmanager
    def visiting(self, number: int, tally: Tally) -> Iterator[None]:
        """So many visitors are there, until the block ends; then `tally` has all that was got."""
        visitors = [Visitor(self, n, elsewhere=n % _ELSEWHERE == 0) for n in range(number)]
        with ThreadPoolExecutor(number) as pool:
            runs = [pool.submit(each.run) for each in visitors]
            try:
                yield
            finally:
                self.is_over.set()
        for run in runs:
            run.result()
        for each in (*(v.tally for v in visitors), *(tab.close() for tab in self._tabs)):
            tally.add(each)
