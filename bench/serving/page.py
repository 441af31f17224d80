"""The page: what was measured and how, in tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from serving.cases import BASE, MATRIX, RANGE, Case
from serving.dynamic import RATE
from serving.figures import Figure
from serving.startup import FLEETS, URLS
from serving.subjects import SUBJECTS
from serving.targets import TARGETS, Target

_INTRO: Final = f"""\
# Serving, side by side

Written by `bench/serve.py`. The figures are of one machine, with everything on it at once, and \
compare subjects with each other; they say little of another machine. What is compared is asked in \
turn, A B, B A, A B, each for a second or two. A figure is the median of its rounds, with the \
lowest and highest in brackets. A ratio is taken round by round, and then its median.

- The servers have one worker, held to one core. What asks them has another.
- `wrk` sends a browser's header fields, ten with Host. On keep-alive connections, and the same \
header section again and again, unless a table says otherwise: new header sections are 20,000 in \
turn, each with a cookie of its own. Hiss's lanes remember sections; most browsers send the same \
for many files.
- All serve one folder, built by Hiss: hashed names, with `.br`, `.gz` and `.zst` beside. Files of \
1, 4 and 64 KB are text, and have that size in br; those of 1 and 100 MB are films, which nothing \
compresses.
- Each is set up as its documentation says for production, and knows which names are hashed.
- nginx has `sendfile`, `tcp_nopush`, `open_file_cache`, `brotli_static`, and Hiss's header \
fields. A constant answer is an application, or a Django middleware, that does nothing but send \
the status, header fields and body that Hiss would: what the server, or Django, itself can.
- Django has `startproject`'s middleware, but for what wants a database.
- Before it is timed, a subject is asked the very request, and its status and body are looked at; \
while it is timed, a request that is refused or breaks off ends the measurement.
- A 206 is of the first {RANGE:,} bytes. A 304 is by the subject's own ETag and Last-Modified, as \
a browser would send them.
"""

_REPEAT: Final = """\
## To repeat it

<!-- check: sh: it takes forty minutes -->
```sh
scripts/setup dev peers
apt install wrk nginx-light libnginx-mod-http-brotli-static
.venv/bin/python bench/serve.py                   # everything: about 40 minutes
.venv/bin/python bench/serve.py --only targets    # what the targets want: about 15
.venv/bin/python bench/serve.py --quick           # all of it, too briefly to be believed
```

`--only` takes `matrix`, `pairs`, `startup`, `dynamic` and `large`, too; `--match` what stands in \
the name of a step. What a run measures replaces what `docs/bench-serving.json` has of it; the \
rest stays, if it is of the same machine and versions. All figures with their spreads are there.
"""


def write_page(document: dict[str, Any]) -> str:
    """The page's text."""
    parts = document["parts"]
    sections = [
        _INTRO,
        *([_QUICK] if document["quick"] else []),
        "\n".join(_machine(document["machine"])),
        "\n".join(_targets(parts)),
        *("\n".join(lines) for lines in _rest(parts)),
        _REPEAT,
    ]
    return "\n".join(sections)


_QUICK: Final = "**These figures are of a quick run: too brief to be believed.**\n"


def _rest(parts: dict[str, Any]) -> Iterator[Iterable[str]]:
    if "matrix" in parts:
        yield _base(parts["matrix"])
        yield _others(parts["matrix"])
        yield _answers(parts["matrix"])
    if "large" in parts:
        yield _large(parts["large"])
    if "startup" in parts:
        yield _startup(parts["startup"])
    if "dynamic" in parts:
        yield _dynamic(parts["dynamic"])


def _machine(facts: dict[str, str]) -> Iterator[str]:
    versions = [
        f"{name} {value}"
        for name, value in facts.items()
        if name not in {"processor", "cores", "pinning", "kernel", "python"}
    ]
    yield (
        f"{facts['processor']}, {facts['cores']} cores ({facts['pinning']}), {facts['kernel']}, "
        f"{facts['python']}; {', '.join(versions)}."
    )
    yield ""


