#!/usr/bin/env python3
"""Write src/hiss/http/_media_table.py from the npm package mime-db; `--check` only compares.

Exit status: 0 written or up to date, 1 the committed table is stale, 2 mime-db cannot be had.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MIME_DB = "1.54.0"
TABLE = Path(__file__).resolve().parent.parent / "src/hiss/http/_media_table.py"

# Where mime-db is silent, or right for a library but wrong for a static file. An entry that
# changes nothing is refused, so every line here is a decision.
OVERRIDES = {
    "asc": "application/pgp-signature",  # what stands beside a download is its signature
    "br": "application/octet-stream",  # no type is registered for brotli
    "cjs": "text/javascript",  # application/node is no script to a browser told nosniff
    "flac": "audio/flac",  # RFC 9639; mime-db still has audio/x-flac
    "jfif": "image/jpeg",  # image/pjpeg was Internet Explorer's alone
    "svgz": "application/gzip",  # image/svg+xml cannot be drawn without a Content-Encoding
    "tgz": "application/gzip",  # RFC 6713
    "vcf": "text/vcard",  # RFC 6350; mime-db still has text/x-vcard
    "wav": "audio/wav",  # browsers document it; they do not RFC 2361's audio/vnd.wave
    "yaml": "application/yaml",  # RFC 9512, which makes text/yaml a deprecated alias
    "yml": "application/yaml",
    "zst": "application/zstd",  # RFC 8878
}
# Not overridden, on purpose: `ts` stays video/mp2t. That type is registered, it is what nginx and
# WhiteNoise send, and HLS segments are the only .ts files a browser itself ever plays; it never
# runs TypeScript, for which no type exists.

# Bytes with slack in them that mime-db does not mark.
COMPRESSIBLE_TOO = {
    "application/json5",
    "application/sql",
    "application/vnd.apple.mpegurl",
    "application/x-subrip",
    "application/yaml",
    "font/collection",
    "model/obj",
    "model/stl",
}
# Packed already, whatever mime-db says: PSD by run length, DDS in texture blocks.
PACKED = {"image/vnd.adobe.photoshop", "image/vnd.ms-dds"}

HEADER = f'''\
"""Media types by extension, and those worth compressing: from mime-db {MIME_DB}.

Do not edit; run scripts/generate_media_table.py, which holds the exceptions and their reasons.
Types that `media.is_compressible` knows by their look (text/*, +json, ...) are left out below.

mime-db is under the MIT licence, as Hiss is: Copyright (c) 2014 Jonathan Ong <me@jongleberry.com>,
Copyright (c) 2015-2022 Douglas Christopher Wilson <doug@somethingdoug.com>.
https://github.com/jshttp/mime-db
"""
'''

Database = dict[str, dict[str, Any]]


def fetch_database() -> Database:
    """Return mime-db's `db.json`, as `npm pack` delivers it."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not on PATH; install Node.js to generate the table")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "pack", f"mime-db@{MIME_DB}", "--loglevel=error", "--pack-destination", folder],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with tarfile.open(Path(folder, f"mime-db-{MIME_DB}.tgz")) as archive:
            member = archive.extractfile("package/db.json")
            assert member is not None, "package/db.json is a regular file"
            database: Database = json.load(member)
            return database


def preference(media_type: str, source: str | None) -> tuple[int, bool, int, str]:
    """Rank the claimants of one extension; the lowest has it.

    Registered first, then the standards tree before the vendors', then what a browser can play
    before what it only stores (video/mp4, not application/mp4). The rest is alphabetical, which
    leaves xml and rtf with application/*: a charset, which text/* would get, would overrule the
    encoding that an XML declaration (RFC 7303 section 3) or an RTF header names.
    """
    top, _, subtype = media_type.partition("/")
    return (
        ("iana", "apache", "nginx", None).index(source),
        subtype.startswith(("vnd.", "x-")),
        {"video": 0, "audio": 1}.get(top, 2),
        media_type,
    )


def media_types(database: Database) -> dict[str, str]:
    """Map each extension to the type preferred for it, then apply the overrides."""
    claims: dict[str, list[str]] = {}
    for media_type, facts in database.items():
        for extension in facts.get("extensions", ()):
            claims.setdefault(extension.lower(), []).append(media_type)
    chosen = {
        extension: min(types, key=lambda name: preference(name, database[name].get("source")))
        for extension, types in claims.items()
    }
    if idle := OVERRIDES.items() & chosen.items():
        raise ValueError(f"mime-db {MIME_DB} says so too; drop from OVERRIDES: {sorted(idle)}")
    return chosen | OVERRIDES


def compressible(database: Database) -> set[str]:
    """Return the types worth compressing whose look does not already say so."""
    marked = {name for name, facts in database.items() if facts.get("compressible")}
    known_by_look = {
        name
        for name in marked
        if name.startswith("text/") or name.endswith(("+json", "+xml", "+text", "+yaml"))
    }
    return (marked | COMPRESSIBLE_TOO) - known_by_look - PACKED


def pack(entries: Iterable[str]) -> str:
    """Lay entries out several a line, none broken."""
    glued = " ".join(f"{entry},".replace(" ", "\0") for entry in entries)
    lines = textwrap.fill(
        glued,
        width=100,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace("\0", " ")


def render(database: Database) -> str:
    """Return the module's text."""
    types = pack(f'"{key}": "{value}"' for key, value in sorted(media_types(database).items()))
    packable = pack(f'"{name}"' for name in sorted(compressible(database)))
    return (
        f"{HEADER}\n"
        "from typing import Final\n\n"
        f"MEDIA_TYPES: Final[dict[str, str]] = {{\n{types}\n}}\n\n"
        f"COMPRESSIBLE: Final[frozenset[str]] = frozenset({{\n{packable}\n}})\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 if the table is stale")
    check: bool = parser.parse_args().check
    try:
        text = render(fetch_database())
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"cannot get mime-db {MIME_DB}: {error}", file=sys.stderr)
        return 2
    if not check:
        TABLE.write_text(text, encoding="utf-8")
    elif not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text:
        print(
            f"{TABLE}: not what mime-db {MIME_DB} and this script give; "
            "run scripts/generate_media_table.py and commit the result",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
