"""Folders to serve, and how: `add_files` and the configuration attributes of WhiteNoise.

Knows their names and their precedence; whatever is done with them is Hiss's.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final
from wsgiref.headers import Headers

from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.site import open_site
from hiss.http.cache_control import IMMUTABLE, YEAR
from hiss.http.paths import normalise_prefix
from whitenoise.hooks import SERVING, warn_of_dead
from whitenoise.siblings import find_siblings

if TYPE_CHECKING:
    from hiss.files.options import Settled
    from hiss.files.origin import Origin

HeadersFunction = Callable[[Headers, str, str], None]
ImmutableTest = Callable[[str, str], bool]

#: The configuration attributes: of a class, or keyword arguments. `immutable_file_test` is one
#: more, and a method.
ATTRIBUTES: Final = (
    "add_headers_function",
    "allow_all_origins",
    "autorefresh",
    "charset",
    "index_file",
    "max_age",
    "mimetypes",
)


class Folders:
    """The folders of a site; of two files for one URL, that of the folder which came last."""

    #: Look at the disk on each request: for development.
    autorefresh: bool = False
    #: Seconds that what is not immutable stays fresh; `None` sends no Cache-Control.
    max_age: int | None = 60
    #: Seconds that what is immutable stays fresh.
    FOREVER: ClassVar[int] = YEAR
    allow_all_origins: bool = True
    charset: str = "utf-8"
    #: Media types by extension (`.foo`) or whole name.
    mimetypes: Mapping[str, str] | None = None
    #: `(headers, path, url)`: changes a file's header fields.
    add_headers_function: HeadersFunction | None = None
    index_file: str | bool | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        warn_of_dead(cls, SERVING)

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Whether a file's URL never changes its content; what a build recorded counts anyway."""
        return False

    def add_files(self, root: str | os.PathLike[str], prefix: str | None = None) -> None:
        """Serve the files in the folder `root` below `prefix`, before those that are served yet."""
        path = os.path.abspath(os.fspath(root))
        if not self.autorefresh and not os.path.isdir(path):
            # WhiteNoise's words, which projects' warning filters know.
            warnings.warn(f"No directory at: {path}{os.sep}", stacklevel=2)
            return
        self._add(Mount(normalise_prefix(prefix or ""), path))

    def _add(self, mount: Mount) -> None:
        raise NotImplementedError

    def _options(self) -> dict[str, Any]:
        """The attributes as options of Hiss's."""
        options = {name: getattr(self, name) for name in ATTRIBUTES}
        options["add_headers_function"] = self._headers_function()
        if self._has_own_test():
            options["immutable_file_test"] = self.immutable_file_test
        return options

    def _has_own_test(self) -> bool:
        own = vars(self).get("immutable_file_test") or type(self).immutable_file_test
        return own is not Folders.immutable_file_test

    def _headers_function(self) -> HeadersFunction | None:
        function, forever = self.add_headers_function, self.FOREVER
        if forever == YEAR:
            return function

        def change(headers: Headers, path: str, url: str) -> None:
            if headers["Cache-Control"] == IMMUTABLE:
                headers["Cache-Control"] = IMMUTABLE.replace(str(YEAR), str(forever))
            if function is not None:
                function(headers, path, url)

        return change


def settle_test(test: ImmutableTest | str | re.Pattern[str]) -> ImmutableTest:
    """A function of (path, url), made of one or of a regular expression."""
    return settle({"immutable_file_test": test}).is_immutable


def open_folders(mounts: tuple[Mount, ...], settled: Settled) -> Origin:
    """What stands behind the door, of folders alone."""
    return open_site(mounts, settled, listed=find_siblings(mounts, settled))
