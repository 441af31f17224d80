"""What it costs until a page can name its first static file, for 1,000, 20,000 and 100,000 of them.

    python bench/rendering.py [--rounds N] [--write]

A fresh process each time, which has imported all it needs: it makes the storage, as Django does
with the first `{% static %}`, and renders a template with one; for Hiss also one with integrity.
Hiss by its index, Hiss by its manifests (as before version 3 of the index, or where that is
damaged), Django's ManifestStaticFilesStorage and WhiteNoise's, in turn. Memory is what the process
has for itself (USS, of /proc/self/smaps_rollup) more than before. `--write` puts the table into
docs/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_REPOSITORY / "src"))

from paired import measure_in_turn

from hiss.core.manifest import Manifest, ManifestEntry, format_manifest, release_id
from hiss.files.atomic import write_atomic
from hiss.files.release import INDEX, NOTED, manifest_name
from hiss.release.switch import put_in_force, write_django_manifest

PAGE = _REPOSITORY / "docs" / "bench-rendering.md"
FILES = (1_000, 20_000, 100_000)
_HISS = "hiss.django.storage.CompressedManifestStaticFilesStorage"
#: Words, the storage, and whether the folder has an index.
SUBJECTS = {
    "Hiss": (_HISS, True),
    "Hiss without its index": (_HISS, False),
    "Django": ("django.contrib.staticfiles.storage.ManifestStaticFilesStorage", True),
    "WhiteNoise": ("whitenoise.storage.CompressedManifestStaticFilesStorage", True),
}

CHILD = """
import gc, json, sys, time
from importlib import import_module
from django.conf import settings

root, backend, name = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=["hiss.django", "django.contrib.staticfiles"],
    STATIC_ROOT=root, STATIC_URL="static/",
    STORAGES={"staticfiles": {"BACKEND": backend}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
import django
django.setup()
from django.template import engines
import_module(backend.rpartition(".")[0])
words = '{% load static %}{% static name %}'
if backend.startswith("hiss."):
    words += '{% load hiss %}{% asset name %}'
template = engines["django"].from_string(words)

def own():
    gc.collect()
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))

def peak():
    with open("/proc/self/status") as file:
        [line] = [line for line in file if line.startswith("VmHWM:")]
    return int(line.split()[1])

# The first look at memory has costs of its own.
own()
before, highest = own(), peak()
began = time.perf_counter()
html = template.render({"name": name})
took = time.perf_counter() - began
assert name.removesuffix(".js") + "." in html and html.count(".js") <= 2, html
print(json.dumps({"time": took, "own": own() - before, "peak": peak() - highest}))
"""


def make_root(root: Path, files: int) -> str:
    """Leave in a folder what a build of so many scripts leaves, without them; a name."""
    entries = tuple(_entry(number) for number in range(files))
    manifest = Manifest(
        id=release_id(entries), created="2026-01-02T03:04:05Z", label="", entries=entries
    )
    write_atomic(str(root / manifest_name(manifest.id)), format_manifest(manifest).encode())
    put_in_force(manifest, str(root), "build")
    write_django_manifest(manifest, str(root))
    return entries[files // 2].name


def _entry(number: int) -> ManifestEntry:
    name = f"js/{number // 200:03}/module-{number}.js"
    digest = hashlib.sha256(name.encode()).hexdigest()
    return ManifestEntry(
        name=name,
        file=f"{name.removesuffix('.js')}.{digest[:12]}.js",
        immutable=True,
        sha256=digest,
        size=5_000,
        type="text/javascript",
        integrity=f"sha384-{digest}",
        codings={"br": 1_000, "gzip": 1_200, "zstd": 1_100},
        checksums=dict.fromkeys(("br", "gzip", "zstd"), digest),
    )


def start(root: Path, subject: str, name: str) -> dict[str, float]:
    """What a fresh process took to name its first file."""
    backend, has_index = SUBJECTS[subject]
    hidden = [] if has_index else [root / INDEX, root / NOTED]
    for path in hidden:
        path.rename(f"{path}-aside")
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(root), backend, name],
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        for path in hidden:
            Path(f"{path}-aside").rename(path)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(root: Path, files: int, rounds: int) -> dict[str, list[dict[str, float]]]:
    """All subjects in turn, after a round that does not count."""
    name = make_root(root, files)
    starts: dict[str, list[dict[str, float]]] = {subject: [] for subject in SUBJECTS}

    def run(subject: str) -> float:
        starts[subject].append(start(root, subject, name))
        return 0

    measure_in_turn({each: lambda each=each: run(each) for each in SUBJECTS}, rounds + 1)
    return {subject: found[1:] for subject, found in starts.items()}


def main() -> None:
    """Measure, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    figures = {}
    for files in FILES:
        with tempfile.TemporaryDirectory() as name:
            figures[files] = measure(Path(name), files, options.rounds)
    page = _page(figures, options.rounds)
    print(page)
    if options.write:
        PAGE.write_text(page)


def _page(figures: dict[int, dict[str, list[dict[str, float]]]], rounds: int) -> str:
    lines = [
        "# What naming the first file costs",
        "",
        "`python bench/rendering.py`: a fresh process, which has imported all, to its first "
        "`{% static %}` (Hiss: and `{% asset %}`, with integrity), in a folder of so many hashed "
        f"files; {rounds} rounds in turn on one machine, after one that does not count. Medians; "
        "ratios, pair by pair, are over Hiss: median (lowest to highest).",
        "",
        "| files | | time, ms | ratio | memory of its own, MiB | most of it at once, MiB |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    for files, found in figures.items():
        ours = [each["time"] for each in found["Hiss"]]
        for subject, starts in found.items():
            times = [each["time"] for each in starts]
            ratio = "" if subject == "Hiss" else _ratio(times, ours)
            own, peak = (_median([each[key] for each in starts]) / 1024 for key in ("own", "peak"))
            cells = f"{_median(times) * 1e3:.2f} | {ratio} | {own:.1f} | {peak:.1f}"
            lines.append(f"| {files:,} | {subject} | {cells} |")
    least, most = (figures[each]["Hiss"] for each in (FILES[0], FILES[-1]))
    times = [[each["time"] for each in starts] for starts in (most, least)]
    lines += [
        "",
        f"Hiss with {FILES[-1]:,} files over Hiss with {FILES[0]:,}: {_ratio(*times)} of the time.",
        "",
        "Memory of its own is by how much the pages that no other process shares (USS) grew; the "
        "most is by how much the peak of the resident set did (`VmHWM`). WhiteNoise's storage is "
        "Django's here; its middleware keeps a dictionary of its own besides. Hiss without its "
        "index parses its manifest and Django's, as it does where the index is damaged.",
        "",
    ]
    return "\n".join(lines)


def _ratio(values: list[float], over: list[float]) -> str:
    ratios = [a / b for a, b in zip(values, over, strict=True)]
    return f"{_median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
