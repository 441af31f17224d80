"""The errors of WhiteNoise's lookups by name, for code that imports them.

Nothing here raises them: in Hiss a file that is not there is an entry that is not found.
`StaticFile`, `Redirect` and `Response`, which no page of WhiteNoise's documentation names, have
no counterpart: `hiss.core` decides what is answered.
"""


class NotARegularFileError(Exception):
    """What is at a path is no regular file."""


class MissingFileError(NotARegularFileError):
    """There is nothing at a path."""


class IsDirectoryError(MissingFileError):
    """What is at a path is a folder."""
