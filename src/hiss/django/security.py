"""The SECURE_* settings, for answers that never reach Django's SecurityMiddleware."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.middleware.security import SecurityMiddleware
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from hiss.core.reply import Headers

_META_PREFIX: Final = "HTTP_"


def security_headers() -> Headers:
    """What SecurityMiddleware adds to every response, whatever the scheme; nothing without it."""
    if not _has_security_middleware():
        return ()
    fields: list[tuple[str, str]] = []
    if settings.SECURE_CONTENT_TYPE_NOSNIFF:
        fields.append(("X-Content-Type-Options", "nosniff"))
    policy = settings.SECURE_REFERRER_POLICY
    if policy:
        values = policy.split(",") if isinstance(policy, str) else policy
        fields.append(("Referrer-Policy", ",".join(value.strip() for value in values)))
    if settings.SECURE_CROSS_ORIGIN_OPENER_POLICY:
        fields.append(("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY))
    return tuple(fields)


class Security:
    """What depends on whether a request came over https."""

    def __init__(self) -> None:
        name, value = _proxy_header()
        self._secure_value: str = value
        #: The field that a proxy says the scheme in, as WSGI names it; empty: none is believed.
        self.proxy_key: str = name
        #: The same as ASGI names it; empty also where it is no header field's.
        field = name.removeprefix(_META_PREFIX) if name.startswith(_META_PREFIX) else ""
        self.proxy_field = field.replace("_", "-").lower().encode("latin-1")
        self._redirects = bool(settings.SECURE_SSL_REDIRECT) and _has_security_middleware()
        self._exempt = [re.compile(pattern) for pattern in settings.SECURE_REDIRECT_EXEMPT]
        self._hsts: Headers = _hsts()
        #: Whether nothing here depends on it.
        self.is_moot = not self._redirects and not self._hsts

    def is_secure(self, scheme: str, proxy_value: str | None) -> bool:
        """Whether the client came over https: the proxy's word, if it is believed, before ours."""
        if proxy_value is not None and self.proxy_key:
            return proxy_value.split(",", 1)[0].strip() == self._secure_value
        return scheme == "https"

    def leaves_to_django(self, path: str, *, secure: bool) -> bool:
        """Whether a request for `path` is one that SecurityMiddleware redirects to https."""
        if secure or not self._redirects:
            return False
        return not any(pattern.search(path.lstrip("/")) for pattern in self._exempt)

    def headers(self, *, secure: bool) -> Headers:
        """Strict-Transport-Security, which only an https answer may carry."""
        return self._hsts if secure else ()


def _proxy_header() -> tuple[str, str]:
    header = settings.SECURE_PROXY_SSL_HEADER or ("", "")
    try:
        name, value = header
    except (TypeError, ValueError):
        name = value = None
    if not isinstance(name, str) or not isinstance(value, str):
        raise ImproperlyConfigured(
            "SECURE_PROXY_SSL_HEADER must be a tuple of two texts, such as "
            f'("HTTP_X_FORWARDED_PROTO", "https"), not {header!r}'
        )
    return name, value


def _hsts() -> Headers:
    if not settings.SECURE_HSTS_SECONDS or not _has_security_middleware():
        return ()
    value = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        value += "; includeSubDomains"
    if settings.SECURE_HSTS_PRELOAD:
        value += "; preload"
    return (("Strict-Transport-Security", value),)


def _has_security_middleware() -> bool:
    for path in settings.MIDDLEWARE:
        middleware = import_string(path)
        if isinstance(middleware, type) and issubclass(middleware, SecurityMiddleware):
            return True
    return False
