"""The references of real packages' JavaScript are those that es-module-lexer and acorn find.

Both run under node. Packages and oracles are kept in the cache folder of `packages`.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from packages import PACKAGES, UnavailableError, cache_folder, fetch

from hiss.build.js import find_references
from hiss.build.js_lexer import in_code
from hiss.build.references import Kind

pytestmark = pytest.mark.packages

WITH_JS = [package for package in PACKAGES if package.name != "bulma"]
ORACLE = Path(__file__).with_name("oracle_js")
MODULES = {
    Kind.JS_IMPORT: "static",
    Kind.JS_EXPORT: "static",
    Kind.JS_DYNAMIC_IMPORT: "dynamic",
}
# The words whose tokens the oracle counts; a member is one too, but for `in_code`.
WORD = re.compile(rb"(?<![\w$#\\\x80-\xff])(?:function|return|this|var)(?![\w$\\\x80-\xff])")
# Enough of each package to meet all the tools that wrote its files; monaco-editor alone has 100 MB.
BYTES = 4_000_000


@pytest.fixture(scope="module")
def oracle():
    """The script, in a folder with what it imports."""
    files = [ORACLE / name for name in ("oracle.js", "package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:12]
    folder = cache_folder() / f"oracle_js@{digest}"
    if not folder.is_dir():
        install(files, folder)
    return folder / "oracle.js"


def install(files, folder):
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("there is no node or no npm here")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        made = Path(work, "oracle")
        made.mkdir()
        for each in files:
            shutil.copy(each, made)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=100)
        if done.returncode:
            pytest.skip(f"npm ci: {done.stderr.strip().splitlines()[-1:]}")
        try:
            made.rename(folder)
        except OSError:
            # Another run was first.
            if not folder.is_dir():
                raise


@pytest.fixture(scope="module", params=WITH_JS, ids=lambda package: package.name)
def answers(request, oracle):
    """Of some of a package's files: bytes, what the oracles say, and what we say."""
    try:
        folder = fetch(request.param)
    except UnavailableError as error:
        pytest.skip(str(error))
    paths = choose(folder)
    command = [shutil.which("node"), oracle]
    lines = "\n".join(map(str, paths))
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["path"] for each in said] == list(map(str, paths))
    return [
        (path, data := path.read_bytes(), each, find_references(data))
        for path, each in zip(paths, said, strict=True)
    ]


def choose(folder):
    """Files of different contents up to `BYTES`, the same ones everywhere."""
    contents = {}
    for path in sorted(folder.rglob("*")):
        # node reads bytes that are no UTF-8 as others, and so counts others.
        if path.suffix in {".js", ".mjs"} and path.is_file() and is_utf8(data := path.read_bytes()):
            contents.setdefault(hashlib.sha256(data).digest(), (path, len(data)))
    chosen, size = [], 0
    for _, (path, length) in sorted(contents.items()):
        if size < BYTES:
            chosen.append(path)
            size += length
    return chosen


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_modules_are_those_es_module_lexer_finds(answers):
    for path, _, said, ours in answers:
        found = [[*each[:3], MODULES[each.kind]] for each in ours if each.kind in MODULES]
        assert said["modules"] in (None, found), path


def test_references_are_those_of_acorns_tree(answers):
    for path, _, said, ours in answers:
        found = [[*each[:3], each.kind.value] for each in ours]
        assert said["references"] in (None, found), path


def test_code_is_where_acorn_has_tokens(answers):
    """Files with few references still tell strings, templates and regular expressions apart."""
    for path, data, said, _ in answers:
        words = [each.start() for each in WORD.finditer(data)]
        assert said["words"] in (None, list(in_code(data, words))), path
