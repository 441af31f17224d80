"""Which release a build command has built: each build writes its manifest anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hiss.files.release import kept_ids, manifest_name
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


def find_built(root: str, before: Stamps) -> str:
    """The id of the release that was built since.

    Raises:
        StepFailedError: There is none, or there are several.
    """
    after = read_stamps(root)
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
