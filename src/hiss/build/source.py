"""What a build starts from: files, each with its logical name and whose it is."""

from __future__ import annotations

import os
import re
from typing import Final, NamedTuple

# Where installers put packages that are not the project's own.
_INSTALLED: Final = re.compile(
    r"[/\\](?:site-packages|dist-packages|node_modules)[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)"
)


class Source(NamedTuple):
    """A file of the source tree."""

    #: The logical name, `/` between segments: `css/app.css`.
    name: str
    #: Where its bytes are.
    path: str
    #: The package that it belongs to; empty for the project's own.
    owner: str = ""


def owner_of(path: str) -> str:
    """The installed package that a file lies in; empty for the project's own."""
    packages = _INSTALLED.findall(os.path.realpath(path))
    return packages[-1].replace(os.sep, "/") if packages else ""
