"""Folders with several releases, and what must hold of them whatever happens."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from itertools import count

from trees import DECODERS, QUICK, sources_in, write_tree

from hiss.build.build import Wishes, build
from hiss.build.cache import Cache
from hiss.build.publish import Choices
from hiss.files.release import kept_manifests, read_current
from hiss.release.retain import Retention
from hiss.wsgi import StaticFiles

#: Keeps every release.
ALL = Retention(1000, 1000)
#: Keeps none but the one in force.
ONE = Retention(1, 0)

_numbers = count()


def words(version, number=300):
    """Text that compresses, and is another for another version."""
    return " ".join(f"{random.Random(f'{version}-{n}').random():.3f}" for n in range(number))


def tree(version):
    """A small site of which some files are the same in each version, and some another."""
    return {
        "css/app.css": f"/* {version} */ a{{b:url(../img/dot.png)}}" * 20,
        "css/same.css": "html { margin: 0 }\n" * 50,
        "img/dot.png": bytes(range(256)),
        "js/app.js": f'import "./part.js"; "{version}";' * 20,
        "js/part.js": "export default 1;\n" * 50,
        "robots.txt": words(version),
        f"only/{version}.txt": words(f"only {version}"),
    }


def publish(root, files, *, levels=QUICK, label="", only_hashed=False, **wishes):
    """Build a release of `files` into `root`; its manifest. All releases are kept."""
    source = root.parent / f"{root.name}-sources-{next(_numbers)}"
    write_tree(source, files)
    choices = Choices(levels=levels, label=label, only_hashed=only_hashed)
    wanted = Wishes(choices=choices, **{"retention": ALL, **wishes})
    outcome = build(sources_in(source), str(root), wanted, Cache(str(root.parent / "cache")))
    assert outcome.manifest is not None, outcome.problems
    return outcome.manifest


def publish_all(root, *versions, **how):
    """Build these versions of the small site, one after the other; their manifests."""
    return [publish(root, tree(version), **how) for version in versions]


def write_history(root, *events):
    """Have the history say these pairs: how many days ago, and a manifest that was put in force."""
    now = datetime.now(UTC)
    lines = [f"{(now - timedelta(days=d)).isoformat()} {each.id} build\n" for d, each in events]
    (root / ".hiss/history").write_text("".join(lines))


def snapshot(root):
    """Every file below a folder, by name, with its bytes; and the empty folders."""
    found = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    found.pop(".hiss/lock", None)
    # It has the inode of Django's manifest, which is another with each that is written.
    found.pop(".hiss/noted.json", None)
    return found


def settled(root):
    """The same, without what tells when and in which order something happened, and what a killed
    process had begun to write, which the next build clears.
    """
    found = {name: data for name, data in snapshot(root).items() if ".hiss-part-" not in name}
    found.pop(".hiss/history", None)
    if ".hiss/expired" in found:
        found[".hiss/expired"] = sorted(found[".hiss/expired"].splitlines())
    return found


class Promises:
    """What browsers were told: that a hashed URL says these bytes for ever."""

    def __init__(self):
        self._digests = {}

    def note(self, *manifests):
        """Note what releases promise; each must say what those before it said."""
        for manifest in manifests:
            for entry in manifest.entries:
                if entry.immutable:
                    assert self._digests.setdefault(entry.file, entry.sha256) == entry.sha256
        return self

    def broken(self, root, get, application=None, *, codings=True):
        """What is not kept of it in the releases that are: each URL, with what is wrong there."""
        application = application or StaticFiles(root=root)
        found = []
        manifests = kept_manifests(str(root), None)
        for entry in {e.file: e for m in manifests for e in m.entries if e.immutable}.values():
            url = f"/static/{entry.file}"
            for coding in ("identity", *(entry.codings if codings else ())):
                answer = get(application, url, headers={"Accept-Encoding": coding})
                sent = answer.headers["Content-Encoding"] or "identity"
                facts = answer.status, sent, answer.headers["Cache-Control"]
                if answer.status != 200 or sent != coding or "immutable" not in (facts[2] or ""):
                    found.append((url, coding, *facts))
                    continue
                body = DECODERS.get(coding, bytes)(answer.body)
                if hashlib.sha256(body).hexdigest() != self._digests[entry.file]:
                    found.append((url, coding, "other bytes"))
        return found


def plain_damage(root):
    """The plain names that do not say what the release in force has under them, with variants."""
    current = read_current(str(root))
    [manifest] = [each for each in kept_manifests(str(root), None) if each.id == current]
    found = []
    for entry in manifest.entries:
        if not entry.immutable:
            sums = {"": entry.sha256}
            suffixes = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}
            sums |= {suffixes[coding]: digest for coding, digest in entry.checksums.items()}
            for suffix in ("", *suffixes.values()):
                path = root / (entry.file + suffix)
                digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
                if digest != sums.get(suffix):
                    found.append(entry.file + suffix)
    return found
