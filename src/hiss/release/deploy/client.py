"""Asking a site: each request over a connection of its own, as any of its processes may answer."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from hiss.release.deploy.config import DeployConfig

# What may stand in a request's target as it is, beyond what `quote` lets stand.
_TARGET_SAFE: Final = "/%:?#[]@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site answered."""

    #: 0 where nothing came.
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: Why nothing came.
    trouble: str = ""

    def header(self, name: str) -> str:
        """A field's value; empty where it was not sent."""
        return self.headers.get(name.lower(), "")

    @property
    def sha256(self) -> str:
        """Of the body, in hex."""
        return sha256(self.body).hexdigest()

    def __str__(self) -> str:
        if not self.status:
            return self.trouble
        miss = self.header("Hiss-Miss")
        return f"{self.status} (Hiss-Miss: {miss})" if miss else str(self.status)


class Site:
    """A site that answers at a URL, or at a socket."""

    def __init__(self, config: DeployConfig) -> None:
        parts = urlsplit(config.url)
        self._scheme = parts.scheme
        self._socket = parts.path if parts.scheme == "unix" else ""
        self._address = (parts.hostname or "localhost", parts.port)
        #: The path that the application is mounted at, without a slash at the end.
        self.base = "" if self._socket else parts.path.rstrip("/")
        #: The path of its static files, with both slashes.
        self.prefix = self.base + config.prefix
        sent = {name.lower(): value for name, value in config.headers.items()}
        host = config.host or sent.get("host", "") or parts.netloc.rpartition("@")[2] or "localhost"
        self._hosts = {host.lower(), parts.netloc.lower()} - {""}
        self._origin = f"{'http' if self._socket else parts.scheme}://{host}"
        # That no coding is wanted is http.client's own word.
        self._headers = {
            **{name: value for name, value in config.headers.items() if name.lower() != "host"},
            "Host": host,
            "Connection": "close",
        }

    def url(self, target: str) -> str:
        """A target as a browser would say it."""
        return self._origin + target

    def target(self, url: str, base: str) -> str | None:
        """The target that a URL, on the page at the target `base`, means; `None`: elsewhere."""
        try:
            parts = urlsplit(urljoin(self.url(base), url.strip()))
        except ValueError:
            return None
        if parts.scheme not in {"http", "https"} or parts.netloc.lower() not in self._hosts:
            return None
        query = f"?{parts.query}" if parts.query else ""
        return (parts.path or "/") + query

    def get(self, target: str, *, timeout: float, fresh: bool = False) -> Answer:
        """Ask for a target; `fresh`: past whatever caches there are."""
        headers = {**self._headers, "Cache-Control": "no-cache"} if fresh else self._headers
        connection = self._connection(timeout)
        try:
            connection.request("GET", quote(target, safe=_TARGET_SAFE), headers=headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as error:
            return Answer(0, trouble=_words(error))
        finally:
            connection.close()
        return Answer(response.status, _fields(response.headers), body)

    def _connection(self, timeout: float) -> HTTPConnection:
        host, port = self._address
        if self._socket:
            return _SocketConnection(self._socket, timeout)
        kind = HTTPSConnection if self._scheme == "https" else HTTPConnection
        return kind(host, port, timeout=timeout)


class _SocketConnection(HTTPConnection):
    """HTTP over a socket of the file system."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _fields(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _words(error: OSError | HTTPException) -> str:
    if isinstance(error, ConnectionRefusedError | FileNotFoundError):
        return "nothing listens there"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"no answer: {str(error) or type(error).__name__}"
