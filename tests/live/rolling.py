"""A rolling deploy under load, and back, and again; in the two layouts that people have.

- `shared`: every version is collected into one folder, which all instances serve. Hiss's are each
  told by HISS_RELEASE what their code was built with.
- `images`: every instance has a folder of its own, a copy of what was built with its code. Hiss
  brings other releases into it with `hiss release adopt`, as `Bridge` says.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from live.instances import SERVERS, Balancer, Instance, start, stopping
from live.versions import (
    HISS,
    check_out,
    current_release,
    environment_of,
    hiss,
    make_version,
    manage,
    marker,
    published_names,
)
from live.visitors import Crowd, Tally

VISITORS: Final = 20
# Opened before each deploy.
_TABS: Final = 8
# The instance whose worker ends and comes back before it is replaced: a gunicorn, and not the first
# to go.
_RENEWED: Final = 2


class Phase(NamedTuple):
    """One deploy."""

    name: str
    version: int
    #: Whether the version was there before, and is gone back to.
    is_rollback: bool = False


PHASES: Final = (
    Phase("roll 1 to 2", 2),
    Phase("roll 2 to 3", 3),
    Phase("rollback 3 to 2", 2, is_rollback=True),
    Phase("roll 2 to 3 again", 3),
)


class Bridge(Enum):
    """Which releases are brought into folders that lack them."""

    #: None: each image has its own.
    NONE = "nothing adopted"
    #: The one that runs, into the image of the next when that is built.
    BUILD = "adopted at build"
    #: And the next into the folders of what runs, before any of that is replaced; and, going back,
    #: the one that runs into the folders of the one before.
    BOTH = "adopted both ways"


class Site:
    """The versions of the shop, and what was built of them."""

    def __init__(self, folder: Path, subject: str) -> None:
        self.folder = folder
        self.subject = subject
        #: The version that all instances had last; 0: none.
        self.running = 0
        #: All that was started, whether it still runs or not.
        self.started: list[Instance | Balancer] = []
        #: By version, the hashed names of its files.
        self.names: dict[int, frozenset[str]] = {}
        self._database = folder / "shop.sqlite3"
        self._releases: dict[int, str] = {}
        self._copies = {n: make_version(folder, n, subject) for n in (1, 2, 3)}
        manage(self._copies[1], self._environment(folder / "none"), "migrate")

    def collect(self, version: int, root: Path) -> None:
        """Build a version into a folder."""
        check_out(self._copies[version])
        manage(self._copies[version], self._environment(root), "collectstatic", "--noinput")
        self.names[version] = published_names(root)
        self._releases[version] = current_release(root)

    def roll_back(self, version: int, root: Path) -> None:
        """Put a version in force again in a folder: WhiteNoise has to build it again."""
        if self.subject == HISS:
            release = self._releases[version]
            hiss(self._environment(root), "release", "rollback", release, "--root", str(root))
        else:
            self.collect(version, root)

    def bring(self, source: Path, root: Path) -> None:
        """Bring what was built into one folder into another, if it is not there; for WhiteNoise, by
        copying files, as people do by hand.
        """
        if self.subject == HISS:
            if (root / ".hiss" / "releases" / f"{current_release(source)}.json").exists():
                return
            hiss(self._environment(root), "release", "adopt", str(source), "--root", str(root))
            return
        for path in source.rglob("*"):
            target = root / path.relative_to(source)
            if path.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)

    def start(self, version: int, server: str, root: Path, *, pinned: bool) -> Instance:
        """Start an instance of a version that serves a folder."""
        log = self.folder / f"{server}-{len(self.started)}.log"
        environment = self._environment(root, self._releases[version] if pinned else "")
        instance = start(server, self._copies[version], root, log, environment)
        self.started.append(instance)
        return instance

    def _environment(self, root: Path, release: str = "") -> dict[str, str]:
        return environment_of(self._database, root, release)


class Layout(Protocol):
    """Where versions are built to, and what an instance serves."""

    name: str

    def deploy(self, site: Site, phase: Phase, running: Iterable[Instance]) -> None:
        """What comes before the first instance is replaced."""

    def start(self, site: Site, version: int, server: str) -> Instance:
        """Start an instance of a version."""


class Shared:
    """One folder for all."""

    name = "one shared folder"

    def deploy(self, site: Site, phase: Phase, running: Iterable[Instance]) -> None:
        """Build into the folder that is being served, or go back in it."""
        if phase.is_rollback:
            site.roll_back(phase.version, _root(site))
        else:
            site.collect(phase.version, _root(site))

    def start(self, site: Site, version: int, server: str) -> Instance:
        """Start an instance that is told its release."""
        return site.start(version, server, _root(site), pinned=True)


def _root(site: Site) -> Path:
    return site.folder / "static"


class Images:
    """An image for each version, and a container of it for each instance."""

    def __init__(self, bridge: Bridge) -> None:
        self.name = f"one image per version, {bridge.value}"
        self._bridge = bridge
        self._containers = 0

    def deploy(self, site: Site, phase: Phase, running: Iterable[Instance]) -> None:
        """Build the image, if it is a new one; bring it to what runs."""
        image = _image(site, phase.version)
        if not image.exists():
            site.collect(phase.version, image)
            if site.running and self._bridge is not Bridge.NONE:
                site.bring(_image(site, site.running), image)
        if self._bridge is Bridge.BOTH:
            for each in running:
                site.bring(image, each.root)

    def start(self, site: Site, version: int, server: str) -> Instance:
        """Start a container: a copy of the image."""
        self._containers += 1
        root = site.folder / f"container-{self._containers}"
        shutil.copytree(_image(site, version), root)
        if site.running and self._bridge is Bridge.BOTH:
            site.bring(_image(site, site.running), root)
        return site.start(version, server, root, pinned=False)


def _image(site: Site, version: int) -> Path:
    return site.folder / f"image-{version}"


@dataclass
class Outcome:
    """What came of a run."""

    subject: str
    layout: str
    tally: Tally


def run(
    folder: Path,
    subject: str,
    layout: Layout,
    *,
    phases: Sequence[Phase] = PHASES,
    pause: float = 0.6,
) -> Outcome:
    """Start version 1, and go through the phases while visitors come; what they got.

    Each visitor waits `pause` seconds before each page.

    Raises:
        CommandError, DidNotStartError: It could not be done.
    """
    site = Site(folder, subject)
    outcome = Outcome(subject, layout.name, Tally())
    layout.deploy(site, Phase("start", 1), ())
    with stopping(site.started):
        running = [layout.start(site, 1, server) for server in SERVERS]
        for each in running:
            each.wait(marker(1))
        site.running = 1
        balancer = Balancer(folder / "nginx", [each.port for each in running])
        site.started.append(balancer)
        crowd = Crowd(balancer.port, site.names, pause)
        with crowd.visiting(VISITORS, outcome.tally):
            for phase in phases:
                crowd.phase = phase.name
                crowd.open_tabs(_TABS)
                layout.deploy(site, phase, running)
                # Workers come and go: one of the old code starts when the new release is there.
                running[_RENEWED].renew_workers()
                for place in range(len(running)):
                    _replace(site, layout, balancer, running, place, phase.version)
                site.running = phase.version
                crowd.click()
    return outcome


def _replace(
    site: Site,
    layout: Layout,
    balancer: Balancer,
    running: list[Instance],
    place: int,
    version: int,
) -> None:
    """Replace one instance: the new one answers before the old one goes."""
    old = running[place]
    running[place] = layout.start(site, version, old.server)
    running[place].wait(marker(version))
    balancer.switch([each.port for each in running])
    old.dismiss()
