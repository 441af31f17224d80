"""Recipes for projects with odd names, places and settings: right, or said by hand."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hiss.errors import ConfigurationError
from hiss.setup.recipes import RECIPES
from setup.test_recipes import EXPECTED, PLAIN

PYTHON = f"{Path(sys.executable).parent}:/usr/bin:/bin"


def by_hand(outcome):
    return json.loads(outcome.out)["by_hand"]


def with_settings(text):
    return {"shop/settings.py": text, "static/app.css": "a {}"}


def texts(project, recipe):
    """What a recipe writes."""
    outcome = project.init("--recipe", recipe, "--apply")
    assert outcome.code == 0, outcome.said
    return {name: (project / name).read_text() for name in EXPECTED[recipe]}


def workflow(project, recipe):
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(next(iter(texts(project, recipe).values())))


# Lines of systemd's EnvironmentFile, and the value that systemd gives to VALUE, as its
# parse_env_file reads it.
ENVIRONMENT = [
    ("VALUE=a$b&c(d)e#f", "a$b&c(d)e#f"),
    ("VALUE=$(touch PWNED)`touch PWNED`", "$(touch PWNED)`touch PWNED`"),
    ("VALUE=a'b\"c d  ", "a'b\"c d"),
    ('VALUE="a\'b $HOME #c "', "a'b $HOME #c "),
    ("VALUE='a\"b\\n$c ; # '", 'a"b\\n$c ; # '),
    ('VALUE="a\\"b\\\\c\\$d\\`e\\n"', 'a"b\\c$d`e\\n'),
    ("VALUE=a\\$b\\\\c\\ d", "a$b\\c d"),
    ("  VALUE= x=y=", "x=y="),
    ("VALUE=", ""),
    ('VALUE=""', ""),
    ("VALUE=*", "*"),
    ("VALUE=é;|<>{}!", "é;|<>{}!"),
    ("VALUE=a\r", "a"),
    ("VALUE=a\n#VALUE=b\n; VALUE=c\n\nno assignment", "a"),
]


def read_environment(project, text):
    """Run what reads the unit's variables in deploy.sh, and say VALUE."""
    script = texts(project, "systemd")["deploy/deploy.sh"].replace("/etc/shop.env", "shop.env")
    project.write({"shop.env": text})
    end = script.index("\npip install")
    return subprocess.run(
        ["/bin/sh", "-ec", f"{script[script.index('env=shop.env') : end]}\nprintenv VALUE"],
        cwd=project.folder,
        env={"PATH": PYTHON, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("line", "value"), ENVIRONMENT)
@pytest.mark.parametrize("end", ["", "\n"])
def test_variables_of_the_unit(make_project, line, value, end):
    """deploy.sh has the values that systemd has, and runs none of them (they were run as shell)."""
    project = make_project(with_settings(PLAIN))
    done = read_environment(project, line + end)
    assert (done.stdout, done.stderr) == (f"{value}\n", "")
    assert not (project / "PWNED").exists()


@pytest.mark.parametrize(
    "line", ['VALUE="a', "VALUE='a'b'", "VALUE=a\\", 'VALUE="a"b', "V-X=secret"]
)
def test_variables_that_are_not_read(make_project, line):
    """What systemd might read otherwise stops the deploy, and is not told."""
    done = read_environment(make_project(with_settings(PLAIN)), f"{line}\n")
    assert done.returncode == 1
    assert "only NAME=value on one line is read here" in done.stderr
    assert "secret" not in done.stderr


def test_secret_keys(make_project):
    """Django's own secret keys come out as they are, of which nearly all were changed."""
    from django.core.management.utils import get_random_secret_key

    project = make_project(with_settings(PLAIN))
    keys = [get_random_secret_key() for _ in range(20)]
    wrong = [key for key in keys if read_environment(project, f"VALUE={key}").stdout != f"{key}\n"]
    assert wrong == []


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ('"/assets/"', "/assets/"),
        ('"assets/"', "/assets/"),
        ('"https://cdn.example/a/b/"', "/a/b/"),
    ],
)
def test_prefix(make_project, url, prefix):
    """Each file has the path of STATIC_URL, and /static/ nowhere."""
    project = make_project(with_settings(PLAIN.replace('"static/"', url)))
    said = {recipe: "".join(texts(project, recipe).values()) for recipe in RECIPES[::-1]}
    assert not any("/static/" in text for text in said.values())
    assert f"not path {prefix}*" in said["caddy"]
    assert (
        tomllib.loads((project / "fly.toml").read_text())["http_service"]["checks"][0]["path"]
        == f"{prefix}hiss.json"
    )
    assert f'adopt "$site{prefix}"' in said["heroku"]
    for recipe in ("github", "gitlab"):
        assert f'adopt "$SITE{prefix}"' in said[recipe]
    for recipe in ("fly", "heroku", "gitlab"):
        commands = re.findall(r"^(?!#).*\bhiss verify \S.*$", said[recipe], re.MULTILINE)
        assert len(commands) == 1
        assert f"--prefix {prefix}" in commands[0]
    for recipe in ("github", "systemd"):
        assert "python manage.py hiss verify" in said[recipe]


@pytest.mark.parametrize(
    "settings",
    [
        PLAIN.replace('"static/"', 'os.environ.get("STATIC_URL", "/static/")'),
        PLAIN + 'if DEBUG:\n    STATIC_URL = "/x/"\n',
        PLAIN + 'FORCE_SCRIPT_NAME = "/shop"\n',
        PLAIN.replace('"static/"', "'/a\"; touch PWNED; \"/'"),
    ],
)
def test_prefix_that_is_not_known(make_project, settings):
    """Where only running the settings would tell, it is said with the files to look at."""
    project = make_project(with_settings(settings))
    outcome = project.init("--recipe", "fly", "--json")
    assert outcome.code == 1
    [left] = by_hand(outcome)
    assert "STATIC_URL is not said plainly" in left["why"]
    assert left["lines"] == ["grep -rn /static/ fly.toml deploy/fly.sh"]
    assert "PWNED" not in outcome.out.replace(settings, "")
    assert by_hand(project.init("--recipe", "docker", "--json")) == []


@pytest.mark.parametrize("recipe", ["github", "gitlab", "heroku"])
def test_nothing_to_adopt_is_loud(make_project, recipe):
    """A site that is not there, or is not named, is a warning and not the end."""
    project = make_project(with_settings(PLAIN))
    if recipe == "heroku":
        command = texts(project, recipe)["bin/post_compile"]
    else:
        document = workflow(project, recipe)
        steps = (
            [step.get("run", "") for step in document["jobs"]["deploy"]["steps"]]
            if recipe == "github"
            else document["static"]["script"]
        )
        [command] = [step for step in steps if "release adopt" in step]
    for site in ("", "http://127.0.0.1:9"):
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=project.folder,
            env={"PATH": PYTHON, "SITE": site, "HISS_SITE": site, "DJANGO_SECRET_KEY": "x"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        warning = "::warning::" if recipe == "github" else "WARNING: "
        assert warning in done.stdout + done.stderr
        assert "nothing was adopted" in done.stdout + done.stderr


def test_image_without_releases_is_no_image_before(make_project):
    """A BEFORE that has no releases stops the build, instead of losing them without a word."""
    project = make_project(with_settings(PLAIN))
    text = texts(project, "docker")["Dockerfile"]
    assert text.index("COPY . .") < text.index("\nARG BEFORE\n") < text.index("collectstatic")
    command = docker_command(text)
    done = subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=project.folder,
        env={"PATH": PYTHON, "BEFORE": "shop:latest", "PYTHON": "python:3.13-slim"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "shop:latest has no releases in /app/out: nothing to adopt" in done.stderr


def docker_command(text):
    text = text.replace("\\\n", " ")
    command = next(line for line in text.splitlines() if "collectstatic" in line)
    return re.sub(r"^RUN\s+|--mount=\S+", "", command).strip()


@pytest.fixture
def spaced(make_project):
    """manage.py, settings and STATIC_ROOT in folders with spaces, `$`, `%` and quotes."""
    folder = "my $HOME 50% 'code'"
    project = make_project(
        {
            f"{folder}/shop/settings.py": PLAIN.replace('"out"', '"the out"')
            + 'STATICFILES_DIRS = [BASE_DIR / "static"]\n',
            f"{folder}/static/app.css": "a {}",
        },
        name="a site",
    )
    for name in ("manage.py", "shop/wsgi.py", "shop/__init__.py", "shop/urls.py"):
        (project / name).rename(project / folder / name)
    assert project.init("--apply").code == 0
    return project


def test_spaces(spaced, tmp_path):
    """Every command of every recipe is run in the right folder."""
    code = "my $HOME 50% 'code'"
    image = docker_command(texts(spaced, "docker")["Dockerfile"])
    image = image.replace("/app", str(spaced.folder)).replace("/before", str(tmp_path / "before"))
    commands = [image]
    for recipe in ("github", "gitlab"):
        document = workflow(spaced, recipe)
        steps = (
            [each.get("run", "") for each in document["jobs"]["deploy"]["steps"]]
            if recipe == "github"
            else document["static"]["script"]
        )
        commands += [each for each in steps if "collectstatic" in each or "release adopt" in each]
    deploy = texts(spaced, "systemd")["deploy/deploy.sh"]
    start = deploy.index("python ")
    dry = deploy[start : deploy.index("if [ -n", start)].strip() + " --dry-run"
    environment = {"PATH": PYTHON, "HOME": str(tmp_path), "DJANGO_SECRET_KEY": "x", "SITE": ""}
    environment["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    for command in (*commands, dry):
        shutil.rmtree(spaced / code / "the out", ignore_errors=True)
        done = subprocess.run(
            ["/bin/bash", "-ec", command],
            cwd=spaced.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        if "collectstatic" in command and command != dry:
            assert list((spaced / code / "the out").glob("app.*.css"))
    [check, build] = re.findall(r"^ *\d\. (?:check|build) +(.+)$", done.stdout, re.MULTILINE)
    for each in (check, build):
        assert shlex.split(each.removeprefix("HISS_HOLD=1 "))[:2] == ["cd", code]
    procfile = texts(spaced, "heroku")["Procfile"]
    assert shlex.split(procfile)[-2:] == ["--chdir", code]
    words = re.search(r"^CMD (\[.+\])$", (spaced / "Dockerfile").read_text(), re.MULTILINE)[1]
    assert json.loads(words)[:2] == ["sh", "-c"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_unit_in_a_folder_with_spaces(spaced, tmp_path):
    """systemd itself finds the program and the folder."""
    unit = texts(spaced, "systemd")
    [name] = [each for each in unit if each.endswith(".service")]
    (spaced / ".venv").symlink_to(Path(sys.executable).parent.parent)
    # Of a user that is there.
    path = tmp_path / "unit.service"
    path.write_text(re.sub("User=.*", "User=root", unit[name]))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False
    )
    told = [line for line in done.stderr.splitlines() if "unit.service" in line]
    assert told == []
    assert "WorkingDirectory=" + str(spaced.folder).replace("%", "%%") in unit[name]


EXPECTED_NAMES = {
    "My_Shop": "my-shop",
    "shop.example (new)": "shop-example-new",
    "2shops": "site-2shops",
    "Ünï": "n",
}


@pytest.mark.parametrize("folder", EXPECTED_NAMES)
def test_names(make_project, folder):
    """Images, apps, units and users have names that each of them takes."""
    files = {
        f"config/{name}.py": text for name, text in {"settings": PLAIN, "__init__": ""}.items()
    }
    manage = 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"\n'
    project = make_project({**files, "manage.py": manage}, name=folder)
    assert project.init("--recipe", "fly", "--apply").code == 0
    name = EXPECTED_NAMES[folder]
    assert tomllib.loads((project / "fly.toml").read_text())["app"] == name
    assert f"docker build -t {name} .\n" in (project / "Dockerfile").read_text()
    assert "exec gunicorn config.wsgi " in (project / "Dockerfile").read_text()
    assert project.init("--recipe", "systemd", "--apply").code == 0
    assert f"\nUser={name}\n" in (project / f"deploy/{name}.service").read_text()


@pytest.mark.parametrize("recipe", ["docker", "github", "gitlab"])
def test_variables_of_the_settings(make_project, recipe):
    """A name that is none of a variable gets into no shell and no YAML, and is said."""
    odd = ["X; touch PWNED", "A: b", "a\\nb", "A-B"]
    reads = "".join(
        f'O{number} = os.environ.get("H") or os.environ["{name}"]\n'
        for number, name in enumerate(odd)
    )
    project = make_project(with_settings(f"{PLAIN}{reads}"))
    outcome = project.init("--recipe", recipe, "--apply", "--json")
    assert outcome.code == 1
    [left] = by_hand(outcome)
    assert "X; touch PWNED" in left["why"]
    written = "".join((project / name).read_text() for name in EXPECTED[recipe])
    assert "PWNED" not in written
    assert "A: b" not in written
    assert "DJANGO_SECRET_KEY" in written


@pytest.mark.parametrize("module", ["shop.x; touch PWNED", "shop.a b"])
def test_settings_with_an_odd_name(make_project, module):
    """A module that nothing could import is not written into a script."""
    name = module.partition(".")[2]
    project = make_project(
        {
            "manage.py": f"import os\nos.environ['DJANGO_SETTINGS_MODULE'] = {module!r}\n",
            "shop/wsgi.py": "",
            f"shop/{name}.py": PLAIN,
        }
    )
    with pytest.raises(ConfigurationError, match="no name that Python imports"):
        project.init("--recipe", "systemd")


def test_a_folder_that_no_quotes_help(make_project):
    """The end of a line in a folder's name would begin another directive."""
    project = make_project(with_settings(PLAIN), name="a\nExecStartPre=touch PWNED")
    with pytest.raises(ConfigurationError, match="cannot be written into a recipe"):
        project.init("--recipe", "systemd")


OUTSIDE = {
    "absolute": ('"/var/www/shop/static"', "/var/www/shop/static"),
    "a path": ('Path("/var/www/shop/static")', "/var/www/shop/static"),
    "above": ('BASE_DIR.parent / "built"', "/built"),
}


@pytest.mark.parametrize("way", OUTSIDE)
def test_static_root_outside(make_project, way):
    """The image has STATIC_ROOT where the settings have it; a platform that keeps none such is
    said.
    """
    value, image = OUTSIDE[way]
    settings = PLAIN.replace('BASE_DIR / "out"', value)
    project = make_project(with_settings(settings))
    written = texts(project, "docker")
    assert f"[ -d /before{image}/.hiss ]" in written["Dockerfile"]
    assert f"adopt /before{image} --root {image};" in written["Dockerfile"]
    assert "static" not in written[".dockerignore"]
    here = image if way != "above" else str(project.folder.parent / "built")
    assert f"--root {here};" in texts(project, "systemd")["deploy/deploy.sh"]
    for recipe in ("github", "gitlab", "heroku"):
        outcome = project.init("--recipe", recipe, "--json")
        [left] = by_hand(outcome)
        assert f"STATIC_ROOT is {here}, outside of the project" in left["why"]
        assert left["lines"]
    assert f"path: {here}\n" in project.init("--recipe", "github").out


@pytest.mark.parametrize("value", ['os.environ["ROOT"]', '"x" if DEBUG else "y"'])
def test_static_root_that_is_not_known(make_project, value):
    """Where only running the settings would tell, it is said."""
    project = make_project(with_settings(PLAIN.replace('BASE_DIR / "out"', value)))
    for recipe in ("docker", "github", "gitlab", "systemd"):
        [left] = by_hand(project.init("--recipe", recipe, "--json"))
        assert "STATIC_ROOT is not said plainly" in left["why"]


def test_static_root_by_a_bare_name(make_project):
    """`STATIC_ROOT = "out"` is beside manage.py, where commands are run."""
    project = make_project(with_settings(PLAIN.replace('BASE_DIR / "out"', '"out"')))
    assert "[ -d /before/app/out/.hiss ]" in texts(project, "docker")["Dockerfile"]


def test_dockerignore(make_project):
    """Secrets, databases and caches stay out at any depth, and so does what was built here."""
    project = make_project(with_settings(PLAIN))
    patterns = texts(project, "docker")[".dockerignore"].splitlines()
    for name in (".env", ".env.*", ".envs", "*.sqlite3", "*.pyc", "__pycache__"):
        assert f"**/{name}" in patterns
    assert patterns[-1] == "out"


def test_dockerignore_that_is_there(make_project):
    """It is not changed; the lines that it lacks are said, and no file is laid beside."""
    project = make_project({**with_settings(PLAIN), ".dockerignore": ".git\n/venv/\n**/.env\n"})
    outcome = project.init("--recipe", "docker", "--apply", "--json")
    assert outcome.code == 1
    [left] = by_hand(outcome)
    assert left["file"] == ".dockerignore"
    assert "out" in left["lines"]
    assert not {".git", "venv", "**/.env"} & set(left["lines"])
    assert not os.path.exists(project / ".dockerignore.hiss")
    added = "\n".join(left["lines"])
    project.write({".dockerignore": f".git\n/venv/\n**/.env\n{added}\n"})
    assert project.init("--recipe", "docker").said == "nothing to do: all is set up\n"
