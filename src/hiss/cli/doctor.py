"""`hiss doctor`: what is wrong with a project's set-up, before it is deployed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from hiss.cli.settings import find_manage
from hiss.errors import ConfigurationError

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

NAME: Final = "doctor"
HELP: Final = "say what is wrong with a Django project's static files, and how to mend it"

#: Where each finding is explained, under a heading of its id.
PAGE: Final = "docs/checks.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--settings", metavar="MODULE", help="(default: DJANGO_SETTINGS_MODULE, or manage.py's)"
    )
    parser.add_argument("--deploy", action="store_true", help="as in production, too")
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    parser.add_argument("--explain", metavar="ID", help="say what an id means: hiss.W009")


def run(options: argparse.Namespace) -> int:
    """Make the checks. 0: nothing is wrong; 1: something is."""
    if options.explain:
        print(_explain(options.explain))
        return 0
    _set_up(options.settings)
    from django.core.checks import WARNING

    from hiss.django.checks import run as make_checks

    found = make_checks(deploy=options.deploy)
    if options.json:
        print(json.dumps({"version": 1, "findings": [_document(each) for each in found]}, indent=1))
    else:
        _tell(found)
    return 1 if any(each.level >= WARNING for each in found) else 0


def _explain(identity: str) -> str:
    """What the page says of an id; the page comes with the package."""
    page = resources.files("hiss").joinpath("django/checks/checks.md").read_text(encoding="utf-8")
    sections = dict(each.split("\n", 1) for each in page.split("\n## ")[1:])
    found = {name.lower(): (name, text) for name, text in sections.items()}
    wanted = f"hiss.{identity.lower().removeprefix('hiss.')}"
    if wanted not in found:
        raise ConfigurationError(
            f"there is no finding {identity!r} of the doctor's", f"There are {', '.join(sections)}."
        )
    name, text = found[wanted]
    return f"{name}\n\n{text.strip()}"


def _set_up(settings: str | None) -> None:
    """Have Django read the project's settings, unless `manage.py` did."""
    try:
        import django
        from django.apps import apps
    except ImportError as error:
        raise ConfigurationError("Django is not installed", "pip install django") from error
    if apps.ready:
        return
    folder, module = find_manage(os.getcwd())
    sys.path.insert(0, folder)
    if settings or module:
        os.environ["DJANGO_SETTINGS_MODULE"] = (
            settings or os.environ.get("DJANGO_SETTINGS_MODULE") or module
        )
    try:
        django.setup()
    except Exception as error:
        # Settings are code: they may raise anything, such as KeyError for a variable that is unset.
        raise ConfigurationError(
            f"the project's settings cannot be read: {type(error).__name__}: {error}",
            "Run it where manage.py is, or name them: hiss doctor --settings shop.settings. Where "
            "manage.py sets the environment up: manage.py hiss doctor.",
        ) from error


def _document(message: CheckMessage) -> dict[str, Any]:
    names = getattr(message, "names", ())
    return {
        "id": message.id,
        "level": _level(message),
        "message": message.msg,
        "hint": message.hint or "",
        "docs": f"{PAGE}#{_anchor(message)}",
        # People are shown the first.
        **({"names": list(names)} if names else {}),
    }


def _tell(found: list[CheckMessage]) -> None:
    for each in sorted(found, key=lambda message: -message.level):
        print(f"{each.id} {_level(each)}: {each.msg}")
        if each.hint:
            print(f"  {each.hint}")
        print(f"  hiss doctor --explain {each.id}")
    errors = sum(_level(each) == "error" for each in found)
    warnings = sum(_level(each) == "warning" for each in found)
    print(f"{errors} error(s), {warnings} warning(s)" if found else "Nothing is wrong.")


def _level(message: CheckMessage) -> str:
    from django.core.checks import ERROR, WARNING

    if message.level >= ERROR:
        return "error"
    return "warning" if message.level >= WARNING else "info"


def _anchor(message: CheckMessage) -> str:
    return (message.id or "").lower().replace(".", "")
