"""Where a settings file says what a setting is: plainly, or in a way that is left alone."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hiss.setup.source import Source


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that makes or changes a setting."""

    name: str
    #: `=`, `+=`, `NAME[key] =`, or a method called on it.
    kind: Literal["set", "add", "item", "call"]
    statement: ast.stmt
    value: ast.expr
    #: What it is within; empty at the top of the file.
    where: str
    #: Of an item, its key; of a call, the method.
    key: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A text in the sequence that a setting is."""

    value: str
    node: ast.expr
    #: The list or tuple that it is written in; `None` where it is given to `insert` or `append`.
    container: ast.List | ast.Tuple | None
    where: str


@dataclass(slots=True)
class Sequenced:
    """The elements of a setting, in their order, as far as the file says them."""

    elements: list[Element]
    #: What is computed.
    unknown: list[ast.expr]


def makes(source: Source, name: str) -> bool:
    """Whether a file makes a setting by itself, and does not change one that it takes over."""
    writes = [write for write in find_writes(source.tree) if write.name == name]
    first = writes[0] if writes else None
    if first is None or first.kind != "set":
        return False
    return not any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(first.value))


def find_writes(tree: ast.Module) -> list[Write]:
    """All statements of a file that make or change a setting."""
    return [*_walk(tree.body, "")]


def _walk(body: Sequence[ast.stmt], where: str) -> Iterator[Write]:
    for statement in body:
        match statement:
            case ast.ClassDef(name=name, body=inner):
                yield from _walk(inner, f"class {name}")
            case ast.FunctionDef(name=name, body=inner):
                yield from _walk(inner, f"function {name}")
            case ast.If() | ast.Try() | ast.For() | ast.While() | ast.With() | ast.Match():
                inside = where or f"`{_keyword(statement)}`"
                for branch in _branches(statement):
                    yield from _walk(branch, inside)
            case _:
                yield from _of(statement, where)


def _keyword(statement: ast.stmt) -> str:
    return type(statement).__name__.lower()


def _branches(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _of(statement: ast.stmt, where: str) -> Iterator[Write]:
    match statement:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _target(target, statement, value, where)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _target(target, statement, value, where)
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            yield Write(name, "add", statement, value, where)
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) as call
        ) if name.isupper():
            yield Write(name, "call", statement, call, where, method)


def _target(target: ast.expr, statement: ast.stmt, value: ast.expr, where: str) -> Iterator[Write]:
    match target:
        case ast.Name(id=name):
            yield Write(name, "set", statement, value, where)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
            yield Write(name, "item", statement, value, where, key)
        case ast.Subscript(value=ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name))):
            yield Write(name, "item", statement, value, where)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            for each in targets:
                yield from _target(each, statement, target, where)


def sequence(source: Source, name: str) -> Sequenced:
    """The elements of a setting that is a list or a tuple, as the whole file makes it."""
    return _Reader(find_writes(source.tree)).read(name, ())


class _Reader:
    def __init__(self, writes: list[Write]) -> None:
        self._writes = writes

    def read(self, name: str, seen: tuple[str, ...]) -> Sequenced:
        found = Sequenced([], [])
        for write in self._writes:
            if write.name != name or write.where.startswith(("class", "function")):
                continue
            match write.kind:
                case "set":
                    part = self._expression(write.value, write.where, (*seen, name), found)
                    # One among several branches does not make the others' undone.
                    found = part if not write.where else _joined(found, part)
                case "add":
                    part = self._expression(write.value, write.where, (*seen, name), found)
                    found = _joined(found, part)
                case "call":
                    found = self._called(write, found)
                case _:
                    found.unknown.append(write.value)
        return found

    def _called(self, write: Write, found: Sequenced) -> Sequenced:
        match write.value:
            case ast.Call(args=[*_, ast.Constant(value=str(value)) as node]):
                element = Element(value, node, None, write.where)
                front = write.key == "insert" and _is_zero(write.value.args[0])
                if front:
                    return Sequenced([element, *found.elements], found.unknown)
                return Sequenced([*found.elements, element], found.unknown)
            case ast.Call(args=[argument]) if write.key == "extend":
                return _joined(found, self._expression(argument, write.where, (), found))
        return Sequenced(found.elements, [*found.unknown, write.value])

    def _expression(
        self, value: ast.expr, where: str, seen: tuple[str, ...], before: Sequenced
    ) -> Sequenced:
        match value:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                parts = [self._item(each, value, where, seen, before) for each in items]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                parts = [self._expression(each, where, seen, before) for each in (left, right)]
            case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner], keywords=[]):
                parts = [self._expression(inner, where, seen, before)]
            case ast.Name(id=name) if seen and name == seen[-1]:
                # MIDDLEWARE = [...] + MIDDLEWARE
                parts = [before if before.elements or before.unknown else Sequenced([], [value])]
            case ast.Name(id=name) if name not in seen and self._has(name):
                parts = [self.read(name, seen)]
            case _:
                parts = [Sequenced([], [value])]
        found = Sequenced([], [])
        for part in parts:
            found = _joined(found, part)
        return found

    def _item(
        self,
        item: ast.expr,
        container: ast.List | ast.Tuple,
        where: str,
        seen: tuple[str, ...],
        before: Sequenced,
    ) -> Sequenced:
        match item:
            case ast.Constant(value=str(value)):
                return Sequenced([Element(value, item, container, where)], [])
            case ast.Starred(value=inner):
                return self._expression(inner, where, seen, before)
        return Sequenced([], [item])

    def _has(self, name: str) -> bool:
        return any(write.name == name for write in self._writes)


def _joined(first: Sequenced, second: Sequenced) -> Sequenced:
    return Sequenced(first.elements + second.elements, first.unknown + second.unknown)


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0
