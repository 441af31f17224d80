"""uvicorn's lane: `uvicorn mysite.asgi:application --http hiss.servers.uvicorn:StaticProtocol`.

A GET or HEAD of a static file in memory is answered when its header has been read, before a task is
made; every other request goes uvicorn's way, from that same moment. uvicorn's own parser reads the
requests, but for plain ones of files that were asked for before, which need no parser.
"""

from hiss.servers.uvicorn.protocol import StaticProtocol

__all__ = ["StaticProtocol"]
