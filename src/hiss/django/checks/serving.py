"""Who serves static files, and what stands before them."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from hiss.django.checks.storage import find_storage, is_elsewhere

# What changes answers in ways that are right for pages, and wrong for files.
_MUST_FOLLOW: Final = frozenset(
    {
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
    }
)


# What does its work for pages, and for nothing where a file is asked for.
_FOR_PAGES: Final = "django.contrib."

# By its own name, or by those that compat/whitenoise has; in a comment it says nothing.
_IMPORT: Final = re.compile(r"^\s*(?:from|import)\s+(?:hiss|whitenoise)\b", re.MULTILINE)

_SECURITY: Final = "django.middleware.security.SecurityMiddleware"


def check_apps(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W002: Django's own runserver is found before ours."""
    installed = list(settings.INSTALLED_APPS)
    ours = [place for place, app in enumerate(installed) if app.startswith("hiss.django")]
    theirs = [
        place for place, app in enumerate(installed) if app.startswith("django.contrib.staticfiles")
    ]
    if not ours or not theirs or ours[0] < theirs[0]:
        return []
    return [
        Warning(
            '"hiss.django" comes after "django.contrib.staticfiles" in INSTALLED_APPS, so '
            "runserver serves static files in Django's way and not as production does.",
            hint='Move "hiss.django" before it.',
            id="hiss.W002",
        )
    ]


def check_order(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W003: a middleware that changes answers stands before ours."""
    order = list(settings.MIDDLEWARE)
    ours = next((place for place, name in enumerate(order) if _is_ours(name)), None)
    if ours is None:
        return []
    before = [name for name in order[:ours] if name in _MUST_FOLLOW]
    if not before:
        return []
    name = order[ours].rpartition(".")[2]
    return [
        Warning(
            f"{', '.join(before)} comes before {name} in MIDDLEWARE, and changes its "
            "answers: it compresses parts as if they were whole, or gives them other tags.",
            hint=f"Move {name} up, right after SecurityMiddleware.",
            id="hiss.W003",
        )
    ]


def check_place(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W006: the middleware is not right after SecurityMiddleware."""
    order = list(settings.MIDDLEWARE)
    ours = next((place for place, name in enumerate(order) if _is_ours(name)), None)
    if ours is None:
        return []
    security = order.index(_SECURITY) if _SECURITY in order else -1
    late = [name for name in order[security + 1 : ours] if name.startswith(_FOR_PAGES)]
    name = order[ours].rpartition(".")[2]
    if ours < security:
        problem = "comes before SecurityMiddleware: files get none of its header fields"
    elif late:
        problem = f"comes after {', '.join(late)}: each file costs what a page does"
    else:
        return []
    return [
        Warning(
            f"{name} {problem}.",
            hint=f"Move {name} right after SecurityMiddleware.",
            id="hiss.W006",
        )
    ]


def check_server(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W005: nothing serves static files in production: no middleware, and no wrapper."""
    if is_served_by_us() or is_elsewhere(find_storage()):
        return []
    return [
        Warning(
            "Nothing of Hiss serves static files: its middleware is not in MIDDLEWARE, and neither "
            "wsgi.py nor asgi.py is wrapped.",
            hint='Put "hiss.django.middleware.HissMiddleware" right after SecurityMiddleware; if a '
            "web server does it, silence hiss.W005.",
            id="hiss.W005",
        )
    ]


def is_served_by_us() -> bool:
    """Whether anything of Hiss answers for static files in production."""
    return any(_is_ours(name) for name in settings.MIDDLEWARE) or _is_wrapped()


def _is_wrapped() -> bool:
    """Whether the project's wsgi.py or asgi.py imports Hiss; they are read, and not run."""
    package = (settings.ROOT_URLCONF or "").rpartition(".")[0]
    modules = {f"{package}.wsgi", f"{package}.asgi"} if package else {"wsgi", "asgi"}
    for key in ("WSGI_APPLICATION", "ASGI_APPLICATION"):
        value = getattr(settings, key, None)
        if isinstance(value, str):
            modules.add(value.rpartition(".")[0])
    for module in modules:
        try:
            spec = find_spec(module)
        except (ImportError, ValueError):
            continue
        path = spec.origin if spec else None
        if path and os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            if _IMPORT.search(text):
                return True
    return False


def _is_ours(path: str) -> bool:
    """Whether it is Hiss's middleware, or a subclass."""
    from hiss.django.middleware import HissMiddleware

    try:
        middleware = import_string(path)
    except ImportError:
        return False
    return isinstance(middleware, type) and issubclass(middleware, HissMiddleware)
