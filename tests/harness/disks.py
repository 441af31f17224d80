"""Small file systems, to fill up and to freeze."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest


class Disk:
    """A small file system of its own."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, *, free):
        """Leave so many KiB free."""
        available = os.statvfs(self.folder)
        size = available.f_bavail * available.f_frsize - free * 1024
        (self.folder / "filler").write_bytes(bytes(size))

    def empty(self):
        (self.folder / "filler").unlink()

    def freeze(self):
        """Let nobody write any more."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)


@pytest.fixture
def make_disk(tmp_path):
    """Mounts a disk in the memory: `make_disk("2m")`."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk is mounted by root, on Linux")
    mounted = []

    def make(size):
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return Disk(folder)

    yield make
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def disk(make_disk):
    """A disk of two MiB."""
    return make_disk("2m")
