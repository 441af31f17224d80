"""ServeStatic around an ASGI application."""

from servestatic import ServeStaticASGI

from peers.page import ROOT, asgi_page, below_asgi, is_immutable

_test = {"immutable_file_test": is_immutable}
_plain = ServeStaticASGI(asgi_page, ROOT, "/plain/", max_age=None, allow_all_origins=False, **_test)
_index = ServeStaticASGI(_plain, ROOT, "/indexed/", index_file=True, **_test)
_main = ServeStaticASGI(_index, ROOT, "/static/", **_test)
_mounted = ServeStaticASGI(asgi_page, ROOT, "/static/", **_test)

application = below_asgi("/app", _mounted, _main)
