"""`WhiteNoise(application, root=…)`: a WSGI application with folders of files in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from hiss.files.options import settle
from hiss.wsgi import Door, answer
from whitenoise.folders import ATTRIBUTES, Folders, open_folders, settle_test

if TYPE_CHECKING:
    import os
    import re
    from collections.abc import Iterable, Mapping
    from typing import Unpack
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from hiss.files.mount import Mount
    from whitenoise.folders import HeadersFunction, ImmutableTest

__all__ = ["WhiteNoise"]


class Configuration(TypedDict, total=False):
    """The configuration attributes as keyword arguments."""

    autorefresh: bool
    max_age: int | None
    allow_all_origins: bool
    charset: str
    mimetypes: Mapping[str, str] | None
    add_headers_function: HeadersFunction | None
    index_file: str | bool | None
    immutable_file_test: ImmutableTest | str | re.Pattern[str] | None


class WhiteNoise(Folders):
    """Serves the files of folders, and hands every other request to the application."""

    def __init__(
        self,
        application: WSGIApplication,
        root: str | os.PathLike[str] | None = None,
        prefix: str | None = None,
        **configuration: Unpack[Configuration],
    ) -> None:
        """`root` and `prefix` are for `add_files`; the rest goes before the class's attributes.

        Raises:
            TypeError: There is no such configuration attribute.
            ConfigurationError: A value is not of its type.
        """
        unknown = configuration.keys() - {*ATTRIBUTES, "immutable_file_test"}
        if unknown:
            raise TypeError(f"WhiteNoise has no configuration attribute {sorted(unknown)[0]!r}")
        self.application = application
        self._mounts: tuple[Mount, ...] = ()
        test = configuration.pop("immutable_file_test", None)
        vars(self).update(configuration)
        if test is not None:
            vars(self)["immutable_file_test"] = settle_test(test)
        self._door = self._open(())
        if root is not None:
            self.add_files(root, prefix)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = self._door.find(environ, self._door.origin.find)
        if found is None:
            return self.application(environ, start_response)
        return answer(self._door.origin, found, environ, start_response)

    def _open(self, mounts: tuple[Mount, ...]) -> Door:
        return Door(None, open_folders(mounts, settle(self._options())))

    def _add(self, mount: Mount) -> None:
        mounts = (mount, *self._mounts)
        self._door = self._open(mounts)
        self._mounts = mounts
