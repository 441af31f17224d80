"""A ferry's timetable: three piers, and when the boat leaves each."""

import os
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.templating import Jinja2Templates

import hiss.manifest
from hiss.asgi import StaticFiles
from hiss.errors import ManifestError

HERE = Path(__file__).parent
POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"

#: The boat goes there and back all day: minutes from the first pier to each.
PIERS = {"quay": ("Old Quay", 0), "mill": ("Mill Steps", 9), "island": ("Island", 24)}
#: Minutes: there and back, with a rest at either end; and of the day, when it goes.
ROUND, REST, FIRST, LAST = 60, 6, 7 * 60, 21 * 60


class Departure(NamedTuple):
    """A boat that leaves a pier."""

    time: str
    to: str
    #: Of that time; for the map, which draws the boat on its way.
    minutes: int


class Static(NamedTuple):
    """A static file, for templates: as text it is its URL."""

    url: str
    integrity: str

    def __str__(self):
        return self.url


def load_assets(folder):
    """The files that were built into a folder."""
    try:
        return hiss.manifest.load(folder)
    except ManifestError as error:
        command = f"cd {HERE} && hiss build"
        raise RuntimeError(f"{error.message}. To build the static files: {command}") from None


def departures(pier):
    """Every boat that leaves a pier in a day, the first one first."""
    first, *_, last = PIERS
    _, out = PIERS[pier]
    found = []
    for start in range(FIRST, LAST + 1, ROUND):
        if pier != last:
            found.append((start + out, last))
        if pier != first:
            found.append((start + ROUND - REST - out, first))
    return [
        Departure(f"{minutes // 60:02}:{minutes % 60:02}", PIERS[to][0], minutes)
        for minutes, to in sorted(found)
    ]


def create_app(static=None):
    """The application, with its static files in front."""
    static = static or os.environ.get("TIMETABLE_STATIC", HERE / "static")
    assets = load_assets(static)
    templates = Jinja2Templates(HERE / "templates")
    templates.env.globals["static"] = lambda name: Static(assets.url(name), assets.integrity(name))

    async def home(request):
        return RedirectResponse(request.url_for("show", pier=next(iter(PIERS))))

    async def show(request):
        pier = request.path_params["pier"]
        if pier not in PIERS:
            raise HTTPException(404, "There is no such pier.")
        page = {"pier": pier, "piers": PIERS, "departures": departures(pier)}
        headers = {"Content-Security-Policy": POLICY}
        return templates.TemplateResponse(request, "timetable.html", page, headers=headers)

    app = Starlette(routes=[Route("/", home), Route("/from/{pier}", show, name="show")])
    return StaticFiles(app, root=static, prefix="/static/")
