"""Files with one name: which of them counts, and whether that matters."""

from __future__ import annotations

import filecmp
from typing import TYPE_CHECKING

from hiss.build.problems import Problem, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.build.source import Source


def find_collisions(sources: Iterable[Source]) -> Iterator[Problem]:
    """A warning for each source that another of the same name, before it, hides; none where both
    say the same bytes.
    """
    first: dict[str, Source] = {}
    for source in sources:
        winner = first.setdefault(source.name, source)
        if winner is not source and not filecmp.cmp(winner.path, source.path, shallow=False):
            yield Problem(
                id="collision",
                verdict=Verdict.WARNING,
                file=source.name,
                path=source.path,
                line=1,
                column=1,
                text=f"{winner.path} is published, this is not",
                message=f"there are two files called {source.name}, and they differ",
                wanted=source.name,
                owner=source.owner,
                rule="whichever folder or app comes first counts: change the order, or a name",
            )
