"""A process of its own for settings of Django's: plays scripts to both twins, with Django's door.
Behind it stands an application that says what it was asked; Django itself would be in threads.

`python -m servers.uvicorn_django ROOT` reads settings, as JSON, from its standard input. For each
case it writes what was not the same, how much the lane answered and how much the application, and
how many answers hold browsers to https.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from django.conf import settings

from .test_uvicorn import BROWSED, POST, A, differences, get, page, warm
from .uvicorn_twins import Site, ask_lane, ask_server

SECURE = "X-Forwarded-Proto: https"
SCRIPTS = {
    "plain": [A, BROWSED, BROWSED, get(method="HEAD"), page(), A],
    "below": [get("/shop/static/app.css"), A],
    "proxy": [get("/static/app.css", SECURE), A, get("/static/app.css", SECURE)],
    "proxies": [get("/static/app.css", SECURE, "X-Forwarded-Proto: http")] * 2,
    "pages": [page("/page", SECURE), POST, A],
}
SITES = {
    "http": {},
    "https": {"is_secure": True},
    "stranger": {"client": ("192.0.2.1", 5)},
}


def main(root: str) -> None:
    """Play every script to every site."""
    own = json.load(sys.stdin)
    settings.configure(
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["hiss.django"],
        LOGGING_CONFIG=None,
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware"],
        SECRET_KEY="for the cases alone",
        STATIC_ROOT=root,
        STATIC_URL="/static/",
        **own,
    )
    import hiss.django

    door = warm(hiss.django.get_asgi_application(), Path(root))

    def behind(app, root):
        door.app = app
        return door

    results = {}
    for kind, how in SITES.items():
        site = Site(behind, **how)
        for name, script in SCRIPTS.items():
            expected = ask_server(script, site, Path(root))
            found, answered = ask_lane(script, site, Path(root))
            held = b"".join(found.sent).count(b"strict-transport-security")
            counts = answered, len(found.calls), held
            results[f"{kind} {name}"] = str(differences(expected, found)), counts
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
