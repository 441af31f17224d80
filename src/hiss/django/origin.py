"""The origin of a Django project's static files, from its settings."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation

from hiss.django.conf import find_misnamed, read_configuration
from hiss.django.missing import explain, is_testing
from hiss.django.running import note_start
from hiss.errors import HissError
from hiss.files.load import Listing
from hiss.files.mount import Mount
from hiss.files.pin import find_running
from hiss.files.site import open_site
from hiss.http.paths import is_plain_name, is_public_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.core.reply import Headers
    from hiss.django.conf import Configuration
    from hiss.files.origin import Origin

logger = logging.getLogger("hiss.django")

_shared: ContextVar[Origin | None] = ContextVar("hiss_shared_origin", default=None)


@contextmanager
def sharing(origin: Origin) -> Iterator[None]:
    """While Django's handler is built: the middleware takes this origin, not another of its own."""
    token = _shared.set(origin)
    try:
        yield
    finally:
        _shared.reset(token)


def open_origin(*, always: Headers = ()) -> Origin:
    """The project's static files; `always` are header fields for every answer.

    Raises:
        ImproperlyConfigured: A setting is wrong, or a manifest cannot be read.
    """
    shared = _shared.get()
    if shared is not None:
        return shared
    configuration = read_configuration(always=always)
    for misnamed in find_misnamed():
        logger.warning("%s%s", misnamed, f" (meant: {misnamed.meant}?)" if misnamed.meant else "")
    mounts = [mount for mount in (static_mount(configuration), root_mount(configuration)) if mount]
    try:
        if configuration.static_root and configuration.settled.pin and not settings.DEBUG:
            # Also where the folder is not there, and so is no mount.
            find_running(configuration.static_root, configuration.settled.pin)
        note_start(configuration)
        origin = open_site(
            mounts,
            configuration.settled,
            listed=found_files(configuration),
            explain=explain if settings.DEBUG else None,
        )
    except HissError as error:
        raise ImproperlyConfigured(str(error)) from error
    return origin


def static_mount(configuration: Configuration) -> Mount | None:
    """STATIC_ROOT, below STATIC_URL; in development what the finders have, before it."""
    prefix, root = configuration.static_prefix, configuration.static_root
    if prefix is None:
        return None
    if root is None:
        if not _finders(configuration) and not is_testing() and not _is_elsewhere():
            logger.warning(
                "STATIC_ROOT is not set: every static file is a 404. Let it be the folder that "
                "collectstatic builds into (hiss.E005)"
            )
    elif not os.path.isdir(root):
        if not configuration.use_finders:
            logger.warning(
                "STATIC_ROOT, %s, is not a folder: every static file is a 404 until collectstatic "
                "has been run and this process started again",
                root,
            )
        root = None
    locate = _locate if _finders(configuration) else None
    return Mount(prefix, root, owned=prefix != "/", locate=locate)


def _is_elsewhere() -> bool:
    """Whether files are served elsewhere, as from a bucket."""
    from hiss.django.checks.storage import find_storage, is_elsewhere

    return is_elsewhere(find_storage())


def root_mount(configuration: Configuration) -> Mount | None:
    """The folder of files for the root of the site."""
    if configuration.root is None:
        return None
    if not os.path.isdir(configuration.root):
        logger.warning("ROOT, %s, is not a folder: nothing is served of it", configuration.root)
        return None
    return Mount("/", configuration.root)


def _finders(configuration: Configuration) -> bool:
    return configuration.use_finders and apps.is_installed("django.contrib.staticfiles")


def _locate(name: str) -> str | None:
    """Where the finders have a file; it is trusted, wherever its links lead."""
    from django.contrib.staticfiles import finders

    try:
        found = finders.find(name)
    except SuspiciousOperation:
        return None
    return found if isinstance(found, str) else None


def found_files(configuration: Configuration) -> Iterator[Listing]:
    """Every file the finders have, where they are to be used and the disk is not looked at anew."""
    prefix = configuration.static_prefix
    if prefix is None or configuration.settled.autorefresh or not _finders(configuration):
        return
    from django.contrib.staticfiles import finders

    is_immutable = configuration.settled.is_immutable
    for finder in finders.get_finders():
        for path, storage in finder.list(None):
            # A storage may be mounted below a prefix of its own, as STATICFILES_DIRS' pairs are.
            inner = getattr(storage, "prefix", None) or ""
            name = "/".join(part for part in (inner, path.replace(os.sep, "/")) if part)
            if is_plain_name(name) and is_public_name(name):
                full, url = storage.path(path), prefix + name
                yield Listing(full, url, immutable=is_immutable(full, url))
