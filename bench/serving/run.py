"""What a run has: the folder that is served, how long it measures, and servers that stay up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from serving.cases import Case
from serving.check import Answer, check
from serving.load import wrk
from serving.processes import Server, Yard
from serving.site import Site
from serving.subjects import Subject

Result = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One thing to measure, under a key of its part."""

    key: str
    #: Seconds that it is about to take.
    seconds: float
    measure: Callable[[], Result]


@dataclass
class Run:
    """One run of the command."""

    site: Site
    yard: Yard
    #: How often each pair is measured, and for how long each time.
    rounds: int
    seconds: int
    is_quick: bool
    #: Whether only what the targets want.
    only_targets: bool
    kept: ExitStack = field(default_factory=ExitStack)
    _servers: dict[str, Server] = field(default_factory=dict)

    def keep(self, subject: Subject) -> Server:
        """A server that stays up until the part ends.

        Raises:
            DidNotStartError: Now, or when it was tried before.
        """
        if subject.key not in self._servers:
            self._servers[subject.key] = self.kept.enter_context(self.yard.run(subject))
        return self._servers[subject.key]

    def close(self) -> None:
        """End the servers that were kept up."""
        self._servers.clear()
        self.kept.close()

    def load(
        self, subject: Subject, server: Server, case: Case, seconds: int
    ) -> tuple[Callable[[list[float]], float], Answer]:
        """A function that measures requests per second of the case, and what was answered before.
        It notes the seconds of computing that one takes of the server.

        Raises:
            WrongAnswerError: It was not what it must be.
        """
        fields, answer = check(self.site, subject, server.address, case)
        target = case.target(self.site, subject)

        def measure(costs: list[float]) -> float:
            before = server.cpu()
            done = wrk(
                server.address,
                target,
                fields,
                case.connections,
                seconds,
                sections=case.sections,
                refusals=case.status == 404,
            )
            costs.append((server.cpu() - before) / done.requests)
            return done.rate

        return measure, answer


def say(line: str) -> None:
    """Tell who waits."""
    print(f"  {line}", file=sys.stderr, flush=True)


def say_round(line: str) -> None:
    """Tell it on a line that the next one overwrites; only to a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K    {line}", end="", file=sys.stderr, flush=True)
