"""`WhiteNoise(application, root=…)` and its kind, in front of any WSGI or ASGI application."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.setup.doors import import_edits
from hiss.setup.names import FORMER
from hiss.setup.plan import ByHand, Plan
from hiss.setup.statements import lines_of, removed
from hiss.setup.text import Edit, OddError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.setup.source import Source

#: Wrapper to the module of ours; Django's own, which knows the settings, to none.
_WRAPPERS: Final = {
    "WhiteNoise": "hiss.wsgi",
    "ServeStatic": "hiss.wsgi",
    "ServeStaticASGI": "hiss.asgi",
    "DjangoWhiteNoise": "",
}
_OPTIONS: Final = frozenset(
    {
        "add_headers_function",
        "allow_all_origins",
        "autorefresh",
        "charset",
        "immutable_file_test",
        "index_file",
        "max_age",
        "mimetypes",
        "prefix",
        "root",
    }
)
_LINES: Final = (
    "from hiss.wsgi import StaticFiles",
    'application = StaticFiles(application, root="static", prefix="/static/")',
)


class _Wrapper(NamedTuple):
    """The import of a wrapper."""

    node: ast.ImportFrom
    #: Its name in the file.
    name: str
    module: str


def plan_wrappers(source: Source) -> tuple[tuple[Edit, ...], Plan]:
    """A file's edits; nothing of it is changed where a part cannot be."""
    try:
        return tuple(_edits(source)), Plan()
    except OddError as error:
        wrapper = next(iter(_wrappers(source)))
        why = f"{wrapper.name}: {error}"
        return (), Plan(by_hand=(ByHand(source.path, wrapper.node.lineno, why, _LINES),))


def _wrappers(source: Source) -> Iterator[_Wrapper]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] not in FORMER:
            continue
        for each in node.names:
            if each.name in _WRAPPERS:
                yield _Wrapper(node, each.asname or each.name, _WRAPPERS[each.name])


def _edits(source: Source) -> Iterator[Edit]:
    for wrapper in _wrappers(source):
        if len(wrapper.node.names) > 1:
            raise OddError("it is imported with others")
        calls = [*_calls(source, wrapper.name)]
        if len(calls) != 1:
            raise OddError(f"it is called {len(calls)} times here")
        statement, target, call = calls[0]
        added = [*_added(source, target)]
        if not wrapper.module:
            yield from _unwrapped(source, statement, target, call)
            yield from import_edits(source)
            yield removed(source, *lines_of(source, wrapper.node))
            continue
        _check(call)
        if _argument(call, 1, "root") is not None:
            yield from _renamed(source, call)
        elif added:
            yield from _unwrapped(source, statement, target, call)
        else:
            raise OddError("it has no folder to serve, and `add_files` is not called here")
        for each in added:
            yield _as_wrapper(source, target, call, each)
        start, end = source.span(wrapper.node)
        name = "StaticFiles"
        yield Edit(start, end, f"from {wrapper.module} import {name}")


def _calls(source: Source, name: str) -> Iterator[tuple[ast.stmt, str, ast.Call]]:
    """The statements `target = NAME(…)`, and all other uses, which are odd."""
    uses = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(source.tree))
    for node in ast.walk(source.tree):
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=ast.Name(id=called)) as call) if (
                called == name
            ):
                uses -= 1
                yield node, source.code(target), call
    if uses:
        raise OddError("it is used otherwise than in `application = …`")


def _check(call: ast.Call) -> None:
    for keyword in call.keywords:
        if keyword.arg not in {*_OPTIONS, "application"}:
            raise OddError(f"Hiss has no option {keyword.arg}")
    if not call.args or any(isinstance(each, ast.Starred) for each in call.args):
        raise OddError("its arguments are not plain")


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    if len(call.args) > place:
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg == name), None)


def _renamed(source: Source, call: ast.Call) -> Iterator[Edit]:
    yield Edit(*source.span(call.func), "StaticFiles")
    if _argument(call, 2, "prefix") is None:
        last = max(source.span(each)[1] for each in [*call.args, *_values(call)])
        yield Edit(last, last, f", prefix={source.quoted('/')}")


def _values(call: ast.Call) -> list[ast.expr]:
    return [each.value for each in call.keywords]


def _unwrapped(source: Source, statement: ast.stmt, target: str, call: ast.Call) -> Iterator[Edit]:
    """The application without its wrapper."""
    if len(call.args) != 1:
        raise OddError("its arguments are not plain")
    inner = source.code(call.args[0])
    if inner == target:
        yield removed(source, *lines_of(source, statement))
    else:
        yield Edit(*source.span(call), inner)


def _added(source: Source, target: str) -> Iterator[tuple[ast.stmt, ast.Call]]:
    for node in ast.walk(source.tree):
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=object_, attr="add_files")) as call
            ):
                if source.code(object_) != target:
                    raise OddError("`add_files` is called on something else")
                yield node, call


def _as_wrapper(
    source: Source, target: str, first: ast.Call, added: tuple[ast.stmt, ast.Call]
) -> Edit:
    """`add_files(root, prefix)`: a wrapper around the one before, with the same options."""
    statement, call = added
    root, prefix = _argument(call, 0, "root"), _argument(call, 1, "prefix")
    if root is None:
        raise OddError("`add_files` is called in an unusual way")
    prefix_code = source.code(prefix) if prefix is not None else source.quoted("/")
    options = "".join(
        f", {each.arg}={source.code(each.value)}"
        for each in first.keywords
        if each.arg not in {"root", "prefix"}
    )
    # The application goes on answering below it, as it did.
    is_part = prefix is not None and prefix_code.strip("\"'/")
    misses = f", misses={source.quoted('pass')}" if is_part else ""
    arguments = f"{target}, {source.code(root)}, prefix={prefix_code}{options}{misses}"
    code = f"{target} = StaticFiles({arguments})"
    return Edit(*source.span(statement), code)
