"""The recipes' own commands, run: servers, builds and deploys, and `hiss verify` in the end."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.servers import running
from setup.styles import APPS, HEAD, MIDDLEWARE, STATIC

pytestmark = pytest.mark.live

# The environment that these tests run in is the project's.
VENV = Path(sys.executable).parent.parent
SETTINGS = (
    "import os\n"
    + HEAD.replace('"s" * 60', 'os.environ["DJANGO_SECRET_KEY"] * 6')
    + APPS
    + MIDDLEWARE
    + STATIC
    + 'STATIC_ROOT = BASE_DIR / "out"\nSTATICFILES_DIRS = [BASE_DIR / "static"]\n'
    + 'HISS = {"SHOW_MANIFEST": True}\n'
)
URLS = """\
from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import path

HEAD = "<!doctype html><title>Tea</title><link rel=icon href={}><link rel=stylesheet href={}>"
urlpatterns = [
    path("", lambda request: HttpResponse(HEAD.format(static("tea.svg"), static("app.css"))))
]
"""
VERSIONS = [f"/* {version} */ " + "main {{ color: green }}\n" * 200 for version in "ABC"]
ASGI = "from hiss.django import get_asgi_application\n\napplication = get_asgi_application()\n"


class Deployed:
    """A project, and what its recipes are run with."""

    def __init__(self, project, home):
        self.project = project
        self.folder = project.folder
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": f"{home / 'bin'}:{VENV / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin",
            "HOME": str(home),
            "HISS_CACHE_DIR": str(home / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
            # As a recipe's server is started, but by these tests.
            "GUNICORN_CMD_ARGS": "--no-control-socket --log-level=warning",
        }
        (home / "bin").mkdir(parents=True)
        # What the requirements name is there.
        self.stand_in("pip", "exit 0")

    def stand_in(self, name, text):
        """A program of the machine that is not this machine's to run."""
        path = self.home / "bin" / name
        path.write_text(f"#!/bin/sh -e\n{text}\n")
        path.chmod(0o755)

    def recipe(self, name):
        """Have the files of a recipe."""
        assert self.project.init("--recipe", name, "--apply").code == 0

    def text(self, name):
        """A file of the recipe; where it says 8000 it has the port of this test."""
        path = self.folder / name
        path.write_text(path.read_text().replace(":8000", f":{self.port}"))
        return path.read_text()

    def write(self, version):
        """Another version of what is served."""
        self.project.write({"static/app.css": VERSIONS[version], "static/tea.svg": "<svg/>"})

    def sh(self, script, *, folder=None, shell="/bin/sh", **variables):
        """Run a script as a runner does; what it said."""
        done = subprocess.run(
            [shell, "-ec", script],
            cwd=folder or self.folder,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @contextmanager
    def serve(self, command, folder=None, **variables):
        """Start a server by its command line."""
        how = {"cwd": folder or self.folder, "env": {**self.environment, **variables}}
        log = self.home / f"log-{len(list(self.home.glob('log-*')))}"
        with running(["/bin/sh", "-c", f"exec {command}"], log, port=self.port, **how) as process:
            yield process

    def collect(self):
        """A release, built by hand."""
        self.sh("python manage.py collectstatic --noinput", DJANGO_SECRET_KEY="x")

    def names(self, url=""):
        """The style sheet that the page names."""
        with urllib.request.urlopen(f"{url or self.url}/", timeout=10) as answer:
            return re.findall(r"/static/app\.\w+\.css", answer.read().decode())[0]

    def status(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.status


@pytest.fixture
def site(make_project, tmp_path):
    """A project with a page, set up by `hiss init`; its settings need a secret."""
    files = {"shop/settings.py": SETTINGS, "shop/urls.py": URLS, "shop/asgi.py": ASGI}
    made = make_project({**files, "requirements.txt": "django\ngunicorn\nhiss\n"})
    assert made.init("--apply").code == 0
    deployed = Deployed(made, tmp_path / "home")
    deployed.write(0)
    return deployed


def test_systemd(site):
    """The unit's command serves; deploy.sh deploys twice, and each time finds nothing wrong."""
    site.recipe("systemd")
    (site.folder / ".venv").symlink_to(VENV)
    unit = dict(re.findall(r"^(\w+)=-?(.+)$", site.text("deploy/shop.service"), re.MULTILINE))
    assert unit["WorkingDirectory"] == str(site.folder)
    name, _, settings = unit["Environment"].partition("=")
    site.environment |= {name: settings, "DJANGO_SECRET_KEY": "x"}
    # All of systemd that the script asks for.
    reload = unit["ExecReload"].replace("$MAINPID", f'"$(cat {site.home}/pid)"')
    site.stand_in("systemctl", f'[ "$*" = "reload-or-restart shop" ]\n{reload}')
    site.text("deploy/deploy.sh")
    pid = f"{site.environment['GUNICORN_CMD_ARGS']} --pid={site.home}/pid"
    with site.serve(unit["ExecStart"], GUNICORN_CMD_ARGS=pid):
        said = site.sh(f"{site.folder}/deploy/deploy.sh {site.url}/", folder="/")
        assert "deployed: the site answers with release" in said
        assert said.endswith("nothing is wrong\n")
        before = site.names()
        site.write(1)
        said = site.sh(f"../site/deploy/deploy.sh {site.url}/", folder=site.home)
        assert said.endswith("nothing is wrong\n")
        assert site.names() != before
        assert site.status(before) == 200


def test_deploy_asks_as_the_proxy_would(site):
    """The script asks by the site's name and scheme: what ALLOWED_HOSTS and a redirect to https ask
    for.
    """
    site.recipe("systemd")
    (site.folder / ".venv").symlink_to(VENV)
    site.project.write(
        {
            "shop/live.py": "from shop.settings import *\nALLOWED_HOSTS = ['shop.example']\n"
            "SECURE_SSL_REDIRECT = True\n"
            "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n"
        }
    )
    settings = {"DJANGO_SETTINGS_MODULE": "shop.live", "DJANGO_SECRET_KEY": "x"}
    # The world comes to the site through what is not here.
    python = f'exec {VENV}/bin/python "$@"'
    site.stand_in("python", f'case $* in *"hiss verify"*) echo "$*" ;; *) {python} ;; esac')
    site.stand_in("systemctl", f'kill -HUP "$(cat {site.home}/pid)"')
    script = site.text("deploy/deploy.sh").replace("MODULE=shop.settings", "MODULE=shop.live")
    assert "shop.live" in script
    # The stand-in comes before what the script puts first.
    script = script.replace('PATH="$PWD', f'PATH="{site.home}/bin:$PWD')
    (site.folder / "deploy/deploy.sh").write_text(script)
    pid = f"{site.environment['GUNICORN_CMD_ARGS']} --pid={site.home}/pid"
    with site.serve("gunicorn shop.wsgi --bind " + site.url[7:], GUNICORN_CMD_ARGS=pid, **settings):
        said = site.sh("deploy/deploy.sh https://shop.example/", **settings)
    assert "deployed: the site answers with release" in said
    assert said.endswith("hiss verify https://shop.example/ --root out\n")


@pytest.mark.parametrize("front", ["nginx", "caddy"])
def test_a_server_in_front(site, front, tmp_path):
    """Everything comes through it as Hiss sends it."""
    program = shutil.which(front) or shutil.which(front, path="/usr/sbin")
    if program is None:
        pytest.skip(f"{front} is not installed")
    site.recipe(front)
    site.collect()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder = tmp_path / front
    folder.mkdir()
    if front == "nginx":
        text = site.text("deploy/nginx.conf").replace("listen 80;", f"listen 127.0.0.1:{port};")
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
        )
        config = folder / "nginx.conf"
        config.write_text(
            f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n"
        )
        command = [program, "-e", "stderr", "-p", str(folder), "-c", str(config)]
    else:
        text = site.text("deploy/Caddyfile").replace("example.org {", f"{url} {{")
        config = folder / "Caddyfile"
        config.write_text(f"{{\nadmin off\ndefault_bind 127.0.0.1\n}}\n{text}")
        command = [program, "run", "--adapter", "caddyfile", "--config", str(config)]
        adapter = ["--adapter", "caddyfile", "--config", str(config)]
        subprocess.run([program, "validate", *adapter], check=True, capture_output=True)
    how = {"cwd": folder, "env": {**site.environment, "XDG_DATA_HOME": str(folder)}}
    command_line = f"gunicorn shop.wsgi --bind {site.url[7:]}"
    with (
        site.serve(command_line, DJANGO_SECRET_KEY="x"),
        running(command, folder / "log", port=port, **how),
    ):
        said = site.sh(f"hiss verify {url}/ --root out --expect-hiss")
    assert "2 files, by " in said
    assert said.endswith("nothing is wrong\n")


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_heroku(site):
    """heroku.sh pushes for real; what Heroku then does is what its buildpack does: collectstatic,
    post_compile, restart. Who has the former page open still gets its files.
    """
    site.recipe("heroku")
    app, bare = site.home / "app", site.home / "heroku.git"
    [kind, _, command] = site.text("Procfile").strip().partition(": ")
    assert kind == "web"
    git = "git -c user.name=x -c user.email=x@example.org"
    begin = f"git init -q -b main . && git init -q --bare {bare} && git remote add heroku {bare}"
    site.sh(f"{begin} && {git} add . && {git} commit -qm one")
    # An app has no state of its own: each build begins in a new folder.
    hook = f"""#!/bin/sh -e
    build=$(mktemp -d {app}-XXXXXX)
    git --work-tree=$build checkout -qf main
    cd $build
    unset GIT_DIR
    python manage.py collectstatic --noinput
    bin/post_compile
    ln -sfn $build {app}
    if [ -s {site.home}/pid ]; then kill -HUP "$(cat {site.home}/pid)"; fi
    """
    (bare / "hooks/post-receive").write_text(hook)
    (bare / "hooks/post-receive").chmod(0o755)
    config = {"DJANGO_SECRET_KEY": "x", "HISS_SITE": site.url}
    said = site.sh("git push heroku HEAD:main", **config)
    assert "nothing was adopted" in said
    # $PORT is Heroku's to say; it would have gunicorn listen to the world.
    where = f"--bind={site.url[7:]} --pid={site.home}/pid"
    arguments = f"{site.environment['GUNICORN_CMD_ARGS']} {where}"
    with site.serve(
        command, folder=site.home, **config, GUNICORN_CMD_ARGS=f"{arguments} --chdir={app}"
    ):
        before = site.names()
        site.write(1)
        site.sh(f"{git} commit -qam two")
        said = site.sh(f"deploy/heroku.sh {site.url}/", **config)
        assert said.endswith("nothing is wrong\n")
        assert site.names() != before
        assert site.status(before) == 200


def steps_of_github(document):
    """The job's commands, each with its variables."""
    job = document["jobs"]["deploy"]
    for step in job["steps"]:
        if "run" in step:
            yield step["run"], {**job["env"], **step.get("env", {})}


def steps_of_gitlab(document):
    """The jobs' commands, each with its variables."""
    for job in ("static", "deploy"):
        for line in document[job]["script"]:
            yield line, document[job].get("variables", {})


@pytest.mark.parametrize(
    ("recipe", "file", "steps"),
    [
        ("github", ".github/workflows/deploy.yml", steps_of_github),
        ("gitlab", ".gitlab-ci.yml", steps_of_gitlab),
    ],
)
def test_a_workflow(site, recipe, file, steps):
    """Its steps, in a new checkout each: the second build brings the release that is live."""
    yaml = pytest.importorskip("yaml")
    site.recipe(recipe)
    document = yaml.safe_load(site.text(file))
    live = site.home / "live"
    shutil.copytree(site.folder, live)

    def run(version, roll_out):
        checkout = site.home / f"checkout-{version}"
        shutil.copytree(site.folder, checkout)
        said = ""
        for command, variables in steps(document):
            if "hiss verify" in command:
                roll_out(checkout)
            filled = {
                name: value.replace("${{ github.workspace }}", str(checkout))
                .replace("$CI_PROJECT_DIR", str(checkout))
                .replace("${{ vars.SITE }}", site.url)
                for name, value in variables.items()
            }
            said += site.sh(
                command, folder=checkout, shell="/bin/bash", **{"SITE": site.url, **filled}
            )
        return said

    with ExitStack() as stack:
        server = f"gunicorn shop.wsgi --bind {site.url[7:]} --pid {site.home}/pid"

        def first(checkout):
            shutil.copytree(checkout, live, dirs_exist_ok=True)
            stack.enter_context(site.serve(server, folder=live, DJANGO_SECRET_KEY="x"))

        def later(checkout):
            shutil.copytree(checkout, live, dirs_exist_ok=True)
            site.sh(f'kill -HUP "$(cat {site.home}/pid)"')

        said = run(0, first)
        assert "nothing was adopted" in said
        assert said.endswith("nothing is wrong\n")
        before = site.names()
        site.write(1)
        said = run(1, later)
        assert "nothing was adopted" not in said
        assert said.endswith("nothing is wrong\n")
        names = {path.name for path in (site.home / "checkout-1/out").glob("app.*.css")}
        assert before.rpartition("/")[2] in names
        assert len(names) == 2


@pytest.mark.parametrize("door", ["wsgi", "asgi"])
def test_an_image_serves(site, door):
    """The command of the image, with the port that it is told."""
    if door == "asgi":
        (site.folder / "shop/wsgi.py").unlink()
    site.recipe("docker")
    site.collect()
    [words] = re.findall(r'^CMD \["sh", "-c", "(.+)"\]$', site.text("Dockerfile"), re.MULTILINE)
    assert "0.0.0.0:" in words
    command = words.replace("0.0.0.0:", "127.0.0.1:").removeprefix("exec ")
    [settings] = re.findall(r"DJANGO_SETTINGS_MODULE=(\S+)", site.text("Dockerfile"))
    variables = {"PORT": str(site.port), "DJANGO_SETTINGS_MODULE": settings}
    with site.serve(command, DJANGO_SECRET_KEY="x", **variables):
        said = site.sh(f"hiss verify {site.url}/ --root out --expect-hiss")
    assert said.endswith("nothing is wrong\n")
