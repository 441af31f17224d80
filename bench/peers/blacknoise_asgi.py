"""BlackNoise around an ASGI application."""

from blacknoise import BlackNoise

from peers.page import ROOT, asgi_page, below_asgi, is_immutable

_main = BlackNoise(asgi_page, immutable_file_test=is_immutable)
_main.add(ROOT, "/static/")
_mounted = BlackNoise(asgi_page, immutable_file_test=is_immutable)
_mounted.add(ROOT, "/static/")

application = below_asgi("/app", _mounted, _main)
