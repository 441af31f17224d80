"""The options that every door takes, and how they are checked, once, before anything is served."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict
from wsgiref.headers import Headers as HeaderList

from hiss.core.policy import Policy
from hiss.errors import ConfigurationError
from hiss.files.memory import DEFAULT_BUDGET
from hiss.files.pin import Pin, find_pin
from hiss.http.codings import DYNAMIC_LEVELS, LEVELS, codec_version
from hiss.http.media import normalise_overrides

if TYPE_CHECKING:
    from hiss.core.reply import Headers

ImmutableTest = Callable[[str, str], bool]


class Options(TypedDict, total=False):
    """Keyword arguments of `hiss.wsgi.StaticFiles` and `hiss.asgi.StaticFiles`."""

    max_age: int | None
    """Seconds that what is not immutable stays fresh (60); `None` sends no Cache-Control."""
    immutable_file_test: ImmutableTest | str | re.Pattern[str] | None
    """For files that another tool named by content: `(path, url) -> bool`, or a regular
    expression searched for in the URL's path. What the build recorded counts without it."""
    index_file: str | bool | None
    """The file that stands for its folder: a name, `True` for `index.html`; none by default."""
    autorefresh: bool
    """Look at the disk on each request: for development (False)."""
    release: str | None
    """The release that this process renders: its id or its label (what HISS_RELEASE says, or else
    the one in force). Files of every kept release are served either way."""
    show_release: bool
    """Say at `hiss.json`, below the prefix, which release this process renders (True)."""
    show_manifest: bool
    """Name there the kept releases too, with their manifests: for `hiss release adopt` (False)."""
    misses: Literal["own", "pass"]
    """What is under the prefix and has no file: a 404 of our own, or the application's."""
    mimetypes: Mapping[str, str]
    """Media types by extension (`.foo`) or whole name, before the built-in table."""
    charset: str
    """For text types (`utf-8`)."""
    allow_all_origins: bool
    """Send `Access-Control-Allow-Origin: *` (True)."""
    cross_origin_resource_policy: str | None
    """The value of that field (`cross-origin`); `None` sends none."""
    nosniff: bool
    """Send `X-Content-Type-Options: nosniff` (True)."""
    add_headers_function: Callable[[HeaderList, str, str], None] | None
    """`(headers, path, url)`: changes a file's header fields, when the catalog is built."""
    memory: int
    """Bytes of bodies to keep in memory, per process (64 MiB)."""
    dynamic_compression: bool | Mapping[str, int]
    """Compress what has no variant when it is first asked for, and keep it in that memory;
    codings and levels, or `True` for the usual ones (False)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Options, checked and complete."""

    policy: Policy
    is_immutable: ImmutableTest
    index_file: str | None = None
    autorefresh: bool = False
    own_misses: bool = True
    #: The release that this process was told to render.
    pin: Pin | None = None
    show_release: bool = True
    show_manifest: bool = False
    memory: int = DEFAULT_BUDGET
    dynamic: Mapping[str, int] = field(default_factory=dict)
    #: Whether making a file's entry calls a function of the user's, which may raise.
    calls_user: bool = False


def settle(options: Mapping[str, Any], *, always: Headers = ()) -> Settled:
    """Check options and fill in the defaults.

    Raises:
        ConfigurationError: An option is unknown, or its value is not of its type.
    """
    _check(options)
    immutable_test = options.get("immutable_file_test")
    index_file = options.get("index_file")
    wanted = options.get("dynamic_compression") or {}
    dynamic = DYNAMIC_LEVELS if wanted is True else wanted
    for coding in dynamic:
        # What is not installed is missed now, not at a request.
        codec_version(coding)
    return Settled(
        policy=Policy(
            max_age=options.get("max_age", 60),
            charset=options.get("charset", "utf-8"),
            media_types=_media_types(options.get("mimetypes", {})),
            allow_all_origins=options.get("allow_all_origins", True),
            cross_origin_resource_policy=options.get(
                "cross_origin_resource_policy", "cross-origin"
            ),
            nosniff=options.get("nosniff", True),
            add_headers=options.get("add_headers_function"),
            always=always,
        ),
        is_immutable=_immutable_test(immutable_test),
        index_file="index.html" if index_file is True else index_file or None,
        autorefresh=options.get("autorefresh", False),
        own_misses=options.get("misses", "own") == "own",
        pin=_pin(options.get("release")),
        show_release=options.get("show_release", True),
        show_manifest=options.get("show_manifest", False),
        memory=options.get("memory", DEFAULT_BUDGET),
        dynamic=dynamic,
        calls_user=callable(immutable_test) or options.get("add_headers_function") is not None,
    )


