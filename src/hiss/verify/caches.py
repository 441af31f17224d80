"""Who stands between: servers, proxies and CDNs, by what their answers say; and their caches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from hiss.verify.messages import Answer

#: What a cache says of an answer; empty where none says anything.
Said = Literal["hit", "miss", ""]

# Who, the field that gives it away, and what must be in it.
_SIGNS: Final = (
    ("Cloudflare", "CF-Ray", ""),
    ("Cloudflare", "Server", "cloudflare"),
    ("CloudFront", "X-Amz-Cf-Id", ""),
    ("Fastly", "X-Served-By", "cache-"),
    ("Akamai", "X-Akamai-Request-ID", ""),
    ("Akamai", "Server", "akamai"),
    ("Bunny", "Server", "bunnycdn"),
    ("Vercel", "X-Vercel-Id", ""),
    ("Netlify", "X-NF-Request-ID", ""),
    ("Azure Front Door", "X-Azure-Ref", ""),
    ("Google Cloud CDN", "Via", "google"),
    ("Varnish", "X-Varnish", ""),
    ("Varnish", "Via", "varnish"),
    ("Squid", "Via", "squid"),
    ("Amazon S3", "Server", "amazons3"),
    ("Google Cloud Storage", "X-GUploader-UploadID", ""),
    ("nginx", "Server", "nginx"),
    ("nginx", "Server", "openresty"),
    ("Caddy", "Server", "caddy"),
    ("Caddy", "Via", "caddy"),
    ("Apache", "Server", "apache"),
    ("LiteSpeed", "Server", "litespeed"),
    ("IIS", "Server", "microsoft-iis"),
    ("gunicorn", "Server", "gunicorn"),
    ("uvicorn", "Server", "uvicorn"),
    ("hypercorn", "Server", "hypercorn"),
    ("daphne", "Server", "daphne"),
    ("granian", "Server", "granian"),
    ("waitress", "Server", "waitress"),
    ("Django's runserver", "Server", "wsgiserver"),
)

# A field of a cache, and what in it says that the answer was stored, or was not.
_HIT: Final = re.compile(
    r"(?<![a-z])(?:refresh)?hit(?![a-z])|stale|updating|revalidated", re.IGNORECASE
)
_FIELDS: Final = (
    "CF-Cache-Status",
    "CDN-Cache",
    "X-Cache",
    "X-Cache-Status",
    "X-Proxy-Cache",
    "X-Vercel-Cache",
)


def who_answers(answer: Answer) -> tuple[str, ...]:
    """The servers and CDNs that an answer shows, the nearest to the visitor first."""
    found = (
        who
        for who, name, sign in _SIGNS
        if (values := answer.values(name)) and any(sign in value.lower() for value in values)
    )
    named = tuple(dict.fromkeys(found))
    return named or tuple(each for each in answer.values("Server")[:1] if each)


def names_cache(answer: Answer) -> bool:
    """Whether a shared cache says that the answer went through it."""
    return bool(said_of_cache(answer))


def said_of_cache(answer: Answer) -> Said:
    """Whether an answer came out of a cache."""
    for read in (_cache_status, _own_fields, _varnish, _age):
        said = read(answer)
        if said:
            return said
    return ""


def _cache_status(answer: Answer) -> Said:
    # RFC 9211: `name; hit` or `name; fwd=miss`; the last member is the nearest cache.
    members = answer.header("Cache-Status").split(",")
    parameters = [each.strip().lower() for each in members[-1].split(";")[1:]]
    if "hit" in parameters or "hit=?1" in parameters:
        return "hit"
    return "miss" if parameters else ""


def _own_fields(answer: Answer) -> Said:
    values = [value for name in _FIELDS for value in answer.values(name)]
    if not values:
        return ""
    return "hit" if any(_HIT.search(value) for value in values) else "miss"


def _varnish(answer: Answer) -> Said:
    # Its own number, and, of what was stored, that of the request that it was stored for.
    numbers = answer.header("X-Varnish").split()
    return ("hit" if len(numbers) > 1 else "miss") if numbers else ""


def _age(answer: Answer) -> Said:
    # RFC 9111, 5.1: the time since it was made; a cache in between sends it, and nobody else.
    age = answer.header("Age")
    return ("hit" if int(age) else "miss") if age.isdecimal() else ""
