"""A process of its own for one site of Django's, so that settings are nobody else's.

`python -m conformance.django_child SITE ROOT` reads pickled pairs of a door's name and a request
from its standard input, and writes pickled responses.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import traceback
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

import hiss.django

from .apps import shift_asgi, shift_wsgi
from .cases import Response
from .django_settings import MIDDLEWARE, settings_for
from .doors import ask_asgi, ask_wsgi


def main(site: str, root: str) -> None:
    """Answer requests until there are no more."""
    settings.configure(**settings_for(site, Path(root)))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    with asyncio.Runner() as runner:
        doors = _open_doors(runner, mounted=site == "mounted")
        while True:
            try:
                door, request = pickle.load(requests)
            except EOFError:
                return
            try:
                response = doors[door](request)
            except Exception:  # noqa: BLE001 - whatever it is, the test says it
                response = Response(0, faults=(traceback.format_exc(),))
            pickle.dump(response, answers)
            answers.flush()


def _open_doors(runner: asyncio.Runner, *, mounted: bool):
    """Door to what asks it. Django reads the middleware when it makes a handler."""

    def wsgi(app):
        return partial(ask_wsgi, shift_wsgi(app) if mounted else app)

    def asgi(app):
        shifted = shift_asgi(app) if mounted else app
        return lambda request: runner.run(ask_asgi(shifted, request, any_case=True))

    doors = {
        "front-wsgi": wsgi(hiss.django.get_wsgi_application()),
        "front-asgi": asgi(hiss.django.get_asgi_application()),
    }
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    return {
        **doors,
        "middleware-wsgi": wsgi(get_wsgi_application()),
        "middleware-asgi": asgi(get_asgi_application()),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
