"""The errors Hiss raises, named by whose fault they are.

Library code raises; only a command prints. Nothing here is ever raised for what a client sends:
on the request path every answer is a reply.
"""

from __future__ import annotations


class HissError(Exception):
    """Something a person can mend.

    `message` says what happened and where; `hint` says what to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        #: What happened, and where.
        self.message = message
        #: What to do about it; empty where the message says it.
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class ConfigurationError(HissError):
    """A setting or an argument of the project that uses Hiss is wrong."""


class ManifestError(HissError):
    """A file that a build wrote cannot be read as what it should be."""


class SourceChangedError(HissError):
    """A source file was written to while a build was at work with it."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} changed while it was being built",
            "Let whatever writes it finish, and run the build again.",
        )
