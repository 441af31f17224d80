"""Django's own tests of staticfiles, with our storage in the place of Django's: all of them hold,
but for the differences that are listed here, each with its reason.

They are fetched for the version that is installed, and run in a process of their own.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path

import django
import pytest
from packages import Package, UnavailableError, cache_folder, run

import hiss

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]

MANIFEST = "staticfiles_tests.test_storage.TestCollectionManifestStorage"
MODULES = "staticfiles_tests.test_storage.TestCollectionJSModuleImportAggregationManifestStorage"
PATTERNS = "staticfiles_tests.test_storage.TestExtraPatternsStorage"

# Tests that hold but for notation, and so for hashes: Django writes a reference anew, quoted and
# evenly spaced; Hiss puts the new name in, and changes not one other byte. With the first version
# of Django in which the test has something of the kind.
NOTATION = {
    f"{MANIFEST}.test_css_import_case_insensitive": (5, 2),
    f"{MANIFEST}.test_css_source_map": (5, 2),
    f"{MANIFEST}.test_css_source_map_tabs": (5, 2),
    f"{MANIFEST}.test_import_replacement": (5, 2),
    f"{MANIFEST}.test_js_source_map_trailing_whitespace": (5, 2),
    f"{MANIFEST}.test_path_ignored_completely": (6, 1),
    f"{MANIFEST}.test_path_with_querystring_and_fragment": (5, 2),
    f"{MANIFEST}.test_template_tag_absolute": (5, 2),
    f"{MANIFEST}.test_template_tag_relative": (5, 2),
    f"{MODULES}.test_aggregating_modules": (6, 1),
    f"{MODULES}.test_module_import": (6, 1),
}

# Tests of what Hiss does in another way.
OTHERWISE = {
    f"{MANIFEST}.test_import_loop": "files that import each other in a circle are published",
    f"{MANIFEST}.test_intermediate_files": "it counts files, and there are variants among them",
    f"{MANIFEST}.test_post_processing_nonutf8": "a style sheet may be in any encoding",
    f"{PATTERNS}.test_multi_extension_patterns": "references come from tokenizers, not `patterns`",
}

pytestmark = [pytest.mark.packages, pytest.mark.timeout(400)]


def pip():
    """A pip, of whichever Python: it only downloads."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    ours = PROJECT / ".hiss-tools/bin/pip"
    found = str(ours) if ours.is_file() else shutil.which("pip3") or shutil.which("pip")
    if found is None:
        raise UnavailableError("django: there is no pip here")
    return [found]


def fetch_tests():
    """The folder of the tests in Django's source distribution.

    Raises `UnavailableError` where there is no pip, no registry or no such version.
    """
    package = Package("django", "pypi", django.__version__)
    cache = cache_folder()
    folder = cache / f"django-tests@{package.version}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        options = ["--quiet", "--no-binary", ":all:", "--no-deps", "--ignore-requires-python"]
        command = [*pip(), "download", *options, f"django=={package.version}"]
        run(package, command, cwd=Path(work))
        (archive,) = Path(work).glob("*.tar.gz")
        top = archive.name.removesuffix(".tar.gz")
        with tarfile.open(archive) as members:
            wanted = [each for each in members if each.name.startswith(f"{top}/tests/")]
            members.extractall(work, wanted, filter="data")
        # Of two runs at once, the first counts.
        if not folder.is_dir():
            Path(work, top, "tests").rename(folder)
    return folder


@pytest.fixture(scope="module")
def djangos_tests(tmp_path_factory):
    """Runs Django's tests: the names of all that were run, and of those that failed."""
    try:
        folder = fetch_tests()
    except UnavailableError as error:
        pytest.skip(f"not to be had here: {error}")
    environ = os.environ | {
        "HISS_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(Path(hiss.__file__).parents[1]),
    }
    environ.pop("DJANGO_SETTINGS_MODULE", None)

    def test(*arguments):
        command = [sys.executable, str(HERE / "run_djangos_tests.py"), *arguments]
        done = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300
        )
        said = done.stderr
        ran = re.search(r"^Ran (\d+) tests? in", said, re.MULTILINE)
        assert ran, said
        failed = re.findall(r"^(?:FAIL|ERROR): \S+ \(([\w.]+)\)", said, re.MULTILINE)
        return int(ran[1]), set(failed)

    return test


def test_djangos_tests_hold_but_for_what_is_listed(djangos_tests):
    """What fails is what is listed: no more, and nothing that has come to hold since."""
    notation = {name for name, since in NOTATION.items() if since <= django.VERSION}
    count, failed = djangos_tests("staticfiles_tests")
    assert count > 150
    assert failed == notation | set(OTHERWISE)


def test_what_differs_in_notation_means_the_same(djangos_tests):
    """The tests that fail for quotes and spaces hold once these are left out of account."""
    count, failed = djangos_tests("--by-meaning", *NOTATION)
    assert (count, failed) == (len(NOTATION), set())
