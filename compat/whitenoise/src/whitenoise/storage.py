"""The storages for STORAGES["staticfiles"], under WhiteNoise's names."""

from __future__ import annotations

from typing import Any

from hiss.django.collect import BadSourcesError
from hiss.django.storage import (
    CompressedManifestStaticFilesStorage as HissManifestStorage,
)
from hiss.django.storage import (
    CompressedStaticFilesStorage as HissStorage,
)
from whitenoise.hooks import STORING, warn_of_dead

__all__ = [
    "CompressedManifestStaticFilesStorage",
    "CompressedStaticFilesStorage",
    "MissingFileError",
]

#: What collectstatic raises of a reference to a file that is not there.
MissingFileError = BadSourcesError


class CompressedStaticFilesStorage(HissStorage):
    """Hiss's storage."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        warn_of_dead(cls, STORING)


class CompressedManifestStaticFilesStorage(HissManifestStorage):
    """Hiss's storage, with Django's own default for modules.

    Imports between modules are rewritten where a subclass says so, as before: scripts keep the
    hashes that they had.
    """

    support_js_module_import_aggregation = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        warn_of_dead(cls, STORING)
