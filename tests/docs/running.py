"""A page is followed as a reader would: its blocks in order, in one folder, in one shell."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from docs import checking, images
from docs.blocks import PageError
from harness.ports import free_port

_SECONDS = 60
#: Commands that only hidden blocks use.
_TOOLS = Path(__file__).parent / "tools"
#: Ports that pages speak of; each page has free ones in their place.
_PORT = re.compile(r"(?<![\w.-])(8000|8001|8080)(?!\w)")
_MARK = "HISS_DOCS_PAGE"

#: What a shell hands on to the next: where it is, what it exported, and its small variables.
_SHELL = """\
trap 'code=$?; pwd > {state}/pwd; env -0 > {state}/env; declare -p > {state}/set; exit $code' EXIT
{variables}
{text}
"""
_VARIABLE = re.compile(r'^declare -- [a-z]\w*=".*"$', re.MULTILINE)


class Page:
    """A reader's machine: a home, a Python environment, and an empty folder to begin in."""

    def __init__(self, folder, environment, *, fresh=None, wheels=None, cache=None):
        self.folder = folder / "site"
        self.home = folder / "home"
        self._state = folder / "state"
        for each in (self.folder, self.home, self._state):
            each.mkdir(parents=True, exist_ok=True)
        #: Makes an environment with nothing but pip, in a folder of one's choice.
        self.fresh_environment = fresh
        #: What `docker build` made, by name.
        self.images: dict[str, images.Image] = {}
        self._cwd = self.folder
        self._ports: dict[str, str] = {}
        self._servers: list[subprocess.Popen] = []
        self._names: list[tuple[str, str]] = []
        self._variables = ""
        self._modules: list[str] = []
        self._printed: tuple[object, str] | None = None
        #: What could not be checked on this machine, and why.
        self.missing: list[str] = []
        self._environ = {
            "PATH": f"{environment}/bin:{_TOOLS}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "USER": "reader",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_NO_INDEX": "1",
            "PIP_YES": "1",
            "PIP_NO_COMPILE": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "reader",
            "GIT_AUTHOR_EMAIL": "reader@example.org",
            "GIT_COMMITTER_NAME": "reader",
            "GIT_COMMITTER_EMAIL": "reader@example.org",
            _MARK: str(folder),
        }
        if wheels:
            self._environ["PIP_FIND_LINKS"] = str(wheels)
        if cache:
            self._environ["HISS_CACHE_DIR"] = str(cache)
        # What pages fetch with npm comes the way that it comes to this machine.
        for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "https_proxy"):
            if name in os.environ:
                self._environ[name] = os.environ[name]
        self._environ["npm_config_cache"] = os.path.expanduser("~/.npm")
        self._environ["npm_config_userconfig"] = os.path.expanduser("~/.npmrc")

    def follow(self, blocks):
        """Do what the blocks say; raises PageError at the first that is wrong."""
        try:
            for block in blocks:
                if block.action == "needs":
                    if not shutil.which(block.value, path=self._environ["PATH"]):
                        self.missing.append(f"{block.place}: {block.value} is not installed")
                        return
                    continue
                self._do(block)
        finally:
            self.close()

    def close(self):
        """End whatever the page has started, servers that left for the background too."""
        deadline = time.monotonic() + 5
        kind = signal.SIGTERM
        while processes := _marked(self._environ[_MARK]):
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, kind)
            if time.monotonic() > deadline:
                kind = signal.SIGKILL
            for server in self._servers:
                server.poll()
            time.sleep(0.05)
        while self._servers:
            self._servers.pop().wait()

    def _do(self, block):
        try:
            getattr(self, f"_{block.action}")(block)
        except PageError:
            raise
        except checking.Missing as missing:
            self.missing.append(f"{block.place}: {missing}")
        except Exception as error:
            raise block.error(f"{type(error).__name__}: {error}") from error

    # What blocks do

    def _start(self, block):
        raise block.error("a page starts with <!-- start: … -->, before anything else")

    def _stop(self, block):
        self.close()

    def _where(self, block):
        name, _, meant = block.value.partition(" is ")
        quiet = f'{self._variables}\nprintf %s "{self._here(meant)}"'
        done = subprocess.run(
            ["bash", "-eu", "-c", quiet],
            cwd=self._cwd,
            env=self._environ,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        self._names.insert(0, (name, done.stdout))

    def _run(self, block):
        self.shell(block, self._here(block.text))

    def _console(self, block):
        commands, outputs = [], []
        for line in block.text.splitlines(keepends=True):
            if line.startswith("$ "):
                commands.append(line[2:])
                outputs.append("")
            elif not commands:
                raise block.error("a console block begins with a command: `$ …`")
            elif line.startswith("> "):
                commands[-1] += line[2:]
            else:
                outputs[-1] += line
        for number, (command, expected) in enumerate(zip(commands, outputs, strict=True)):
            last = number == len(commands) - 1
            printed = self.shell(block, self._here(command), code=block.exit if last else 0)
            if expected:
                self._compare(block, expected, printed)

    def _python(self, block):
        self._modules.append(self._here(block.text))
        path = self._state / "page.py"
        path.write_text("\n".join(self._modules), encoding="utf-8")
        # As `python -c` does, with a file that tracebacks can show.
        run = f"import sys; exec(compile(open({str(path)!r}).read(), {str(path)!r}, 'exec'))"
        self.shell(block, f'python -c "{run}"')

    def _file(self, block, mode="w"):
        path = self._cwd / self._here(block.value)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = self._here(block.text)
        if text.startswith("#!"):
            path.touch()
            path.chmod(0o755)
        with path.open(mode, encoding="utf-8") as file:
            if mode == "a" and path.suffix == ".py":
                file.write("\n")
            file.write(text)
        self._check_file(block, path)

    def _append(self, block):
        self._file(block, "a")

    def _change(self, block):
        path = self._cwd / block.value
        path.write_text(change(path.read_text("utf-8"), self._here(block.text)), "utf-8")
        self._check_file(block, path)

    def _output(self, block):
        if self._printed is None:
            raise block.error("there is no command before this output")
        self._compare(block, block.text, self._printed[1])

    def _server(self, block):
        text = self._here(block.text)
        ports = [port for port in self._ports.values() if port in text]
        if not ports:
            raise block.error("a server names its port: 8000, 8001 or 8080")
        self.serve(block, text, ports)

    def serve(self, block, command, ports, *, cwd=None, extra=None):
        """Start a server, and wait until it answers at its ports."""
        log = self._state / f"server-{block.line}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-eu", "-c", command],
                cwd=cwd or self._cwd,
                env={**self._environ, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._servers.append(process)
        deadline = time.monotonic() + _SECONDS / 2
        for port in ports:
            while not _answers(int(port)):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise block.error(f"the server does not answer:\n{log.read_text()}")
                time.sleep(0.05)

    def _image(self, block):
        images.build(self, block)

    def _container(self, block):
        images.run(self, block)

    def _check(self, block):
        check = checking.KINDS.get(block.language)
        if check is None:
            raise block.error(f"{block.language}: one of {', '.join(sorted(checking.KINDS))}")
        check(self._here(block.text), self._state)

    # How

    def shell(self, block, text, *, code=None, cwd=None, extra=None):
        """Run commands in the page's shell; what they print, as the page would say it."""
        script = _SHELL.format(state=self._state, variables=self._variables, text=text)
        apart = cwd is not None
        try:
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", text if apart else script],
                cwd=cwd or self._cwd,
                env={**self._environ, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            said = (late.stdout or b"").decode("utf-8", "replace")
            raise block.error(f"not done after {_SECONDS} s:\n{text}\n{said}") from None
        expected = block.exit if code is None else code
        if done.returncode != expected:
            raise block.error(
                f"ended with {done.returncode}, not {expected}:\n{text}\n{done.stdout}"
            )
        if not apart:
            self._keep_state()
        said = self._there(done.stdout)
        self._printed = (block, said)
        return said

    def _keep_state(self):
        self._cwd = Path((self._state / "pwd").read_text().rstrip("\n"))
        pairs = (self._state / "env").read_bytes().rstrip(b"\0").split(b"\0")
        environ = dict(os.fsdecode(each).partition("=")[::2] for each in pairs)
        for name in ("_", "SHLVL", "PWD", "OLDPWD"):
            environ.pop(name, None)
        self._environ = environ
        self._variables = "\n".join(_VARIABLE.findall((self._state / "set").read_text()))

    def _compare(self, block, expected, printed):
        if not matches(expected, printed):
            raise block.error(
                f"it prints something else:\n{printed}\n-- the page says:\n{expected}"
            )

    def _check_file(self, block, path):
        kind = {".yml": "yaml"}.get(path.suffix, path.suffix.lstrip("."))
        if kind in {"toml", "json", "yaml"}:
            checking.KINDS[kind](path.read_text("utf-8"), self._state)
        if kind == "py":
            compile(path.read_text("utf-8"), str(path), "exec")
            if (self._cwd / "manage.py").is_file():
                self.shell(block, "python -W ignore manage.py check", code=0)

    def _here(self, text):
        """A page's text, with the names and ports that stand here for those of the page."""
        for name, meant in self._names:
            text = text.replace(name, meant)
        return _PORT.sub(lambda match: self.port(match[1]), text)

    def _there(self, text):
        """What is printed here, as the page has it."""
        for name, meant in self._names:
            text = text.replace(meant, name)
        for port, free in self._ports.items():
            text = re.sub(rf"\b{free}\b", port, text)
        return text

    def port(self, port):
        """The free port that stands for one of the page's."""
        if port not in self._ports:
            self._ports[port] = str(free_port())
        return self._ports[port]

    @property
    def cwd(self):
        """Where its shell is."""
        return self._cwd

    @property
    def environ(self):
        """What its shell has exported."""
        return self._environ


def matches(expected, printed):
    """Whether a text is what a page says, where … stands for anything, alone for any lines."""
    pattern = ""
    for line in expected.strip("\n").splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(each) for each in line.rstrip().split("…"))
            pattern += r"[ \t]*\n"
    lines = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, lines) is not None


def change(text, changes):
    """A module's text with other assignments: those it has are replaced, others added."""
    source = changes.splitlines(keepends=True)
    for node in ast.parse(changes).body:
        piece = "".join(source[node.lineno - 1 : node.end_lineno])
        if not isinstance(node, ast.Assign):
            raise TypeError(f"only assignments can be changed, not: {piece}")
        name = ast.unparse(node.targets[0])
        lines = text.splitlines(keepends=True)
        for former in ast.parse(text).body:
            if isinstance(former, ast.Assign) and ast.unparse(former.targets[0]) == name:
                lines[former.lineno - 1 : former.end_lineno] = [piece]
                break
        else:
            lines += ["\n", piece]
        text = "".join(lines)
    return text


def _answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _marked(mark):
    """The processes that have this mark in their environment; nginx has it in its arguments."""
    found = []
    wanted = os.fsencode(f"{_MARK}={mark}\0")
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            named = (path / "cmdline").read_bytes()
            nginx = named.startswith(b"nginx: ") and os.fsencode(f" {mark}/") in named
            if nginx or wanted in (path / "environ").read_bytes() + b"\0":
                found.append(int(path.name))
    return found
