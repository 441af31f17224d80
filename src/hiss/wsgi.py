"""The WSGI door: `application = StaticFiles(application, root="static", prefix="/static/")`.

Translates between PEP 3333 and the decision, and knows nothing of HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from hiss.core.request import FIELDS, SIMPLE, Request
from hiss.files.body import CHUNK
from hiss.files.mount import mount
from hiss.files.options import settle
from hiss.files.site import open_site
from hiss.http.paths import decode_wsgi_path, has_encoded_slash

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from typing import Unpack
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from hiss.core.catalog import Entry
    from hiss.core.reply import Headers
    from hiss.core.request import Key, Others
    from hiss.files.options import Options
    from hiss.files.origin import Answer, Held, Origin

    #: An entry, and the header fields that its answers have beside their own.
    Found = tuple[Entry, Headers]
    #: What finds a path's entry.
    Look = Callable[[str], Entry | None]


class Door:
    """A WSGI application with static files in front; lanes ask it, too (`hiss.servers`)."""

    #: Whether the class does what it was written to, said by each for itself: a subclass may do
    #: something else first, and lanes leave it alone.
    is_plain: ClassVar[bool] = False

    def __init__(self, app: WSGIApplication | None, origin: Origin) -> None:
        """`app`: what is behind, where something is."""
        self.app = app
        self.origin = origin
        #: What the path of every file's URL begins with, decoded, as a client says it.
        self.prefixes = origin.prefixes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = self.find(environ, self.origin.find)
        if found is None:
            if self.app is not None:
                return self.app(environ, start_response)
            found = self.origin.missing, ()
        return answer(self.origin, found, environ, start_response)

    def find(self, environ: WSGIEnvironment, look: Look) -> Found | None:
        """What a request is for; `None`: it is the application's. `look`: the origin's `find`, or
        its `known`, which looks at no disk.
        """
        path = decode_wsgi_path(environ.get("PATH_INFO", ""))
        entry = look(path)
        if entry is None:
            return None
        # The path comes decoded. What it was before, gunicorn and waitress tell under these names.
        target: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        if "%" in target and has_encoded_slash(target):
            entry = self.origin.miss(path)
        return None if entry is None else (entry, ())


class StaticFiles(Door):
    """Serves the files of a folder, and hands every other request to the application.

    Without an application, what has no file is a 404.
    """

    is_plain = True

    def __init__(
        self,
        app: WSGIApplication | None = None,
        root: str | os.PathLike[str] = "static",
        prefix: str = "/static/",
        **options: Unpack[Options],
    ) -> None:
        """`root`: the folder; `prefix`: the path its files have, below the application's own.

        Raises:
            ConfigurationError: There is no such folder, or an option is wrong.
            ManifestError: The folder holds the manifest of a build, and it cannot be read.
        """
        origin = open_site((mount(root, prefix, is_alone=app is None),), settle(options))
        super().__init__(app, origin)


def answer(
    origin: Origin, found: Found, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer a request for what was found."""
    entry, extra = found
    key = plain_key(environ)
    known = None if key is None else origin.answer_known(entry, key)
    reply, body = known or _decide(origin, entry, read_request(environ))
    headers = list(reply.headers)
    if extra:
        headers.extend(reply.lacking(extra))
    start_response(reply.status_line, headers)
    if isinstance(body, bytes):
        return [body]
    if body.is_whole and (wrapper := environ.get("wsgi.file_wrapper")):
        file_wrapper: Iterable[bytes] = wrapper(body.exact_file(), CHUNK)
        return file_wrapper
    return body


def _decide(origin: Origin, entry: Entry, request: Request) -> Held | Answer:
    return origin.answer_held(entry, request) or origin.answer(entry, request)


def plain_key(environ: WSGIEnvironment) -> Key | None:
    """The key of a GET, if that says what its answer depends on; what `read_request` comes to,
    sooner.
    """
    if environ["REQUEST_METHOD"] != "GET" or not environ.keys().isdisjoint(_UNPLAIN):
        return None
    say = environ.get
    return say("HTTP_ACCEPT_ENCODING"), say("HTTP_IF_NONE_MATCH"), say("HTTP_IF_MODIFIED_SINCE")


def read_request(environ: WSGIEnvironment) -> Request:
    """What a decision needs of WSGI's environment."""
    return read_fields(environ, environ["REQUEST_METHOD"], environ.get("QUERY_STRING", ""))


def read_fields(environ: WSGIEnvironment, method: str, query: str) -> Request:
    """A request of that method and query, with the header fields of the environment."""
    others = {attribute: environ[key] for key, attribute in _OTHERS if key in environ}
    accept_encoding = environ.get("HTTP_ACCEPT_ENCODING")
    return Request(method, query, accept_encoding, **cast("Others", others))


# The keys of the fields that few requests have, and their attributes.
_OTHERS: Final = tuple(
    (f"HTTP_{name.upper().replace('-', '_')}", attribute)
    for name, attribute in FIELDS.items()
    if attribute != "accept_encoding"
)
# Those of them that no key has.
_UNPLAIN: Final = frozenset(key for key, attribute in _OTHERS if attribute not in SIMPLE)
