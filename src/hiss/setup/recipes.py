"""Ways to deploy, as small files of their own: collectstatic in its place, restart, verify."""

from __future__ import annotations

import ast
import os
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.errors import ConfigurationError
from hiss.setup.init import find_static_root
from hiss.setup.plan import ByHand, Change, Plan
from hiss.setup.quoting import (
    check_path,
    in_json,
    is_module,
    is_variable,
    shell,
    slug,
    unit_path,
    unit_program,
    yaml,
)
from hiss.setup.requirements import names_requirement
from hiss.setup.static_url import USUAL, find_prefix
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

#: Where an image has the project.
_IMAGE: Final = "/app"
_ROOT: Final = "staticfiles"
# Which files of a recipe say STATIC_URL's path, and which STATIC_ROOT.
_KNOW_PREFIX: Final = {
    "caddy": "deploy/Caddyfile",
    "fly": "fly.toml deploy/fly.sh",
    "github": ".github/workflows/deploy.yml",
    "gitlab": ".gitlab-ci.yml",
    "heroku": "bin/post_compile deploy/heroku.sh",
}
_KNOW_ROOT: Final = {
    "docker": "Dockerfile .dockerignore",
    "fly": "Dockerfile .dockerignore",
    "github": ".github/workflows/deploy.yml",
    "gitlab": ".gitlab-ci.yml",
    "systemd": "deploy/deploy.sh",
}
# Who keeps no folder outside of the project, and what to do about it.
_KEEPERS: Final = {
    "github": (
        "make it before the builds, in a step that the runner's user may do",
        ('- run: sudo install -d -o "$USER" {root}',),
    ),
    "gitlab": (
        "GitLab keeps none such, and the job's artifact would be empty: copy it, and name the copy",
        (f"- cp -a {{root}}/. {_ROOT}/", "artifacts:", f"  paths: [{_ROOT}]"),
    ),
    "heroku": (
        "Heroku keeps none such, and the site would be without: have it within",
        (f'STATIC_ROOT = BASE_DIR / "{_ROOT}"',),
    ),
}

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


def plan_recipe(recipe: str, project: Project, settings: Plan) -> Plan:
    """The files of a recipe; beside one that is there, ours gets the ending `.hiss`.

    `settings`: what is to be done to the settings first, which may set STATIC_ROOT.

    Raises:
        ConfigurationError: A name is such that it cannot be written into these files.
    """
    static = _find_static(project, settings)
    values = _values(project, static)
    changes, by_hand, notes = [], _by_hand(recipe, project, static), []
    for file in _FILES[recipe]:
        path = os.path.join(project.folder, Template(file.path).substitute(name=values["name"]))
        data = _fill(file.template, values)
        before = _holds(path)
        if before == data:
            continue
        if before is not None and file.template == "dockerignore":
            by_hand += _lacking(path, before, data)
            continue
        if before is not None:
            notes.append(f"{path} is there, and is not overwritten: compare it with this one")
            path += ".hiss"
        before = _holds(path)
        if before != data:
            what = (f"the recipe for {recipe}",)
            changes.append(Change(path, before, data, what, runs=file.runs))
    if changes and not names_requirement(project.folder, "gunicorn"):
        notes.append("gunicorn, which this starts, is not among the project's requirements")
    return Plan(tuple(changes), tuple(by_hand), tuple(notes))


class _Static(NamedTuple):
    """What the settings say of static files; empty where only running them would tell."""

    #: STATIC_ROOT: relative to the project's folder, or absolute outside of it.
    root: str
    #: The same in an image, where the project's folder is /app.
    image: str
    prefix: str

    @property
    def is_inside(self) -> bool:
        return not os.path.isabs(self.root)


def _find_static(project: Project, settings: Plan) -> _Static:
    root = find_static_root(project, settings)
    inside = os.path.relpath(root, project.folder).replace(os.sep, "/") if root else ""
    root = root if inside.startswith("../") else inside
    image = find_static_root(project, settings, at=_IMAGE)
    return _Static(check_path(root), check_path(image), find_prefix(project.settings[-1]))


