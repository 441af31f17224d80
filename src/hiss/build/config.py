"""`[tool.hiss]` in pyproject.toml: what `hiss build` builds, and how."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hiss.build.problems import Rules
from hiss.build.publish import Choices
from hiss.errors import ConfigurationError
from hiss.http.codings import BUILD_LEVELS, LEVELS
from hiss.http.paths import normalise_prefix
from hiss.release.retain import Retention, settle_retention

if TYPE_CHECKING:
    from collections.abc import Mapping

# Letters.
_LABEL: Final = 200

_KEYS: Final = frozenset(
    {
        "cache_dir",
        "compression",
        "compression_level",
        "keep_days",
        "keep_only_hashed_files",
        "keep_releases",
        "label",
        "missing_references",
        "output",
        "prefix",
        "release_file",
        "skip_compress_extensions",
        "sources",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildConfig:
    """What a build is told, from the file and from the command line."""

    sources: tuple[str, ...] = ()
    output: str = ""
    prefix: str = "/static/"
    cache_dir: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)
    retention: Retention = field(default_factory=Retention)
    #: Whether anything was said of `retention`.
    says_retention: bool = False
    #: The file beside the code that says which release it was built with; empty: none.
    release_file: str = ""


def read_pyproject(folder: str) -> BuildConfig:
    """The configuration in the nearest pyproject.toml, of `folder` or above it.

    Paths in it are relative to the file's own folder. Without such a file or table, the defaults.

    Raises:
        ConfigurationError: The file is not TOML, or a key is unknown or of the wrong type.
    """
    path = find_pyproject(folder)
    if path is None:
        return BuildConfig()
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    tools = document.get("tool", {})
    table = tools.get("hiss", {}) if isinstance(tools, dict) else tools
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: [tool.hiss] must be a table, not {table!r}")
    try:
        return parse_table(table, os.path.dirname(path))
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}, [tool.hiss]: {error.message}", error.hint) from error


def find_pyproject(folder: str) -> str | None:
    """The nearest pyproject.toml, of `folder` or above it; `None` where there is none."""
    folder = os.path.abspath(folder)
    while True:
        path = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(path):
            return path
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def parse_table(table: Mapping[str, Any], folder: str) -> BuildConfig:
    """A [tool.hiss] table; paths are relative to `folder`.

    Raises:
        ConfigurationError: A key is unknown, or a value is of the wrong type.
    """
    # The tables of other commands have their own readers.
    unknown = [key for key in table if key not in _KEYS and not isinstance(table[key], dict)]
    if unknown:
        raise ConfigurationError(
            f"there is no key {unknown[0]!r}", f"There are {', '.join(sorted(_KEYS))}."
        )

    def get(key: str, kind: type, words: str, default: Any) -> Any:  # noqa: ANN401
        value = table.get(key, default)
        if not isinstance(value, kind):
            raise ConfigurationError(f"{key} must be {words}, not {value!r}")
        return value

    sources = get("sources", list, "a list of folders", [])
    if not all(isinstance(each, str) for each in sources):
        raise ConfigurationError(f"sources must be a list of folders, not {sources!r}")
    cache_dir = get("cache_dir", str, "a folder", "")
    output = get("output", str, "a folder", "")
    release_file = get("release_file", str, "a file", "")
    rules = get("missing_references", dict, "a table of names to verdicts", {})
    Rules(rules)
    skipped = table.get("skip_compress_extensions")
    return BuildConfig(
        sources=tuple(os.path.join(folder, each) for each in sources),
        output=os.path.join(folder, output) if output else "",
        prefix=settle_prefix(get("prefix", str, "a URL path", "/static/")),
        cache_dir=os.path.join(folder, cache_dir) if cache_dir else "",
        rules=rules,
        choices=Choices(
            levels=settle_levels(table.get("compression"), table.get("compression_level")),
            skip_extensions=None
            if skipped is None
            else settle_extensions(skipped, "skip_compress_extensions"),
            only_hashed=get("keep_only_hashed_files", bool, "true or false", default=False),
            label=settle_label(get("label", str, "text", "")),
        ),
        retention=settle_retention(table.get("keep_releases", 3), table.get("keep_days", 7)),
        says_retention=not table.keys().isdisjoint({"keep_releases", "keep_days"}),
        release_file=os.path.join(folder, release_file) if release_file else "",
    )


def settle_label(label: str) -> str:
    """A name for a release, such as a commit's.

    Raises:
        ConfigurationError: It would not fit on a line.
    """
    if not label.isprintable() or len(label) > _LABEL:
        raise ConfigurationError(f"label must be one line of {_LABEL} letters, not {label!r:.60}")
    return label


def settle_prefix(prefix: str) -> str:
    """The path that files are served below, with both slashes.

    Raises:
        ConfigurationError: It is a whole URL.
    """
    if "://" in prefix or prefix.startswith("//"):
        raise ConfigurationError(
            f"prefix must be a URL path, not {prefix!r}",
            "Of a CDN's URL, only the path: what files name in each other is relative.",
        )
    return normalise_prefix(prefix)


def settle_levels(wanted: object, common: object) -> dict[str, int]:
    """Coding to level, from a mapping (`None` or `False` for a coding switches it off), `False`
    for none at all, or one common level, of which each takes as much as it goes.

    Raises:
        ConfigurationError: It is something else.
    """
    levels: dict[str, int] = dict(BUILD_LEVELS)
    if common is not None:
        if not isinstance(common, int) or isinstance(common, bool) or common < 0:
            raise ConfigurationError(f"COMPRESSION_LEVEL must be a number, not {common!r}")
        levels = {c: min(max(common, low), high) for c, (low, high) in LEVELS.items()}
    if wanted is False:
        return {}
    if wanted is None or wanted is True:
        return levels
    if not isinstance(wanted, dict) or not wanted.keys() <= LEVELS.keys():
        raise ConfigurationError(
            f"COMPRESSION must map {', '.join(LEVELS)} to levels, not {wanted!r}",
            'Such as {"br": 11, "gzip": 9, "zstd": False}; False switches a coding off.',
        )
    for coding, level in wanted.items():
        low, high = LEVELS[coding]
        if level is None or level is False:
            levels.pop(coding)
        elif isinstance(level, int) and level is not True and low <= level <= high:
            levels[coding] = level
        else:
            raise ConfigurationError(
                f'COMPRESSION["{coding}"] must be from {low} to {high}, or off, not {level!r}'
            )
    return levels


def settle_extensions(value: object, key: str) -> frozenset[str]:
    """File extensions, in lower case and without the dot.

    Raises:
        ConfigurationError: It is not a list of texts.
    """
    if not isinstance(value, list | tuple | set | frozenset) or not all(
        isinstance(each, str) for each in value
    ):
        raise ConfigurationError(f"{key} must be a list of extensions, not {value!r}")
    return frozenset(each.lstrip(".").lower() for each in value)
