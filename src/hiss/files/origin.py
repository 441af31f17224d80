"""What stands behind every door: it finds, decides, and hands over the body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.core.asset import Asset
from hiss.core.catalog import Fixed
from hiss.core.decide import decide
from hiss.core.reply import Extract, Reply
from hiss.files.body import FileBody, held_body, open_body

if TYPE_CHECKING:
    from hiss.core.asset import Missing
    from hiss.core.catalog import Entry, Finder
    from hiss.core.request import Key, Request
    from hiss.files.memory import Memory

# A file may change between its being measured and its being opened; more than once is not chance.
_ATTEMPTS: Final = 3


#: A reply, and its body where that is in memory.
Held = tuple[Reply, bytes]


class Answer(NamedTuple):
    """A reply, and its body: bytes, or an open file that the door must read or close."""

    reply: Reply
    body: bytes | FileBody


class Origin:
    """What stands behind a door."""

    def __init__(
        self, finder: Finder, missing: Missing, memory: Memory, prefixes: tuple[str, ...]
    ) -> None:
        """`prefixes`: what the path of every file's URL begins with, decoded."""
        self.prefixes = prefixes
        self.find = finder.find
        self.known = finder.known
        self.miss = finder.miss
        #: The entry of a 404, for a door with nothing behind it.
        self.missing = Fixed(missing)
        self._memory = memory

    def answer_known(self, entry: Entry, key: Key) -> Held | None:
        """The answer that was decided for requests of that key, if it is in memory."""
        resource = entry.resource
        reply = resource.known.get(key) if isinstance(resource, Asset) else None
        if reply is None:
            return None
        data = reply.source.data
        return None if data is None else (reply, data)

    def answer_held(self, entry: Entry, request: Request) -> Held | None:
        """The answer, if it takes no look at the disk; never blocks."""
        resource = entry.resource
        if resource is None:
            return None
        reply = decide(resource, request)
        content = reply.content
        if isinstance(content, bytes):
            return reply, content
        body = held_body(content)
        return None if body is None else (reply, body)

    def answer(self, entry: Entry, request: Request) -> Answer:
        """The answer; may read the disk, and so may block."""
        for _ in range(_ATTEMPTS):
            reply = decide(entry.load(), request)
            if not isinstance(reply.content, Extract):
                return Answer(reply, reply.content)
            body = open_body(reply.content, self._memory)
            if body is not None:
                return Answer(reply, body)
            # What was measured is not what is there: measure again, and decide anew.
            entry.forget()
        reply = decide(self.missing.resource, request)
        return Answer(reply, reply.content if isinstance(reply.content, bytes) else b"")
