"""Running `collectstatic` as a whole process, over a tree and with a storage of choice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETTINGS = """
import json, os
_given = json.loads(os.environ["BENCH_SETTINGS"])
SECRET_KEY = "bench"
INSTALLED_APPS = ["django.contrib.staticfiles", *_given["apps"]]
STATIC_URL = "/static/"
STATIC_ROOT = _given["root"]
STATICFILES_DIRS = _given["dirs"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _given["storage"]},
}
HISS = _given["hiss"]
"""

HISS = "hiss.django.storage.CompressedManifestStaticFilesStorage"
WHITENOISE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
DJANGO = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
ADMIN = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
)


@dataclass(frozen=True)
class Run:
    """What a run took, and how it ended."""

    #: Seconds by the clock.
    wall: float
    #: Seconds of processors, the process's and its threads'.
    cpu: float
    #: KiB, the largest the process was.
    peak: int
    code: int
    output: str


def collect(
    folder: Path,
    storage: str,
    root: Path,
    dirs: list[Path],
    *,
    apps: tuple[str, ...] = (),
    hiss: dict[str, Any] | None = None,
) -> Run:
    """Run collectstatic once; `folder` is where the settings module is put."""
    (folder / "bench_settings.py").write_text(SETTINGS)
    given = {
        "apps": apps,
        "dirs": [str(each) for each in dirs],
        "hiss": hiss or {},
        "root": str(root),
        "storage": storage,
    }
    environment = {
        **os.environ,
        "BENCH_SETTINGS": json.dumps(given),
        "DJANGO_SETTINGS_MODULE": "bench_settings",
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity=0"]
    log = folder / "collectstatic.log"
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        time.perf_counter() - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss,
        process.returncode,
        log.read_text(errors="replace"),
    )
