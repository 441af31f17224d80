"""A build against WhiteNoise's storage, on Django's admin and five big packages.

    python bench/build.py [--rounds N] [--write]

Whole processes in turn, the ratio pair by pair: cold for the codings that WhiteNoise has too, cold
with zstd as well, with nothing changed, and with one image changed that a style sheet names; peak
memory; and whether any hashed file is larger on the wire. `--write` puts the table into docs/.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "build"))
from collect import ADMIN, HISS, WHITENOISE, Run, collect
from packages import PACKAGES, fetch
from paired import Spread

FIVE = ("bootstrap", "katex", "swagger-ui-dist", "tinymce", "video.js")
PAGE = Path(__file__).parents[1] / "docs" / "bench-build.md"
TWO = {"zstd": None}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class Tree:
    """The sources: five packages, and a small site of the project's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dirs = [folder / "packages", folder / "site"]
        for package in PACKAGES:
            if package.name in FIVE:
                source = fetch(package) / "package"
                shutil.copytree(source, folder / "packages" / package.name)
        (folder / "site").mkdir()
        (folder / "site" / "site.css").write_text('body { background: url("pixel.png") }\n' * 40)
        (folder / "site" / "pixel.png").write_bytes(PIXEL)

    def change_image(self, number: int) -> None:
        """Give the image other bytes."""
        (self.folder / "site" / "pixel.png").write_bytes(PIXEL + bytes([number]))


def main() -> None:
    """Measure, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = Tree(folder)
        rounds = [_round(tree, number) for number in range(options.rounds)]
        larger = _larger(folder / "whitenoise", folder / "three")
    page = _page(rounds, larger)
    print(page)
    if options.write:
        PAGE.write_text(page)


def _round(tree: Tree, number: int) -> dict[str, Run]:
    """One run of each case, WhiteNoise's and Hiss's in turn."""
    runs = {}
    for case in ("cold", "unchanged", "one image"):
        if case == "one image":
            tree.change_image(number)
        for subject, storage, hiss in (
            ("whitenoise", WHITENOISE, {}),
            ("two", HISS, {"COMPRESSION": TWO}),
            ("three", HISS, {}),
        ):
            root, cache = tree.folder / subject, tree.folder / f"cache-{subject}"
            if case == "cold":
                shutil.rmtree(root, ignore_errors=True)
                shutil.rmtree(cache, ignore_errors=True)
            settings = {**hiss, "CACHE_DIR": str(cache), "MISSING_REFERENCES": {"own": "warn"}}
            run = collect(tree.folder, storage, root, tree.dirs, apps=ADMIN, hiss=settings)
            if run.code:
                sys.exit(f"{subject}, {case}: {run.output}")
            print(f"{number} {case:10} {subject:10} {run.wall:7.1f} s {run.peak / 1024:6.0f} MiB")
            runs[f"{case}/{subject}"] = run
    return runs


def _larger(whitenoise: Path, hiss: Path) -> tuple[list[str], list[str]]:
    """The hashed files that are larger from Hiss in a coding that both made: those that say the
    same bytes, and those that do not, since WhiteNoise leaves most imports as they are.
    """
    theirs, ours = (
        json.loads((root / "staticfiles.json").read_text())["paths"] for root in (whitenoise, hiss)
    )
    same, rewritten = [], []
    for name in sorted(theirs.keys() & ours.keys()):
        their_file, our_file = whitenoise / theirs[name], hiss / ours[name]
        are_same = their_file.read_bytes() == our_file.read_bytes()
        for suffix in (".br", ".gz"):
            there, here = Path(f"{their_file}{suffix}"), Path(f"{our_file}{suffix}")
            size = (here if here.exists() else our_file).stat().st_size
            if there.exists() and size > there.stat().st_size:
                found = f"{name}{suffix}: {size} against {there.stat().st_size}"
                (same if are_same else rewritten).append(found)
    return same, rewritten


def _page(rounds: list[dict[str, Run]], larger: tuple[list[str], list[str]]) -> str:
    same, rewritten = larger
    lines = [
        "# A build against WhiteNoise's storage",
        "",
        "`python bench/build.py`: collectstatic as a whole process over Django's admin and "
        f"{', '.join(FIVE)}; {len(rounds)} rounds, in turn on one machine. Ratios, pair by pair, "
        "are of Hiss's time over WhiteNoise's: median (lowest to highest).",
        "",
        "| case | codings | WhiteNoise, s | Hiss, s | ratio of time | target |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for case, subject, target in (
        ("cold", "two", 0.5),
        ("cold", "three", 0.65),
        ("unchanged", "three", 0.1),
        ("one image", "three", 0.15),
    ):
        theirs = [each[f"{case}/whitenoise"].wall for each in rounds]
        ours = [each[f"{case}/{subject}"].wall for each in rounds]
        ratio = _spread([a / b for a, b in zip(ours, theirs, strict=True)])
        codings = "br, gzip" if subject == "two" else "br, gzip, zstd"
        lines.append(
            f"| {case} | {codings} | {_median(theirs):.1f} | {_median(ours):.1f} "
            f"| {ratio:.3f} | {target} |"
        )
    peaks = [each["cold/three"].peak / each["cold/whitenoise"].peak for each in rounds]
    lines += [
        "",
        f"Peak memory, cold, all three codings: {_spread(peaks):.2f} of WhiteNoise's.",
        "",
        f"Hashed files with the same bytes that are larger on the wire: {len(same) or 'none'}.",
        *(f"- {each}" for each in same),
        "",
        f"With other bytes, because Hiss names the hashed files in {len(rewritten)} of them where "
        "WhiteNoise leaves plain names:",
        *(f"- {each}" for each in rewritten),
        "",
    ]
    return "\n".join(lines)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _spread(values: list[float]) -> Spread:
    return Spread(min(values), _median(values), max(values))


if __name__ == "__main__":
    main()
