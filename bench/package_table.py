"""Which storage can build which of the packages that web projects put among their static files.

    python bench/package_table.py [--write]

Each package alone, through collectstatic as a whole process: with Django's storage as it comes,
with Django's and JavaScript modules rewritten (as Hiss does), and with Hiss's. WhiteNoise's storage
hashes and rewrites by Django's code before it compresses, so its column is Django's first one.
`--write` puts the table into docs/.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "build"))
from collect import DJANGO, HISS, collect
from packages import PACKAGES, Package, fetch

PAGE = Path(__file__).parents[1] / "docs" / "bench-packages.md"
SUBJECTS = {
    "Django, WhiteNoise": DJANGO,
    "Django, JS modules too": "storages.ModuleStorage",
    "Hiss": HISS,
}


def main() -> None:
    """Build them all, print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = [
        "# Which packages build",
        "",
        "`python bench/package_table.py`: each package alone through collectstatic. WhiteNoise's "
        "storage hashes by Django's code, so what fails there fails with it.",
        "",
        f"| package | files | {' | '.join(SUBJECTS)} |",
        f"|---|--:|{'---|' * len(SUBJECTS)}",
    ]
    for package in PACKAGES:
        lines.append(_row(package))
        print(lines[-1], flush=True)
    if options.write:
        PAGE.write_text("\n".join(lines) + "\n")


def _row(package: Package) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(Path(__file__).with_name("storages.py"), folder)
        # As a project has it: packages that it did not write, below node_modules.
        static = folder / "node_modules"
        for inner in _static_folders(package):
            shutil.copytree(inner, static / package.name, dirs_exist_ok=True)
        count = sum(path.is_file() for path in static.rglob("*"))
        cells = []
        for subject, storage in SUBJECTS.items():
            hiss = {"COMPRESSION": False, "CACHE_DIR": str(folder / "cache")}
            root = folder / subject
            run = collect(folder, storage, root, [static], hiss=hiss)
            cells.append(_cell(run.code, run.output))
            shutil.rmtree(root, ignore_errors=True)
    return f"| {package.name} {package.version} | {count} | {' | '.join(cells)} |"


def _static_folders(package: Package) -> list[Path]:
    """What of a package is static: all of npm's, the `static` folders of Django apps."""
    root = fetch(package)
    return [root / "package"] if package.registry == "npm" else sorted(root.rglob("static"))


def _cell(code: int, output: str) -> str:
    if code == 0:
        warnings = re.search(r"(\d+) warning\(s\)", output)
        return f"builds, {warnings[1]} warnings" if warnings else "builds"
    lines = [line for line in output.strip().splitlines() if line.strip()]
    reason = lines[-1] if lines else "no message"
    failed = re.search(r"Post-processing '(.+?)' failed", output)
    reason = re.sub(r"(?: with <[^>]*>|/tmp/\S+/)", "", reason)
    return f"**fails** at `{failed[1]}`: {reason[:120]}" if failed else f"**fails**: {reason[:120]}"


if __name__ == "__main__":
    main()
