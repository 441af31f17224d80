"""The doors that a server's lane answers for."""

from __future__ import annotations

from typing import Any, Final

from hiss.files.origin import Origin


class NoLaneError(Exception):
    """Why a server has no lane."""


class Doors:
    """The doors that are the first to see a request, of WSGI or of ASGI."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - whatever the project serves
        """`app`: the outermost of them.

        Raises:
            NoLaneError: Something is around them, or there is none.
        """
        kind = type(app)
        each: list[Any] = []
        while _is_door(app):
            each.append(app)
            app = app.app
        if not each:
            raise NoLaneError(
                f"the application is of {kind.__module__}.{kind.__qualname__}, and neither a "
                "StaticFiles of Hiss's nor what get_wsgi_application or get_asgi_application of "
                "hiss.django makes, with nothing around it"
            )
        #: From the outermost inwards.
        self.each: Final = tuple(each)
        self._behind: Final = tuple(door.app for door in each)

    def find(self, request: Any, path: str) -> tuple[Any, Any] | None:  # noqa: ANN401
        """The door that a request is for, and what that finds, where it is known without a look at
        the disk. `request`: as the doors take it; `path`: decoded, as they have it.
        """
        for door, behind in zip(self.each, self._behind, strict=True):
            found = door.find(request, door.origin.known)
            if found is not None:
                return door, found
            # It may have the file all the same, which only a look can tell; or somebody has put
            # something behind it since.
            if f"{path}/".startswith(door.prefixes) or door.app is not behind:
                return None
        return None


def _is_door(app: Any) -> bool:  # noqa: ANN401
    """Whether an application is a door that does what it was written to: by its very type, since a
    subclass, or something around a door, may do something else first.
    """
    is_plain = vars(type(app)).get("is_plain") is True
    return is_plain and isinstance(getattr(app, "origin", None), Origin)