def _pin(release: str | None) -> Pin | None:
    return Pin(release, "release", is_explicit=True) if release else find_pin()


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_levels(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        coding in LEVELS and _is_count(level) and LEVELS[coding][0] <= level <= LEVELS[coding][1]
        for coding, level in value.items()
    )


# Option to what its value must be: a test, and the words for it.
_RULES: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "max_age": (lambda v: v is None or _is_count(v), "a number of seconds, or None"),
    "immutable_file_test": (
        lambda v: v is None or isinstance(v, str | re.Pattern) or callable(v),
        "a callable of (path, url), or a regular expression",
    ),
    "index_file": (
        lambda v: v is None or isinstance(v, bool) or (isinstance(v, str) and "/" not in v),
        "the name of a file, True or False",
    ),
    "autorefresh": (lambda v: isinstance(v, bool), "True or False"),
    "release": (lambda v: v is None or isinstance(v, str), "the id of a release, or None"),
    "show_release": (lambda v: isinstance(v, bool), "True or False"),
    "show_manifest": (lambda v: isinstance(v, bool), "True or False"),
    "misses": (lambda v: isinstance(v, str) and v in {"own", "pass"}, '"own" or "pass"'),
    "mimetypes": (
        lambda v: (
            v is None
            or (
                isinstance(v, Mapping)
                and all(isinstance(item, str) for pair in v.items() for item in pair)
            )
        ),
        "a mapping of extensions to media types",
    ),
    "charset": (
        lambda v: isinstance(v, str) and re.fullmatch(r"[A-Za-z0-9._:+-]*", v) is not None,
        "the name of a character encoding",
    ),
    "allow_all_origins": (lambda v: isinstance(v, bool), "True or False"),
    "cross_origin_resource_policy": (
        lambda v: v is None or v in ("cross-origin", "same-site", "same-origin"),
        '"cross-origin", "same-site", "same-origin" or None',
    ),
    "nosniff": (lambda v: isinstance(v, bool), "True or False"),
    "add_headers_function": (
        lambda v: v is None or callable(v),
        "a callable of (headers, path, url)",
    ),
    "memory": (_is_count, "a number of bytes"),
    "dynamic_compression": (
        lambda v: isinstance(v, bool) or v is None or _is_levels(v),
        "True, False, or a mapping of br, gzip, zstd to their levels",
    ),
}


def _check(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name not in _RULES:
            near = difflib.get_close_matches(name, _RULES, n=1)
            raise ConfigurationError(
                f"there is no option {name!r}",
                f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(_RULES)}.",
            )
        accepts, words = _RULES[name]
        if not accepts(value):
            raise ConfigurationError(f"{name} must be {words}, not {value!r}")


def _media_types(mapping: Mapping[str, str] | None) -> dict[str, str]:
    try:
        return normalise_overrides(mapping or {})
    except ValueError as error:
        raise ConfigurationError(f"mimetypes: {error}") from error


def _immutable_test(test: ImmutableTest | str | re.Pattern[str] | None) -> ImmutableTest:
    if test is None:
        return lambda _path, _url: False
    if callable(test):
        return test
    try:
        search = re.compile(test).search
    except re.error as error:
        raise ConfigurationError(
            f"immutable_file_test is not a regular expression: {test!r}: {error}"
        ) from error
    return lambda _path, url: search(url) is not None
