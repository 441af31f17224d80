"""`hiss build`: from folders of source files to a release, without the application."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hiss.build.build import Wishes, build, is_held, make_plan
from hiss.build.cache import Cache, default_folder
from hiss.build.collisions import find_collisions
from hiss.build.config import BuildConfig, settle_label, settle_prefix
from hiss.build.problems import Problem, Rules, errors_of, format_problems
from hiss.build.source import Source, owner_of
from hiss.build.terminal import TerminalProgress, format_size
from hiss.cli.project import find_config
from hiss.errors import ConfigurationError
from hiss.files.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.core.manifest import Manifest

NAME: Final = "build"
HELP: Final = "build a release from folders of static files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SRC",
        help="folders of static files; of two files with one name the first counts "
        "(default: `sources` of [tool.hiss] in pyproject.toml)",
    )
    parser.add_argument("-o", "--output", metavar="DIR", help="the folder to serve (`output`)")
    parser.add_argument("--prefix", help="the path of its URLs (`prefix`; default: /static/)")
    parser.add_argument("--label", help="a name for the release, such as a commit's")
    parser.add_argument("--cache-dir", metavar="DIR", help="(`cache_dir`; default: the user's)")
    parser.add_argument(
        "--hold", action="store_true", help="build and keep it, without putting it in force"
    )
    parser.add_argument(
        "--release-file",
        metavar="FILE",
        help="write its id there (`release_file`)",
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="plan, and write nothing")
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def run(options: argparse.Namespace) -> int:
    """Build. 0: a release is in force; 1: problems stopped it."""
    config = _settle(options)
    sources = list(_sources(config))
    wishes = Wishes(
        prefix=config.prefix,
        rules=Rules(config.rules),
        choices=config.choices,
        retention=config.retention,
        release_file=config.release_file,
        switch=not (options.hold or is_held()),
    )
    cache = Cache(config.cache_dir or default_folder(), is_writable=not options.dry_run)
    progress = None if options.quiet or options.json else TerminalProgress()
    collisions = [*find_collisions(sources)]
    manifest: Manifest | None = None
    if options.dry_run:
        planned = make_plan(sources, wishes, cache, progress=progress)
        problems = [*planned.problems, *collisions]
    else:
        outcome = build(sources, config.output, wishes, cache, progress=progress, also=collisions)
        manifest, planned = outcome.manifest, outcome.plan
        problems = [*planned.problems]
    if options.json:
        names = {each.inspected.source.name: each.file for each in planned.files}
        print(json.dumps(_document(manifest, problems, names), indent=1))
    else:
        _tell(manifest, problems, config.output, options)
    return 1 if errors_of(problems) else 0


def _settle(options: argparse.Namespace) -> BuildConfig:
    config = find_config(options)
    label = config.choices.label if options.label is None else settle_label(options.label)
    config = replace(
        config,
        sources=tuple(options.sources) or config.sources,
        output=options.output or config.output,
        prefix=settle_prefix(options.prefix) if options.prefix is not None else config.prefix,
        cache_dir=options.cache_dir or config.cache_dir,
        choices=replace(config.choices, label=label),
        release_file=options.release_file or config.release_file,
    )
    if not config.sources:
        raise ConfigurationError(
            "there is nothing to build",
            'Name folders (hiss build SRC -o DIR), or `sources = ["…"]` in [tool.hiss].',
        )
    if not config.output:
        raise ConfigurationError(
            "there is nowhere to build to",
            'Name a folder with -o, or `output = "…"` in [tool.hiss].',
        )
    output = os.path.realpath(config.output)
    for source in config.sources:
        _check_source(source, output)
    return config


def _check_source(source: str, output: str) -> None:
    if not os.path.isdir(source):
        raise ConfigurationError(f"there is no folder {source} to build from")
    if os.path.commonpath([output, os.path.realpath(source)]) == os.path.realpath(source):
        raise ConfigurationError(
            f"the output, {output}, lies in a source, {source}",
            "The next build would take this one's files for sources. Choose another folder.",
        )


def _sources(config: BuildConfig) -> Iterator[Source]:
    for folder in config.sources:
        for name, path in scan(folder):
            if not name.endswith("~"):
                yield Source(name, path, owner_of(path))


def _document(
    manifest: Manifest | None, problems: list[Problem], names: dict[str, str]
) -> dict[str, Any]:
    release = manifest and {"id": manifest.id, "created": manifest.created, "label": manifest.label}
    return {
        "version": 1,
        "release": release,
        "names": names,
        "problems": [each.as_json() for each in problems],
    }


def _tell(
    manifest: Manifest | None, problems: list[Problem], output: str, options: argparse.Namespace
) -> None:
    if problems:
        print(format_problems(problems), file=sys.stderr)
    if manifest is not None:
        size = sum(entry.size for entry in manifest.entries)
        count = len(manifest.entries)
        print(f"release {manifest.id} in {output}: {count} files, {format_size(size)}")
        if options.hold or is_held():
            print(f"It is kept, and not in force: hiss release rollback {manifest.id} puts it so")
    elif not options.dry_run:
        print("nothing was published; the release before is still in force", file=sys.stderr)
