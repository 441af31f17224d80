"""Who serves static files, and what stands before them."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from hiss.django.checks.importing import import_failure
from hiss.django.checks.storage import find_storage, is_elsewhere
from hiss.django.conf import read_configuration
from hiss.http.paths import normalise_prefix

# What is right for pages, and wrong for files: what each does to Hiss's answers.
_MUST_FOLLOW: Final = {
    "django.middleware.cache.CacheMiddleware": "keeps files, and answers ranges with all of them",
    "django.middleware.cache.FetchFromCacheMiddleware": (
        "answers ranges with whole files that the cache keeps"
    ),
    "django.middleware.common.CommonMiddleware": (
        "refuses files where ALLOWED_HOSTS lacks the host, and may redirect misses"
    ),
    "django.middleware.gzip.GZipMiddleware": "compresses parts of files as if they were whole",
}

# What does its work for pages, and for nothing where a file is asked for.
_FOR_PAGES: Final = "django.contrib."

# By its own name, or by those that compat/whitenoise has; in a comment it says nothing.
_IMPORT: Final = re.compile(r"^\s*(?:from|import)\s+(?:hiss|whitenoise)\b", re.MULTILINE)

# Whose middleware serves static files, too.
_OTHERS: Final = frozenset({"servestatic", "whitenoise"})

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


def check_others(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W015: another middleware serves static files, besides Hiss."""
    order = list(settings.MIDDLEWARE)
    ours = [path for path in order if _is_ours(path)]
    others = [path for path in order if _is_another(path)] + ours[1:]
    if not others or not is_served_by_us():
        return []
    return [
        Warning(
            f"{', '.join(others)} serves static files too: whichever comes first in MIDDLEWARE "
            "answers, by its own rules, and both hold all files.",
            hint=f"Remove {' and '.join(others)} from MIDDLEWARE.",
            id="hiss.W015",
        )
    ]


class _Order(NamedTuple):
    """Where Hiss's middleware stands, and what wrongly stands before it."""

    name: str
    place: int
    #: Where SecurityMiddleware is; -1 for nowhere.
    security: int
    #: What must follow, and comes even before SecurityMiddleware.
    early: list[str]
    #: What must follow, and comes between the two.
    late: list[str]


def _find_order() -> _Order | None:
    """`None` where there is no such middleware, or it is never asked: a wrapper answers first."""
    order = list(settings.MIDDLEWARE)
    ours = next((place for place, path in enumerate(order) if _is_ours(path)), None)
    if ours is None or _is_wrapped():
        return None
    security = order.index(_SECURITY) if _SECURITY in order else -1
    start = max(security, 0) if security < ours else 0
    return _Order(
        order[ours].rpartition(".")[2],
        ours,
        security,
        [path for path in order[:start] if path in _MUST_FOLLOW],
        [path for path in order[start:ours] if path in _MUST_FOLLOW],
    )


def check_order(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W003: a middleware that changes answers stands before ours."""
    order = _find_order()
    if order is None or not (order.early or order.late):
        return []
    before = [*order.early, *order.late]
    what = "; ".join(f"{path.rpartition('.')[2]} {_MUST_FOLLOW[path]}" for path in before)
    cures = [f"Move {', '.join(order.early)} below {order.name}."] if order.early else []
    if order.late:
        cures.append(f"Move {order.name} up, right after SecurityMiddleware.")
    return [
        Warning(
            f"{', '.join(before)} comes before {order.name} in MIDDLEWARE: {what}.",
            hint=" ".join(cures),
            id="hiss.W003",
        )
    ]


def check_place(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W006: the middleware is not right after SecurityMiddleware."""
    order = _find_order()
    # Where hiss.W003 has it moved up, that mends this too.
    if order is None or order.late:
        return []
    between = settings.MIDDLEWARE[order.security + 1 : order.place]
    slow = [path for path in between if path.startswith(_FOR_PAGES)]
    if order.place < order.security:
        problem = "comes before SecurityMiddleware: files get none of its header fields"
    elif slow:
        problem = f"comes after {', '.join(slow)}: each file costs what a page does"
    else:
        return []
    return [
        Warning(
            f"{order.name} {problem}.",
            hint=f"Move {order.name} right after SecurityMiddleware.",
            id="hiss.W006",
        )
    ]


def check_uploads(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W016: MEDIA_URL lies below STATIC_URL, where Hiss answers, which serves no uploads."""
    try:
        configuration = read_configuration()
    except ImproperlyConfigured:
        # hiss.E001 says it.
        return []
    prefix, media = configuration.static_prefix or "/", settings.MEDIA_URL
    script_name = (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    if not isinstance(media, str) or urlsplit(media).netloc or prefix == "/":
        return []
    path = normalise_prefix(urlsplit(media).path.removeprefix(script_name))
    # Of two that are the same Django tells, and so hiss.E010.
    if not path.startswith(prefix) or path == prefix:
        return []
    if not configuration.settled.own_misses or not is_served_by_us():
        return []
    return [
        Warning(
            f"MEDIA_URL, {media}, lies below STATIC_URL, {settings.STATIC_URL}, where Hiss "
            "answers: it serves no uploads, and each is a 404.",
            hint='Let MEDIA_URL be a path of its own, such as "media/", or a host.',
            id="hiss.W016",
        )
    ]


def check_server(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W005: nothing serves static files in production: no middleware, and no wrapper."""
    # Of Hiss's that is misspelt, hiss.E010 tells.
    misspelt = any(
        str(path).startswith("hiss.") and import_failure(path) for path in settings.MIDDLEWARE
    )
    if misspelt or is_served_by_us() or is_elsewhere(find_storage()):
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

    middleware = _import_class(path)
    return middleware is not None and issubclass(middleware, HissMiddleware)


def _is_another(path: str) -> bool:
    """Whether it is WhiteNoise's middleware, a fork's, or a subclass; compat's is ours."""
    middleware = _import_class(path)
    if middleware is None or _is_ours(path):
        return False
    return any(base.__module__.partition(".")[0] in _OTHERS for base in middleware.__mro__)


def _import_class(path: str) -> type | None:
    """`None` where it cannot be imported, as hiss.E010 says, or is no class."""
    try:
        middleware = import_string(path)
    except Exception:  # noqa: BLE001 - a module is code, and may raise anything
        return None
    return middleware if isinstance(middleware, type) else None
