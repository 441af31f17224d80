"""docs/migrate.md says what is answered: its column of Hiss's, asked anew."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_the_tables_of_the_page():
    """Each row's answer is today's, and there is a row for each that is asked."""
    kept = {name: each for name, each in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, REPOSITORY / "bench" / "whitenoise_differences.py", "--probe"],
        env={**kept, "PYTHONPATH": str(REPOSITORY / "compat" / "whitenoise" / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [each for section in json.loads(done.stdout.splitlines()[-1]) for each in section]
    page = (REPOSITORY / "docs" / "migrate.md").read_text(encoding="utf-8")
    tables = re.search(r"<!-- begin differences -->(.*)<!-- end", page, re.DOTALL)[1]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in tables.splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "|  |"))
    ]
    assert [row[2] for row in rows] == answers
