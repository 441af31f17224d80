"""INSTALLED_APPS and MIDDLEWARE: one name each, in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.setup.names import APP, FORMER, MIDDLEWARE, MUST_FOLLOW, SECURITY, STATICFILES
from hiss.setup.source import insert_after, insert_before
from hiss.setup.steps import Left
from hiss.setup.writes import find_writes, sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from hiss.setup.source import Source
    from hiss.setup.steps import Step
    from hiss.setup.writes import Element, Sequenced

_APPS: Final = "INSTALLED_APPS"
_ORDER: Final = "MIDDLEWARE"


def plan_apps(source: Source) -> Step:
    """`hiss.django` before `django.contrib.staticfiles`: of two runservers, the first counts."""
    found = sequence(source, _APPS)
    ours = _of(found, lambda value: value.startswith(APP))
    theirs = _of(found, lambda value: value.startswith(STATICFILES))
    if ours:
        places = found.elements
        if theirs and places.index(theirs[0]) < places.index(ours[0]):
            raise Left(f'"{APP}" must come before "{STATICFILES}"', ours[0].node)
        return ()
    anchor = _only(source, found, _APPS, theirs)
    if anchor is None:
        raise Left(f'"{STATICFILES}" is not in {_APPS}, without which there are no static files')
    return (insert_before(source, anchor.node, source.quoted(APP, anchor.node)),)


def plan_middleware(source: Source) -> Step:
    """Ours right after SecurityMiddleware, and before all that would change its answers."""
    found = sequence(source, _ORDER)
    former = _of(found, lambda value: value.split(".")[0] in FORMER)
    if former:
        raise Left(
            f"{former[0].value} is there: `hiss migrate` puts Hiss in its place", former[0].node
        )
    ours = _of(found, lambda value: value == MIDDLEWARE)
    if ours:
        _check_order(found, ours[0])
        return ()
    anchor = _only(source, found, _ORDER, _of(found, lambda value: value == SECURITY))
    if anchor is not None:
        _check_order(found, anchor)
        assert anchor.container is not None
        items = [source.span(each) for each in anchor.container.elts]
        place = anchor.container.elts.index(anchor.node)
        return insert_after(source, items, place, source.quoted(MIDDLEWARE, anchor.node))
    first = found.elements[0]
    if first.where or first.container is None:
        raise Left(f"{_ORDER} begins in an unusual way", first.node)
    return (insert_before(source, first.node, source.quoted(MIDDLEWARE, first.node)),)


def _of(found: Sequenced, test: Callable[[str], bool]) -> list[Element]:
    return [each for each in found.elements if test(each.value)]


def _only(source: Source, found: Sequenced, name: str, anchors: list[Element]) -> Element | None:
    """The one place to put a name beside; `None`: there is none, and all of the list is known."""
    if not anchors:
        if found.unknown:
            raise Left(f"{name} is computed", found.unknown[0])
        if not found.elements:
            raise Left(f"{name} is not set here")
        return None
    if len(anchors) > 1:
        raise Left(f"{name} has {anchors[0].value} more than once", anchors[1].node)
    anchor = anchors[0]
    if anchor.where or anchor.container is None:
        raise Left(f"{name} is changed within {anchor.where or 'a call'}", anchor.node)
    return anchor


def _check_order(found: Sequenced, anchor: Element) -> None:
    for each in found.elements[: found.elements.index(anchor)]:
        if each.value in MUST_FOLLOW:
            raise Left(f"{each.value} comes before, and changes what Hiss answers", each.node)


def within(source: Source, name: str) -> str:
    """The class or function that a setting is made in, where it is made nowhere else."""
    writes = [write for write in find_writes(source.tree) if write.name == name]
    inner = [write for write in writes if write.where.startswith(("class", "function"))]
    return inner[0].where if inner and len(inner) == len(writes) else ""
