"""What servers import: the applications of the tree that `CONFORMANCE_ROOT` names."""

from __future__ import annotations

import os
from pathlib import Path

from .apps import make_asgi, make_wsgi

_ROOT = Path(os.environ["CONFORMANCE_ROOT"])

wsgi = make_wsgi(_ROOT)
asgi = make_asgi(_ROOT)
