"""aiohttp's own server with add_static and a page: `python -m peers.aiohttp_server PORT`."""

import sys

from aiohttp import web

from peers.page import HEADERS, ROOT


async def page(_request: web.Request) -> web.Response:
    """Answers "app"."""
    return web.Response(body=b"app", headers=dict(HEADERS))


def make_application(*prefixes: str) -> web.Application:
    """An application with the files at each prefix, and the page elsewhere."""
    application = web.Application()
    for prefix in prefixes:
        application.router.add_static(prefix, ROOT)
    return application


def main() -> None:
    """Serve until told to stop."""
    application, mounted = make_application("/static/", "/plain/"), make_application("/static/")
    # Everything but the files, whatever the method: theirs is not the page's to answer.
    mounted.router.add_route("*", "/{tail:(?!static/).*}", page)
    application.router.add_route("*", "/{tail:(?!static/|plain/|app/).*}", page)
    application.add_subapp("/app/", mounted)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
