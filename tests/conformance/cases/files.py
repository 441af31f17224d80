"""What the tree of the cases holds: every file's name and bytes, and what a build recorded of it.

Pure data, the same on every machine: nothing is read, and nothing is random.
"""

from __future__ import annotations

from hashlib import md5
from typing import Final

#: All files were last changed then: 2024-01-02T03:04:05Z.
MODIFIED: Final = 1_704_164_645


def _noise(size: int, seed: int) -> bytes:
    """`size` bytes of no pattern, by a linear congruential generator."""
    state, out = seed, bytearray()
    while len(out) < size:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out += (state >> 16).to_bytes(6, "big")
    return bytes(out[:size])


def _sheet(rules: int, seed: int) -> bytes:
    """A style sheet that compresses as style sheets do."""
    numbers = _noise(rules * 3, seed)
    lines = []
    for index in range(rules):
        red, green, blue = numbers[index * 3 : index * 3 + 3]
        lines.append(
            f".c{index} {{ color: rgb({red} {green} {blue}); margin: {red % 32}px {green % 16}px }}"
        )
    return "\n".join(lines).encode() + b"\n"


def _script(lines: int, seed: int) -> bytes:
    numbers = _noise(lines * 2, seed)
    return b"".join(
        b"export const value%d = compute(%d, %d);\n" % (index, *numbers[index * 2 : index * 2 + 2])
        for index in range(lines)
    )


_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da63fcff1f0003030200efbfa7db0000000049454e44ae426082"
)

MAIN_SOURCE: Final = _script(200, 7)
CSS: Final = "css/app.css"
#: Named by its content, and recorded as immutable.
HASHED: Final = f"js/main.{md5(MAIN_SOURCE).hexdigest()[:12]}.js"
#: The same bytes under the name that the source has.
UNHASHED: Final = "js/main.js"
#: Recorded with a gzip variant alone; a stale `.br` lies beside it.
LEGACY: Final = "js/legacy.js"
#: Its brotli variant is larger than its gzip variant.
ORDER: Final = "pic.svg"
PIXEL: Final = "img/pixel.png"
CLIP: Final = "media/clip.bin"
EMPTY: Final = "empty.txt"
ONE: Final = "one.txt"
ALPHABET: Final = "alphabet.txt"
ACCENTED: Final = "é ü.txt"
PERCENT: Final = "a%41.txt"
PLUS: Final = "a+b.txt"
AMPERSAND: Final = "c&d.txt"
COLON: Final = "e:f.txt"
TARBALL: Final = "archive.tar.gz"
JSON: Final = "data.json"
#: A download, with other content than `data.json`: no variant of it.
JSON_DOWNLOAD: Final = "data.json.gz"
UNRECORDED: Final = "unrecorded.js"
LOOKS_HASHED: Final = "looks-hashed.0123456789ab.js"
#: Recorded as immutable, with a variant; what is on disk is something else.
TAMPERED: Final = "js/tampered.ba9876543210.js"
#: Recorded with a brotli variant that is not there.
LOST: Final = "js/lost.js"
#: Its time lies in the year 2100.
FUTURE: Final = "future.txt"
PAGE: Final = "page.html"
INDEX: Final = "docs/index.html"
ACCENTED_INDEX: Final = "é:ü/index.html"
SECURITY: Final = ".well-known/security.txt"
LONG: Final = "long/" + "n" * 200 + ".txt"
DEEP: Final = "/".join(["deep"] * 12) + "/leaf.txt"
LINKED: Final = "linked.txt"

#: Recorded file to the codings of its variants, in the tree and in the manifest.
RECORDED: Final[dict[str, tuple[str, ...]]] = {
    CSS: ("br", "gzip", "zstd"),
    HASHED: ("br", "gzip", "zstd"),
    UNHASHED: ("br", "gzip", "zstd"),
    LEGACY: ("gzip",),
    ORDER: ("br", "gzip"),
    PAGE: (),
}
IMMUTABLE: Final = frozenset({HASHED})

#: Name to content, of every file that may be served.
FILES: Final[dict[str, bytes]] = {
    CSS: _sheet(130, 1),
    HASHED: MAIN_SOURCE,
    UNHASHED: MAIN_SOURCE,
    LEGACY: _script(120, 11),
    ORDER: b'<svg xmlns="http://www.w3.org/2000/svg"><!--\n' + _script(300, 13) + b"--></svg>\n",
    PIXEL: _PIXEL,
    CLIP: _noise(1024 * 1024, 17),
    EMPTY: b"",
    ONE: b"1",
    ALPHABET: b"abcdefghijklmnopqrstuvwxyz",
    ACCENTED: "Grüße, été\n".encode(),
    PERCENT: b"a literal %41\n",
    PLUS: b"a literal +\n",
    AMPERSAND: b"a literal &\n",
    COLON: b"a literal :\n",
    TARBALL: b"\x1f\x8b\x08" + _noise(300, 19),
    JSON: b'{"from": "data.json"}\n',
    JSON_DOWNLOAD: b"\x1f\x8b\x08" + _noise(200, 23),
    UNRECORDED: _script(40, 29),
    LOOKS_HASHED: _script(10, 31),
    TAMPERED: _script(60, 37),
    LOST: _script(60, 41),
    FUTURE: b"from the future\n",
    PAGE: b"<!doctype html><title>A page</title>\n",
    INDEX: b"<!doctype html><title>Documents</title>\n",
    ACCENTED_INDEX: b"<!doctype html><title>Documents, accented</title>\n",
    SECURITY: b"Contact: mailto:security@example.com\n",
    LONG: b"a long name\n",
    DEEP: b"deep down\n",
    LINKED: b"abcdefghijklmnopqrstuvwxyz",
    "fonts/x.woff2": b"wOF2" + _noise(400, 43),
    "app.wasm": b"\0asm\1\0\0\0" + _noise(100, 47),
    "app.mjs": _script(5, 53),
    "app.webmanifest": b'{"name": "App"}\n',
    "app.js.map": b'{"version": 3, "sources": [], "mappings": ""}\n',
    **{
        f"types/a{suffix}": f"content of a{suffix}\n".encode()
        for suffix in (
            "", ".JS", ".atom", ".avif", ".bmp", ".csv", ".eot", ".geojson", ".gif", ".glb",
            ".htm", ".ics", ".jpeg", ".jpg", ".jsonld", ".md", ".mp3", ".mp4", ".ogg", ".otf",
            ".pdf", ".rss", ".ttf", ".txt", ".unknownext", ".vtt", ".wav", ".webm", ".webp",
            ".woff", ".xhtml", ".xml", ".zip", ".zst",
        )
    },
}  # fmt: skip

#: Lies beside something, and must never be taken for a variant of it.
STALE: Final[dict[str, bytes]] = {
    f"{UNRECORDED}.br": b"stale brotli",
    f"{UNRECORDED}.gz": b"stale gzip",
    f"{LEGACY}.br": b"stale brotli",
    f"{LEGACY}.zst": b"stale zstd",
    f"{TAMPERED}.br": b"stale brotli",
}

SECRET: Final = b"the secret that must not get out"
#: Below the root, and never to be served.
HIDDEN: Final = (".env", ".git/config", "css/.hidden.css", ".well-known/.private")
#: Beside the root: what a path that climbs out would find.
OUTSIDE: Final = "outside.txt"
EMPTY_FOLDER: Final = "nested/empty"
