"""WhiteNoise around a WSGI application."""

from whitenoise import WhiteNoise

from peers.page import ROOT, below_wsgi, is_immutable, wsgi_page

_test = {"immutable_file_test": is_immutable}
_plain = WhiteNoise(wsgi_page, ROOT, "/plain/", max_age=None, allow_all_origins=False, **_test)
_index = WhiteNoise(_plain, ROOT, "/indexed/", index_file=True, **_test)
_main = WhiteNoise(_index, ROOT, "/static/", **_test)
_mounted = WhiteNoise(wsgi_page, ROOT, "/static/", **_test)

application = below_wsgi("/app", _mounted, _main)
