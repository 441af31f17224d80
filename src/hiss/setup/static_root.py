"""STATIC_ROOT: which folder it is, and where it is set if it is not."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, Final

from hiss.setup.steps import Left
from hiss.setup.text import Edit
from hiss.setup.writes import find_writes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hiss.setup.source import Source
    from hiss.setup.steps import Step

NAME: Final = "STATIC_ROOT"
_FOLDERS: Final = ("staticfiles", "static_root")
_SAME: Final = frozenset(
    {
        "Path",
        "abspath",
        "os.fspath",
        "os.path.abspath",
        "os.path.realpath",
        "pathlib.Path",
        "realpath",
        "str",
    }
)
_BASES: Final = ("BASE_DIR", "ROOT_DIR", "PROJECT_ROOT", "PROJECT_DIR", "SITE_ROOT")


def plan_static_root(source: Source) -> Step:
    """A folder beside manage.py, in the way that the file names folders."""
    writes = find_writes(source.tree)
    if not any(write.name == "STATIC_URL" for write in writes):
        raise Left("STATIC_URL is not set")
    ours = [write for write in writes if write.name == NAME]
    if not ours:
        place = after_statement(source, ("STATIC_URL", "MIDDLEWARE"))
        return (Edit(place, place, f"\n{NAME} = {_expression(source, place)}"),)
    value = ours[-1].value
    if len(ours) == 1 and isinstance(value, ast.Constant) and not value.value:
        start, end = source.span(value)
        return (Edit(start, end, _expression(source, start)),)
    return ()


def after_statement(source: Source, names: Sequence[str]) -> int:
    """The end of the line where the first of these settings ends that the file sets plainly.

    Raises:
        Left: It sets none of them so.
    """
    writes = find_writes(source.tree)
    for name in names:
        plain = [w for w in writes if w.name == name and w.kind == "set" and not w.where]
        for write in plain[-1:]:
            _, end = source.span(write.statement)
            if source.comment_after(end):
                return source.text.line_end(end)
    raise Left(f"none of {', '.join(names)} is set plainly here")


def find_folder(source: Source, name: str = NAME) -> str:
    """The path that a setting is, as far as it can be told without running it; or empty.

    Of a bare name, such as `STATIC_ROOT = "out"`, that name: the process says where it is.
    """
    plain = _plain(source, name)
    if isinstance(plain, ast.Constant) and isinstance(plain.value, str) and plain.value:
        return os.path.normpath(plain.value)
    return _evaluate(source, plain, 0) if plain is not None else ""


def _plain(source: Source, name: str) -> ast.expr | None:
    writes = [write for write in find_writes(source.tree) if write.name == name]
    if len(writes) != 1 or writes[0].where or writes[0].kind != "set":
        return None
    return writes[0].value


def _expression(source: Source, before: int) -> str:
    folder = _free_folder(source)
    for name in _BASES:
        value = _plain(source, name)
        if value is None or source.span(value)[1] > before or not find_folder(source, name):
            continue
        quoted = source.quoted(folder)
        return f"os.path.join({name}, {quoted})" if _is_text(value) else f"{name} / {quoted}"
    raise Left(f"no {_BASES[0]} says where the project is")


def _free_folder(source: Source) -> str:
    """The usual name, unless it is that of a folder of sources."""
    taken = {
        node.value
        for write in find_writes(source.tree)
        if write.name == "STATICFILES_DIRS"
        for node in ast.walk(write.value)
        if isinstance(node, ast.Constant)
    }
    return next((name for name in _FOLDERS if name not in taken), _FOLDERS[-1])


def _is_text(value: ast.expr) -> bool:
    """Whether a folder's value is a text, and no path."""
    match value:
        case ast.Call(func=ast.Name(id="str")) | ast.Constant():
            return True
        case ast.Call(func=func):
            return ast.unparse(func).startswith("os.")
    return False


def _evaluate(source: Source, value: ast.expr, depth: int) -> str:
    """The folder that an expression names, of the ways in which settings name folders."""

    def of(inner: ast.expr) -> str:
        return _evaluate(source, inner, depth + 1) if depth < 20 else ""

    match value:
        case ast.Name(id="__file__"):
            return source.path
        case ast.Constant(value=str(path)) if os.path.isabs(path):
            return os.path.normpath(path)
        case ast.Name(id=name):
            plain = _plain(source, name)
            return of(plain) if plain is not None else ""
        case ast.Attribute(value=inner, attr="parent"):
            return os.path.dirname(of(inner))
        case ast.Subscript(
            value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(count))
        ):
            path = of(inner)
            for _ in range(count + 1):
                path = os.path.dirname(path)
            return path
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=str(name))):
            return _join(of(left), [name])
        case ast.Call(func=func, args=args):
            return _call(func, args, of)
    return ""


def _call(func: ast.expr, args: list[ast.expr], of: Callable[[ast.expr], str]) -> str:
    name = ast.unparse(func)
    texts = [each.value for each in args if isinstance(each, ast.Constant)]
    names = [each for each in texts if isinstance(each, str)]
    match name.rpartition(".")[2]:
        case "Path" | "abspath" | "realpath" | "str" | "fspath" if name in _SAME and args:
            return of(args[0])
        case "dirname" if args:
            return os.path.dirname(of(args[0]))
        case "join" if name == "os.path.join" and len(names) == len(args) - 1:
            return _join(of(args[0]), names)
        case "joinpath" if isinstance(func, ast.Attribute) and len(names) == len(args):
            return _join(of(func.value), names)
        case "resolve" | "absolute" if isinstance(func, ast.Attribute):
            return of(func.value)
    return ""


def _join(path: str, names: Sequence[str]) -> str:
    return os.path.normpath(os.path.join(path, *names)) if path else ""
