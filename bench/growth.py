"""How a build's time and memory grow with the tree: 1,000, 10,000 and 50,000 files.

    python bench/growth.py [--write]

`hiss build` as a whole process, cold and again with nothing changed. Every tenth
file is a style sheet that names an image, every tenth a module that imports the one before, the
rest images and text of 2 KB. The time should grow with the bytes. `--write` puts the table into
docs/.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "bench-growth.md"
SIZES = (1_000, 10_000, 50_000)


def make_tree(folder: Path, count: int) -> int:
    """Write `count` files; their bytes in all."""
    source = random.Random(count)
    total = 0
    for number in range(count):
        place = folder / f"{number // 500:03}"
        place.mkdir(parents=True, exist_ok=True)
        match number % 10:
            case 0:
                name = f"{number}.css"
                data = f'.a{number} {{ background: url("{number + 2}.png") }}\n'.encode() * 40
            case 1:
                name = f"{number}.js"
                before = f'import "./{number - 10}.js";\n' if number % 500 > 10 else ""
                data = f"{before}export const value{number} = {number};\n".encode() * 40
                data = before.encode() + data.replace(before.encode(), b"")
            case digit:
                name = f"{number}.{'png' if digit < 8 else 'txt'}"
                data = source.randbytes(1000).hex().encode()
        (place / name).write_bytes(data)
        total += len(data)
    return total


def build(source: Path, output: Path, cache: Path) -> tuple[float, float]:
    """Seconds and MiB of one build."""
    command = [sys.executable, "-m", "hiss", "build", str(source), "-o", str(output), "--quiet"]
    command += ["--cache-dir", str(cache)]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=source.parent, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the build of {source} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> None:
    """Measure, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = [
        "# How a build grows",
        "",
        "`python bench/growth.py`: `hiss build` as a whole process, small files.",
        "",
        "| files | MB | cold, s | cold, µs a byte | unchanged, s | peak, MiB |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for count in SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            total = make_tree(folder / "src", count)
            cold, peak = build(folder / "src", folder / "out", folder / "cache")
            again, _ = build(folder / "src", folder / "out", folder / "cache")
        lines.append(
            f"| {count:,} | {total / 1e6:.1f} | {cold:.1f} | {cold / total * 1e6:.2f} "
            f"| {again:.1f} | {peak:.0f} |"
        )
        print(lines[-1], flush=True)
    if options.write:
        PAGE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
