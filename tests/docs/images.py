"""`docker build` and `docker run` where there is no Docker: a Dockerfile's steps, one by one.

Each step's commands run in the right folder of a tree that stands for the image, in an environment
that has nothing but pip. What a step copies is what Docker would copy: .dockerignore is heeded.
Mounts, users and what the base image brings are left out.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import shutil
from dataclasses import dataclass, field

#: Paths in an image that the tree has, too.
_PATH = re.compile(r"(?<![\w./$}-])/(app|before)\b")
INSTRUCTIONS = frozenset({"ARG", "CMD", "COPY", "ENV", "EXPOSE", "FROM", "RUN", "USER", "WORKDIR"})
_INSTRUCTION = re.compile(r"\s*([A-Z]+)\s+(.*)", re.DOTALL)


@dataclass
class Image:
    """What a build leaves for a run."""

    tree: object
    workdir: str = "/"
    environ: dict[str, str] = field(default_factory=dict)
    command: str = ""

    def path(self, text):
        """A text of the Dockerfile, with the tree's paths."""
        return _PATH.sub(lambda match: f"{self.tree}{match[0]}", text)


def build(page, block):
    """Do what the Dockerfile in the page's folder says; the image goes by the name after -t."""
    words = shlex.split(block.text)
    name = words[words.index("-t") + 1]
    arguments = dict(each.split("=", 1) for each in words if re.fullmatch(r"[A-Z]+=.*", each))
    tree = page.home / f"image-{block.line}"
    tree.mkdir()
    environment = page.fresh_environment(tree / "python")
    image = Image(tree, environ={"PATH": f"{environment}/bin:{page.environ['PATH']}"})
    before = page.images.get(arguments.get("BEFORE", ""))
    if before:
        (tree / "before").symlink_to(before.tree)
    elif "BEFORE" in arguments:
        raise block.error(f"no image goes by that name: {arguments['BEFORE']}")
    dockerfile = (page.cwd / "Dockerfile").read_text("utf-8")
    for instruction, rest in read_dockerfile(dockerfile):
        _step(page, block, image, instruction, rest)
    page.images[name] = page.images[f"{name}:latest"] = image


def run(page, block):
    """Start what the image's CMD says, at the port that is published."""
    words = shlex.split(block.text)
    image = page.images[words[-1]]
    port = page.port(re.search(r"-p (?:[\d.]+:)?(\d+):", block.text)[1])
    variables = dict(each.split("=", 1) for each in words if re.fullmatch(r"[A-Z_]+=.*", each))
    page.serve(
        block,
        image.command,
        [port],
        cwd=image.path(image.workdir),
        extra={**image.environ, **variables, "PORT": port},
    )


def _step(page, block, image, instruction, rest):
    match instruction:
        case "WORKDIR":
            image.workdir = rest
            page.shell(block, f"mkdir -p {image.path(rest)}", cwd=image.tree)
        case "ENV":
            for each in shlex.split(rest):
                key, _, value = each.partition("=")
                if not key.startswith("PIP_"):
                    image.environ[key] = image.path(value)
        case "COPY":
            _copy(page.cwd, image, rest)
        case "RUN":
            command = re.sub(r"--mount=\S+\s+", "", rest)
            if command.startswith(("useradd", "adduser", "apt-get")):
                return
            where = image.path(image.workdir)
            page.shell(block, image.path(command), cwd=where, extra=image.environ)
        case "CMD":
            words = json.loads(rest) if rest.startswith("[") else ["sh", "-c", rest]
            image.command = image.path(shlex.join(words))
        case "FROM" | "ARG" | "USER" | "EXPOSE":
            pass
        case _:
            raise block.error(f"{instruction}: tests/docs/images.py knows no such step")


def _copy(source, image, rest):
    *names, target = rest.split()
    to = (
        f"{image.path(image.workdir)}/{target}"
        if not target.startswith("/")
        else image.path(target)
    )
    ignored = source / ".dockerignore"
    patterns = ignored.read_text().split() if ignored.is_file() else []

    def ignore(folder, found):
        return {each for each in found if any(fnmatch.fnmatch(each, one) for one in patterns)}

    for name in names:
        for path in source.glob(name) if name != "." else [source]:
            if path.is_dir():
                shutil.copytree(path, to, ignore=ignore, dirs_exist_ok=True)
            else:
                shutil.copy(path, to)


def read_dockerfile(text):
    """The steps of a Dockerfile: (instruction, the rest)."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [_INSTRUCTION.fullmatch(line).groups() for line in joined.splitlines() if line.strip()]
