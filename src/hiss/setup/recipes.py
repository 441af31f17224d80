"""Ways to deploy, as small files of their own: collectstatic in its place, restart, verify."""

from __future__ import annotations

import ast
import os
import shlex
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.setup.plan import Change, Plan
from hiss.setup.requirements import names_requirement
from hiss.setup.writes import find_writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.setup.project import Project


class _File(NamedTuple):
    """A file of a recipe: the template, and where it goes."""

    template: str
    path: str
    runs: bool = False


_DOCKER: Final = (_File("Dockerfile", "Dockerfile"), _File("dockerignore", ".dockerignore"))
_FILES: Final[dict[str, tuple[_File, ...]]] = {
    "caddy": (_File("Caddyfile", "deploy/Caddyfile"),),
    "docker": _DOCKER,
    "fly": (*_DOCKER, _File("fly.toml", "fly.toml"), _File("fly.sh", "deploy/fly.sh", runs=True)),
    "github": (_File("github.yml", ".github/workflows/deploy.yml"),),
    "gitlab": (_File("gitlab.yml", ".gitlab-ci.yml"),),
    "heroku": (
        _File("Procfile", "Procfile"),
        _File("post_compile", "bin/post_compile", runs=True),
        _File("heroku.sh", "deploy/heroku.sh", runs=True),
    ),
    "nginx": (_File("nginx.conf", "deploy/nginx.conf"),),
    "systemd": (
        _File("unit.service", "deploy/$name.service"),
        _File("deploy.sh", "deploy/deploy.sh", runs=True),
    ),
}
RECIPES: Final = tuple(_FILES)

# Calls that read the environment, to a value of that kind that a build can do with.
_READERS: Final = {
    "bool": "false",
    "cache_url": "dummycache://",
    "db": "sqlite://:memory:",
    "db_url": "sqlite://:memory:",
    "email_url": "dummymail://",
    "float": "0",
    "int": "0",
    "str": "build-only",
}
_FUNCTIONS: Final = frozenset({"config", "env", "environ.get", "getenv", "os.environ.get"})


def plan_recipe(recipe: str, project: Project, static_root: str) -> Plan:
    """The files of a recipe; beside one that is there, ours gets the ending `.hiss`."""
    values = _values(project, static_root)
    changes, notes = [], []
    for file in _FILES[recipe]:
        path = os.path.join(project.folder, Template(file.path).substitute(name=values["name"]))
        data = _fill(file.template, values)
        if _holds(path) == data:
            continue
        if os.path.exists(path):
            notes.append(f"{path} is there, and is not overwritten: compare it with this one")
            path += ".hiss"
        before = _holds(path)
        if before != data:
            what = (f"the recipe for {recipe}",)
            changes.append(Change(path, before, data, what, runs=file.runs))
    if changes and not names_requirement(project.folder, "gunicorn"):
        notes.append("gunicorn, which this starts, is not among the project's requirements")
    return Plan(tuple(changes), (), tuple(notes))


def build_environment(project: Project) -> dict[str, str]:
    """The variables that the settings cannot do without, with values that are no secrets."""
    found: dict[str, str] = {}
    for source in project.sources:
        for node in ast.walk(source.tree):
            for name, value in _read_variable(node):
                found.setdefault(name, value)
    return dict(sorted(found.items()))


