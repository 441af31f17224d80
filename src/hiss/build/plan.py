"""The plan of a release: what each source file will be called, and what it will say.

Pure but for reading the files that name others. A file's name comes from what it says once the
names in it are the new ones, so what is named is planned before what names it; files that name
each other in a circle get their hashes together.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from hiss.build.content import Content, of_bytes
from hiss.build.findings import impossible_names, missing_reference, taken_names, two_urls
from hiss.build.graph import components
from hiss.build.problems import Problem, Rules, Verdict
from hiss.build.references import SCRIPT_KINDS, STATIC_KINDS
from hiss.build.resolve import Link, resolve
from hiss.build.rewrite import renamed, splice
from hiss.core.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from hiss.build.inspect import Inspected

_MOST_WITH_NEAREST: Final = 100

#: From a logical name and the content it will have, to the name it is published under.
NameOf = Callable[[str, Content], str]


def hashed_name(name: str, content: Content) -> str:
    """Django's name for a file: the first 12 hex digits of its MD5 before the extension."""
    root, extension = posixpath.splitext(name)
    return f"{root}.{content.md5[:12]}{extension}"


@dataclass(frozen=True, slots=True)
class Planned:
    """A source file's place in the release."""

    inspected: Inspected
    #: The name it is published under, which differs from the logical one where that is hashed.
    file: str
    #: What it will say under that name.
    content: Content
    #: Whether that name was made of its content.
    immutable: bool
    #: The logical names of the files that it names.
    references: tuple[str, ...] = ()
    #: Of those, the modules that it imports statically.
    imports: tuple[str, ...] = ()
    #: Whether a file that is not rewritten names it, as it is called in the source tree.
    is_named_plainly: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A release, before anything is written."""

    files: tuple[Planned, ...]
    problems: tuple[Problem, ...]


def plan(
    inspected: Iterable[Inspected],
    *,
    prefix: str = "/static/",
    rules: Rules | None = None,
    name_of: NameOf = hashed_name,
    prehashed: Collection[str] = (),
    modules: bool = True,
) -> Plan:
    """Plan the release of these files.

    `prefix`: the path they are served below; `prehashed`: the names of those that another tool
    has named by content, which are passed through as they are; `modules`: whether what scripts
    import is rewritten.
    """
    files = {each.source.name: each for each in inspected}
    judge = rules or Rules({})
    problems: list[Problem] = []
    links: dict[str, list[Link]] = {}
    for name, each in sorted(files.items()):
        found = _links(each, files, prefix, judge, problems)
        if name in prehashed:
            problems += two_urls(each, found, prehashed)
        links[name] = found
    planner = _Planner(files, links, name_of, prehashed, modules=modules)
    graph = {name: planner.awaited(name) for name in files}
    for component in components(graph):
        planner.add(component)
    planned = tuple(planner.planned[name] for name in sorted(files))
    problems += taken_names(planned, files)
    problems += impossible_names(planned)
    return Plan(planned, tuple(problems))


def _links(
    each: Inspected,
    files: Mapping[str, Inspected],
    prefix: str,
    rules: Rules,
    problems: list[Problem],
) -> list[Link]:
    found = []
    for reference in each.references:
        target = resolve(reference, each.source.name, prefix)
        if target is None:
            continue
        if target in files:
            found.append(Link(reference, target))
        else:
            verdict = rules.judge(each.source, reference)
            if verdict is not Verdict.IGNORE:
                # Looking for names takes time; many problems are mostly one.
                near = nearest(target, files) if len(problems) < _MOST_WITH_NEAREST else ()
                problems.append(missing_reference(each, reference, target, verdict, near))
    return found


class _Planner:
    """Names files, those that are named by others first."""

    def __init__(
        self,
        files: Mapping[str, Inspected],
        links: Mapping[str, list[Link]],
        name_of: NameOf,
        prehashed: Collection[str],
        *,
        modules: bool,
    ) -> None:
        self.planned: dict[str, Planned] = {}
        self._files = files
        self._links = links
        self._name_of = name_of
        self._prehashed = prehashed
        self._modules = modules
        #: The names of files that are named by what is not rewritten.
        self._plain = {
            link.target
            for name, found in links.items()
            for link in found
            if not self._is_rewritten(name, link)
        }

    def awaited(self, name: str) -> list[str]:
        """The names of the files whose published names a file will say."""
        found = self._links.get(name, ())
        return [link.target for link in found if self._is_rewritten(name, link)]

    def _is_rewritten(self, name: str, link: Link) -> bool:
        if name in self._prehashed:
            return False
        return self._modules or link.reference.kind not in SCRIPT_KINDS

    def add(self, component: tuple[str, ...]) -> None:
        """Plan files that name each other in a circle, or one file."""
        if any(target in component for name in component for target in self.awaited(name)):
            self._add_circle(component)
        else:
            name = component[0]
            content = self._content(name, {})
            self._plan(name, content, self._published(name, content))

    def _add_circle(self, component: tuple[str, ...]) -> None:
        """Their names come from all that they say together, but for the names they wait for."""
        together = sha256()
        for name in component:
            data = self._content(name, {member: member for member in component}).read()
            together.update(f"{name}\0{len(data)}\0".encode() + data)
        files = {}
        for name in component:
            alone = self._content(name, {member: member for member in component}).read()
            seed = of_bytes(alone + together.digest())
            files[name] = self._published(name, seed)
        for name in component:
            self._plan(name, self._content(name, files), files[name])

    def _content(self, name: str, files: Mapping[str, str]) -> Content:
        """What a file will say; `files` are the names of those that are not planned yet."""
        original = self._files[name].content
        links = [link for link in self._links.get(name, ()) if self._is_rewritten(name, link)]
        if not links:
            return original
        data = original.read()
        changes = []
        for reference, target in links:
            new = files[target] if target in files else self.planned[target].file
            if posixpath.basename(new) != posixpath.basename(target):
                changes.append(renamed(data, reference, new))
        return of_bytes(splice(data, changes)) if changes else original

    def _published(self, name: str, content: Content) -> str:
        return name if name in self._prehashed else self._name_of(name, content)

    def _plan(self, name: str, content: Content, file: str) -> None:
        links = self._links.get(name, ())
        static = (link.target for link in links if link.reference.kind in STATIC_KINDS)
        self.planned[name] = Planned(
            self._files[name],
            file,
            content,
            immutable=file != name or name in self._prehashed,
            references=tuple(dict.fromkeys(link.target for link in links)),
            imports=tuple(dict.fromkeys(static)),
            is_named_plainly=name in self._plain,
        )
