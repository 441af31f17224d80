"""System checks: one list, for `manage.py check` and for `hiss doctor`.

Each finding has an id that stays, and an anchor of that name in docs/checks.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple

from django.core import checks
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from hiss.django.checks.importing import describe_failure

__all__ = ["CHECKS", "Check", "When", "register", "run"]


class When(Enum):
    """When a check is made."""

    #: With each `manage.py check`, and so before collectstatic, runserver and tests.
    ALWAYS = "always"
    #: With `check --deploy` and `hiss doctor`. What needs no static files, such as `migrate`, is
    #: not stopped by it.
    DEPLOY = "deploy"
    #: Then, and with collectstatic, which could not go on.
    COLLECT = "collect"
    #: With `hiss doctor`: it reads files, or Django has a check of its own like it.
    DOCTOR = "doctor"
    #: With `hiss doctor --deploy`.
    PRODUCTION = "production"


class Check(NamedTuple):
    """A check, which may find things of one or of several ids: its module here, and its function.

    A server that starts makes none of them, and need not wait for their being imported.
    """

    name: str
    when: When

    @property
    def function(self) -> Callable[..., Sequence[CheckMessage]]:
        """The function; called with what Django says, it gives its findings."""
        found: Callable[..., Sequence[CheckMessage]] = import_string(f"{__name__}.{self.name}")
        return found

    def make(self, **kwargs: Any) -> Sequence[CheckMessage]:
        """Its findings; hiss.E012: it could not be made. The others go on."""
        try:
            return self.function(**kwargs)
        except Exception as error:  # noqa: BLE001 - finders and storages may raise anything
            return [
                Error(
                    "What is wrong with static files cannot all be found out: "
                    f"{describe_failure(error)}.",
                    hint="collectstatic may stop for the same reason.",
                    id="hiss.E012",
                )
            ]


CHECKS: Final = (
    Check("settings.check_settings", When.ALWAYS),
    Check("settings.check_codecs", When.ALWAYS),
    Check("settings.check_prefix", When.ALWAYS),
    Check("serving.check_apps", When.ALWAYS),
    Check("serving.check_order", When.ALWAYS),
    Check("serving.check_place", When.ALWAYS),
    Check("serving.check_uploads", When.ALWAYS),
    Check("serving.check_others", When.ALWAYS),
    Check("storage.check_old_setting", When.ALWAYS),
    Check("storage.check_hooks", When.ALWAYS),
    Check("folders.check_sources", When.ALWAYS),
    Check("folders.check_media", When.ALWAYS),
    Check("release.check_release", When.DEPLOY),
    Check("making.check_middleware", When.DEPLOY),
    Check("serving.check_server", When.DEPLOY),
    Check("storage.check_hashing", When.DEPLOY),
    Check("folders.check_static_root", When.COLLECT),
    Check("making.check_made", When.COLLECT),
    Check("folders.check_root", When.DOCTOR),
    Check("release.check_manifests", When.DOCTOR),
    Check("release.check_stale", When.DOCTOR),
    Check("sources.check_private", When.DOCTOR),
    Check("sources.check_maps", When.DOCTOR),
    Check("release.check_built", When.PRODUCTION),
    Check("deployment.check_debug", When.PRODUCTION),
    Check("deployment.check_hosts", When.PRODUCTION),
)


def register() -> None:
    """Have Django make its part of the checks."""
    for check in CHECKS:
        match check.when:
            case When.ALWAYS:
                checks.register(_deferred(check), checks.Tags.staticfiles)
            case When.COLLECT if _is_collecting():
                checks.register(_deferred(check), checks.Tags.staticfiles)
            case When.DEPLOY | When.COLLECT:
                checks.register(_deferred(check), "hiss", deploy=True)


@cache
def _deferred(check: Check) -> Callable[..., Sequence[CheckMessage]]:
    """The check, imported when it is made; the same function each time, for Django's registry."""

    def make(**kwargs: Any) -> Sequence[CheckMessage]:
        return check.make(**kwargs)

    return make


def _is_collecting() -> bool:
    # collectstatic asks for what has this tag, as all other commands do with all other tags: no
    # check is told which command it is for.
    return sys.argv[1:2] == ["collectstatic"]


def run(*, deploy: bool) -> list[CheckMessage]:
    """Make all checks; `deploy`: those of production too."""
    messages: list[CheckMessage] = []
    for check in CHECKS:
        if deploy or check.when is not When.PRODUCTION:
            # Of several checks that fail for one reason, one says it.
            messages += (each for each in check.make() if each not in messages)
    return [each for each in messages if not each.is_silenced()]
