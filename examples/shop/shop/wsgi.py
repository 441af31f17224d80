"""The shop as a WSGI application."""

import os

from hiss.django import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = get_wsgi_application()
