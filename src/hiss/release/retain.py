"""Which releases stay: a rule over releases, never over files or their times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hiss.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection

    from hiss.release.ledger import Ledger, Release

# Nearly three centuries: what a date can be counted back by.
_MOST_DAYS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Retention:
    """A release goes only when both say so: it is not among the last so many, and it has been out
    of force for longer than so many days.
    """

    #: At least 1; the one in force counts.
    releases: int = 3
    #: 24 hours each; 0: the number alone decides.
    days: float = 7

    def expired(
        self, ledger: Ledger, now: datetime | None = None, *, needed: Collection[str] = ()
    ) -> tuple[Release, ...]:
        """The releases that go, the oldest first; `needed` are the ids of some that must stay."""
        moment = now or datetime.now(UTC)
        since = moment - timedelta(days=self.days)
        beyond = [
            each
            for each in ledger.releases[self.releases :]
            if each.until is not None and each.until <= since and each.id not in needed
        ]
        return tuple(reversed(beyond))


def settle_retention(releases: object, days: object) -> Retention:
    """KEEP_RELEASES and KEEP_DAYS, checked.

    Raises:
        ConfigurationError: One is no number, or says that not even the release in force stays.
    """
    if not isinstance(releases, int) or isinstance(releases, bool) or releases < 1:
        raise ConfigurationError(
            f"KEEP_RELEASES must be a number, at least 1 (the one in force), not {releases!r}"
        )
    if not isinstance(days, int | float) or isinstance(days, bool) or not 0 <= days <= _MOST_DAYS:
        raise ConfigurationError(f"KEEP_DAYS must be a number of days from 0 on, not {days!r}")
    return Retention(releases, days)
