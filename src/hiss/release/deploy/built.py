"""Which release a build command has built: by the build's own word, or its new manifest."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from hiss.files.release import BUILT, kept_ids, manifest_name
from hiss.release.deploy.plan import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    #: By release: what changes when its manifest is written again.
    Stamps = Mapping[str, tuple[int, int]]


def read_stamps(root: str) -> Stamps:
    """The kept releases, as they are now."""
    stamps = {}
    for release in kept_ids(root):
        status = os.stat(os.path.join(root, manifest_name(release)))
        stamps[release] = (status.st_ino, status.st_mtime_ns)
    return stamps


def expect_build(root: str) -> Stamps:
    """What `find_built` needs to know from before the build."""
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(root, BUILT))
    return read_stamps(root)


def find_built(root: str, before: Stamps) -> str:
    """The id of the release that was built since: the build's own word counts, as the command may
    have adopted releases, too. A build of a Hiss that leaves no word is told by its manifest.

    Raises:
        StepFailedError: There is none, or there are several.
    """
    after = read_stamps(root)
    said = _read_built(root)
    if said in after:
        return said
    changed = [release for release, stamp in after.items() if before.get(release) != stamp]
    if len(changed) == 1:
        return changed[0]
    if changed:
        raise StepFailedError(
            f"{len(changed)} releases were built into {root} meanwhile: {', '.join(changed)}",
            "Deploy when no other build is at work there.",
        )
    raise StepFailedError(
        f"the build command has built no release into {root}",
        "Is `root` the folder that it builds into (STATIC_ROOT), and the storage one of Hiss's?",
    )


def _read_built(root: str) -> str:
    """What the last build says that it has built; empty where it says nothing."""
    try:
        with open(os.path.join(root, BUILT), encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""
