"""Looks at what each subject answers before it is timed, and writes down what a constant is."""

from __future__ import annotations

import gzip
import http.client
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import brotli

from hiss.wsgi import StaticFiles
from serving.cases import BROWSER, MATRIX, RANGE, Case
from serving.names import PREFIX
from serving.processes import Address
from serving.site import Site
from serving.subjects import Subject

_SECONDS: Final = 60.0
_DECODE: Final[dict[str, Callable[[bytes], bytes]]] = {
    "": bytes,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}


class WrongAnswerError(Exception):
    """A subject does not answer what it is asked, and so it is not timed."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    #: Bytes on the wire before the body.
    head: int
    body: bytes

    def get(self, name: str) -> str:
        """A header field's value; empty: there is none."""
        return self.headers.get(name.lower(), "")

    def facts(self) -> dict[str, Any]:
        """What the page says of it."""
        return asdict(
            Facts(
                status=self.status,
                head=self.head,
                body=len(self.body),
                coding=self.get("Content-Encoding"),
                cache_control=self.get("Cache-Control"),
                vary=self.get("Vary"),
                etag=bool(self.get("ETag")),
                last_modified=bool(self.get("Last-Modified")),
            )
        )


@dataclass(frozen=True)
class Facts:
    """What is compared of answers."""

    status: int
    head: int
    body: int
    coding: str
    cache_control: str
    vary: str
    etag: bool
    last_modified: bool


def ask(address: Address, target: str, fields: dict[str, str]) -> Answer:
    """Ask as a browser would, on a connection of its own.

    Raises:
        OSError: Nobody answers.
    """
    connection = http.client.HTTPConnection(*address, timeout=_SECONDS)
    try:
        connection.putrequest("GET", target, skip_accept_encoding=True)
        for name, value in {**BROWSER, **fields}.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        pairs = response.getheaders()
        head = len(f"HTTP/1.1 {response.status} {response.reason}\r\n\r\n")
        head += sum(len(name) + len(value) + 4 for name, value in pairs)
        headers = {name.lower(): value for name, value in pairs}
        return Answer(response.status, headers, head, response.read())
    finally:
        connection.close()


def validators(site: Site, subject: Subject, address: Address, case: Case) -> dict[str, str]:
    """The subject's own ETag and Last-Modified of the file."""
    plain = Case(200, case.size)
    answer = ask(address, plain.target(site, subject), {})
    return {name: answer.get(name) for name in ("ETag", "Last-Modified") if answer.get(name)}


def check(
    site: Site, subject: Subject, address: Address, case: Case
) -> tuple[dict[str, str], Answer]:
    """The header fields of a case's request to this subject, and what it answers.

    Raises:
        WrongAnswerError: It does not answer as it must.
    """
    try:
        known = validators(site, subject, address, case) if case.status == 304 else {}
        fields = case.fields(known)
        answer = ask(address, case.target(site, subject), fields)
    except (OSError, http.client.HTTPException) as error:
        raise WrongAnswerError(f"{subject.name}: {case.title}: {error!r}") from error
    wrong = list(_faults(site, subject, case, answer))
    if wrong:
        raise WrongAnswerError(f"{subject.name}: {case.title}: {'; '.join(wrong)}")
    return fields, answer


def _faults(site: Site, subject: Subject, case: Case, answer: Answer) -> list[str]:
    if answer.status != case.status:
        return [f"the status is {answer.status}"]
    faults = []
    wanted = {304: b"", 404: None}.get(case.status, b"?")
    coding = answer.get("Content-Encoding")
    if case.status in {200, 206}:
        wanted = site.files[case.size].path.read_bytes()
        if case.status == 206:
            wanted = wanted[:RANGE]
    if wanted is not None:
        decode = _DECODE.get(coding)
        if decode is None or decode(answer.body) != wanted:
            faults.append(f"the body is wrong (coding {coding or 'none'})")
    if subject.is_hiss and case.status == 200:
        if site.files[case.size].is_text and coding != "br":
            faults.append(f"the coding is {coding or 'none'}, not br")
        if "immutable" not in answer.get("Cache-Control"):
            faults.append("Cache-Control does not say immutable")
        if not answer.get("ETag"):
            faults.append("there is no ETag")
    return faults


def write_answers(site: Site, folder: Path) -> None:
    """Write down what Hiss answers in each case, for the servers that only say it again."""
    application = StaticFiles(root=site.root, prefix=PREFIX)
    table: dict[str, tuple[str, list[tuple[str, str]], str]] = {}
    constant = Subject("", "", "", "constant")
    for case in MATRIX:
        _, plain, _ = _call(application, Case(200, case.size).target(site, _PLAIN), {})
        status, headers, body = _call(
            application, case.target(site, _PLAIN), case.fields(dict(plain))
        )
        name = f"answer-{len(table)}"
        (folder / name).write_bytes(body)
        table[case.target(site, constant)] = status, headers, name
    (folder / "answers.json").write_text(json.dumps(table))


_PLAIN: Final = Subject("", "", "")


def _call(
    application: StaticFiles, target: str, fields: dict[str, str]
) -> tuple[str, list[tuple[str, str]], bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": target,
        "QUERY_STRING": "",
        "wsgi.input": io.BytesIO(),
        **{
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in {**BROWSER, **fields}.items()
        },
    }
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda _: None

    body = b"".join(application(environ, start))
    [(status, headers)] = started
    return status, headers, body
