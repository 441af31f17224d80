"""`hiss report`: a page about what is published."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from hiss.build.problems import read_problems
from hiss.build.report import summarise, to_html, to_json
from hiss.cli.project import find_config
from hiss.errors import ConfigurationError, ManifestError
from hiss.files.release import read_manifest
from hiss.release.ledger import read_ledger

if TYPE_CHECKING:
    from hiss.core.manifest import Manifest

NAME: Final = "report"
HELP: Final = "write a page about what is published, what changed, and what is wrong"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "root", nargs="?", metavar="DIR", help="the folder that is served (`output` of [tool.hiss])"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="hiss-report.html", help="%(default)s by default"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON instead")


def run(options: argparse.Namespace) -> int:
    """Write the page, or print the JSON."""
    root = options.root or find_config(options).output
    if not root:
        raise ConfigurationError("there is no folder to report on", "Name it: hiss report DIR.")
    manifest = read_manifest(root)
    if manifest is None:
        raise ManifestError(f"there is no release in {root}", "Build one first: hiss build.")
    report = summarise(manifest, _before(root), read_problems(root))
    if options.json:
        print(to_json(report))
        return 0
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(to_html(report))
    print(f"{options.output}: release {manifest.id}", file=sys.stderr)
    return 0


def _before(root: str) -> Manifest | None:
    """The release that was in force before this one, as far as its folder tells."""
    before = read_ledger(root).before()
    return None if before is None else before.manifest
