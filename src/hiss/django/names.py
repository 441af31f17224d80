"""The names of settings: which there are, which older ones stand for them, and which a misspelt
one meant.
"""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DICT: Final = "HISS"
OLD_PREFIX: Final = "WHITENOISE_"
#: A fork's, which nothing honours.
FORKS_PREFIX: Final = "SERVESTATIC_"

#: Keys of the HISS dict. WhiteNoise's settings have the same names behind its prefix.
KEYS: Final = (
    "ADD_HEADERS_FUNCTION",
    "ALLOW_ALL_ORIGINS",
    "AUTOREFRESH",
    "CACHE_DIR",
    "CHARSET",
    "COMPRESSION",
    "COMPRESSION_LEVEL",
    "CROSS_ORIGIN_RESOURCE_POLICY",
    "DYNAMIC_COMPRESSION",
    "IMMUTABLE_FILE_TEST",
    "INDEX_FILE",
    "KEEP_DAYS",
    "KEEP_ONLY_HASHED_FILES",
    "KEEP_RELEASES",
    "MANIFEST_STRICT",
    "MAX_AGE",
    "MEMORY",
    "MIMETYPES",
    "MISSES",
    "MISSING_REFERENCES",
    "NOSNIFF",
    "RELEASE_FILE",
    "ROOT",
    "SHOW_MANIFEST",
    "SHOW_RELEASE",
    "SKIP_COMPRESS_EXTENSIONS",
    "STATIC_PREFIX",
    "USE_FINDERS",
)

#: Names that deployment guides use, and the keys that they mean.
ALIASES: Final = {"CACHE_MAX_AGE": "MAX_AGE"}

# Capital letters of other alphabets that look Latin (Unicode's confusables, as far as a setting
# can hold them): some published guides' settings begin WHITE, and go on in Cyrillic.
_LOOK_ALIKES: Final = str.maketrans(
    "АВСЕНІЈКМОРЅТХУԜ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "ABCEHIJKMOPSTXYW" + "ABEZHIKMNOPTYX",
)


# One letter of ten wrong, or left out, and more; "WHITELIST" is no slip of "WHITENOISE".
_ALIKE: Final = 0.85
# One letter of four left out, or one too many.
_ALIKE_KEY: Final = 0.8


class Misnamed(NamedTuple):
    """A setting that does nothing, and the one that it was meant to be."""

    name: str
    #: As it should be written; empty where nothing is near.
    meant: str
    #: The letters that are not what they look like, each with its place (from 1) and its name.
    look_alikes: tuple[str, ...]

    def __str__(self) -> str:
        words = f"{self.name} does nothing"
        if self.look_alikes:
            words += f": {', '.join(self.look_alikes)}"
        return words


def misnamed_keys(keys: Iterable[object]) -> Iterator[Misnamed]:
    """The keys of HISS that there are none of."""
    for key in keys:
        if key not in KEYS and key not in ALIASES:
            yield _misnamed(str(key), (*KEYS, *ALIASES), prefix=f'{DICT}["', suffix='"]')


def misnamed_settings(names: Iterable[str]) -> Iterator[Misnamed]:
    """The settings of Django's that were meant for Hiss and do nothing."""
    known = {DICT, *(OLD_PREFIX + name for name in (*KEYS, *ALIASES))}
    for name in names:
        if name not in known and _is_meant_for_us(name):
            yield _misnamed(name, known)


def _flat_key(name: str) -> str:
    """The key of the dict that `HISS_KEY`, or a fork's setting, was meant to be; empty where it is
    no such name.
    """
    for prefix in (f"{DICT}_", FORKS_PREFIX):
        key = name.removeprefix(prefix)
        if key != name and key in KEYS:
            return key
    return ""


def _is_meant_for_us(name: str) -> bool:
    latin = name.translate(_LOOK_ALIKES)
    # A letter may stand for the one it sounds like, too: Cyrillic EN, which looks like an H.
    first, ours = latin.partition("_")[0], OLD_PREFIX.rstrip("_")
    if latin == DICT or _flat_key(latin) or latin.startswith(FORKS_PREFIX):
        return True
    return difflib.SequenceMatcher(None, first, ours).ratio() >= _ALIKE


def _near(name: str, known: Iterable[str]) -> list[str]:
    """The known name that is most like it. WhiteNoise's prefix, which they all have, says nothing
    of the key behind it: COMPRESS_OFFLINE is django-compressor's, and no slip of COMPRESSION.
    """
    key = name.removeprefix(OLD_PREFIX)
    if key == name:
        return difflib.get_close_matches(name, list(known), n=1)
    keys = [each.removeprefix(OLD_PREFIX) for each in known if each.startswith(OLD_PREFIX)]
    return [OLD_PREFIX + each for each in difflib.get_close_matches(key, keys, 1, _ALIKE_KEY)]


def _misnamed(name: str, known: Iterable[str], *, prefix: str = "", suffix: str = "") -> Misnamed:
    latin = name.translate(_LOOK_ALIKES).upper()
    if prefix:
        latin = latin.removeprefix(OLD_PREFIX)
    if not prefix and (key := _flat_key(latin)):
        return Misnamed(name, f'{DICT}["{key}"]', ())
    near = [latin] if latin in known else _near(latin, known)
    look_alikes = tuple(
        f"letter {place} is {unicodedata.name(letter, 'unnamed')}"
        for place, letter in enumerate(name, start=1)
        if letter.translate(_LOOK_ALIKES) != letter
    )
    meant = f"{prefix}{near[0]}{suffix}" if near else ""
    return Misnamed(f"{prefix}{name}{suffix}", meant, look_alikes)
