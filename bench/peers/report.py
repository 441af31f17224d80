"""The scoreboard: lines for a terminal, and docs/conformance.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.cases import Case
from peers.judge import Result, Verdict
from peers.processes import version
from peers.subjects import SERVER_PACKAGES, Subject
from peers.words import in_short


@dataclass(frozen=True)
class Board:
    """Everything that the page says."""

    results: dict[Subject, list[Result]]
    #: Server to case to what the server does to it.
    limits: dict[str, dict[str, str]]
    cases: Sequence[Case]


_INTRODUCTION: Final = """\
# Conformance

Static files from Hiss, and from what else serves them beside a Python application: the same
requests over real sockets, the same folder of files, the same small application behind. The cases
are those of `tests/conformance/`, and this page is written by

<!-- check: sh: it needs all those servers, and minutes -->
```sh
scripts/setup dev peers      # and: apt install nginx-light libnginx-mod-http-brotli-static
.venv/bin/python bench/conformance.py --write
```

With `--only NAME` in place of `--write` it prints every case that NAME does not pass.

## How it is counted

**By the RFCs**: {by_rfc} cases whose answer an RFC says, most of them RFC 9110: its MUST, its
SHOULD, and what it plainly states.

- *pass*: the answer that [Hiss's contract](http.md) has.
- *open*: another answer, which the RFC allows: a range or a weight not looked at, an invalid field
  refused where the contract ignores it. Not a miss.
- *miss*: an answer that the RFC does not allow.

**By the contract**: {by_contract} cases of which no RFC speaks, or only as of something that may
be: Cache-Control to the letter, media types, CORS and policy headers, what is served of dotfiles
and links, who answers for what has no file, redirects. Others have reasons of their own to do
otherwise; a miss here says that they do.

*n/a* is what the subject has no option for; the reasons are [below](#not-offered). *Server* is
where the server in front answered itself or changed the request, so that nothing behind it could
pass.

What lies beside a file as `.br` or `.gz` is its variant for everyone but Hiss, which goes by its
manifest; so the siblings that are there to mislead are kept from the others in all cases that an
RFC judges. Where a target names no file, it counts that none comes; whose the 404 is, only the
cases named `miss-` ask. Libraries are set up by their documented options; hooks through which a
project's own code may change header fields are not used. nginx, which has no policy of its own, is
configured with all that its own directives can do. The media types of Starlette, BlackNoise and
aiohttp are the machine's.
"""

_IN_FRONT: Final = """\
What servers do before an application sees the request, found with one behind that holds no files
and says what it was given. A case is lost by it only where the difference shows.
"""


def count(results: Iterable[Result], *, by_rfc: bool) -> Counter[Verdict]:
    """How many of each verdict."""
    return Counter(each.verdict for each in results if each.by_rfc is by_rfc)


def format_row(subject: Subject, results: Sequence[Result]) -> str:
    """One line for a terminal."""
    texts = []
    for by_rfc in (True, False):
        counts = count(results, by_rfc=by_rfc)
        texts.append("  ".join(f"{each.value} {counts[each]:3}" for each in Verdict))
    return f"{subject.name:31} RFC: {texts[0]}   contract: {texts[1]}"


def format_misses(results: Iterable[Result]) -> str:
    """What is not passed, for a terminal."""
    return "\n".join(
        f"  {each.verdict.value:6} {each.case.id:34} {each.section:17} {in_short(each.case)}"
        f"\n{'':10}{each.reason or f'came {each.came}, due {each.due}'}"
        for each in results
        if each.verdict is not Verdict.PASS
    )


def write_board(board: Board) -> str:
    """The page."""
    results = next(iter(board.results.values()))
    numbers = Counter(each.by_rfc for each in results)
    parts = [
        _INTRODUCTION.format(by_rfc=numbers[True], by_contract=numbers[False]),
        "## Scoreboard\n",
        _scoreboard(board),
        "## Who was asked\n",
        _subjects(board),
        "## Not offered\n",
        _not_offered(board),
        "## In front\n",
        _in_front(board),
        "## Misses\n",
        *_all_misses(board),
    ]
    return "\n".join(parts)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table; its last `numbers` columns are numbers."""
    words = len(header) - numbers
    lines = [header, ["---"] * words + ["--:"] * numbers, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _scoreboard(board: Board) -> str:
    header = ["", "pass", "open", "**miss**", "n/a", "server"]
    header += ["contract: pass", "miss", "n/a", "server"]
    rows = []
    for subject, results in board.results.items():
        rfc, contract = count(results, by_rfc=True), count(results, by_rfc=False)
        shown = [f"[{subject.name}](#{_anchor(subject)})"]
        shown += [str(rfc[each]) for each in Verdict]
        shown[3] = f"**{shown[3]}**"
        shown += [str(contract[each]) for each in Verdict if each is not Verdict.OPEN]
        rows.append(shown)
    return _table(header, rows, numbers=9)


def _anchor(subject: Subject) -> str:
    return subject.name.lower().replace(",", "").replace(" ", "-")


def _subjects(board: Board) -> str:
    rows = []
    for subject in board.results:
        versions = ", ".join(_versioned(each) for each in subject.packages)
        server = _server(subject.server) if subject.server else "itself"
        rows.append([subject.name, versions, server, subject.setup])
    table = _table(["", "version", "served by", "set up as"], rows)
    return f"{table}\nPython {version('python')}.\n"


def _versioned(package: str) -> str:
    return f"{package} {version(package)}"


def _server(name: str) -> str:
    return f"{name} ({', '.join(_versioned(each) for each in SERVER_PACKAGES[name])})"


def _not_offered(board: Board) -> str:
    rows = []
    for subject, results in board.results.items():
        reasons = Counter(each.reason for each in results if each.verdict is Verdict.NONE)
        rows += [[subject.name, reason, str(number)] for reason, number in sorted(reasons.items())]
    return _table(["", "reason", "cases"], rows, numbers=1)


def _in_front(board: Board) -> str:
    """What servers do to requests, with an application behind that only says what it was given."""
    servers = defaultdict(list)
    for server, limits in board.limits.items():
        cases = defaultdict(list)
        for case, reason in limits.items():
            cases[reason].append(f"`{case}`")
        for reason, ids in cases.items():
            servers[reason, ", ".join(ids)].append(server)
    rows = [[reason, ", ".join(names), ids] for (reason, ids), names in servers.items()]
    packages = sorted({each for name in board.limits for each in SERVER_PACKAGES[name]})
    versions = ", ".join(_versioned(each) for each in packages)
    table = _table(["what it does", "server", "to the requests of"], rows)
    return f"{_IN_FRONT}\n{table}\n{versions}.\n"


def _all_misses(board: Board) -> list[str]:
    parts = []
    before: dict[tuple[tuple[str, str], ...], str] = {}
    for subject, results in board.results.items():
        parts.append(f"### {subject.name}\n")
        misses = [each for each in results if each.verdict is Verdict.MISS]
        parts += _lost_to_the_server(results)
        key = tuple((each.case.id, each.came) for each in misses)
        if not misses:
            parts.append("None.\n")
        elif key in before:
            parts.append(f"The same as {before[key]}.\n")
        else:
            parts += _misses(misses)
        before.setdefault(key, subject.name)
    return parts


def _lost_to_the_server(results: Iterable[Result]) -> list[str]:
    reasons = defaultdict(list)
    for each in results:
        if each.verdict is Verdict.SERVER:
            reasons[each.reason].append(f"`{each.case.id}`")
    return [f"Lost to the server: {', '.join(ids)}: {why}.\n" for why, ids in reasons.items()]


def _misses(misses: Sequence[Result]) -> list[str]:
    parts = []
    by_rfc = [each for each in misses if each.by_rfc]
    if by_rfc:
        rows = (
            [f"`{each.case.id}`", each.section, _code(in_short(each.case)), each.came, each.due]
            for each in by_rfc
        )
        parts.append(_table(["by the RFCs", "section", "asked", "came", "due"], map(_safe, rows)))
    groups = defaultdict(list)
    for each in misses:
        if not each.by_rfc:
            groups[each.came, each.due].append(f"`{each.case.id}`")
    if groups:
        lines = ([", ".join(ids), came, due] for (came, due), ids in groups.items())
        parts.append(_table(["by the contract", "came", "due"], map(_safe, lines)))
    return parts


def _safe(cells: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in cells]


def _code(text: str) -> str:
    return f"`{text}`"
