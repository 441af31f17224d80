"""Django's settings, as far as a build needs them. A server that starts reads none of these."""

from __future__ import annotations

from dataclasses import dataclass

from hiss.build.config import settle_extensions, settle_levels
from hiss.build.problems import Rules
from hiss.build.publish import Choices
from hiss.django.conf import boolean_of, folder_of, named_errors, value_of
from hiss.errors import ConfigurationError
from hiss.release.retain import Retention, settle_retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What a project's settings say to collectstatic and to releases."""

    #: How collectstatic writes a release.
    choices: Choices
    #: How collectstatic judges references to files that are not there.
    rules: Rules
    #: The folder of the build's cache; empty for the user's own.
    cache_dir: str
    #: Which releases are kept.
    retention: Retention


def read_building() -> Building:
    """What Django's settings say of builds.

    Raises:
        ImproperlyConfigured: A setting's value is not of its type; the message names it.
    """
    with named_errors():
        return Building(
            choices=Choices(
                levels=settle_levels(
                    value_of("COMPRESSION", None), value_of("COMPRESSION_LEVEL", None)
                ),
                skip_extensions=_extensions(),
                only_hashed=boolean_of("KEEP_ONLY_HASHED_FILES", default=False),
            ),
            rules=_rules(),
            cache_dir=folder_of("CACHE_DIR", value_of("CACHE_DIR", None)) or "",
            retention=settle_retention(value_of("KEEP_RELEASES", 3), value_of("KEEP_DAYS", 7)),
        )


def _extensions() -> frozenset[str] | None:
    value = value_of("SKIP_COMPRESS_EXTENSIONS", None)
    return None if value is None else settle_extensions(value, "SKIP_COMPRESS_EXTENSIONS")


def _rules() -> Rules:
    value = value_of("MISSING_REFERENCES", {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"MISSING_REFERENCES must be a dict, not {value!r}")
    return Rules(value)
