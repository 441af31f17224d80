"""`hiss init --recipe`: small files of their own, that do what they say."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hiss.setup.recipes import RECIPES, build_environment
from setup.styles import APPS, HEAD, MIDDLEWARE, STATIC

SECRETS = HEAD.replace(
    'SECRET_KEY = "s" * 60',
    'import os\nSECRET_KEY = os.environ["DJANGO_SECRET_KEY"] * 6\n'
    'MAIL = os.environ.get("MAIL")\nTITLE = os.getenv("TITLE", "x")',
)
PLAIN = SECRETS + APPS + MIDDLEWARE + STATIC + 'STATIC_ROOT = BASE_DIR / "out"\n'


@pytest.fixture
def project(make_project):
    made = make_project({"shop/settings.py": PLAIN, "static/app.css": "a {}"})
    assert made.init("--apply").code == 0
    return made


EXPECTED = {
    "caddy": {"deploy/Caddyfile"},
    "docker": {"Dockerfile", ".dockerignore"},
    "fly": {"Dockerfile", ".dockerignore", "fly.toml", "deploy/fly.sh"},
    "github": {".github/workflows/deploy.yml"},
    "gitlab": {".gitlab-ci.yml"},
    "heroku": {"Procfile", "bin/post_compile", "deploy/heroku.sh"},
    "nginx": {"deploy/nginx.conf"},
    "systemd": {"deploy/shop.service", "deploy/deploy.sh"},
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe(project, recipe):
    """It writes these files and no other, with nothing left open in them; once more, nothing."""
    before = project.tree()
    shown = project.init("--recipe", recipe)
    assert (shown.code, project.tree()) == (0, before)
    assert project.init("--recipe", recipe, "--apply").code == 0
    after = project.tree()
    assert set(after) - set(before) == EXPECTED[recipe]
    assert {name: after[name] for name in before} == before
    text = b"".join(after[name] for name in EXPECTED[recipe])
    assert b"%{" not in text
    # What is live is looked at in the end, wherever it is.
    assert b"hiss verify" in text
    again = project.init("--recipe", recipe, "--apply")
    assert (again.out, project.tree()) == ("nothing to do: all is set up\n", after)


def test_never_overwrites(project):
    """A file that is there stays; ours goes beside it."""
    project.write({"Dockerfile": "FROM own\n"})
    done = project.init("--recipe", "docker", "--apply")
    assert "note: Dockerfile is there, and is not overwritten" in done.out
    assert (project / "Dockerfile").read_text() == "FROM own\n"
    assert "FROM ${PYTHON}" in (project / "Dockerfile.hiss").read_text()
    tree = project.tree()
    project.init("--recipe", "docker", "--apply")
    assert project.tree() == tree


def test_build_environment(make_project):
    """What settings cannot do without, of the ways to ask for it, and with values of its kind."""
    project = make_project(
        {
            "shop/settings.py": 'a = env("A")\nb = env.bool("B")\nc = env("C", default="")\n'
            'd = config("D", cast=int)\ne = os.environ["E"]\nf = os.environ.get("F")\n'
            'g = env.db()\nh = env.db("H")\nos.environ["I"] = "x"\nj = os.getenv("J")\n'
        }
    )
    assert build_environment(project.find()) == {
        "A": "build-only",
        "B": "false",
        "D": "0",
        "DATABASE_URL": "sqlite://:memory:",
        "E": "build-only",
        "H": "sqlite://:memory:",
    }


def test_image_build_needs_no_secret(project, tmp_path):
    """The Dockerfile's own command, in a shell without any variable, builds into STATIC_ROOT; and
    brings the releases of the image before."""
    project.init("--recipe", "docker", "--apply")
    text = (project / "Dockerfile").read_text().replace("\\\n", " ")
    command = next(line for line in text.splitlines() if "collectstatic" in line)
    command = re.sub(r"^RUN\s+|--mount=\S+", "", command).strip()
    assert "DJANGO_SECRET_KEY=build-only python manage.py collectstatic" in command
    image = tmp_path / "image"
    command = command.replace("/before/app", f"{image}/before").replace("/app", str(project.folder))
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"

    def build():
        done = subprocess.run(
            ["/bin/sh", "-ec", command],
            cwd=project.folder,
            env={"PATH": path, "DJANGO_SETTINGS_MODULE": "shop.settings", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return {each.name for each in (project / "out").glob("app.*.css")}

    settings = project / "shop/settings.py"
    settings.write_text(settings.read_text() + 'STATICFILES_DIRS = [BASE_DIR / "static"]\n')
    first = build()
    (image / "before").mkdir(parents=True)
    shutil.move(project / "out", image / "before/out")
    project.write({"static/app.css": "b {}"})
    second = build()
    assert len(first) == 1
    assert (len(second), first < second) == (2, True)


@pytest.mark.parametrize("recipe", ["fly", "heroku", "systemd"])
def test_scripts(project, recipe):
    """Shell scripts are programs, and a shell reads them."""
    project.init("--recipe", recipe, "--apply")
    scripts = [name for name in EXPECTED[recipe] if name.startswith(("deploy/", "bin/"))]
    for name in scripts:
        if name.endswith(".service"):
            continue
        assert os.access(project / name, os.X_OK)
        subprocess.run(["bash", "-n", project / name], check=True)


def test_deploy_script(project, tmp_path):
    """The steps of deploy.sh are those of `hiss deploy` with options that it has."""
    project.init("--recipe", "systemd", "--apply")
    text = (project / "deploy/deploy.sh").read_text()
    start = text.index("python manage.py hiss deploy \\\n")
    command = f"{text[start : text.index('if [ -n')].strip()} --dry-run"
    done = subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=project.folder,
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "DJANGO_SECRET_KEY": "x",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2. build    HISS_HOLD=1 python manage.py collectstatic --no-input" in done.stdout
    assert "4. restart  systemctl reload-or-restart shop" in done.stdout


def test_fly_toml(project):
    """It is TOML, and leaves static files to Hiss."""
    project.init("--recipe", "fly", "--apply")
    document = tomllib.loads((project / "fly.toml").read_text())
    assert document["app"] == "shop"
    assert "statics" not in document


@pytest.mark.parametrize("recipe", ["github", "gitlab"])
def test_workflows(project, recipe):
    """They name what the build needs, and no secret; what they do, test_recipes_live runs."""
    project.init("--recipe", recipe, "--apply")
    text = (project / next(iter(EXPECTED[recipe]))).read_text()
    assert 'DJANGO_SECRET_KEY: "build-only"' in text
    assert "secrets." not in text
    assert text.index("release adopt") < text.index("collectstatic") < text.index("hiss verify")


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx(project, tmp_path):
    """nginx itself finds nothing wrong with it."""
    project.init("--recipe", "nginx", "--apply")
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n"
        f"include {project.folder}/deploy/nginx.conf;\n}}\n"
    )
    done = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-c", conf], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_server_is_required(project):
    """That the server is not among the requirements is said."""
    assert "gunicorn, which this starts" in project.init("--recipe", "docker").err
    project.write({"requirements.txt": "django\ngunicorn\n"})
    assert "gunicorn, which this starts" not in project.init("--recipe", "docker").err


def test_asgi_alone(project):
    """A project without wsgi.py is started by gunicorn's worker for ASGI."""
    (project / "shop/wsgi.py").unlink()
    project.write({"shop/asgi.py": ""})
    project.init("--recipe", "heroku", "--apply")
    assert (project / "Procfile").read_text() == "web: gunicorn --worker-class asgi shop.asgi\n"


def test_unit(project):
    """The unit starts the project's own WSGI application, in its own folder."""
    project.init("--recipe", "systemd", "--apply")
    text = (project / "deploy/shop.service").read_text()
    assert f"WorkingDirectory={project.folder}\n" in text
    assert f"ExecStart={project.folder}/.venv/bin/gunicorn shop.wsgi --bind" in text


def test_code_in_a_folder_below(make_project):
    """Commands are run where manage.py is."""
    project = make_project({"manage.py": "", "src/shop/settings.py": PLAIN})
    (project / "manage.py").unlink()
    for name in ("wsgi.py", "__init__.py"):
        (project / "shop" / name).rename(project / "src/shop" / name)
    project.write(
        {"src/manage.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"\n'}
    )
    project.init("--recipe", "docker", "--apply")
    text = (project / "Dockerfile").read_text()
    assert "    cd src && if [ -d /before/app/src/out/.hiss ]" in text
    assert "WORKDIR /app/src\n" in text
