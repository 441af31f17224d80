"""The shop as a ASGI application."""

import os

from hiss.django import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = get_asgi_application()
