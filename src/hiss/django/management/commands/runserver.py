"""`runserver`, serving static files as production does: through Hiss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles.management.commands.runserver import Command as StaticFilesCommand
from django.core.management.commands.runserver import Command as PlainCommand

from hiss.django.handlers import WSGIHandler
from hiss.django.origin import open_origin
from hiss.django.security import security_headers

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


class Command(StaticFilesCommand):
    """Django's command and its options, with Hiss in the place of Django's own handler."""

    help = "Starts a lightweight web server for development; static files come through Hiss."

    def get_handler(  # type: ignore[override]  # the stubs promise Django's own
        self, *args: Any, **options: Any
    ) -> WSGIApplication:
        """The project's WSGI application, wrapped unless it is already, or --nostatic is given."""
        handler: WSGIApplication = PlainCommand.get_handler(self, *args, **options)
        if not options["use_static_handler"] or isinstance(handler, WSGIHandler):
            return handler
        return WSGIHandler(handler, open_origin(always=security_headers()))
