"""The plan that moves a project from WhiteNoise or ServeStatic to Hiss."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hiss.errors import ConfigurationError
from hiss.setup.former_commands import plan_commands
from hiss.setup.former_names import plan_names
from hiss.setup.former_requirements import plan_replaced
from hiss.setup.former_settings import plan_keys
from hiss.setup.former_wrappers import plan_wrappers
from hiss.setup.names import FORMER
from hiss.setup.plan import ByHand, Change, Plan
from hiss.setup.project import walk
from hiss.setup.settings import plan_settings
from hiss.setup.source import Source
from hiss.setup.text import OddError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.setup.project import Project
    from hiss.setup.text import Edit

_WORDS: Final = tuple(name.encode() for name in FORMER)


def plan_migrate(project: Project) -> Plan:
    """Settings, wrappers, requirements; and all that is theirs and cannot be moved."""
    sources = dict(_find(project.folder))
    settings = [sources.get(each.path, each) for each in project.sources]
    keys, plan = plan_keys(settings)
    after: dict[str, Source] = {}
    for path, source in sources.items():
        names, left = plan_names(source, settings)
        wraps, left_wraps = plan_wrappers(source)
        edits = (*names, *wraps, *keys.get(path, ()))
        try:
            after[path] = source.edited(edits)
        except OddError as error:
            edits, why = (), str(error)
            left += Plan(by_hand=(ByHand(path, 0, why),))
        plan += left + left_wraps
        plan += Plan(by_hand=tuple(_remaining(source, edits, plan)))
    moved = {path: each for path, each in after.items() if each.data != sources[path].data}
    apps = plan_settings(_with(project, after), ("INSTALLED_APPS",)) if moved else Plan()
    for change in apps.changes:
        moved[change.path] = Source(change.path, change.after)
    befores = {each.path: each for each in (*project.sources, *sources.values())}
    changes = tuple(
        Change(path, befores[path].data, each.data, ("Hiss in the place of what was there",))
        for path, each in moved.items()
    )
    plan = Plan(changes, plan.by_hand, plan.notes) + Plan(by_hand=apps.by_hand, notes=apps.notes)
    return plan + plan_replaced(project.folder) + plan_commands(project.folder)


def _find(folder: str) -> Iterator[tuple[str, Source]]:
    """The project's Python files that speak of them."""
    for path in walk(folder):
        if not path.endswith(".py"):
            continue
        with open(path, "rb") as file:
            data = file.read()
        if any(word in data.lower() for word in _WORDS):
            try:
                yield path, Source(path, data)
            except ConfigurationError:
                # A template, or of another Python: no code of this project's that runs.
                continue


def _with(project: Project, after: dict[str, Source]) -> Project:
    """The project, as it then is."""

    def then(source: Source) -> Source:
        return after.get(source.path, source)

    return replace(
        project,
        settings=tuple(
            replace(
                each,
                source=then(each.source),
                taken_from=tuple(then(one) for one in each.taken_from),
            )
            for each in project.settings
        ),
    )


def _remaining(source: Source, edits: Iterable[Edit], plan: Plan) -> Iterator[ByHand]:
    """What then still names them, and is not told already."""
    told = {(each.path, each.line) for each in plan.by_hand}
    edits = tuple(edits)
    for node in sorted(_naming(source), key=lambda node: node.lineno):
        start, end = source.span(node)
        is_moved = any(each.start < end and start < max(each.end, each.start + 1) for each in edits)
        if not is_moved and (source.path, node.lineno) not in told:
            yield ByHand(source.path, node.lineno, "this names what Hiss takes the place of")


def _naming(source: Source) -> Iterator[ast.expr | ast.stmt]:
    documents = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(source.tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documents and _speaks(text):
                yield node
            case ast.ImportFrom(module=str(text)) if _speaks(text):
                yield node
            case ast.Import(names=names) if any(_speaks(each.name) for each in names):
                yield node


def _speaks(text: str) -> bool:
    return text.partition(".")[0].lower() in FORMER
