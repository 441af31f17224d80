"""uvicorn's lane: `uvicorn mysite.asgi:application --http hiss.servers.uvicorn:StaticProtocol`.

uvicorn's own parser reads the requests. A GET or HEAD of a static file in memory is answered when
its header has been read, before a task is made; every other request goes uvicorn's way, from that
same moment.
"""

from hiss.servers.uvicorn.protocol import StaticProtocol

__all__ = ["StaticProtocol"]