def _targets(parts: dict[str, Any]) -> Iterator[str]:
    yield "## Targets"
    yield ""
    yield (
        "By CPU is the same ratio by the time that a request has a server compute, which other "
        "work on the machine disturbs less; the target is of the measured ratio. At best is what "
        "Django, or the server, reaches in the same run with a constant answer in Hiss's place: no "
        "wrapper, or middleware, can have more. Lanes can: they answer before the server does. "
        "What a door has to do for each request, in microseconds, is on "
        "[a page of its own](bench-hot-path.md)."
    )
    yield ""
    yield "| ratio | measured | by CPU | at best | target | |"
    yield "|---|--:|--:|--:|--:|---|"
    for target in TARGETS:
        ratio = target.find(parts)
        limit = f"{'at most' if target.is_most else 'at least'} {target.limit:g}"
        figures = ratio, target.find_by_cpu(parts), target.find_bound(parts)
        cells = *map(_ratio, figures), limit, _verdict(target, ratio)
        yield f"| {target.title} | {' | '.join(cells)} |"
    yield ""


def _verdict(target: Target, ratio: Figure | None) -> str:
    if ratio is None:
        return "not measured"
    return "met" if target.is_met(ratio) else "**not met**"


def _base(matrix: dict[str, Any]) -> Iterator[str]:
    yield "## Requests per second"
    yield ""
    yield "![Requests per second of a file of 4 KB, by server](bench-serving.svg)"
    yield ""
    if BASE.key not in matrix:
        return
    found = matrix[BASE.key]
    yield f"{BASE.title}; {_rounds(found)}."
    yield ""
    yield "| server | | requests/s | of nginx | CPU a request, µs |"
    yield "|---|---|--:|--:|--:|"
    for key, row in _known(found):
        subject = SUBJECTS[key]
        cells = ["–", "–", "–"]
        if "rate" in row:
            cells = [
                _spread(row["rate"]),
                _ratio(row.get("of nginx")),
                _spread(row["microseconds"], style=",.1f"),
            ]
        yield f"| {subject.server} | {subject.title} | {' | '.join(cells)} |"
    yield ""


def _others(matrix: dict[str, Any]) -> Iterator[str]:
    yield "The other cases, each as the first but for what it says; medians."
    yield ""
    for group in (MATRIX[1:6], MATRIX[6:]):
        cases = [case for case in group if case.key in matrix]
        if not cases:
            continue
        yield f"| server | | {' | '.join(_short(case) for case in cases)} |"
        yield f"|---|---|{'--:|' * len(cases)}"
        for key, subject in SUBJECTS.items():
            rows = [matrix[case.key]["rows"].get(key, {}) for case in cases]
            if any(rows):
                cells = (f"{r['rate']['median']:,.0f}" if "rate" in r else "–" for r in rows)
                yield f"| {subject.server} | {subject.title} | {' | '.join(cells)} |"
        yield ""


def _short(case: Case) -> str:
    if case.status != BASE.status:
        return "a miss" if case.status == 404 else str(case.status)
    if case.size != BASE.size:
        return case.size
    if not case.is_kept:
        return "no keep-alive"
    if case.sections != BASE.sections:
        return "new header sections"
    return f"{case.connections} connection{'' if case.connections == 1 else 's'}"


def _answers(matrix: dict[str, Any]) -> Iterator[str]:
    yield "## What was answered"
    yield ""
    yield (
        "Not all send the same. Bytes of header and body on the wire, and what a cache is told, of "
        "the file of 4 KB:"
    )
    yield ""
    yield "| server | | header | body | coding | Cache-Control | Vary | ETag | Last-Modified |"
    yield "|---|---|--:|--:|---|---|---|---|---|"
    for key, row in _known(matrix.get(BASE.key, {"rows": {}})):
        subject, facts = SUBJECTS[key], row.get("answer")
        if facts is None:
            continue
        cells = [
            f"{facts['head']:,}",
            f"{facts['body']:,}",
            *(facts[name] or "none" for name in ("coding", "cache_control", "vary")),
            *("yes" if facts[name] else "no" for name in ("etag", "last_modified")),
        ]
        yield f"| {subject.server} | {subject.title} | {' | '.join(cells)} |"
    yield ""
    errors = [
        row["error"]
        for found in matrix.values()
        for row in found["rows"].values()
        if "error" in row
    ]
    if errors:
        yield "Not timed, for not answering as they must:"
        yield ""
        yield from (f"- {error.splitlines()[-1]}" for error in errors)
        yield ""


