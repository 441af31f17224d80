"""Runs the cases of tests/conformance against Hiss and its peers, and writes the scoreboard.

    python bench/conformance.py [--only NAME] [--write]

Over sockets on loopback: the same requests, the same folder of files, the same small application
behind. `--only` takes the subjects whose name has NAME in it, and prints their misses; `--write`
writes docs/conformance.md, and wants all of them to be there: `scripts/setup dev peers`, and for
nginx `apt install nginx-light libnginx-mod-http-brotli-static`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Final

_BENCH: Final = Path(__file__).resolve().parent
# Before this folder, where this file has the name of the cases' package.
sys.path[:0] = [str(_BENCH.parent / "tests"), str(_BENCH)]

from peers.in_front import find_limits
from peers.judge import Judge, Result, Verdict, normal
from peers.processes import (
    Address,
    DidNotStartError,
    running,
    running_nginx,
    version,
)
from peers.report import Board, format_misses, format_row, write_board
from peers.subjects import SERVER_PACKAGES, SUBJECTS, Subject

from conformance.cases import CASES, Request, Response
from conformance.cases.files import HASHED, LEGACY, STALE, UNHASHED
from conformance.cases.message import SITES
from conformance.client import ask
from conformance.servers import SERVERS
from conformance.survey import Survey
from conformance.tree import make_tree

_PAGE: Final = _BENCH.parent / "docs" / "conformance.md"
# `secure` is Django's alone, and over TLS.
_CASES: Final = [case for case in CASES if case.request.site != "secure"]
# Links that lead nowhere or in a circle. Not everyone starts where there are such.
_LINKS: Final = ("dangling.txt", "link-out", "loop")
_LINK_CASES: Final = ("path-link-dangling", "path-link-loop", "path-link-out-folder")
_WORKERS: Final = 3
# A few are usual. A subject that answers nothing must not keep everyone waiting.
_SECONDS: Final = 100.0


def main() -> int:
    """Run, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="NAME")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    subjects = [each for each in SUBJECTS if options.only.lower() in each.name.lower()]
    present = [each for each in subjects if _is_there(each.name, _packages(each))]
    needed = {each.server for each in present if each.server} if options.only else set(SERVERS)
    servers = [
        each for each in SERVERS if each in needed and _is_there(each, SERVER_PACKAGES[each])
    ]
    if options.write and (len(present), len(servers)) != (len(SUBJECTS), len(SERVERS)):
        print("not written: --write is for all subjects and servers together")
        return 1
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        board = _run(present, servers, Path(folder))
    for subject, results in board.results.items():
        print(format_row(subject, results))
        if options.only:
            print(format_misses(results))
    if options.write:
        _PAGE.write_text(write_board(board), encoding="utf-8")
    return 0


def _packages(subject: Subject) -> tuple[str, ...]:
    return (*subject.packages, *(SERVER_PACKAGES[subject.server] if subject.server else ()))


def _is_there(name: str, packages: Iterable[str]) -> bool:
    missing = [each for each in packages if version(each) is None]
    if missing:
        print(f"{name}: left out, {' and '.join(missing)} is not installed")
    return not missing


def _run(subjects: list[Subject], servers: list[str], folder: Path) -> Board:
    for name in ("hiss", "peers", "tame", "logs"):
        (folder / name).mkdir()
    trees = {
        "hiss": make_tree(folder / "hiss"),
        "peers": _make_peers_tree(folder / "peers"),
        "tame": _make_peers_tree(folder / "tame", links=False),
    }
    limits = find_limits(_CASES, folder / "logs", servers)
    with ThreadPoolExecutor(_WORKERS) as pool:
        results = pool.map(partial(_try, trees=trees, folder=folder, limits=limits), subjects)
        return Board(dict(zip(subjects, results, strict=True)), limits, _CASES)


def _make_peers_tree(folder: Path, *, links: bool = True) -> Path:
    """The tree without Hiss's manifest, with Django's, and without the siblings that would have
    others serve what is no variant: for them, what lies beside a file is its variant.
    """
    root = make_tree(folder, manifest=False)
    for name in STALE:
        if name.startswith(LEGACY):
            (root / name).unlink()
    paths = {"hash": "", "paths": {UNHASHED: HASHED}, "version": "1.1"}
    (root / "staticfiles.json").write_text(json.dumps(paths), encoding="utf-8")
    for name in () if links else _LINKS:
        (root / name).unlink()
    return root


def _try(
    subject: Subject, trees: dict[str, Path], folder: Path, limits: dict[str, dict[str, str]]
) -> list[Result]:
    """The results of all cases, in their order."""
    in_front = limits.get(subject.server or "", {})
    if subject.is_hiss:
        return _ask_all(subject, trees["hiss"], folder, in_front)
    try:
        return _ask_all(subject, trees["peers"], folder, in_front)
    except DidNotStartError:
        results = _ask_all(subject, trees["tame"], folder, in_front)
    fault = "does not start where there is such a link"
    return [
        Result(each.case, each.by_rfc, Verdict.MISS, fault, "404")
        if each.case.id in _LINK_CASES
        else each
        for each in results
    ]


def _ask_all(subject: Subject, root: Path, folder: Path, in_front: dict[str, str]) -> list[Result]:
    with ExitStack() as stack:
        addresses = {
            site: stack.enter_context(running_site)
            for site, running_site in _sites(subject, root, folder)
        }
        address = addresses.get("main")

        deadline = time.monotonic() + _SECONDS

        def ask_site(request: Request) -> Response:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{subject.name} takes longer than {_SECONDS:.0f} s")
            return normal(ask(addresses.get(request.site) or address, request))

        judge = Judge(Survey(ask_site), subject, in_front)
        return [judge.judge(case) for case in _CASES]


def _sites(
    subject: Subject, root: Path, folder: Path
) -> Iterator[tuple[str, AbstractContextManager[Address]]]:
    """Each process of a subject: one, or one for each site."""
    slug = subject.name.lower().replace(", ", "-").replace(" ", "-")
    for site in subject.sites if subject.alone else ("main",):
        log = folder / "logs" / f"{slug}-{site}"
        if subject.packages[0] == "nginx":
            log.mkdir(exist_ok=True)
            yield site, running_nginx(root, log)
            continue
        environment = {
            "CONFORMANCE_DOOR": subject.door,
            "CONFORMANCE_HASHED": HASHED,
            "CONFORMANCE_ROOT": str(root),
            "CONFORMANCE_SITE": site,
        }
        fill = {
            "root": str(root),
            "route": SITES[site].rstrip("/"),
            "options": _granian_options(site),
        }
        yield site, running(subject.command, environment, log, fill)


def _granian_options(site: str) -> str:
    match site:
        case "index":
            return "--static-path-dir-to-file index.html --static-path-expires 60"
        case "plain":
            return "--static-path-expires 0"
        case _:
            return "--static-path-expires 60"


if __name__ == "__main__":
    sys.exit(main())
