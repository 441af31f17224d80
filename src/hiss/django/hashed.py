"""Django's `hashed_files`, without reading them all."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from hiss.files.entries import Entries

# What a dictionary has that is not a look-up of one name: for these all names are read.
_WHOLE: Final = (
    *("__delitem__", "__eq__", "__ior__", "__iter__", "__len__", "__ne__", "__or__", "__repr__"),
    *("__reversed__", "__ror__", "__setitem__", "__sizeof__", "clear", "copy", "items", "keys"),
    *("pop", "popitem", "setdefault", "update", "values"),
)


class HashedFiles(dict[str, str]):
    """Logical name to published name, in one release: a dictionary that looks up what it is asked
    for, and reads the rest when it is asked for more.
    """

    def __init__(self, entries: Entries) -> None:
        # Whoever goes around the methods, as what is written in C may, is not to find it empty:
        # what is there until all is read is no text, and an error wherever text is expected.
        super().__init__({_UNREAD: _UNREAD})
        self._entries: Entries | None = entries

    def __getitem__(self, name: str) -> str:
        """The published name.

        Raises:
            KeyError: There is none.
            ManifestError: What is recorded is damaged.
        """
        entries = self._entries
        return super().__getitem__(name) if entries is None else entries[name].file

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        """The published name, or `default`."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        """Whether the release has the name."""
        entries = self._entries
        return super().__contains__(name) if entries is None else name in entries

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        """As what is copied or pickled: a plain dictionary."""
        return dict, (dict(self.items()),)

    def read_all(self) -> None:
        """Be a dictionary like others from now on.

        Raises:
            ManifestError: What is recorded is damaged.
        """
        if self._entries is None:
            return
        with _reading:
            if self._entries is not None:
                super().update(self._entries.files())
                super().pop(_UNREAD)
                self._entries = None


_UNREAD: Final[Any] = object()
_reading: Final = Lock()


def _reading_all(name: str) -> Callable[..., Any]:
    method = getattr(dict, name)

    def read_and_call(self: HashedFiles, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        self.read_all()
        return method(self, *arguments, **named)

    read_and_call.__name__ = name
    return read_and_call


for _name in _WHOLE:
    setattr(HashedFiles, _name, _reading_all(_name))
