"""How names, numbers and times are written on the page. Every text goes through `text`."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Final

_UNITS: Final = ("kB", "MB", "GB", "TB", "PB")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# HTML has no way to write most control characters; their pictures say which one it was.
_CONTROLS: Final = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421}
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_MINUS: Final = "\N{MINUS SIGN}"


def text(value: object) -> str:
    """A value as HTML, for content and for attributes in quotes.

    A name that is not UTF-8 comes with surrogates, which cannot be written: they become escapes.
    """
    written = str(value).translate(_CONTROLS).encode("utf-8", "backslashreplace").decode()
    return escape(written)


def name(value: object) -> str:
    """A name as HTML, which cannot reorder what stands around it and may break anywhere."""
    return f"<bdi>{text(value)}</bdi>"


def path(value: object) -> str:
    """A path as HTML, which rather breaks after a slash."""
    return f"<bdi>{text(value).replace('/', '/<wbr>')}</bdi>"


def size(number: int) -> str:
    """Bytes, to three digits: `961 B`, `56.9 kB`, `1.54 MB`; a kB is 1000 bytes."""
    if number < 1000:
        return f"{number}{_NO_BREAK}B"
    value, unit = number / 1000, 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}{_NO_BREAK}{_UNITS[unit]}"


def difference(number: int) -> str:
    """Bytes more or less, with a sign."""
    if not number:
        return "0"
    return f"{'+' if number > 0 else _MINUS}{size(abs(number))}"


def share(part: int, whole: int) -> str:
    """A part of a whole in percent; a little is not nothing, and nearly all is not all."""
    if not part or not whole:
        return "0%"
    percent = 100 * part / whole
    if percent < 1:
        return "<1%"
    return f"{min(percent, 99 if part < whole else 100):.0f}%"


def count(number: int, one: str, many: str = "") -> str:
    """`1 file`, `1,234 files`."""
    return f"{number:,}{_NO_BREAK}{one if number == 1 else many or one + 's'}"


def moment(created: str) -> str:
    """A time of RFC 3339 as HTML: `20 November 2026, 08:08 UTC`; another text as it is."""
    try:
        when = datetime.fromisoformat(created).astimezone(UTC)
    except (ValueError, OverflowError):
        return text(created)
    said = f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M} UTC"
    return f'<time datetime="{text(created)}">{said.replace(" ", _NO_BREAK)}</time>'
