"""Which release a process renders: the one its code was built with, or else the one in force.

Where old and new code run side by side over one folder, each is told its own: by the environment,
or by a file that the build wrote beside the code.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.errors import ManifestError
from hiss.files.atomic import write_atomic
from hiss.files.denied import unreadable
from hiss.files.release import (
    is_release_id,
    kept_ids,
    kept_manifests,
    manifest_name,
    read_current,
    read_manifest,
)

if TYPE_CHECKING:
    from hiss.core.manifest import Manifest

VARIABLE: Final = "HISS_RELEASE"


class Pin(NamedTuple):
    """A release that a process was told to render, and who told it."""

    #: Its id, the beginning of it, or its label.
    release: str
    #: For messages.
    where: str
    #: Whether it was said for this very folder, and not for the whole process.
    is_explicit: bool = False


def find_pin(release_file: str | None = None) -> Pin | None:
    """The release that this process is told to render: by HISS_RELEASE, or else by the file.

    A file that is not there pins nothing, as before the first build.

    Raises:
        ManifestError: The file is there and cannot be read.
    """
    release = os.environ.get(VARIABLE, "").strip()
    if release:
        return Pin(release, VARIABLE)
    if not release_file:
        return None
    try:
        with open(release_file, encoding="utf-8") as file:
            release = file.read().strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise unreadable(release_file, error) from error
    return Pin(release, release_file) if release else None


def write_release_file(path: str, release_id: str) -> None:
    """Write the file that pins the code beside it to a release.

    Raises:
        OSError: It cannot be written.
    """
    write_atomic(path, f"{release_id}\n".encode("ascii"), durable=True)


def read_running(root: str, pin: Pin | None) -> Manifest | None:
    """The manifest of the release that a process with this pin renders; `None` where no build left
    one.

    Raises:
        ManifestError: The pinned release is not in `root`, or its manifest cannot be read.
    """
    release_id = find_running(root, pin)
    return None if release_id is None else read_manifest(root, release_id)


def find_running(root: str, pin: Pin | None) -> str | None:
    """The id of the release that a process with this pin renders; `None` where no build left one.

    Raises:
        ManifestError: The pinned release is not in `root`, or the pointer is damaged.
    """
    if pin is None:
        return read_current(root)
    try:
        return find_release(root, pin.release)
    except ManifestError as error:
        raise ManifestError(
            f"{pin.where} names release {pin.release!r}: {error.message}", error.hint
        ) from error


def find_release(root: str, word: str) -> str:
    """The id of the kept release that `word` means: an id, a label, or how an id begins.

    Raises:
        ManifestError: There is none, or there are several.
    """
    if is_release_id(word) and os.path.isfile(os.path.join(root, manifest_name(word))):
        return word
    ids = kept_ids(root)
    manifests = kept_manifests(root, None)
    labelled = [each.id for each in manifests if word in {each.label, *each.labels} - {""}]
    if labelled:
        return labelled[0]
    beginning = [each for each in ids if word and each.startswith(word)]
    if len(beginning) == 1:
        return beginning[0]
    there = ", ".join(f"{each.id} ({each.label})" if each.label else each.id for each in manifests)
    if beginning:
        raise ManifestError(
            f"{word!r} may be {' or '.join(beginning)} in {root}", "Say more of its letters."
        )
    raise ManifestError(
        f"there is no release {word!r} in {root}",
        f"There {'are' if len(ids) > 1 else 'is'} {there}. Build it here, or bring it with "
        "`hiss release adopt`."
        if there
        else "There is no release at all. Build one.",
    )
