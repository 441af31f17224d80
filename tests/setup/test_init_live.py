"""From `django-admin startproject` to a hashed admin, without an editor."""

import gzip
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import brotli
import pytest

BIN = Path(sys.executable).parent


@pytest.mark.live
def test_startproject_to_hashed_admin(make_project, tmp_path):
    """startproject, `hiss init --apply`, collectstatic, gunicorn: the admin's page names hashed
    style sheets, which come in br, immutable, and are what was built."""
    environment = {**os.environ, "HOME": str(tmp_path), "HISS_CACHE_DIR": str(tmp_path / "cache")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=project.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    project = make_project({}, name="empty")
    for path in sorted(project.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    run("-m", "django", "startproject", "shop", ".")
    assert project.init("--apply").code == 0
    assert "nothing to do: all is set up" in project.init().out
    run("manage.py", "check")
    run("manage.py", "collectstatic", "--no-input")
    names = json.loads((project / "staticfiles/staticfiles.json").read_text())["paths"]
    hashed = names["admin/css/base.css"]
    run("manage.py", "migrate")
    settings = project / "shop/settings.py"
    settings.write_text(
        settings.read_text()
        .replace("DEBUG = True", "DEBUG = False")
        .replace("ALLOWED_HOSTS = []", "ALLOWED_HOSTS = ['127.0.0.1']")
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [BIN / "gunicorn", "shop.wsgi", f"--bind=127.0.0.1:{port}"],
            cwd=project.folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        page = _get(f"http://127.0.0.1:{port}/admin/login/", server)
        assert f'href="/static/{hashed}"' in page.read().decode()
        answer = _get(f"http://127.0.0.1:{port}/static/{hashed}", server, "br")
        assert answer.headers["Content-Encoding"] == "br"
        assert answer.headers["Cache-Control"].endswith("immutable")
        assert brotli.decompress(answer.read()) == (project / "staticfiles" / hashed).read_bytes()
        zipped = _get(f"http://127.0.0.1:{port}/static/{hashed}", server, "gzip")
        assert gzip.decompress(zipped.read()) == (project / "staticfiles" / hashed).read_bytes()
    finally:
        server.terminate()
        server.wait(20)


def _get(url, server, codings="identity"):
    request = urllib.request.Request(url, headers={"Accept-Encoding": codings})
    deadline = time.monotonic() + 30
    while True:
        assert server.poll() is None
        try:
            return urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError:
            raise
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
