"""What kept releases cost: start-up, memory and index for 1 release of 5,000 files and for 30.

    python bench/releases.py [--rounds N] [--write]

Each release changes 5 % of the files; what it shares with others is stored once. Start-up is a
fresh process that imports `hiss.wsgi`, opens the folder and answers its first request, for a hashed
file; memory is by how much the peak of its resident set grew meanwhile. The folders are measured in
turn, pair by pair. `--write` puts the table into docs/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_REPOSITORY / "src"))

from paired import Spread

from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id
from hiss.files.atomic import write_atomic
from hiss.files.release import INDEX, manifest_name, read_manifest
from hiss.release.ledger import read_ledger
from hiss.release.prune import plan_prune, prune
from hiss.release.retain import Retention
from hiss.release.switch import put_in_force, write_index

PAGE = _REPOSITORY / "docs" / "bench-releases.md"
FILES = 5_000
RELEASES = 30
CHANGED = FILES // 20

# What a fresh process does. Its own start, and that of Python's modules, is not Hiss's.
CHILD = """
import json, resource, sys, time
sys.path.insert(0, {source!r})
import logging, wsgiref.util

def peak():
    try:
        # Not ru_maxrss, which on Linux begins with that of the process that started this one.
        with open("/proc/self/status") as file:
            [line] = [each for each in file if each.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

environ = {{"REQUEST_METHOD": "GET", "PATH_INFO": {url!r}}}
wsgiref.util.setup_testing_defaults(environ)
before = peak()
began = time.perf_counter()
import hiss.wsgi
imported = time.perf_counter()
application = hiss.wsgi.StaticFiles(root={root!r})
opened = time.perf_counter()
answers = []
body = b"".join(application(environ, lambda status, headers: answers.append((status, headers))))
answered = time.perf_counter()
[(status, headers)] = answers
assert status == "200 OK" and "immutable" in dict(headers)["Cache-Control"], answers
print(json.dumps({{
    "import": imported - began, "open": opened - imported, "answer": answered - opened,
    "all": answered - began, "grown": peak() - before,
}}))
"""


def make_root(root: Path, releases: int) -> None:
    """Write releases of FILES small files into a folder, a day between them, as builds would have
    left them: each changes the next CHANGED of the names.
    """
    versions = [0] * FILES
    began = datetime.now(UTC) - timedelta(days=releases)
    manifests = []
    for number in range(releases):
        for place in range(number * CHANGED, (number + 1) * CHANGED):
            versions[place % FILES] += 1
        entries = tuple(_entry(root, place, version) for place, version in enumerate(versions))
        created = (began + timedelta(days=number)).isoformat(timespec="seconds")
        manifest = Manifest(
            id=release_id(entries), created=created, label=f"v{number}", entries=entries
        )
        text = format_manifest(manifest).encode("utf-8")
        write_atomic(str(root / manifest_name(manifest.id)), text)
        manifests.append(manifest)
    write_index(str(root), reversed(manifests), manifests[-1].id)
    put_in_force(manifests[-1], str(root), "build")


def _entry(root: Path, place: int, version: int) -> ManifestEntry:
    data = f"export const value{place} = {version};\n".encode()
    name = f"js/{place // 100:02}/module-{place}.js"
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()[:12]
    file = f"{name.removesuffix('.js')}.{digest}.js"
    path = root / file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return ManifestEntry(
        name=name,
        file=file,
        immutable=True,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        type="text/javascript",
        integrity="sha384-" + "A" * 64,
    )


def start(root: Path) -> dict[str, float]:
    """What a fresh process took to its first answer."""
    manifest = read_manifest(str(root))
    assert manifest is not None
    url = f"/static/{manifest.entries[FILES // 2].file}"
    code = CHILD.format(source=str(_REPOSITORY / "src"), root=str(root), url=url)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class Folder:
    """A folder of releases, and what was measured of it."""

    root: Path
    releases: int
    starts: list[dict[str, float]]
    #: Of starts without the index.
    scans: list[dict[str, float]]


def measure(root: Path, rounds: int) -> tuple[Folder, Folder]:
    """One release and many: started in turn, with an index and without."""
    folders = []
    for releases in (1, RELEASES):
        folder = root / str(releases)
        make_root(folder, releases)
        folders.append(Folder(folder, releases, [], []))
    for number in range(rounds + 1):
        for each in folders:
            index, aside = each.root / INDEX, each.root / ".hiss" / "aside"
            first = start(each.root)
            index.rename(aside)
            second = start(each.root)
            aside.rename(index)
            if number:
                # The first round warms the disk's cache and Python's.
                each.starts.append(first)
                each.scans.append(second)
    return folders[0], folders[1]


def measure_prune(root: Path, rounds: int) -> tuple[list[float], list[float], int]:
    """Seconds of planning and of pruning all but three releases, and the files that go."""
    planned, pruned, files = [], [], 0
    rules = Retention(3, 0)
    for number in range(rounds):
        copy = root.parent / f"copy-{number}"
        shutil.copytree(root, copy)
        began = time.perf_counter()
        files = len(plan_prune(read_ledger(str(copy)), rules).files)
        planned.append(time.perf_counter() - began)
        began = time.perf_counter()
        done = prune(str(copy), rules)
        pruned.append(time.perf_counter() - began)
        assert (len(done.releases), len(done.files)) == (RELEASES - 3, files)
        shutil.rmtree(copy)
    return planned, pruned, files


def main() -> None:
    """Measure, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        one, many = measure(Path(name), options.rounds)
        page = _page(one, many, measure_prune(many.root, min(options.rounds, 3)), options.rounds)
    print(page)
    if options.write:
        PAGE.write_text(page)


def _page(
    one: Folder, many: Folder, prunes: tuple[list[float], list[float], int], rounds: int
) -> str:
    planned, pruned, files = prunes
    rows = [
        ("start to first answer, ms", "starts", "all", 1e3, ".1f"),
        ("… importing, ms", "starts", "import", 1e3, ".1f"),
        ("… opening the folder, ms", "starts", "open", 1e3, ".2f"),
        ("… answering, ms", "starts", "answer", 1e3, ".2f"),
        ("peak memory grown by, MiB", "starts", "grown", 2**-20, ".1f"),
        ("without an index: start to first answer, ms", "scans", "all", 1e3, ".0f"),
        ("without an index: peak memory grown by, MiB", "scans", "grown", 2**-20, ".1f"),
    ]
    lines = [
        "# What kept releases cost",
        "",
        f"`python bench/releases.py`: {FILES:,} small files without variants in a release, each "
        f"release changes {CHANGED}. A fresh process each time, "
        f"{rounds} rounds in turn on one machine, after one that does not count; medians. Ratios, "
        "pair by pair, are of many releases over one: median (lowest to highest).",
        "",
        f"| | 1 release | {RELEASES} releases | ratio |",
        "|---|--:|--:|--:|",
    ]
    for words, kind, key, factor, style in rows:
        ours, theirs = ([each[key] for each in getattr(f, kind)] for f in (many, one))
        ratio = _spread([a / b for a, b in zip(ours, theirs, strict=True)])
        cells = (format(_median(values) * factor, style) for values in (theirs, ours))
        lines.append(f"| {words} | {' | '.join(cells)} | {ratio:.2f} |")
    sizes = [(each.root / INDEX).stat().st_size for each in (one, many)]
    urls = [sum(1 for _ in each.root.glob("js/**/*.js")) for each in (one, many)]
    manifests = [
        sum(path.stat().st_size for path in (each.root / ".hiss/releases").iterdir())
        for each in (one, many)
    ]
    for words, (first, second), style in (
        ("hashed URLs that answer", urls, ","),
        ("index, KiB", [size / 1024 for size in sizes], ",.0f"),
        ("manifests, KiB", [size / 1024 for size in manifests], ",.0f"),
    ):
        lines.append(f"| {words} | {first:{style}} | {second:{style}} | {second / first:.2f} |")
    lines += [
        "",
        "Memory is by how much the peak of the resident set (`VmHWM`) grew from before the import "
        "to after the answer; Python's own start is not counted, nor is it in the times.",
        "",
        f"Letting {RELEASES - 3} of the {RELEASES} releases go, with {files:,} files: planned in "
        f"{_median(planned):.2f} s, done in {_median(pruned):.2f} s "
        f"({min(pruned):.2f} to {max(pruned):.2f}).",
        "",
    ]
    return "\n".join(lines)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _spread(values: list[float]) -> Spread:
    return Spread(min(values), _median(values), max(values))


if __name__ == "__main__":
    main()
