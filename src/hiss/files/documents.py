"""Index documents: a folder's URL is served by a file in it, and the URLs beside lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hiss.core.asset import Redirect
from hiss.core.catalog import Entry, Fixed
from hiss.http.paths import quote_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from hiss.core.policy import Policy


def find_document(
    name: str, index_file: str | None, policy: Policy, file: Callable[[str], Entry | None]
) -> Entry | None:
    """The entry for a name below a prefix, where `file` finds files; the empty name is the prefix.

    With an index file, `docs/` is what `docs/index.html` holds, and `docs` and `docs/index.html`
    redirect to it. Without one, a name is its file's.
    """
    if index_file is None:
        return file(name)
    last = name.rpartition("/")[2]
    if not last:
        return file(name + index_file)
    entry = file(name)
    if entry is not None:
        return Fixed(Redirect(policy, "./")) if last == index_file else entry
    if file(f"{name}/{index_file}") is None:
        return None
    # "./" keeps a colon in the name from being read as a scheme (RFC 3986, section 4.2).
    return Fixed(Redirect(policy, f"./{quote_path(last)}/"))


def prefix_document(
    prefix: str, index_file: str | None, policy: Policy, file: Callable[[str], Entry | None]
) -> Entry | None:
    """The entry for a prefix without its last slash, which leads to the document of the prefix."""
    last = prefix.rstrip("/").rpartition("/")[2]
    if index_file is None or not last or file(index_file) is None:
        return None
    return Fixed(Redirect(policy, f"./{quote_path(last)}/"))
