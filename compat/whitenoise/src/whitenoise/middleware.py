"""The Django middleware: right after `SecurityMiddleware`, in sync and in async stacks alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hiss.django.conf import is_set, read_configuration
from hiss.django.middleware import HissMiddleware
from hiss.django.missing import explain
from hiss.django.origin import found_files, root_mount, sharing, static_mount
from hiss.errors import HissError
from hiss.files.options import settle
from hiss.files.site import open_site
from whitenoise.folders import ATTRIBUTES, Folders
from whitenoise.siblings import find_siblings

if TYPE_CHECKING:
    from hiss.django.middleware import GetResponse
    from hiss.files.load import Listing
    from hiss.files.mount import Mount
    from hiss.files.options import Settled
    from hiss.files.origin import Origin

__all__ = ["WhiteNoiseMiddleware"]

# Configuration attribute to the field of the policy that it is settled in.
_OF_POLICY: Final = {
    "add_headers_function": "add_headers",
    "allow_all_origins": "allow_all_origins",
    "charset": "charset",
    "max_age": "max_age",
    "mimetypes": "media_types",
}


class WhiteNoiseMiddleware(HissMiddleware, Folders):
    """Hiss's middleware, which a subclass may tell more about files.

    Settings count first, then what a subclass says by attributes and by `immutable_file_test`.
    """

    def __init__(self, get_response: GetResponse, _settings: object = None) -> None:
        """`_settings`: whatever is given, Django's settings count."""
        configuration = read_configuration()
        #: The path that static files have below the application, with both slashes.
        self.static_prefix = configuration.static_prefix or "/"
        self.static_root = configuration.static_root
        self.use_finders = configuration.use_finders
        self._said = configuration.settled.is_immutable
        settled = self._settle(configuration.settled)
        self._configuration = replace(configuration, settled=settled)
        self._mounts = tuple(
            mount for mount in (static_mount(configuration), root_mount(configuration)) if mount
        )
        siblings = self._siblings()
        if settled is configuration.settled and not siblings:
            super().__init__(get_response)
        else:
            with sharing(self._open(siblings)):
                super().__init__(get_response)

    def immutable_file_test(self, path: str, url: str) -> bool:
        """What the setting says; what collectstatic recorded counts anyway."""
        return self._said(path, url)

    def _add(self, mount: Mount) -> None:
        self._mounts = (mount, *self._mounts)
        self._origin = self._open(self._siblings())

    def _settle(self, said: Settled) -> Settled:
        """What the settings said, and a subclass where they are silent; the same, if it does not
        speak.
        """
        is_own = False
        for name in ATTRIBUTES:
            if getattr(type(self), name) is getattr(Folders, name) or is_set(name.upper()):
                field = _OF_POLICY.get(name)
                vars(self)[name] = getattr(said.policy, field) if field else getattr(said, name)
            else:
                is_own = True
        has_own_test = self._has_own_test() and not is_set("IMMUTABLE_FILE_TEST")
        if not (is_own or has_own_test or type(self).FOREVER != Folders.FOREVER):
            return said
        wanted = settle(self._options())
        of_policy = {field: getattr(wanted.policy, field) for field in _OF_POLICY.values()}
        return replace(
            said,
            policy=replace(said.policy, **of_policy),
            autorefresh=wanted.autorefresh,
            index_file=wanted.index_file,
            is_immutable=wanted.is_immutable if has_own_test else said.is_immutable,
            calls_user=said.calls_user or wanted.calls_user,
        )

    def _has_own_test(self) -> bool:
        return type(self).immutable_file_test is not WhiteNoiseMiddleware.immutable_file_test

    def _siblings(self) -> tuple[Listing, ...]:
        return tuple(find_siblings(self._mounts, self._configuration.settled))

    def _open(self, siblings: tuple[Listing, ...]) -> Origin:
        configuration = self._configuration
        try:
            return open_site(
                self._mounts,
                configuration.settled,
                listed=[*found_files(configuration), *siblings],
                explain=explain if settings.DEBUG else None,
            )
        except HissError as error:
            raise ImproperlyConfigured(str(error)) from error
