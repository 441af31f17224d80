"""Settings that are wrong, and settings that do nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured

from hiss.django.building import read_building
from hiss.django.checks.serving import is_served_by_us
from hiss.django.checks.values import find_wrong
from hiss.django.conf import find_misnamed, find_static_prefix, is_set, read_configuration
from hiss.django.names import ALIASES, DICT, KEYS, OLD_PREFIX
from hiss.errors import HissError
from hiss.http.codings import codec_version

if TYPE_CHECKING:
    from collections.abc import Iterator

# A host, as it is written where its scheme was forgotten: it has a port, begins with "www.", or
# ends as hosts of CDNs do, or in a country's two letters. "assets.v2", "static.min" are folders.
_HOST: Final = re.compile(
    r"""(?ix) (?:
        [\w.-]+ :[0-9]+
      | www \. .+
      | (?:[\w-]+\.)+ (?: (?!db|fe|gz|js|ts|ui) [a-z]{2} | agency | app | biz | cloud | com | dev
          | digital | edu | example | gov | info | internal | local | localhost | net | online | org
          | site | store | studio | tech | website | world | xyz )
    )"""
)


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E001: a value of the wrong type; hiss.W001: a name that there is none of; hiss.I001:
    what is honoured of WhiteNoise's.
    """
    messages: list[CheckMessage] = [
        Error(text, hint=hint, id="hiss.E001") for text, hint in find_wrong()
    ]
    for misnamed in find_misnamed():
        hint = f"Did you mean {misnamed.meant}?" if misnamed.meant else None
        messages.append(Warning(f"{misnamed}.", hint=hint, id="hiss.W001"))
    messages += (
        Warning(f"{name} does nothing.", hint=f"Did you mean {DICT}?", id="hiss.W001")
        for name in _misspelt_dicts()
    )
    honoured = sorted(
        OLD_PREFIX + key for key in (*KEYS, *ALIASES) if hasattr(settings, OLD_PREFIX + key)
    )
    if honoured and not any(each.id == "hiss.E001" for each in messages):
        text = f"Honoured where {DICT} says nothing: {', '.join(honoured)}."
        messages.append(Info(text, hint=f"Move them into {DICT}.", id="hiss.I001"))
    return messages


def _misspelt_dicts() -> list[str]:
    """Dicts with keys of ours, under a name that is one slip away from HISS."""
    return [
        name
        for name in dir(settings)
        if name.isupper()
        and name != DICT
        and DICT in _one_slip_from(name)
        and isinstance(value := getattr(settings, name), dict)
        and any(key in KEYS or key in ALIASES for key in value)
    ]


def _one_slip_from(name: str) -> Iterator[str]:
    """All that one letter more, less, other or changed places with the next makes of a name, as far
    as that can be HISS.
    """
    for place in range(len(name) + 1):
        before, after = name[:place], name[place:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in set(DICT):
            yield before + letter + after
            yield before + letter + after[1:]


def check_codecs(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.E009: what COMPRESSION asks for needs a package that is not installed."""
    try:
        levels = read_building().choices.levels
    except ImproperlyConfigured:
        return []
    messages: list[CheckMessage] = []
    for coding in levels:
        try:
            codec_version(coding)
        except HissError as error:
            messages.append(Error(error.message, hint=error.hint, id="hiss.E009"))
    return messages


def check_prefix(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W012: what STATIC_URL names in pages is not where files are served."""
    # As it is written: asked for it, Django puts a slash, or the script name, before it.
    said = settings._wrapped.STATIC_URL
    host = said.split("/")[0] if isinstance(said, str) else ""
    if _HOST.fullmatch(host):
        text = (
            f"STATIC_URL, {said!r}, begins as a host does, without a scheme: it is the path "
            f'"/{said}" of the site itself.'
        )
        hint = f'Write "https://{said}" if {host} is a host, and "/{said}" if it is a folder.'
        return [Warning(text, hint=hint, id="hiss.W012")]
    try:
        configured = read_configuration().static_prefix
        named = find_static_prefix()
    except (ImproperlyConfigured, HissError):
        return []
    url, script_name = settings.STATIC_URL, (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    if not url or configured is None or named is None or not is_served_by_us():
        return []
    path = urlsplit(url).path
    if is_set("STATIC_PREFIX") and configured != named and not urlsplit(url).netloc:
        problem = f"pages name {path}, and files are served below {configured}"
        hint = "Let STATIC_PREFIX be what STATIC_URL says, or leave it out."
    elif script_name and not urlsplit(url).netloc and not f"{path}/".startswith(f"{script_name}/"):
        problem = f"pages name {path}, and only {script_name}/ reaches the application"
        hint = 'Write STATIC_URL without a slash in front ("static/"): Django adds the script name.'
    else:
        return []
    return [
        Warning(f"STATIC_URL and the prefix do not meet: {problem}.", hint=hint, id="hiss.W012")
    ]
