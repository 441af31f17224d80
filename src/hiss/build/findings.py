"""What is wrong with a source tree, found while its release is planned."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from hiss.build.problems import Problem, Verdict, position, rule_against
from hiss.build.references import MODULE_KINDS, Reference
from hiss.files.release import DJANGO_MANIFEST, FOLDER
from hiss.release.originals import hashed_items

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from hiss.build.inspect import Inspected
    from hiss.build.plan import Planned
    from hiss.build.resolve import Link
    from hiss.core.manifest import Manifest


def missing_reference(
    each: Inspected,
    reference: Reference,
    wanted: str,
    verdict: Verdict,
    near: tuple[str, ...],
) -> Problem:
    return _problem(
        each,
        reference,
        id="missing-reference",
        verdict=verdict,
        message=f"{reference.kind.value} names {wanted}, and there is no such file",
        wanted=wanted,
        near=near,
        rule=rule_against(each.source),
    )


def two_urls(
    each: Inspected, links: Iterable[Link], prehashed: Collection[str]
) -> Iterator[Problem]:
    """A module that another tool named imports one that we would name: it would run twice."""
    for reference, target in links:
        if reference.kind in MODULE_KINDS and target not in prehashed:
            yield _problem(
                each,
                reference,
                id="two-urls",
                verdict=Verdict.ERROR,
                message=f"{each.source.name} is passed through as it is and imports {target}, "
                f"which would be published under a second, hashed name: it would be loaded and "
                f"run twice",
                wanted=target,
                rule="let the tool that made the one make the other too, or keep them apart",
            )


def taken_names(planned: Iterable[Planned], files: Mapping[str, Inspected]) -> Iterator[Problem]:
    """A source that is called what another is published as, and says something else."""
    for each in planned:
        source = each.inspected.source
        other = files.get(each.file)
        if each.file == source.name or other is None:
            continue
        if other.content.sha256 != each.content.sha256:
            yield _problem_with_name(
                each,
                id="name-taken",
                text=f"{other.source.path} has that name",
                message=f"{source.name} would be published as {each.file}, and there is a file "
                "of that name with other bytes",
                wanted=each.file,
                rule="rename or remove the one that is called by a hash",
            )


def changed_bytes(planned: Iterable[Planned], kept: Iterable[Manifest]) -> Iterator[Problem]:
    """A source that would be published under a hashed name which says something else in a release
    that is kept: browsers were told that it never changes.
    """
    known = {
        item.file: (item.sha256, manifest.id)
        for manifest in kept
        for item in hashed_items(manifest)
    }
    for each in planned:
        source = each.inspected
        # Under its own name, too; and a source may be called as a variant is.
        for name, content in ((each.file, each.content), (source.source.name, source.content)):
            digest, release = known.get(name, (content.sha256, ""))
            if digest == content.sha256:
                continue
            yield _problem_with_name(
                each,
                id="bytes-changed",
                text=f"release {release} has a file of that name",
                message=f"{name} would say something else than in release {release}, and "
                "whoever has loaded it was told that it never changes",
                wanted=name,
                rule="have its name made of its content; if nobody can have loaded it, remove "
                f"the folder {FOLDER} beside it and build again",
            )
            break


def impossible_names(planned: Iterable[Planned]) -> Iterator[Problem]:
    """A source whose name no release can have: it is a folder's, it is the release's own, or it is
    no text.
    """
    planned = tuple(planned)
    folders = {folder: each for each in planned for folder in _folders(each.file)}
    for each in planned:
        name = each.inspected.source.name
        inner = folders.get(each.file) or folders.get(name)
        if inner is not None:
            yield _problem_with_name(
                each,
                id="name-of-folder",
                text=f"{inner.inspected.source.path} lies in a folder of that name",
                message=f"{name} is a file, and {inner.inspected.source.name} needs it to be a "
                "folder",
                rule="rename or remove one of them",
            )
        if name == DJANGO_MANIFEST or name.startswith(f"{FOLDER}/"):
            yield _problem_with_name(
                each,
                id="name-reserved",
                text=f"{name} is written by the build",
                message=f"{name} is the name of a file that says what the release holds",
                rule="rename it, or leave it out",
            )
        if not name.isprintable() and not _is_text(name):
            yield _problem_with_name(
                each,
                id="name-unreadable",
                text=name,
                message="the name is not UTF-8, so no URL can say it",
                rule="rename it",
            )


def _folders(file: str) -> Iterator[str]:
    folder = posixpath.dirname(file)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _problem_with_name(
    each: Planned,
    *,
    id: str,  # noqa: A002
    text: str,
    message: str,
    wanted: str = "",
    rule: str,
) -> Problem:
    source = each.inspected.source
    return Problem(
        id=id,
        verdict=Verdict.ERROR,
        file=source.name,
        path=source.path,
        line=1,
        column=1,
        text=text,
        message=message,
        wanted=wanted,
        owner=source.owner,
        rule=rule,
    )


def _problem(
    each: Inspected,
    reference: Reference,
    *,
    id: str,  # noqa: A002
    verdict: Verdict,
    message: str,
    wanted: str,
    near: tuple[str, ...] = (),
    rule: str,
) -> Problem:
    data = each.content.read()
    line, column = position(data, reference.start)
    return Problem(
        id=id,
        verdict=verdict,
        file=each.source.name,
        path=each.source.path,
        line=line,
        column=column,
        text=data[reference.start : reference.end].decode("utf-8", "replace"),
        message=message,
        wanted=wanted,
        near=near,
        owner=each.source.owner,
        rule=rule,
    )
