"""Where a server or a framework stands between a case and Hiss, and the true reason.

Each was seen with an application that says what it was given, and holds no Hiss. A test asserts
that each is still so: what has been mended must go from here.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Limit(NamedTuple):
    """What happens instead, and why; 0 among `instead`: no response."""

    reason: str
    instead: tuple[int, ...]


_GUNICORN_METHOD: Final = Limit(
    "gunicorn refuses a method with a lower-case letter (permit_unconventional_http_method)", (400,)
)
_WAITRESS_METHOD: Final = Limit("waitress refuses a method that is not in capitals", (400,))
_WAITRESS_SLASHES: Final = Limit(
    "waitress makes one slash of those that a path begins with (task.py, lstrip)", (200,)
)
_LLHTTP_METHOD: Final = Limit("httptools' llhttp knows a fixed list of methods", (400,))
_HYPERCORN_METHOD: Final = Limit("hypercorn turns the method into capitals", (200,))
_ABSOLUTE: Final = Limit(
    "an absolute-form target is handed on as the path, scheme, host and all", (200,)
)
_GRANIAN_HEADER: Final = Limit(
    "granian hands a field value with a byte beyond ASCII to WSGI as an empty one", (200,)
)
_GRANIAN_PATH: Final = Limit(
    "granian decodes the path for WSGI and tells nowhere what it was", (200, 302)
)

_ENCODED_SLASHES: Final = (
    "path-slash-encoded",
    "path-slash-encoded-lower",
    "mounted-slash-encoded",
    "index-missing-slash-encoded",
    "index-missing-slash-encoded-name",
)
_OTHER_CASE: Final = ("method-get-other-case", "method-head-other-case")

#: (server, case) to what stands between.
LIMITS: Final[dict[tuple[str, str], Limit]] = {
    **{
        (server, case): _GUNICORN_METHOD
        for server in ("gunicorn-sync", "gunicorn-gthread", "gunicorn-lane", "gunicorn-asgi")
        for case in _OTHER_CASE
    },
    **{("waitress", case): _WAITRESS_METHOD for case in _OTHER_CASE},
    **{("hypercorn", case): _HYPERCORN_METHOD for case in _OTHER_CASE},
    **{
        (server, case): _LLHTTP_METHOD
        for server in ("uvicorn-httptools", "uvicorn-lane")
        for case in (*_OTHER_CASE, "method-foo", "method-gets")
    },
    **{
        (server, "target-absolute"): _ABSOLUTE
        for server in ("gunicorn-asgi", "uvicorn-h11", "hypercorn", "daphne")
    },
    ("waitress", "app-double-slash"): _WAITRESS_SLASHES,
    ("granian-wsgi", "neg-non-ascii"): _GRANIAN_HEADER,
    ("granian-wsgi", "inm-list-tag-with-obs-text"): _GRANIAN_HEADER,
    **{("granian-wsgi", case): _GRANIAN_PATH for case in _ENCODED_SLASHES},
}
