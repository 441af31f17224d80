"""Carrying out a deploy: each step, what is written down before it, and the way back."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

from hiss.errors import HissError
from hiss.files.lock import locked
from hiss.files.pin import write_release_file
from hiss.files.release import LOCK, read_manifest
from hiss.release.deploy.answer import wait_for_release
from hiss.release.deploy.built import expect_build, find_built
from hiss.release.deploy.check import check_pages
from hiss.release.deploy.client import Site
from hiss.release.deploy.command import run_command
from hiss.release.deploy.journal import (
    Journal,
    only_deploy,
    read_journal,
    remove_journal,
    write_journal,
)
from hiss.release.deploy.pin import note_pin, put_back_pin
from hiss.release.deploy.plan import (
    ANSWER,
    BACK,
    BUILD,
    HOLD,
    PAGES,
    PRUNE,
    RESTART,
    SWITCH,
    Step,
    StepFailedError,
    plan_deploy,
)
from hiss.release.deploy.signals import stopping
from hiss.release.originals import restore
from hiss.release.prune import prune
from hiss.release.switch import switch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hiss.core.manifest import Manifest
    from hiss.release.deploy.config import DeployConfig
    from hiss.release.deploy.journal import Hold
    from hiss.release.deploy.signals import Stop

_INTERVAL: Final = 0.1

Result = Literal["deployed", "unchanged", "undone", "broken"]


class Done(NamedTuple):
    """A step that was begun."""

    step: Step
    seconds: float
    is_good: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a deploy, or of undoing one."""

    #: `deployed`; `unchanged`: it failed, and nothing had been changed; `undone`: the former
    #: release answers again; `broken`: it failed, and could not be undone.
    result: Result
    #: The release that was in force; empty where there was none.
    before: str
    #: The one that was to come; empty where it was not built.
    release: str
    steps: tuple[Done, ...]
    #: Why it failed, and the name of the step.
    problem: str = ""
    failed: str = ""
    #: Why it could not be undone.
    trouble: str = ""


class Watch(Protocol):
    """Watches a deploy."""

    def say(self, words: str) -> None:
        """Something that people should know."""

    def begin(self, step: Step) -> None:
        """A step begins."""

    def output(self, data: bytes) -> None:
        """The step's command has said something."""

    def end(self, done: Done, words: str = "") -> None:
        """The step is over; `words` are what came of it."""


def deploy(config: DeployConfig, watch: Watch) -> Outcome:
    """Deploy; on any failure, or a signal, have the site be what it was.

    A deploy that was killed is begun again, and goes back, if it must, to what was before it.

    Raises:
        HissError: It cannot begin: another is at work, or the root is damaged.
        OSError: The root cannot be read or written.
    """
    with only_deploy(config.root) as hold, stopping() as stop:
        journal = find_journal(config.root)
        if journal.step:
            former = journal.before or "no release"
            watch.say(
                f"a deploy from {former}, begun {journal.started}, was killed in its step "
                f"`{journal.step}`; it is begun again"
            )
        _await_leftover(hold, config.command_timeout, watch)
        return _Deploy(config, watch, hold, stop, journal).run()


def undo(config: DeployConfig, watch: Watch) -> Outcome:
    """Go back to what was before a deploy that was killed, or could not be undone.

    Raises:
        HissError: There is none, another is at work, or the root is damaged.
        OSError: The root cannot be read or written.
    """
    with only_deploy(config.root) as hold, stopping() as stop:
        journal = read_journal(config.root)
        if journal is None:
            raise StepFailedError(
                f"there is no unfinished deploy in {config.root}",
                "`hiss release rollback` goes back to the release before the one in force.",
            )
        watch.say(
            f"a deploy from {journal.before or 'no release'}, begun {journal.started}, was left in "
            f"its step `{journal.step}`"
        )
        _await_leftover(hold, config.command_timeout, watch)
        return _Deploy(config, watch, hold, stop, journal).go_back("", is_asked=True)


