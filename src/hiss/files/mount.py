"""Where files are and under which URLs: a folder, a prefix."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from hiss.errors import ConfigurationError
from hiss.http.paths import normalise_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.files.options import Settled

#: From a name below a prefix to the path of a file, which is trusted wherever it leads.
Locate = Callable[[str], str | None]


class Mount(NamedTuple):
    """Files that are served below a prefix."""

    #: With both slashes.
    prefix: str
    #: The folder they are in; `None` where `locate` knows them all.
    root: str | None
    #: Whether what has no file below the prefix is Hiss's to answer.
    owned: bool = False
    #: A framework's own finder, asked before the folder, in development only.
    locate: Locate | None = None


def mount(root: str | os.PathLike[str], prefix: str, *, is_alone: bool = False) -> Mount:
    """A folder to serve, whose prefix is Hiss's own. The prefix `/` is only where Hiss `is_alone`,
    with no application behind it: everything else would be a miss.

    Raises:
        ConfigurationError: There is no such folder.
    """
    path = os.path.abspath(os.fspath(root))
    if not os.path.isdir(path):
        raise ConfigurationError(
            f"there is no folder {path} to serve files from",
            "Run the build (with Django: manage.py collectstatic) first, or mend the path.",
        )
    prefix = normalise_prefix(prefix)
    return Mount(prefix, path, owned=is_alone or prefix != "/")


def owned_prefixes(mounts: Iterable[Mount], settled: Settled) -> tuple[str, ...]:
    """The prefixes below which Hiss answers misses itself."""
    return tuple(each.prefix for each in mounts if each.owned and settled.own_misses)
