"""What a manifest of elsewhere may say: nothing in it is believed before it is looked at."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from hiss.core.manifest import format_manifest, release_id
from hiss.files.announce import NAME
from hiss.files.release import DJANGO_MANIFEST
from hiss.http.paths import is_plain_name, is_public_name
from hiss.release.history import parse_time

if TYPE_CHECKING:
    from hiss.core.manifest import Manifest, ManifestEntry

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# What Hiss itself says under the prefix, of releases: `hiss.json`, and a manifest for each id.
_STEM, _EXTENSION = os.path.splitext(NAME)
_OWN: Final = re.compile(rf"{_STEM}(\.[0-9A-Za-z]+)?{re.escape(_EXTENSION)}")

_LABEL: Final = 200


def find_fault(manifest: Manifest) -> str:
    """Why a release is not to be taken, whatever its files say; empty where it may be."""
    seen = set()
    for entry in manifest.entries:
        fault = _fault_of(entry)
        if fault:
            return fault
        if entry.file in seen:
            return f"its manifest names {entry.file!r} twice"
        seen.add(entry.file)
    if not _is_shown(manifest.created) or parse_time(manifest.created).year == 1:
        return "its manifest does not say when it was built"
    try:
        format_manifest(manifest).encode("utf-8")
    except UnicodeEncodeError:
        return "its manifest has text that is none"
    if manifest.id != release_id(manifest.entries):
        return "its id is not that of what its manifest lists: the manifest was changed"
    return ""


def _fault_of(entry: ManifestEntry) -> str:
    for name in (entry.name, entry.file):
        if not _is_fit(name):
            return f"its manifest has {name!r}, which is not the name of a public file"
    if entry.file == DJANGO_MANIFEST:
        return f"its manifest has {DJANGO_MANIFEST}, which is Django's own"
    if _OWN.fullmatch(entry.file):
        return f"its manifest has {entry.file!r}, a name that Hiss answers itself"
    if not all(_SHA256.fullmatch(each) for each in (entry.sha256, *entry.checksums.values())):
        return f"its manifest has no SHA-256 of {entry.file!r}"
    if not _is_shown(entry.type):
        return f"its manifest has {entry.file!r} with a type that is none"
    if min(entry.size, *entry.codings.values(), 0) < 0:
        return f"its manifest has {entry.file!r} with less than no bytes"
    return ""


def _is_fit(name: str) -> bool:
    has_drive = bool(os.path.splitdrive(name)[0])
    return is_plain_name(name) and is_public_name(name) and not has_drive


def _is_shown(text: str) -> bool:
    return text.isascii() and text.isprintable()


def show_label(label: str) -> str:
    """A label, fit to be kept and shown."""
    return "".join(each for each in label if each.isprintable())[:_LABEL]
