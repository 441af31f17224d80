"""The order in which files get their names: what is named before what names it.

Files that name each other in a circle have no such order; they are one component, and get their
names together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def components(graph: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The strongly connected components of `graph` (node to those it points to), each sorted, every
    one after all that it points to (Tarjan 1972, without recursion: chains may be long).
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_nodes: list[str] = []
    is_open: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in sorted(graph):
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = []
        _enter(root, graph, index, low, open_nodes, is_open, work)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    _enter(target, graph, index, low, open_nodes, is_open, work)
                    break
                if target in is_open:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    found.append(_close(node, open_nodes, is_open))
    return found


def _enter(
    node: str,
    graph: Mapping[str, Sequence[str]],
    index: dict[str, int],
    low: dict[str, int],
    open_nodes: list[str],
    is_open: set[str],
    work: list[tuple[str, Iterator[str]]],
) -> None:
    index[node] = low[node] = len(index)
    open_nodes.append(node)
    is_open.add(node)
    work.append((node, iter(sorted(graph.get(node, ())))))


def _close(node: str, open_nodes: list[str], is_open: set[str]) -> tuple[str, ...]:
    members = []
    while True:
        member = open_nodes.pop()
        is_open.discard(member)
        members.append(member)
        if member == node:
            return tuple(sorted(members))
