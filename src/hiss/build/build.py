"""A build, from source files to a release in force: read, plan, judge, write, switch."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hiss.build.bundles import prehashed_names
from hiss.build.findings import changed_bytes
from hiss.build.inspect import inspect
from hiss.build.plan import NameOf, hashed_name, plan
from hiss.build.problems import Rules, errors_of, write_problems
from hiss.build.progress import Silent
from hiss.build.publish import Choices, write_files
from hiss.errors import HissError
from hiss.files.atomic import write_atomic
from hiss.files.lock import locked
from hiss.files.pin import write_release_file
from hiss.files.release import BUILT, LOCK, kept_manifests, parsing_once, read_manifest
from hiss.release.ledger import read_ledger
from hiss.release.originals import restore
from hiss.release.prune import Pruning, prune_locked
from hiss.release.retain import Retention
from hiss.release.switch import (
    put_in_force,
    remove_stale_variants,
    write_django_manifest,
    write_index,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hiss.build.cache import Cache
    from hiss.build.inspect import Inspected
    from hiss.build.plan import Plan
    from hiss.build.problems import Problem
    from hiss.build.progress import Progress
    from hiss.build.source import Source
    from hiss.core.manifest import Manifest


logger = logging.getLogger("hiss.build")

#: Set in the environment, and not to 0: a release is built, and a later command puts it in force.
HOLD: Final = "HISS_HOLD"


def is_held() -> bool:
    """Whether the environment says that what is built is not put in force yet."""
    return os.environ.get(HOLD, "0") not in {"", "0"}


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
    #: Which releases stay once this one is in force.
    retention: Retention = field(default_factory=Retention)
    #: A file beside the code to write its id into, when it is put in force; empty: none.
    release_file: str = ""
    #: Whether it is put in force; or else it is only kept, until somebody does.
    switch: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a build."""

    #: The release; `None` where errors stopped it, and the one before is still in force.
    manifest: Manifest | None
    plan: Plan
    #: What was let go for it.
    pruning: Pruning | None = None

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
    manifest; `also` are problems that are known already. Releases that are not to be kept any
    more are let go at the end.

    Raises:
        ConfigurationError: A codec is not installed.
        ManifestError: The pointer to the release before is damaged.
        OSError: A file cannot be read or written; the release before stays in force.
    """
    watch = progress or Silent()
    planned = make_plan(sources, wishes, cache, progress=watch)
    with parsing_once():
        changed = changed_bytes(planned.files, kept_manifests(root, None))
        planned = replace(planned, problems=(*planned.problems, *also, *changed))
        if errors_of(planned.problems):
            return Outcome(None, planned)
        with locked(os.path.join(root, LOCK)):
            return _publish(planned, root, wishes, cache, watch, before_switch)


def _publish(
    planned: Plan,
    root: str,
    wishes: Wishes,
    cache: Cache,
    watch: Progress,
    before_switch: Callable[[Manifest], None] | None,
) -> Outcome:
    before = kept_manifests(root, None)
    try:
        manifest = write_files(planned, root, wishes.choices, cache, watch)
        write_atomic(os.path.join(root, BUILT), f"{manifest.id}\n".encode("ascii"))
        write_problems(planned.problems, root)
        if not wishes.switch:
            _keep_only(root)
            return Outcome(manifest, planned)
        if before_switch is None:
            write_django_manifest(manifest, root)
        else:
            before_switch(manifest)
        if wishes.release_file:
            write_release_file(wishes.release_file, manifest.id)
        put_in_force(manifest, root, "build")
    except BaseException:
        # The plain names may say what the new release would have said.
        with suppress(HissError, OSError):
            _restore_current(root)
        raise
    remove_stale_variants(manifest, before, root)
    for path in read_ledger(root).unreadable:
        logger.warning("%s cannot be read: the files of its release answer as plain ones", path)
    return Outcome(manifest, planned, prune_locked(root, wishes.retention))


def _keep_only(root: str) -> None:
    """Let a release answer that is not in force: its hashed names do, and the plain ones are those
    of the release that is.
    """
    current = read_manifest(root)
    write_index(root, kept_manifests(root, current), current.id if current else "")
    _restore_current(root)


def _restore_current(root: str) -> None:
    current = read_manifest(root)
    if current is not None:
        restore(current, root)


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
