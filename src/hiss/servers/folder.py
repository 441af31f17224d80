"""A folder as an application, for servers that import what they serve."""

from __future__ import annotations

import os
from typing import Final

from hiss.asgi import StaticFiles

#: The variables that say which folder, and at which prefix.
FOLDER: Final = "HISS_SERVE_FOLDER"
PREFIX: Final = "HISS_SERVE_PREFIX"


def make_application() -> StaticFiles:
    """The folder that the variables name; a folder's URL is its index.html.

    Raises:
        ConfigurationError: There is no such folder.
    """
    return StaticFiles(root=os.environ[FOLDER], prefix=os.environ.get(PREFIX, "/"), index_file=True)
