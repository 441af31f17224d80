"""The application of a process, where servers look for it."""

from serving.apps import make

application = make()
