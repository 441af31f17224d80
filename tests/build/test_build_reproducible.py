"""The same tree gives the same release, whatever the machine, the clock and the day are."""

import json
import os
import random
import subprocess
import sys

import pytest
from trees import QUICK, build_tree, environment, release_of, sha256, write_tree

VITE = {"a": {"file": "app-Abcd1234.js"}, "b": {"file": "chunk-Efgh5678.js"}}
TREE = {
    "css/app.css": '@import "base.css"; a{b:url(../img/ü%20x.png)}' + "a{}" * 200,
    "css/base.css": "a{b:url(/static/img/%C3%BC%20x.png)}",
    "css/bad.css": "/*# sourceMappingURL=none.map */ a{}",
    "img/ü x.png": b"\x89PNG",
    "js/a.js": 'import "./b.js"; import "./none.js"',
    "js/b.js": 'import "./c.js"; import("./a.js")',
    "js/c.js": 'import "./a.js"' + "/**/" * 200,
    "İı/Ä.txt": "text " * 99,
    "dist/manifest.json": json.dumps(VITE),
    "dist/app-Abcd1234.js": 'import "./chunk-Efgh5678.js"',
    "dist/chunk-Efgh5678.js": "",
    "index.html": "<!doctype html>" * 20,
    **{f"many/{number}.css": f"a{{b:url({(number * 7) % 20}.css)}}" for number in range(20)},
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The release as it is made here, and what the command says of it."""
    folder = tmp_path_factory.mktemp("expected")
    write_tree(folder / "src", TREE)
    return run(folder, "src", "out")


def run(folder, source, root, *, cwd=None, **variables):
    """The release that the command makes of a tree, and all it says but for the time."""
    variables = {"HISS_CACHE_DIR": str(folder / "cache"), **variables}
    done = subprocess.run(
        [sys.executable, "-m", "hiss", "build", source, "-o", root, "--json"],
        capture_output=True,
        cwd=cwd or folder,
        env=environment(**variables),
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    document = json.loads(done.stdout)
    del document["release"]["created"]
    for problem in document["problems"]:
        problem["path"] = os.path.relpath(os.path.join(cwd or folder, problem["path"]), folder)
    return *release_of(folder / root if cwd is None else type(folder)(root)), document


ENVIRONMENTS = {
    "again": {},
    "east": {"TZ": "Pacific/Kiritimati"},
    "west": {"TZ": "<-12>12"},
    "seed 0": {"PYTHONHASHSEED": "0"},
    "seed 4242": {"PYTHONHASHSEED": "4242"},
    "C": {"LC_ALL": "C", "LANG": None},
    "POSIX": {"LC_ALL": "POSIX"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "development": {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "ignore"},
}


@pytest.mark.slow
@pytest.mark.parametrize("variables", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_another_environment(tmp_path, expected, variables):
    """Time zone, hash seed, locale: nothing of the release knows them."""
    write_tree(tmp_path / "src", TREE)
    assert run(tmp_path, "src", "out", **variables) == expected


def test_another_disk(tmp_path, expected):
    """Files made in another order, at other times, with other modes, are the same files."""
    order = random.sample(sorted(TREE), len(TREE))
    for place, name in enumerate(order):
        write_tree(tmp_path / "src", {name: TREE[name]})
        path = tmp_path / "src" / name
        os.utime(path, (place * 86_400, 2_000_000_000 - place))
        path.chmod(0o444 if place % 2 else 0o755)
    assert run(tmp_path, "src", "out") == expected


def test_another_folder(tmp_path, expected):
    """Started elsewhere, with paths said otherwise, into a folder that had another release."""
    write_tree(tmp_path / "src", TREE)
    write_tree(tmp_path / "old", {"css/app.css": "old", "gone.css": "gone" * 99})
    run(tmp_path, "old", "out")
    found = run(tmp_path, f"{tmp_path}/./src/", f"{tmp_path}/out", cwd="/")
    assert found == expected


def test_a_cache_changes_nothing(tmp_path, expected):
    """Warm, cold, or of other levels."""
    write_tree(tmp_path / "src", TREE)
    for _ in range(2):
        assert run(tmp_path, "src", "out") == expected
    assert run(tmp_path, "src", "cold", HISS_CACHE_DIR=str(tmp_path / "cold-cache")) == expected


def test_other_levels_are_the_same_release(tmp_path, cache, expected):
    """But for compressed bytes: names and id come from what files say."""
    write_tree(tmp_path / "src", TREE)
    outcome = build_tree(tmp_path / "src", tmp_path / "out", cache, levels=QUICK)
    assert outcome.manifest.id == json.loads(expected[0])["id"]
    assert {each.file: each.sha256 for each in outcome.manifest.entries} == {
        name: sha256(data)
        for name, data in expected[1].items()
        if not name.endswith((".br", ".gz", ".zst"))
    }