def find_journal(root: str) -> Journal:
    """The journal of an unfinished deploy, to go on with; or else a new one.

    Raises:
        ManifestError: It cannot be read, or the pointer to the release in force is damaged.
    """
    current = in_force(root)
    journal = read_journal(root)
    # Somebody else has put something in force since: that is what there is to go back to.
    if journal is not None and current in {journal.before, journal.release}:
        return journal
    return Journal(before=current, started=datetime.now(UTC).isoformat(timespec="seconds"))


def in_force(root: str) -> str:
    """The id of the release in force; empty where there is none.

    Raises:
        ManifestError: The pointer to it is damaged, or leads nowhere.
    """
    manifest = read_manifest(root)
    return "" if manifest is None else manifest.id


class _Deploy:
    """A deploy at work."""

    def __init__(
        self, config: DeployConfig, watch: Watch, hold: Hold, stop: Stop, journal: Journal
    ) -> None:
        self._config = config
        self._watch = watch
        self._hold = hold
        self._stop = stop
        self._journal = journal
        self._plan = plan_deploy(config, journal.before)
        self._site = Site(config)
        self._steps: list[Done] = []
        #: The release that the site should answer with.
        self._expected = journal.release
        self._failed = ""

    def run(self) -> Outcome:
        try:
            for step in self._plan.steps:
                self._note(step)
                self._do(step)
            self._stop.disarm()
        except (HissError, OSError, KeyboardInterrupt) as error:
            return self.go_back(_words(error))
        except BaseException:
            # A fault of our own: the site goes first.
            self.go_back("")
            raise
        remove_journal(self._config.root)
        self._let_go()
        return self._outcome("deployed")

    def _let_go(self) -> None:
        """Nothing is left to go back to any more: what is not kept may go."""
        try:
            self._do(self._plan.last)
        except (HissError, OSError) as error:
            self._watch.say(f"the deploy is good; only the prune failed: {_words(error)}")

    def go_back(self, problem: str, *, is_asked: bool = False) -> Outcome:
        """Have the site be what it was, as far as it was changed; `is_asked`: by somebody."""
        self._stop.disarm()
        self._failed = self._journal.step if problem else ""
        self._expected = self._journal.before
        try:
            is_changed = self._is_changed()
            if is_changed and not self._journal.before:
                return self._outcome("broken", problem, self._give_up(is_asked=is_asked))
            if not is_changed:
                self._tidy()
            else:
                for step in self._plan.way_back:
                    with suppress(OSError):
                        self._note(step)
                    self._do(step)
        except (HissError, OSError) as error:
            return self._outcome("broken", problem, _words(error))
        remove_journal(self._config.root)
        return self._outcome("undone" if is_changed else "unchanged", problem)

    def _give_up(self, *, is_asked: bool) -> str:
        """There is nothing to go back to; in words."""
        release = in_force(self._config.root)
        stays = f"release {release} stays in force" if release else "none is in force"
        words = f"there was no release before: {stays}"
        if not is_asked:
            return words
        # What nobody can undo must not be left to undo for ever.
        remove_journal(self._config.root)
        return f"{words}, and nothing is left to undo"

    def _is_changed(self) -> bool:
        return self._journal.restarted or in_force(self._config.root) != self._journal.before

    def _tidy(self) -> None:
        """The plain names are what a build writes over, and a build that was killed leaves."""
        root, before = self._config.root, self._journal.before
        put_back_pin(self._journal)
        if not before or not self._journal.step:
            return
        if self._journal.switched:
            switch(root, before, "undo")
            return
        with locked(os.path.join(root, LOCK)):
            manifest = read_manifest(root, before)
            if manifest is not None:
                restore(manifest, root)

    def _outcome(self, result: Result, problem: str = "", trouble: str = "") -> Outcome:
        journal = self._journal
        steps = tuple(self._steps)
        before, release = journal.before, journal.release
        return Outcome(result, before, release, steps, problem, self._failed, trouble)

    def _note(self, step: Step) -> None:
        self._journal = replace(
            self._journal,
            step=step.name,
            switched=self._journal.switched or step.name == SWITCH,
            restarted=self._journal.restarted or step.name == RESTART,
        )
        write_journal(self._config.root, self._journal)

    def _do(self, step: Step) -> None:
        self._watch.begin(step)
        began = time.monotonic()
        words, is_good = "", False
        try:
            words = self._act(step)
            is_good = True
        finally:
            done = Done(step, time.monotonic() - began, is_good)
            self._steps.append(done)
            self._watch.end(done, words)

    def _act(self, step: Step) -> str:
        """Do a step; what came of it, in words."""
        actions = {
            BUILD: self._build,
            SWITCH: self._switch,
            BACK: self._switch_back,
            ANSWER: self._answer,
            PAGES: self._pages,
            PRUNE: self._prune,
        }
        return actions.get(step.name, self._command)(step)

    def _build(self, step: Step) -> str:
        root = self._config.root
        before, was_in_force = expect_build(root), in_force(root)
        # A build of another version may write it, though it is held.
        self._note_pin(step)
        self._command(step, {HOLD: "1"})
        release = find_built(root, before)
        self._journal = replace(self._journal, release=release)
        self._expected = release
        self._note(step)
        if in_force(root) != was_in_force:
            self._watch.say(f"the build has put {release} in force itself: {HOLD}=1 is not heeded")
        return f"release {release}"

    def _note_pin(self, step: Step) -> None:
        self._journal = note_pin(self._journal, self._config.release_file)
        self._note(step)

    def _switch(self, step: Step) -> str:
        # The build may have brought new code, where a link leads to it.
        self._note_pin(step)
        words = _switch(self._config.root, self._journal.release, "deploy")
        if self._journal.pin_file:
            write_release_file(self._journal.pin_file, self._journal.release)
        return words

    def _switch_back(self, _step: Step) -> str:
        words = _switch(self._config.root, self._journal.before, "undo")
        put_back_pin(self._journal)
        return words

    def _prune(self, _step: Step) -> str:
        pruning = prune(self._config.root, self._config.retention)
        if pruning.obstacle:
            raise StepFailedError(pruning.obstacle)
        return f"{_count(len(pruning.releases), 'release')} went" if pruning.releases else ""

    def _answer(self, _step: Step) -> str:
        manifest = self._manifest(self._expected)
        config = self._config
        wait_for_release(self._site, manifest, timeout=config.timeout, settle=config.settle)
        return f"release {manifest.id}"

    def _pages(self, _step: Step) -> str:
        manifest = self._manifest(self._journal.release)
        looked = check_pages(self._site, self._config.pages, manifest, self._config.timeout)
        if looked.faults:
            lines = "".join(f"\n    {each}" for each in looked.faults)
            raise StepFailedError(f"what pages need is not there:{lines}")
        return f"{_count(looked.pages, 'page')}, {_count(looked.assets, 'file')}"

    def _manifest(self, release: str) -> Manifest:
        manifest = read_manifest(self._config.root, release)
        if manifest is None:
            raise StepFailedError(f"release {release} is gone from {self._config.root}")
        return manifest

    def _command(self, step: Step, environment: Mapping[str, str] | None = None) -> str:
        run_command(
            step.command,
            folder=self._config.folder,
            environment=environment or {},
            timeout=self._config.command_timeout,
            output=self._watch.output,
            note=self._hold.note,
        )
        return ""


def _await_leftover(hold: Hold, timeout: float, watch: Watch) -> None:
    """A command of a deploy that was killed may be at work still: two restarts at once would get
    in each other's way.
    """
    process = hold.left_behind()
    if process is None:
        return
    watch.say(f"a command of the deploy that was killed still runs, as process {process}: waiting")
    deadline = time.monotonic() + timeout
    while hold.left_behind() is not None:
        if time.monotonic() > deadline:
            raise StepFailedError(
                f"process {process}, of the deploy that was killed, does not end", "End it."
            )
        time.sleep(_INTERVAL)


def _switch(root: str, release: str, how: str) -> str:
    lost = switch(root, release, how).lost
    return f"not what they were: {', '.join(lost)}" if lost else ""


def _words(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return f"stopped by {error}" if error.args else "stopped"
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}"
    return str(error)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
