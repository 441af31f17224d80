"""References: where a file names another, and by which rule.

Tokenizers (`css`, `js`) make them of bytes; what they point to is for `resolve` to say.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Kind(Enum):
    """The construct that holds a reference; its value is how messages call it."""

    CSS_URL = "url()"
    CSS_IMPORT = "@import"
    CSS_IMAGE_SET = "image-set()"
    CSS_SRC = "src()"
    JS_IMPORT = "import"
    JS_EXPORT = "export … from"
    JS_DYNAMIC_IMPORT = "import()"
    JS_URL = "new URL(…, import.meta.url)"
    JS_RESOLVE = "import.meta.resolve()"
    SOURCE_MAP = "sourceMappingURL"


#: Those that load a module, which the browser runs once for each URL it is known under.
MODULE_KINDS: Final = frozenset({Kind.JS_IMPORT, Kind.JS_EXPORT, Kind.JS_DYNAMIC_IMPORT})

#: Of those, the ones that load before the module that holds them runs.
STATIC_KINDS: Final = frozenset({Kind.JS_IMPORT, Kind.JS_EXPORT})

#: Those that a script holds.
SCRIPT_KINDS: Final = MODULE_KINDS | {Kind.JS_URL, Kind.JS_RESOLVE}


class Reference(NamedTuple):
    """A URL in a file's bytes.

    `start` and `end` are the byte offsets of the URL as it is written, within its quotes if it has
    any; `url` is what it says, its escapes undone.
    """

    start: int
    end: int
    url: str
    kind: Kind
