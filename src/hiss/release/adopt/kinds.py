"""Which kind of source a word means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hiss.errors import ConfigurationError
from hiss.release.adopt.archive import open_archive
from hiss.release.adopt.folder import open_folder
from hiss.release.adopt.site import open_site

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hiss.release.adopt.wanted import Source


def open_source(word: str) -> AbstractContextManager[Source]:
    """The source that a word means: a URL, a folder, or an archive.

    Raises:
        ConfigurationError: It is none of these.
        ManifestError: There is no release there; when it is entered.
    """
    if word.lower().startswith(("http://", "https://")):
        return open_site(word)
    if os.path.isdir(word):
        return open_folder(word)
    if os.path.isfile(word):
        return open_archive(word)
    raise ConfigurationError(
        f"there is no {word} to adopt from",
        "Name a folder that Hiss built into, an archive of one, or the URL of a site's static "
        "files.",
    )
