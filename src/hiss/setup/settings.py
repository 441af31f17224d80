"""Setting Hiss up in settings files: what lacks is put in, and what is odd is left alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.setup.names import APP, MIDDLEWARE
from hiss.setup.plan import ByHand, Change, Plan
from hiss.setup.sequences import plan_apps, plan_middleware, within
from hiss.setup.static_root import plan_static_root
from hiss.setup.steps import Left
from hiss.setup.storages import lines_by_hand, plan_storages
from hiss.setup.text import OddError
from hiss.setup.writes import find_writes, makes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hiss.setup.project import Project, Settings
    from hiss.setup.source import Source
    from hiss.setup.steps import Step


class _Setting(NamedTuple):
    """A setting that Hiss needs."""

    plan: Callable[[Source], Step]
    #: What is done to it.
    what: str
    #: What a person would write.
    lines: tuple[str, ...]


_SETTINGS: Final = {
    "INSTALLED_APPS": _Setting(
        plan_apps,
        f"{APP} before django.contrib.staticfiles in INSTALLED_APPS",
        ("INSTALLED_APPS = [", "    ...,", f'    "{APP}",', '    "django.contrib.staticfiles",'),
    ),
    "MIDDLEWARE": _Setting(
        plan_middleware,
        "HissMiddleware right after SecurityMiddleware in MIDDLEWARE",
        (
            "MIDDLEWARE = [",
            '    "django.middleware.security.SecurityMiddleware",',
            f'    "{MIDDLEWARE}",',
        ),
    ),
    "STATIC_ROOT": _Setting(
        plan_static_root,
        "STATIC_ROOT, the folder that collectstatic writes to",
        ('STATIC_URL = "static/"', 'STATIC_ROOT = BASE_DIR / "staticfiles"'),
    ),
    "STORAGES": _Setting(
        plan_storages,
        'STORAGES["staticfiles"], which hashes and compresses',
        # Those of storages.lines_by_hand: they depend on whether there is a dict to put it into.
        (),
    ),
}
#: All of them.
ALL: Final = tuple(_SETTINGS)


def plan_settings(project: Project, wanted: Iterable[str] = ALL) -> Plan:
    """What is to be done to the settings files that manage.py, wsgi.py and asgi.py name."""
    own = {each.source.path for each in project.settings}
    plan = Plan()
    for settings in project.settings:
        plan += _plan_file(settings, own, tuple(wanted))
    return plan


def _plan_file(settings: Settings, own: set[str], wanted: tuple[str, ...]) -> Plan:
    whole = _left_whole(settings)
    if whole is not None:
        return Plan(by_hand=(whole,))
    source, what = settings.source, []
    by_hand: list[ByHand] = []
    for name in wanted:
        owner = _owner(settings, name)
        if owner is not source and owner.path != source.path:
            # Another one's, which is planned by itself; or a file that is left alone.
            by_hand += [] if owner.path in own else _in_split(settings, owner, name)
            continue
        try:
            edited = _edited(source, name)
        except Left as left:
            by_hand.append(_by_hand(settings, source, name, _as_it_lies(settings, name, left)))
            continue
        if edited is not source:
            what.append(_SETTINGS[name].what)
        source = edited
    change = Change(source.path, settings.source.data, source.data, tuple(what))
    return Plan((change,) if what else (), tuple(by_hand))


def _as_it_lies(settings: Settings, name: str, left: Left) -> Left:
    """Why a setting is left, with its line in the file before anything is changed."""
    try:
        _SETTINGS[name].plan(settings.source)
    except Left as first:
        return first
    except OddError:
        pass
    return left


def _left_whole(settings: Settings) -> ByHand | None:
    """Why a settings file is left alone altogether."""
    source = settings.source
    lines = tuple(line for name in _SETTINGS for line in _lines(settings, name))
    place = within(source, "INSTALLED_APPS") or within(source, "MIDDLEWARE")
    if place:
        why = f"settings are made within {place}, which is left alone"
        return ByHand(source.path, 0, why, lines)
    sources = (source, *settings.taken_from)
    if not any(w.name == "INSTALLED_APPS" for each in sources for w in find_writes(each.tree)):
        return ByHand(source.path, 0, "INSTALLED_APPS is not set here, nor taken over", lines)
    return None


def _owner(settings: Settings, name: str) -> Source:
    """The file that makes a setting; what none makes belongs where STATIC_URL or MIDDLEWARE is."""
    for each in (name, "STATIC_URL", "MIDDLEWARE"):
        for source in (settings.source, *reversed(settings.taken_from)):
            if makes(source, each):
                return source
    return settings.source


def _edited(source: Source, name: str) -> Source:
    """The source with a setting in it: the same where it is there already."""
    step = _SETTINGS[name].plan
    try:
        edits = step(source)
        edited = source.edited(edits) if edits else source
    except OddError as error:
        raise Left(f"{name} is written in an unusual way: {error}") from error
    if edits and not _is_done(edited, step):
        raise Left(f"{name} is written in an unusual way")
    return edited


def _is_done(source: Source, step: Callable[[Source], Step]) -> bool:
    """Whether nothing is left of a step: the proof that its edits meant what they should."""
    try:
        return not step(source)
    except (Left, OddError):
        return False


def _by_hand(settings: Settings, source: Source, name: str, left: Left) -> ByHand:
    return ByHand(source.path, left.line, left.why, _lines(settings, name))


def _lines(settings: Settings, name: str) -> tuple[str, ...]:
    """What a person would write for a setting."""
    sources = (*settings.taken_from, settings.source)
    return lines_by_hand(sources) if name == "STORAGES" else _SETTINGS[name].lines


def _in_split(settings: Settings, owner: Source, name: str) -> Iterator[ByHand]:
    """What is to be done in a file that others take over: the line, and what goes there."""
    try:
        edits = _SETTINGS[name].plan(owner)
    except (Left, OddError) as error:
        left = error if isinstance(error, Left) else Left(str(error))
        yield _by_hand(settings, owner, name, left)
        return
    if edits:
        # A comma that only ends the element before is none of ours.
        new = max(edits, key=lambda each: len(each.text))
        why = (
            f"{_SETTINGS[name].what}; settings that are split are left alone "
            f"(hiss init --settings {_module(settings, owner)} sets this file up)"
        )
        line = owner.text.line(new.start) + new.text.startswith("\n")
        yield ByHand(owner.path, line, why, tuple(new.text.strip().lstrip(", ").split("\n")))


def _module(settings: Settings, owner: Source) -> str:
    """The dotted name of a file, told from one whose name is known."""
    stem = _stem(settings.source.path)
    root = stem.removesuffix(settings.module.replace(".", os.sep))
    return _stem(owner.path).removeprefix(root).replace(os.sep, ".")


def _stem(path: str) -> str:
    return path.removesuffix(".py").removesuffix(f"{os.sep}__init__")
