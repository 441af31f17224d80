"""What settings name by its import path: why it cannot be imported, and what was meant."""

from __future__ import annotations

import difflib
import pkgutil
from importlib import import_module
from typing import Any, Final

from django.utils.module_loading import import_string

# One letter of four wrong is no other name yet.
_ALIKE: Final = 0.75


def import_failure(path: Any) -> Exception | None:  # noqa: ANN401 - settings may say anything
    """What importing it raises; `None` where it can be imported."""
    try:
        import_string(path)
    except Exception as error:  # noqa: BLE001 - a module is code, and may raise anything
        return error
    return None


def describe_failure(error: Exception) -> str:
    """An exception, as its traceback ends, but for the full stop."""
    return f"{type(error).__name__}: {error}".rstrip(".")


def nearest_import(path: object) -> str:
    """What there is of nearly this import path; empty where nothing is near."""
    if not isinstance(path, str):
        return ""
    found = ""
    for part in path.split("."):
        names = _names_in(found)
        near = difflib.get_close_matches(part, names, n=1, cutoff=_ALIKE)
        # At the top, there are the packages that settings usually name things of.
        if part not in names and not near:
            return ""
        found = f"{found}.{part if part in names else near[0]}".lstrip(".")
    return found if found != path and import_failure(found) is None else ""


def _names_in(path: str) -> list[str]:
    if not path:
        return ["django", "hiss", "servestatic", "storages", "whitenoise"]
    try:
        module = import_module(path)
    except Exception:  # noqa: BLE001 - as above
        return []
    inner = [each.name for each in pkgutil.iter_modules(getattr(module, "__path__", ()))]
    return [*inner, *(name for name in vars(module) if not name.startswith("_"))]
