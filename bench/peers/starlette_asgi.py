"""Starlette's StaticFiles, mounted beside an application."""

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from peers.page import ROOT, asgi_page

_files = StaticFiles(directory=ROOT)

application = Starlette(
    routes=[
        Mount("/static", _files),
        Mount("/plain", _files),
        Mount("/indexed", StaticFiles(directory=ROOT, html=True)),
        Mount("/app", routes=[Mount("/static", _files), Mount("/", asgi_page)]),
        Mount("/", asgi_page),
    ]
)
