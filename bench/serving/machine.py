"""What of the machine matters to figures: no names, no places."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

from serving.processes import CLIENT_CORE, SERVER_CORE, find_nginx
from serving.subjects import PACKAGES


def describe() -> dict[str, str]:
    """Facts by their names."""
    facts = {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "pinning": (
            "the server on one core, its clients on another"
            if SERVER_CORE != CLIENT_CORE
            else "none: servers and clients share one core"
        ),
        "kernel": f"{platform.system()} {re.match(r'[0-9.]*', platform.release())[0]}",  # type: ignore[index]
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "nginx": _output([find_nginx() or "nginx", "-v"], r"nginx/(\S+)"),
        "wrk": _output(["wrk", "-v"], r"wrk (?:debian/)?(\S+)"),
    }
    for name in PACKAGES:
        try:
            facts[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            facts[name] = "none"
    return facts


def _processor() -> str:
    found = re.search(r"(?m)^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else platform.machine()


def _output(command: list[str], pattern: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else "unknown"
