"""What can be said of a block that is not run: whether it is what its kind says."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shutil
import subprocess
import tomllib

import yaml

from docs.images import INSTRUCTIONS, read_dockerfile

#: Directives of nginx that stand in `http`; all others in `server`.
_HTTP = frozenset({"map", "upstream", "server", "proxy_cache_path", "log_format"})

_NGINX = """\
pid {folder}/pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    {temporary}
    {http}
    {server}
}}
"""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")


class Missing(Exception):
    """A command that a check needs is not on this machine."""


def check_toml(text, folder):
    """TOML."""
    tomllib.loads(text)


def check_json(text, folder):
    """JSON."""
    json.loads(text)


def check_yaml(text, folder):
    """YAML with something in it."""
    assert yaml.safe_load(text), "it is empty"


def check_ini(text, folder):
    """What systemd and others write: sections with keys, which may come more than once."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=False)
    parser.optionxform = str
    parser.read_string(text)
    assert parser.sections(), "it has no section"


def check_python(text, folder):
    """Python."""
    ast.parse(text)


def check_sh(text, folder):
    """What bash can read."""
    _call("bash", "-n", input=text)


def check_dockerfile(text, folder):
    """Steps of an image, whose commands a shell can read."""
    for instruction, rest in read_dockerfile(text):
        assert instruction in INSTRUCTIONS, f"{instruction} is no step"
        if instruction == "RUN":
            _call("bash", "-n", input=rest)


def check_text(text, folder):
    """Words."""
    assert text.strip(), "it is empty"


def check_nginx(text, folder):
    """Directives that nginx takes, those of `http` and those of `server`."""
    http, server = [], []
    for directive in _directives(text):
        (http if directive.split()[0] in _HTTP else server).append(directive)
    inside = "\n".join(["server {", "listen 127.0.0.1:1;", *server, "}"]) if server else ""
    temporary = "\n".join(f"{each}_temp_path {folder}/{each};" for each in _TEMPORARY)
    path = folder / "checked-nginx.conf"
    path.write_text(
        _NGINX.format(folder=folder, temporary=temporary, http="\n".join(http), server=inside)
    )
    _call("nginx", "-t", "-q", "-p", folder, "-c", path)


def _directives(text):
    """The directives of the outermost level, each with its block."""
    found, depth = [""], 0
    for piece in re.findall(r"#[^\n]*|\"[^\"]*\"|[{};]|[^#\"{};]+", text):
        if piece.startswith("#"):
            continue
        found[-1] += piece
        depth += {"{": 1, "}": -1}.get(piece, 0)
        if depth == 0 and piece in {"}", ";"}:
            found.append("")
    return [each.strip() for each in found if each.strip()]


def check_caddyfile(text, folder):
    """A configuration that Caddy takes."""
    path = folder / "Caddyfile.checked"
    path.write_text(text)
    _call("caddy", "validate", "--adapter", "caddyfile", "--config", path)


KINDS = {
    name.removeprefix("check_"): each
    for name, each in list(globals().items())
    if name.startswith("check_")
}


def _call(*command, input=None):  # noqa: A002 - as subprocess has it
    if not shutil.which(command[0]):
        raise Missing(f"{command[0]} is not installed")
    done = subprocess.run(
        [str(each) for each in command],
        input=input,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout
