"""What visitors get while one release replaces another: Hiss and WhiteNoise, in one run.

    python bench/rolling.py [--write]

examples/shop in three versions, behind nginx, rolled forward, forward, back, and forward again, as
tests/live/rolling.py does it. WhiteNoise is left out where it is not installed. `--write` puts the
table into docs/.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_REPOSITORY / "tests"))

from live.rolling import Bridge, Images, Layout, Outcome, Shared, run
from live.versions import HISS, WHITENOISE

PAGE = _REPOSITORY / "docs" / "rolling-deploy.md"


def runs() -> Iterator[tuple[str, Layout]]:
    """Who is measured, in which layout."""
    yield HISS, Shared()
    for bridge in Bridge:
        yield HISS, Images(bridge)
    if importlib.util.find_spec("whitenoise") is None:
        print("whitenoise is not installed: left out")
        return
    yield WHITENOISE, Shared()
    yield WHITENOISE, Images(Bridge.NONE)
    yield WHITENOISE, Images(Bridge.BUILD)


def row(outcome: Outcome) -> str:
    """A line of the table."""
    tally = outcome.tally
    failed = Counter(fault.status for fault in tally.faults if fault.kind == "failed")
    how = ", ".join(f"{status or 'cut off'}: {number:,}" for status, number in failed.items())
    cells = (
        outcome.subject,
        outcome.layout,
        f"{tally.pages:,}",
        f"{tally.assets:,}",
        f"{failed.total():,}" + (f" ({how})" if how else ""),
        *(f"{tally.count(kind):,}" for kind in ("wrong", "mutable", "mixed")),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, print, and write the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    lines = [
        "| subject | layout | pages | assets | failed | wrong | mutable | mixed pages |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for subject, layout in runs():
        with tempfile.TemporaryDirectory() as folder:
            lines.append(row(run(Path(folder), subject, layout)))
        print(lines[-1], flush=True)
    if options.write:
        # The words around the table are for people to write.
        text = PAGE.read_text()
        table = "".join(f"{line}\n" for line in lines)
        PAGE.write_text(re.sub(r"(?m)(?:^\|.*\n)+", lambda _: table, text, count=1))


if __name__ == "__main__":
    main()
