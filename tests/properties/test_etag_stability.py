"""Validators: the same bytes give the same ETags, whenever and wherever they are served."""

import json
import os
import shutil
import subprocess
import sys

import pytest

STYLE = "body { margin: 0 }\n" * 100

# Prints every ETag of a tree, as one process of a site would send them.
SCRIPT = """
import json, sys
from hiss.wsgi import StaticFiles

site = StaticFiles(root=sys.argv[1], memory=160_000, dynamic_compression=sys.argv[2] == "dynamic")
tags = {}
for name in ("app.css", "large.bin", "empty.txt"):
    for coding in ("identity", "br", "gzip", "zstd"):
        environ = {"REQUEST_METHOD": "HEAD", "PATH_INFO": f"/static/{name}"}
        environ["HTTP_ACCEPT_ENCODING"] = coding
        sent = {}
        site(environ, lambda status, headers: sent.update(headers))
        tags[f"{name} {coding}"] = sent["ETag"]
print(json.dumps(tags))
"""


def etags(root, mode="plain", **environment):
    command = [sys.executable, "-c", SCRIPT, str(root), mode]
    environment = {**os.environ, **environment}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    return json.loads(output.stdout)


FILES = {"app.css": STYLE, "large.bin": bytes(20_000), "empty.txt": ""}


@pytest.mark.parametrize("mode", ["plain", "dynamic"])
def test_same_bytes_same_tags(make_tree, mode):
    """Time zone, hash seed, file times and place change no tag (W5, W6)."""
    root = make_tree(FILES)
    expected = etags(root, mode, TZ="UTC", PYTHONHASHSEED="0")
    assert len(set(expected.values())) == (6 if mode == "dynamic" else 3)
    later = {"TZ": "America/New_York", "PYTHONHASHSEED": "1"}
    assert etags(root, mode, **later) == expected
    for name in FILES:
        os.utime(root / name, (1_700_000_000, 1_700_000_000))
    copy = shutil.copytree(root, root.with_name("elsewhere"), copy_function=shutil.copyfile)
    assert etags(root, mode) == etags(copy, mode) == expected


def test_a_rebuild_keeps_the_tags(make_release, write_release, tmp_path):
    """Built again elsewhere, a release has the same tags, one for each coding."""
    root = make_release(FILES)
    other = tmp_path / "other"
    other.mkdir()
    write_release(other, FILES)
    expected = etags(root)
    assert expected == etags(other, TZ="Asia/Kathmandu")
    assert len({tag for name, tag in expected.items() if name.startswith("app.css")}) == 4


def test_other_bytes_other_tags(make_tree):
    """One byte makes another tag, for every coding, though size and time are the same (W6)."""
    root = make_tree(FILES)
    path = root / "app.css"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    before = etags(root, "dynamic")
    path.write_text(STYLE.replace("0", "1"))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    after = etags(root, "dynamic")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if name.startswith("app.css")}