def _read_variable(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Subscript(value=mapping, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            if ast.unparse(mapping) in {"os.environ", "environ"}:
                yield name, "build-only"
        case ast.Call(func=func, args=[ast.Constant(value=str(name))], keywords=keywords):
            reader = ast.unparse(func)
            if any(each.arg == "default" for each in keywords) or reader.endswith("get"):
                return
            kind = reader.removeprefix("env.")
            if reader in _FUNCTIONS or (reader.startswith("env.") and kind in _READERS):
                yield name, _READERS.get(_cast(keywords) or kind, "build-only")
        case ast.Call(func=ast.Attribute(value=ast.Name(id="env"), attr=kind), args=[]):
            if kind in {"db", "db_url"}:
                yield "DATABASE_URL", _READERS[kind]


def _cast(keywords: list[ast.keyword]) -> str:
    return next((ast.unparse(each.value) for each in keywords if each.arg == "cast"), "")


def _values(project: Project, static_root: str) -> dict[str, str]:
    folder = project.folder
    code = os.path.relpath(project.code, folder).replace(os.sep, "/")
    root = os.path.relpath(static_root, folder).replace(os.sep, "/") if static_root else ""
    environment = build_environment(project)
    install, copies = _install(folder)
    # gunicorn has a worker of its own for ASGI.
    server = "gunicorn" if project.wsgi or not project.asgi else "gunicorn --worker-class asgi"
    module = project.wsgi or project.asgi or f"{project.name}.wsgi"
    return {
        "name": project.name,
        "server": f"{server} {module}",
        "settings": _served_settings(project),
        "install": install,
        "copies": copies,
        "build_env": "".join(f"{key}={shlex.quote(value)} " for key, value in environment.items()),
        "build_env_yaml": "".join(
            f'\n      {key}: "{value}"' for key, value in environment.items()
        ),
        "gitlab_env": "".join(f'\n    {key}: "{value}"' for key, value in environment.items()),
        "cd": "" if code == "." else f"cd {code} && ",
        "code": "/app" if code == "." else f"/app/{code}",
        "manage": "manage.py" if code == "." else f"{code}/manage.py",
        "chdir": "" if code == "." else f" --chdir {code}",
        "folder": folder,
        "working": project.code,
        "static_root": root or "staticfiles",
        "hosts": _hosts(project),
    }


def _served_settings(project: Project) -> str:
    """The settings that the doors name, or manage.py's."""
    return project.settings[-1].module


def _hosts(project: Project) -> str:
    """A note where ALLOWED_HOSTS is empty."""
    for source in project.sources:
        for write in find_writes(source.tree):
            if write.name == "ALLOWED_HOSTS" and ast.unparse(write.value) == "[]":
                return "# ALLOWED_HOSTS is empty in the settings: the site's name belongs there.\n"
    return ""


def _install(folder: str) -> tuple[str, str]:
    """The command that installs the project's requirements, and the files that it reads."""

    def has(name: str) -> bool:
        return os.path.isfile(os.path.join(folder, name))

    for name in ("requirements.txt", "requirements/production.txt", "requirements/base.txt"):
        if has(name):
            parent = name.split("/")[0]
            copies = f"COPY {parent} {parent}" if "/" in name else f"COPY {name} ./"
            return f"pip install -r {name}", copies
    if has("uv.lock"):
        return (
            "pip install uv && uv export --frozen --no-emit-project -o /tmp/requirements.txt && "
            "pip install -r /tmp/requirements.txt",
            "COPY pyproject.toml uv.lock ./",
        )
    if has("poetry.lock"):
        return (
            "pip install poetry && POETRY_VIRTUALENVS_CREATE=false poetry install --no-root",
            "COPY pyproject.toml poetry.lock ./",
        )
    if has("Pipfile"):
        return "pip install pipenv && pipenv install --system", "COPY Pipfile* ./"
    if has("pyproject.toml"):
        return "pip install .", "COPY . ."
    return "pip install django gunicorn hiss", "# There is no file of requirements."


def _fill(name: str, values: dict[str, str]) -> bytes:
    template = resources.files("hiss.setup").joinpath("recipe", f"{name}.txt")
    return _Recipe(template.read_text("utf-8")).substitute(values).encode()


class _Recipe(Template):
    """Filled in at `%{name}`: shells, nginx and workflows have their own `$`."""

    delimiter = "%"
    pattern = r"%(?:(?P<escaped>%)|(?P<named>(?!))|\{(?P<braced>[a-z_]+)\}|(?P<invalid>(?!)))"  # type: ignore[assignment]


def _holds(path: str) -> bytes | None:
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file.read()
