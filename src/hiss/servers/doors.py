"""The doors that a server's lane answers for."""

from __future__ import annotations

from typing import Any

from hiss.files.origin import Origin


class NoLaneError(Exception):
    """Why a server has no lane."""


def find_doors(app: Any) -> list[Any]:  # noqa: ANN401 - whatever the project serves
    """The doors that are the first to see a request, from the outermost inwards; at least one.

    Raises:
        NoLaneError: Something is around them, or there is none.
    """
    kind = type(app)
    doors: list[Any] = []
    while _is_door(app):
        doors.append(app)
        app = app.app
    if not doors:
        raise NoLaneError(
            f"the application is of {kind.__module__}.{kind.__qualname__}, and neither a "
            "StaticFiles of Hiss's nor what get_wsgi_application or get_asgi_application of "
            "hiss.django makes, with nothing around it"
        )
    return doors


def _is_door(app: Any) -> bool:  # noqa: ANN401
    """Whether an application is a plain door itself, and not something around one that hands on
    what is asked of it.
    """
    is_door = hasattr(type(app), "find") and isinstance(getattr(app, "origin", None), Origin)
    return is_door and app.is_plain
