"""The plan that sets a project up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hiss.setup.doors import plan_doors
from hiss.setup.ignored import plan_ignored
from hiss.setup.plan import combine
from hiss.setup.requirements import plan_pin
from hiss.setup.settings import plan_settings
from hiss.setup.source import Source
from hiss.setup.static_root import find_folder

if TYPE_CHECKING:
    from hiss.setup.plan import Plan
    from hiss.setup.project import Project


def plan_init(project: Project) -> Plan:
    """Settings, doors, requirements, and what is not to be kept with the code."""
    settings = plan_settings(project)
    return combine(
        (
            settings,
            plan_doors(project),
            plan_pin(project.folder),
            plan_ignored(project.folder, find_static_root(project, settings)),
        )
    )


def find_static_root(project: Project, plan: Plan, at: str = "") -> str:
    """The folder of STATIC_ROOT, with the changes made; empty where only running would tell.

    `at`: where the project's folder lies, if it is to be told for another place than this one.
    """
    after = {change.path: change.after for change in plan.changes}
    place = at or project.folder

    def there(path: str) -> str:
        return os.path.normpath(os.path.join(place, os.path.relpath(path, project.folder)))

    for source in reversed(project.sources):
        planned = Source(there(source.path), after.get(source.path, source.data))
        if folder := find_folder(planned):
            # Commands are run where manage.py is.
            return os.path.join(there(project.code), folder)
    return ""
