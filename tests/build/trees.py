"""Sources for builds, and what must hold of the release that comes of them."""

from __future__ import annotations

import gzip
import hashlib
import os
import posixpath
import sys
from base64 import b64encode

import brotli

from hiss.build import css, js
from hiss.build.build import Wishes, build
from hiss.build.content import of_bytes
from hiss.build.inspect import Inspected
from hiss.build.publish import Choices
from hiss.build.source import Source
from hiss.core.manifest import format_manifest, union
from hiss.files.atomic import TEMPORARY
from hiss.files.index import format_index
from hiss.files.release import kept_manifests, read_manifest
from hiss.files.scan import scan
from hiss.http.codings import SUFFIXES
from hiss.wsgi import StaticFiles

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DECODERS = {"br": brotli.decompress, "gzip": gzip.decompress, "zstd": zstd.decompress}
#: Levels that take no time.
QUICK = {"br": 1, "gzip": 1, "zstd": 1}
TEXT = b"body { margin: 0 }\n" * 50

_TOKENIZERS = {".css": css.find_references, ".js": js.find_references, ".mjs": js.find_references}


def as_bytes(content):
    return content.encode() if isinstance(content, str) else content


def md5_12(data):
    """What a hashed name holds."""
    return hashlib.md5(as_bytes(data), usedforsecurity=False).hexdigest()[:12]


def sha256(data):
    return hashlib.sha256(as_bytes(data)).hexdigest()


def integrity(data):
    return "sha384-" + b64encode(hashlib.sha384(as_bytes(data)).digest()).decode()


def hashed(name, data):
    """Django's name for a file."""
    root, extension = posixpath.splitext(name)
    return f"{root}.{md5_12(data)}{extension}"


def read_in(files, owner=""):
    """Source files as they are when they have been read; a mapping of names to text or bytes."""
    found = []
    for name, content in files.items():
        data = as_bytes(content)
        tokenizer = _TOKENIZERS.get(posixpath.splitext(name)[1].lower(), lambda data: [])
        source = Source(name, f"/src/{name}", owner)
        found.append(Inspected(source, of_bytes(data), tuple(tokenizer(data))))
    return found


def sources_in(*folders):
    """The sources in folders, as `hiss build` finds them."""
    return [Source(name, path) for folder in folders for name, path in scan(str(folder))]


def build_tree(source, root, cache, *, levels=QUICK, only_hashed=False, progress=None, **wishes):
    """Build the folder `source` into `root`."""
    choices = Choices(levels=levels, only_hashed=only_hashed)
    wanted = Wishes(choices=choices, **wishes)
    return build(sources_in(source), str(root), wanted, cache, progress=progress)


def temporary_files(root):
    """What is left of writing that did not end."""
    return [path for path in root.rglob("*") if path.name.startswith(TEMPORARY)]


def names_in(root):
    """The names of all files below a folder, but for those in dot folders."""
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if not path.parts[0].startswith(".")}


def manifest_of(root):
    """The manifest in force."""
    manifest = read_manifest(str(root))
    assert manifest is not None
    return manifest


def release_of(root):
    """All of a release that must be the same for the same sources: every byte but its time."""
    manifest = manifest_of(root)
    files = {name: (root / name).read_bytes() for name in published_names(manifest)}
    text = format_manifest(manifest).replace(manifest.created, "")
    return text, files, (root / "staticfiles.json").read_bytes()


def published_names(manifest):
    """The names of a release's files and of their variants."""
    variants = {
        each.file + SUFFIXES[coding] for each in manifest.entries for coding in each.codings
    }
    return {each.file for each in manifest.entries} | variants


def damage_of(root, *, plain=True):
    """What of the kept releases is not as their manifests say: all that is hashed; `plain`: and the
    unhashed files of the one in force.
    """
    found = []
    current = manifest_of(root)
    for entry in union(kept_manifests(str(root), current)):
        if not (entry.immutable or (plain and entry in current.entries)):
            continue
        try:
            data = (root / entry.file).read_bytes()
            if sha256(data) != entry.sha256 or len(data) != entry.size:
                found.append(entry.file)
            for coding in entry.codings:
                packed = (root / (entry.file + SUFFIXES[coding])).read_bytes()
                if DECODERS[coding](packed) != data or sha256(packed) != entry.checksums[coding]:
                    found.append(entry.file + SUFFIXES[coding])
        except OSError as error:
            found.append(f"{entry.file}: {error}")
    return found


def misserved_of(root, get):
    """What of the release in force is not served as it should be; `get`: a client for WSGI."""
    application = StaticFiles(root=root)
    found = []
    for entry in manifest_of(root).entries:
        data = (root / entry.file).read_bytes()
        for coding in ("identity", *(entry.codings if entry.immutable else ())):
            url = f"/static/{entry.file}"
            answer = get(application, url, headers={"Accept-Encoding": coding})
            body = DECODERS.get(coding, bytes)(answer.body)
            is_immutable = "immutable" in (answer.headers["Cache-Control"] or "")
            if answer.status != 200 or body != data or is_immutable != entry.immutable:
                found.append((url, coding, answer.status, answer.headers["Cache-Control"]))
    return found


def assert_whole(root, get):
    """The release in force has every byte of it, and is served."""
    assert damage_of(root) == []
    assert (root / ".hiss/index").read_bytes() == index_of(root)
    assert misserved_of(root, get) == []
    assert temporary_files(root) == []


def index_of(root):
    """What the index should be: of all kept releases, that in force first."""
    current = manifest_of(root)
    kept = kept_manifests(str(root), current)
    return format_index(union(kept), current.id, kept)


def environment(**changes):
    """An environment for a process: this one's, with changes; `None` takes a variable away."""
    merged = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def write_tree(root, files):
    """Write a mapping of names to text or bytes below `root`, and return it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_bytes(content))
    return root