def _by_hand(recipe: str, project: Project, static: _Static) -> list[ByHand]:
    """What the settings do not say plainly, and where a folder is that a platform does not keep."""
    path = project.settings[-1].source.path
    found = []
    if not static.prefix and recipe in _KNOW_PREFIX:
        why = (
            f"STATIC_URL is not said plainly here: the recipe has {USUAL}; where browsers ask for "
            "another path, write that in its place"
        )
        found.append(ByHand(path, 0, why, (f"grep -rn {USUAL} {_KNOW_PREFIX[recipe]}",)))
    if not static.root and recipe in _KNOW_ROOT:
        why = (
            f"STATIC_ROOT is not said plainly here: the recipe has {_ROOT}; where it is another "
            "folder, no former release would come along: write that in its place"
        )
        found.append(ByHand(path, 0, why, (f"grep -n {_ROOT} {_KNOW_ROOT[recipe]}",)))
    elif not static.is_inside and recipe in _KEEPERS:
        keeps, lines = _KEEPERS[recipe]
        filled = tuple(line.format(root=shell(static.root)) for line in lines)
        why = f"STATIC_ROOT is {static.root}, outside of the project: {keeps}"
        found.append(ByHand(path, 0, why, filled))
    odd = [name for name in build_environment(project) if not is_variable(name)]
    if odd:
        why = f"no shell has variables with such names, so that builds go without: {odd}"
        found.append(ByHand(path, 0, why, ('os.environ["LETTERS_DIGITS_AND_1"]',)))
    return found


def _lacking(path: str, before: bytes, data: bytes) -> list[ByHand]:
    """Which of our patterns a file lacks that is there already."""
    there = {line.strip().strip("/") for line in before.decode("utf-8", "replace").splitlines()}
    lines = tuple(line for line in data.decode().splitlines() if line not in there)
    why = "it is there, and is not changed: without these lines secrets or old builds get into the "
    return [ByHand(path, 0, f"{why}image", lines)] if lines else []


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


def _values(project: Project, static: _Static) -> dict[str, str]:
    folder = check_path(project.folder)
    code = os.path.relpath(project.code, folder).replace(os.sep, "/")
    below = "" if code == "." else code
    environment = {
        name: value for name, value in build_environment(project).items() if is_variable(name)
    }
    build_env = "".join(f"{key}={shell(value)} " for key, value in environment.items())
    install, copies = _install(folder)
    server = _server(project)
    cd = f"cd {shell(below)} && " if below else ""
    prefix = static.prefix or USUAL
    root = static.root or _ROOT
    image = static.image or f"{_IMAGE}/{_ROOT}"
    return {
        "name": slug(project.name),
        "server": server,
        "server_in_json": in_json(server),
        "settings": _served_settings(project),
        "install": install,
        "copies": copies,
        "build_env": build_env,
        "build_env_yaml": "".join(
            f'\n      {key}: "{value}"' for key, value in environment.items()
        ),
        "gitlab_env": "".join(f'\n    {key}: "{value}"' for key, value in environment.items()),
        "cd": cd,
        "check": shell(f"{cd}python manage.py check --deploy"),
        "build": shell(f"{cd}python manage.py collectstatic --no-input"),
        "code": shell(f"{_IMAGE}/{below}".rstrip("/")),
        "manage": shell(f"{below}/manage.py".lstrip("/")),
        "chdir": f" --chdir {shell(below)}" if below else "",
        "working": unit_path(project.code),
        "gunicorn": unit_program(f"{folder}/.venv/bin/gunicorn"),
        "arguments": server.removeprefix("gunicorn "),
        "root": shell(root),
        "root_yaml": yaml(root),
        "root_ignored": f"{root}\n" if static.is_inside else "",
        "image_root": shell(image),
        "before_root": shell(f"/before{image}"),
        "prefix": prefix,
        "verify_prefix": "" if prefix == USUAL else f" --prefix {prefix}",
        "hosts": _hosts(project),
    }


def _server(project: Project) -> str:
    """The command that starts it; gunicorn has a worker of its own for ASGI."""
    module = project.wsgi or project.asgi
    module = module or f"{_served_settings(project).partition('.')[0]}.wsgi"
    is_asgi = project.asgi and not project.wsgi
    return f"gunicorn {'--worker-class asgi ' if is_asgi else ''}{module}"


def _served_settings(project: Project) -> str:
    """The settings that the doors name, or manage.py's."""
    module = project.settings[-1].module
    if not is_module(module):
        raise ConfigurationError(
            f"{module!r} is no name that Python imports", "Name the settings with --settings."
        )
    return module


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
