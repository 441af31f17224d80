"""Runs Django's own tests of staticfiles, in the `tests` folder of its source distribution, with
our storage in the place of Django's: `python run_djangos_tests.py [--by-meaning] LABEL…`.

With `--by-meaning`, what a test compares is compared without quotes, white space and `url()`, and
file names without their hashes: as Django writes those anew, and Hiss leaves them as they are.
"""

import re
import runpy
import sys
import unittest

from django.contrib.staticfiles import storage

from hiss.django.storage import CompressedManifestStaticFilesStorage

NOTATION = re.compile(rb"url\(|[\"'()\s;]")
HASH = re.compile(r"\.[0-9a-f]{12}(?=\.)")


def by_meaning():
    """Compare as browsers would."""
    assert_equal, assert_in = unittest.TestCase.assertEqual, unittest.TestCase.assertIn

    def equal(self, first, second, msg=None):
        if isinstance(first, str) and isinstance(second, str):
            first, second = HASH.sub("", first), HASH.sub("", second)
        assert_equal(self, first, second, msg)

    def contains(self, member, container, msg=None):
        if isinstance(member, bytes):
            member, container = NOTATION.sub(b"", member), NOTATION.sub(b"", container)
        assert_in(self, member, container, msg)

    unittest.TestCase.assertEqual, unittest.TestCase.assertIn = equal, contains


storage.ManifestStaticFilesStorage = CompressedManifestStaticFilesStorage
if "--by-meaning" in sys.argv:
    sys.argv.remove("--by-meaning")
    by_meaning()
sys.argv[1:1] = ["--parallel=1", "--verbosity=2"]
sys.path[0] = "."
runpy.run_path("runtests.py", run_name="__main__")
