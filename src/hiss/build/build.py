"""A build, from source files to a release in force: read, plan, judge, write, switch."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hiss.build.bundles import prehashed_names
from hiss.build.inspect import inspect
from hiss.build.plan import NameOf, hashed_name, plan
from hiss.build.problems import Rules, errors_of, write_problems
from hiss.build.progress import Silent
from hiss.build.publish import Choices, put_in_force, write_django_manifest, write_files
from hiss.files.lock import locked
from hiss.files.release import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hiss.build.cache import Cache
    from hiss.build.inspect import Inspected
    from hiss.build.plan import Plan
    from hiss.build.problems import Problem
    from hiss.build.progress import Progress
    from hiss.build.source import Source
    from hiss.core.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a project wants of its build."""

    #: The path that files are served below, with both slashes.
    prefix: str = "/static/"
    #: How missing references are judged.
    rules: Rules = field(default_factory=lambda: Rules({}))
    #: How files are named; `None`: none gets another name, and none is rewritten.
    name_of: NameOf | None = hashed_name
    #: Whether what scripts import is rewritten; style sheets always are.
    modules: bool = True
    choices: Choices = field(default_factory=Choices)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a build."""

    #: The release; `None` where errors stopped it, and the one before is still in force.
    manifest: Manifest | None
    plan: Plan

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong with the sources."""
        return self.plan.problems


def build(
    sources: Iterable[Source],
    root: str,
    wishes: Wishes,
    cache: Cache,
    *,
    before_switch: Callable[[Manifest], None] | None = None,
    progress: Progress | None = None,
    also: Sequence[Problem] = (),
) -> Outcome:
    """Build a release of `sources` into `root`; of two with one name, the first counts.

    `before_switch` is called when every file is in place, and instead of writing Django's
    manifest; `also` are problems that are known already.

    Raises:
        ConfigurationError: A codec is not installed.
        OSError: A file cannot be read or written; the release before stays in force.
    """
    watch = progress or Silent()
    planned = make_plan(sources, wishes, cache, progress=watch)
    planned = replace(planned, problems=(*planned.problems, *also))
    if errors_of(planned.problems):
        return Outcome(None, planned)
    with locked(os.path.join(root, LOCK)):
        manifest = write_files(planned, root, wishes.choices, cache, watch)
        if before_switch is None:
            write_django_manifest(manifest, root)
        else:
            before_switch(manifest)
        put_in_force(manifest, root)
        write_problems(planned.problems, root)
    return Outcome(manifest, planned)


def make_plan(
    sources: Iterable[Source],
    wishes: Wishes,
    cache: Cache,
    *,
    progress: Progress | None = None,
) -> Plan:
    """Read the sources and plan their release; writes nothing.

    Raises:
        OSError: A file cannot be read.
    """
    unique = {source.name: source for source in reversed(list(sources))}
    watch = progress or Silent()
    watch.begin("reading", len(unique), 0)

    def read(source: Source) -> Inspected:
        read = inspect(source, source.path, cache)
        watch.advance(read.content.size)
        return read

    # Hashing lets the interpreter's lock go.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        inspected = list(pool.map(read, (unique[name] for name in sorted(unique))))
    watch.end()
    prehashed = prehashed_names(unique.values())
    if wishes.name_of is None:
        unlinked = [each._replace(references=()) for each in inspected]
        return plan(unlinked, name_of=lambda name, _content: name, prehashed=prehashed)
    return plan(
        inspected,
        prefix=wishes.prefix,
        rules=wishes.rules,
        name_of=wishes.name_of,
        prehashed=prehashed,
        modules=wishes.modules,
    )
