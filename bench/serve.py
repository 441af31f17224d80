"""Static files served by Hiss and its peers, side by side, and the targets that Hiss has there.

    python bench/serve.py [--only PART…] [--match TEXT] [--quick] [--rounds N] [--seconds S]
                          [--output FOLDER]

Parts: `targets` (what the targets want of the others), `pairs`, `matrix`, `startup`, `dynamic` and
`large`; all of them by default. Writes docs/bench-serving.md, .json and .svg: after each step, so
that what was measured stays when the rest is cut short. `--quick` writes below a temporary folder,
unless `--output` names one.

Wants everything to be there: `scripts/setup dev peers`, and `apt install wrk nginx-light
libnginx-mod-http-brotli-static`. Linux only.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from serving.run import Run, Step

_BENCH: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(_BENCH), str(_BENCH.parent / "src")]

_PARTS: Final = ("pairs", "large", "startup", "dynamic", "matrix")
_TARGETS: Final = ("pairs", "large", "startup", "dynamic")
_NAME: Final = "bench-serving"
#: The load of a machine with nothing else to do.
_QUIET: Final = 0.7


class Clock:
    """How long a run is still about to take, by how long it took so far."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: what all is about to take, on a machine with nothing else to do."""
        self._all = seconds
        self._done = 0.0
        self._began = time.perf_counter()

    def pass_over(self, seconds: float) -> None:
        """So much of it is done."""
        self._done += seconds

    def minutes_left(self) -> float:
        """What is left, at the pace so far."""
        took = time.perf_counter() - self._began
        pace = max(took / self._done, 1) if self._done else 1
        return (self._all - self._done) * pace / 60


def main() -> int:
    """Measure what is asked for, and write what came of it; 1 where something could not be had."""
    options = _options()
    if missing := _find_missing():
        print(f"missing: {', '.join(missing)}", file=sys.stderr)
        print("  scripts/setup dev peers", file=sys.stderr)
        print("  apt install wrk nginx-light libnginx-mod-http-brotli-static", file=sys.stderr)
        return 2
    if (busy := os.getloadavg()[0]) > _QUIET:
        print(f"the machine has other work (load {busy:.1f}): figures will be unsteady")
    # So that a `kill` ends the servers, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="serving-") as name:
        # nginx's worker, started by root, is someone else.
        Path(name).chmod(0o755)
        try:
            return _measure(options, Path(name))
        except KeyboardInterrupt:
            print("stopped; what was measured is written", file=sys.stderr)
            return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=("targets", *_PARTS), default=[])
    parser.add_argument("--match", default="", help="only steps in whose name this stands")
    parser.add_argument("--quick", action="store_true", help="briefly, to see whether it works")
    parser.add_argument("--rounds", type=int, help="of each pair (7; quick: 2)")
    parser.add_argument("--seconds", type=int, help="of each measurement (2; quick: 1)")
    parser.add_argument("--output", type=Path, help="the folder to write to (docs)")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 7)
    options.seconds = options.seconds or (1 if options.quick else 2)
    if options.output is None:
        folder = Path(tempfile.gettempdir()) / _NAME
        options.output = folder if options.quick else _BENCH.parent / "docs"
    options.output.mkdir(parents=True, exist_ok=True)
    return options


def _find_missing() -> list[str]:
    from serving.processes import find_nginx
    from serving.subjects import find_missing

    programs = [name for name in ("wrk", "taskset") if not shutil.which(name)]
    nginx = [] if find_nginx() else ["nginx with its brotli module"]
    return [*find_missing(), *programs, *nginx]


def _measure(options: argparse.Namespace, folder: Path) -> int:
    from serving.check import WrongAnswerError, write_answers
    from serving.load import FailedLoadError
    from serving.machine import describe
    from serving.processes import DidNotStartError, Yard
    from serving.run import Run, say
    from serving.site import make_site

    site = make_site(folder)
    write_answers(site, folder)
    only_targets = options.only == ["targets"]
    run = Run(
        site=site,
        yard=Yard(site.root, folder),
        rounds=options.rounds,
        seconds=options.seconds,
        is_quick=options.quick,
        only_targets=only_targets,
    )
    document = _read(options.output, describe(), is_quick=options.quick)
    plan = [
        (name, [each for each in _steps(name, run) if options.match in each.key])
        for name in _PARTS
        if not options.only or name in (_TARGETS if "targets" in options.only else options.only)
    ]
    clock = Clock(sum(step.seconds for _, steps in plan for step in steps))
    failed = 0
    for name, steps in plan:
        try:
            for step in steps:
                say(f"[{clock.minutes_left():4.1f} min left] {name}: {step.key}")
                try:
                    document["parts"].setdefault(name, {})[step.key] = step.measure()
                except (WrongAnswerError, DidNotStartError, FailedLoadError) as error:
                    print(f"not measured: {name}: {step.key}: {error}", file=sys.stderr)
                    failed += 1
                else:
                    _write(options.output, document)
                clock.pass_over(step.seconds)
        finally:
            run.close()
    print(_summary(document))
    return 1 if failed else 0


def _steps(part: str, run: Run) -> list[Step]:
    steps: list[Step] = importlib.import_module(f"serving.{part}").steps(run)
    return steps


def _read(folder: Path, machine: dict[str, str], *, is_quick: bool) -> dict[str, Any]:
    """What was measured before, if that may stand beside what is measured now."""
    path = folder / f"{_NAME}.json"
    fresh: dict[str, Any] = {"machine": machine, "quick": is_quick, "parts": {}}
    if not path.exists():
        return fresh
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if any(known[key] != fresh[key] for key in ("machine", "quick")):
        print(
            f"{path.name} is of another machine, other versions or another kind of run: begun anew"
        )
        return fresh
    return known


def _write(folder: Path, document: dict[str, Any]) -> None:
    from serving.cases import BASE
    from serving.page import write_page
    from serving.plot import draw

    text = json.dumps(document, indent=1, ensure_ascii=False)
    (folder / f"{_NAME}.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / f"{_NAME}.md").write_text(write_page(document), encoding="utf-8")
    if BASE.key in document["parts"].get("matrix", {}):
        draw(document["parts"]["matrix"], folder / f"{_NAME}.svg")


def _summary(document: dict[str, Any]) -> str:
    from serving.page import write_page

    lines = write_page(document).splitlines()
    return "\n".join(line for line in lines if line.startswith(("|", "## ")))


if __name__ == "__main__":
    raise SystemExit(main())
