"""The steps of a deploy, and those of the way back, as values: what is printed is what is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hiss.errors import HissError
from hiss.files.announce import NAME

if TYPE_CHECKING:
    from hiss.release.deploy.config import DeployConfig

CHECK: Final = "check"
BUILD: Final = "build"
SWITCH: Final = "switch"
RESTART: Final = "restart"
ANSWER: Final = "answer"
PAGES: Final = "pages"
PRUNE: Final = "prune"
BACK: Final = "back"
UNDO: Final = "undo"

#: In the environment of a build: keep the release, and do not put it in force.
HOLD: Final = "HISS_HOLD"


class StepFailedError(HissError):
    """A step of a deploy did not do what it should."""


class Step(NamedTuple):
    """One step."""

    name: str
    #: In words, or as a shell would be told.
    does: str
    #: Empty where no command does it.
    command: str = ""


@dataclass(frozen=True, slots=True)
class DeployPlan:
    """A deploy before it is done."""

    steps: tuple[Step, ...]
    #: What is done once the deploy is over; if it fails, the site is deployed all the same.
    last: Step
    #: What is done once the site was changed and a step has failed; empty where there is nothing
    #: to go back to.
    way_back: tuple[Step, ...]


def plan_deploy(config: DeployConfig, before: str) -> DeployPlan:
    """The plan of a deploy onto a site whose release in force is `before`; empty: there is none."""
    place = f" in the place of {before}" if before else ""
    pin = f", and name it in {config.release_file}" if config.release_file else ""
    restart = Step(RESTART, config.restart, config.restart)
    steps = (
        *(Step(CHECK, command, command) for command in config.check),
        Step(BUILD, f"{HOLD}=1 {config.build}", config.build),
        Step(SWITCH, f"put the release that was built in force in {config.root}{place}{pin}"),
        restart,
        Step(ANSWER, _answer(config, "the new release")),
        Step(PAGES, f"{', '.join(config.pages)}: all are 200, and what they need of {_at(config)}"),
    )
    last = Step(PRUNE, f"let go releases that are not kept: {_rule(config)}")
    if not before:
        return DeployPlan(steps, last, ())
    unpin = f", and what {config.release_file} said" if config.release_file else ""
    back = (
        Step(BACK, f"put release {before} back in force{unpin}"),
        *([Step(UNDO, config.undo, config.undo)] if config.undo else []),
        restart,
        Step(ANSWER, _answer(config, before)),
    )
    return DeployPlan(steps, last, back)


def _rule(config: DeployConfig) -> str:
    releases, days = config.retention.releases, config.retention.days
    last = "the last stays" if releases == 1 else f"the last {releases} stay"
    return f"{last}, and those in force in the last {days:g} days" if days else last


def _answer(config: DeployConfig, release: str) -> str:
    times = f", {config.settle} times in a row" if config.settle > 1 else ""
    return f"{_at(config)}{NAME} names {release}{times}, within {config.timeout:g} s"


def _at(config: DeployConfig) -> str:
    return config.url.rstrip("/") + config.prefix