def _large(large: dict[str, Any]) -> Iterator[str]:
    yield "## A body of 100 MB"
    yield ""
    yield (
        "Megabytes per second, read by a client of our own, which takes up to a megabyte at a time "
        f"where wrk takes 8 KB; {_rounds(next(iter(large.values())))}."
    )
    yield ""
    yield f"| server | | {' | '.join(f'{name}, MB/s | of nginx' for name in large)} |"
    yield f"|---|---|{'--:|--:|' * len(large)}"
    for key, subject in SUBJECTS.items():
        rows = [found["rows"].get(key) for found in large.values()]
        if any(rows):
            cells = (
                f"{_spread(row['rate'], 1e-6)} | {_ratio(row['of nginx'])}" if row else "– | –"
                for row in rows
            )
            yield f"| {subject.server} | {subject.title} | {' | '.join(cells)} |"
    yield ""


def _startup(startup: dict[str, Any]) -> Iterator[str]:
    yield "## Start-up"
    yield ""
    yield (
        "What static files add to a Django project: a process that sets Django up, answers a page "
        "and then a static file, less one that only answers the page. Python's own start is not "
        "counted. All URLs are of hashed files, each with `.br` and `.gz` beside. Memory is the "
        "process's proportional share (PSS)."
    )
    yield ""
    yield "| URLs | Hiss adds, ms | WhiteNoise adds, ms | Hiss adds, MiB | WhiteNoise adds, MiB |"
    yield "|--:|--:|--:|--:|--:|"
    for urls in URLS:
        if found := startup.get(f"{urls} URLs"):
            yield f"| {urls:,} | {' | '.join(_adds(found))} |"
    yield ""
    fleets = [(urls, name) for urls in URLS for name in FLEETS if f"{urls} URLs, {name}" in startup]
    if not fleets:
        return
    yield (
        "The same under gunicorn: what it adds to the time from the process's start to the first "
        "answer, and to the memory of each worker after some requests. Here all cores are in use "
        "by whoever wants them."
    )
    yield ""
    yield "| URLs | gunicorn | Hiss, s | WhiteNoise, s | Hiss, MiB | WhiteNoise, MiB |"
    yield "|--:|---|--:|--:|--:|--:|"
    for urls, name in fleets:
        cells = _adds(startup[f"{urls} URLs, {name}"], 1, ".2f")
        yield f"| {urls:,} | {name} | {' | '.join(cells)} |"
    yield ""


def _adds(found: dict[str, Any], factor: float = 1e3, style: str = ",.1f") -> Iterator[str]:
    for kind, times, each in (("seconds", factor, style), ("bytes", 2**-20, ",.1f")):
        for name in ("hiss", "whitenoise"):
            figure = found[kind].get(f"{name} adds")
            yield _spread(figure, times, each) if figure else "–"


def _dynamic(dynamic: dict[str, Any]) -> Iterator[str]:
    yield "## A dynamic view beside static load"
    yield ""
    found = next(iter(dynamic.values()))
    yield (
        f"One worker serves 256 connections, which ask for the file of 4 KB as fast as they are "
        f"answered. Beside them a client asks a Django view {RATE} times a second, and counts each "
        f"from when it was due; {_rounds(found)}."
    )
    yield ""
    yield ("| server | | view's p50, ms | p99, ms | p99 against WhiteNoise's | static requests/s |")
    yield "|---|---|--:|--:|--:|--:|"
    for group in dynamic.values():
        for key, row in _known(group):
            subject = SUBJECTS[key]
            cells = [
                _spread(row["p50"], style=",.1f"),
                _spread(row["p99"], style=",.1f"),
                _ratio(row["p99 of WhiteNoise"]),
                f"{row['static']['median']:,.0f}",
            ]
            yield f"| {subject.server} | {subject.title} | {' | '.join(cells)} |"
    yield ""
    alone = (
        f"{group['alone']['p50']:.1f} and {group['alone']['p99']:.1f} ms under {server}"
        for server, group in dynamic.items()
    )
    yield f"Without static load, with WhiteNoise: p50 and p99 are {', '.join(alone)}."
    yield ""


def _known(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows, in the order of the tables."""
    for key in SUBJECTS:
        if key in found["rows"]:
            yield key, found["rows"][key]


def _rounds(found: dict[str, Any]) -> str:
    rounds, seconds = found["rounds"], found["seconds"]
    return f"{rounds} round{'' if rounds == 1 else 's'} of {seconds} s"


def _spread(figure: Figure, factor: float = 1, style: str = ",.0f") -> str:
    low, median, high = (figure[key] * factor for key in ("low", "median", "high"))
    spread = f" ({low:{style}} to {high:{style}})" if low != high else ""
    return f"{median:{style}}{spread}"


def _ratio(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    style = ",.1f" if figure["median"] >= 10 else ".2f" if figure["median"] >= 0.1 else ".3f"
    return _spread(figure, style=style)
