"""Hiss: static files for Python web applications.

`hiss.wsgi.StaticFiles` and `hiss.asgi.StaticFiles` serve a folder in front of any application;
`hiss.django` is for Django.
"""

from hiss.errors import ConfigurationError as ConfigurationError
from hiss.errors import HissError as HissError
from hiss.errors import ManifestError as ManifestError

__version__ = "0.1.0"
