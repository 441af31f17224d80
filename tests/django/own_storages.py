"""Storages as projects have them: classes of Hiss's, with one of Django's hooks overridden; and a
finder of files that lie on no disk.
"""

import posixpath

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage

from hiss.django.storage import CompressedManifestStaticFilesStorage


class OnlyCssIsHashed(CompressedManifestStaticFilesStorage):
    """Gives some files no hash, as another tool has named them."""

    def file_hash(self, name, content=None):
        """A hash for style sheets, and for the manifest, which comes without a name."""
        return super().file_hash(name, content) if name is None or name[-4:] == ".css" else None


class ShortHash(CompressedManifestStaticFilesStorage):
    """Hashes in a way of its own, through the chunks of the file that it is given."""

    def file_hash(self, name, content=None):
        """The length of the file, and how many of its bytes are spaces."""
        data = b"".join(content.chunks())
        return f"{len(data)}x{data.count(b' ')}"


class HashInFront(CompressedManifestStaticFilesStorage):
    """Puts the hash in front of the name."""

    def hashed_name(self, name, content=None, filename=None):
        """`css/HASH-app.css`."""
        folder, base = posixpath.split(name)
        return posixpath.join(folder, f"{self.file_hash(name, content)}-{base}")


class NamedManifest(CompressedManifestStaticFilesStorage):
    """Has its manifest in a file of another name."""

    manifest_name = "names/of-files.json"


class ManifestElsewhere(CompressedManifestStaticFilesStorage):
    """Has its manifest outside the static root, where nothing serves it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options, manifest_storage=StaticFilesStorage(self.folder))


class Void(Storage):
    """A storage that has no paths, nor files."""

    def _open(self, name, mode="rb"):
        raise FileNotFoundError(name)


class ManifestNowhere(CompressedManifestStaticFilesStorage):
    """Has its manifest where there are no paths."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options, manifest_storage=Void())


class NotStrict(CompressedManifestStaticFilesStorage):
    """Hashes what the manifest lacks when it is asked for, as Django has it."""

    manifest_strict = False


class WithoutModules(CompressedManifestStaticFilesStorage):
    """Leaves the imports of scripts as they are."""

    support_js_module_import_aggregation = False


class KeepsIntermediateFiles(CompressedManifestStaticFilesStorage):
    """Asks for files that only Django's way of doing it has."""

    keep_intermediate_files = True


class FindsInMemory(BaseFinder):
    """Finds files that a program made."""

    storage = InMemoryStorage()

    def list(self, ignore_patterns):
        """One style sheet that names another."""
        for name, text in {"made.css": "@import 'more.css'", "more.css": "a{}"}.items():
            if not self.storage.exists(name):
                self.storage.save(name, ContentFile(text.encode()))
            yield name, self.storage

    def find(self, path, *_arguments, **_options):
        """No path to give."""
        return []


class FindsWhateverTheCase(BaseFinder):
    """Finds as file systems do that overlook the case of names."""

    def list(self, ignore_patterns):
        """One file, as it is spelt."""
        yield "css/app.css", None

    def find(self, path, *_arguments, **_options):
        """It is there, whichever way it is asked for."""
        return "/files/css/app.css" if path.lower() == "css/app.css" else []
