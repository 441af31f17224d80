"""`hiss migrate`: from WhiteNoise or ServeStatic to Hiss, and what that changes for users."""

from __future__ import annotations

import argparse
import importlib
import os
import tempfile
from importlib import metadata
from typing import TYPE_CHECKING, Final

from hiss import wsgi
from hiss.build.build import Wishes, build
from hiss.build.cache import Cache, default_folder
from hiss.build.plan import hashed_name
from hiss.build.problems import Rules
from hiss.build.source import Source
from hiss.cli.init import add_common_arguments, finish
from hiss.setup.differences import KNOWN, Seen, compare, hashed_names, originals, place, sample
from hiss.setup.init import find_static_root
from hiss.setup.migrate import plan_migrate
from hiss.setup.plan import Plan
from hiss.setup.project import find_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from wsgiref.types import StartResponse

NAME: Final = "migrate"
HELP: Final = "move a project from WhiteNoise or ServeStatic: show it, and write it with --apply"

_PREFIX: Final = "/static/"
# Bytes; what is bigger would keep a person waiting for what is said on the side.
_LARGEST: Final = 30_000_000
_FORMER: Final = {"whitenoise": "WhiteNoise", "servestatic": "ServeStatic"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_common_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Show, or write. 0: nothing is left to do by hand; 1: something is."""
    project = find_project(options.folder, options.settings)
    plan = plan_migrate(project)
    root = find_static_root(project, plan)
    seen, why = _seen(root) if plan.changes else ((), "")
    if plan.changes and not options.json:
        plan += Plan(notes=("\n".join(_report(seen, why)),))
    return finish(
        plan,
        project.folder,
        options,
        known_differences=[each._asdict() for each in KNOWN],
        seen=[each._asdict() for each in seen],
        not_seen=why,
    )


def _seen(root: str) -> tuple[tuple[Seen, ...], str]:
    """What the project's own files are answered with, before and after; or why that is not said."""
    former = _former()
    if former is None:
        return (), f"neither {' nor '.join(_FORMER.values())} is installed here"
    names = originals(root) if root and os.path.isdir(root) else ()
    if not names:
        return (), "collectstatic has not run here"
    known = hashed_names(root)
    paths = {name: place(root, name, known) for name in names}
    if sum(os.path.getsize(path) for path in paths.values()) > _LARGEST:
        return (), "they are too many to build them for this"

    def is_hashed(_path: str, url: str) -> bool:
        return url.removeprefix(_PREFIX) in known.values()

    before = former(_nothing, root=root, prefix=_PREFIX, immutable_file_test=is_hashed)
    with tempfile.TemporaryDirectory(prefix="hiss-") as folder:
        renamed = _build(paths, folder, hashed=bool(known))
        if renamed is None:
            return (), "a build of them stops: see `hiss build`"
        pairs = [(known.get(name, name), renamed.get(name, name)) for name in sample(names)]
        after = wsgi.StaticFiles(None, folder, _PREFIX)
        return tuple(compare(before, after, _PREFIX, pairs)), ""


def _build(paths: Mapping[str, str], folder: str, *, hashed: bool) -> dict[str, str] | None:
    """What the next collectstatic will come to: names to published ones, or `None`."""
    sources = [Source(name, path) for name, path in paths.items()]
    wishes = Wishes(rules=Rules({"own": "ignore"}), name_of=hashed_name if hashed else None)
    outcome = build(sources, folder, wishes, Cache(default_folder()))
    return None if outcome.manifest is None else hashed_names(folder)


def _former() -> type | None:
    """The wrapper that is installed: theirs, and not one of ours under their name."""
    for package, name in _FORMER.items():
        try:
            metadata.distribution(package)
            found: type = getattr(importlib.import_module(package), name)
        except (ImportError, AttributeError):
            continue
        return found
    return None


def _nothing(_environ: object, start_response: StartResponse) -> list[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/html")])
    return [b"the application's own"]


def _report(seen: Sequence[Seen], why: str) -> Iterator[str]:
    yield "what changes for users:"
    width = max(len(each.what) for each in KNOWN)
    for each in KNOWN:
        yield f"    {each.what:{width}}  {each.before} -> {each.after}"
    if why:
        yield f"    (not measured on your files: {why})"
        return
    yield "  your own files, as they lie there (-), and as Hiss builds and serves them (+):"
    for one in seen:
        yield f"    {one.request}"
        yield from (f"      - {line}" for line in one.before)
        yield from (f"      + {line}" for line in one.after)
