"""The table of checks, and how it is gone through."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hiss.verify.causes import find_cause
from hiss.verify.checks import (
    caching,
    codings,
    content,
    origins,
    pages,
    parts,
    presence,
    validators,
    wiring,
)
from hiss.verify.checks.check import ERROR, WARNING, Check
from hiss.verify.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Collection

    from hiss.verify.checks.check import Trouble
    from hiss.verify.site import Asset, Page, Site

# Without the file itself, nothing else can be said of it.
_ABSENT: Final = ("V010", "V011", "V014")
# Without its bytes, nothing can be said of them.
_SPOILT: Final = (*_ABSENT, "V023", "V033")
# Files are looked for anew with each request, and sent as they are.
_DEVELOPMENT: Final = ("V006",)
_ORDER: Final = (*Severity,)

PAGE_CHECKS: Final[tuple[Check[Page], ...]] = (
    Check("V001", "pages answer", ERROR, pages.is_answered),
    Check("V002", "nothing over HTTP on a page over HTTPS", ERROR, pages.has_no_mixed_content),
    Check("V003", "pages are of the release that answers", ERROR, pages.is_of_the_release),
    Check("V040", "only what is hashed is immutable", ERROR, pages.is_not_immutable, ("V001",)),
)

#: Those that come first explain what others would find.
ASSET_CHECKS: Final[tuple[Check[Asset], ...]] = (
    Check("V010", "files are there", ERROR, presence.is_there, everywhere=True),
    Check("V014", "files answer at their own URL", ERROR, presence.is_no_redirect),
    Check(
        "V011",
        "no HTML in a file's place",
        ERROR,
        presence.is_no_page,
        ("V010", "V014"),
        everywhere=True,
    ),
    Check("V023", "bodies are whole", ERROR, presence.is_whole, _ABSENT, everywhere=True),
    Check("V012", "media types are right", ERROR, presence.has_its_type, _ABSENT, everywhere=True),
    Check("V013", "nosniff is sent", WARNING, presence.is_not_sniffed, _ABSENT),
    Check("V033", "what is compressed says so", ERROR, codings.is_marked, (*_ABSENT, "V023")),
    Check("V034", "nothing is compressed twice", ERROR, codings.is_coded_once, _SPOILT),
    Check("V031", "no coding but what was asked for", ERROR, codings.is_what_was_asked, _ABSENT),
    Check("V030", "codings decode to the same bytes", ERROR, codings.decodes, (*_SPOILT, "V034")),
    Check("V032", "Vary where codings differ", ERROR, codings.varies, (*_ABSENT, "V031")),
    Check(
        "V035",
        "what shrinks is compressed",
        WARNING,
        codings.is_compressed,
        _SPOILT,
        _DEVELOPMENT,
    ),
    Check("V021", "bytes are those built", ERROR, content.is_as_built, _SPOILT, ("V004",)),
    Check("V020", "bytes are those of the name", ERROR, content.has_the_hash_of_its_name, _SPOILT),
    Check(
        "V022",
        "integrity is met",
        ERROR,
        content.has_its_integrity,
        (*_SPOILT, "V020", "V021", "V030"),
        everywhere=True,
    ),
    Check(
        "V040",
        "only what is hashed is immutable",
        ERROR,
        caching.is_immutable_only_if_hashed,
        (*_SPOILT, "V020", "V021"),
    ),
    Check(
        "V041",
        "what is hashed is immutable",
        WARNING,
        caching.is_immutable_if_hashed,
        _ABSENT,
        _DEVELOPMENT,
    ),
    Check("V042", "Cache-Control is consistent", WARNING, caching.is_consistent, _ABSENT),
    Check("V043", "answers are for all visitors", WARNING, caching.is_for_all, _ABSENT),
    Check("V050", "there is an ETag", WARNING, validators.has_etag, _ABSENT),
    Check(
        "V051",
        "each coding has its own ETag",
        ERROR,
        validators.has_etag_of_its_own,
        (*_ABSENT, "V050"),
    ),
    Check("V054", "there is a strong ETag", WARNING, validators.is_strong, (*_ABSENT, "V050")),
    Check("V052", "ETags revalidate", WARNING, validators.revalidates, (*_ABSENT, "V050")),
    Check(
        "V053",
        "weakened ETags revalidate",
        WARNING,
        validators.revalidates_weakened,
        (*_ABSENT, "V050", "V052"),
    ),
    Check("V055", "a 304 says how long to keep it", WARNING, validators.keeps_its_fields, _ABSENT),
    Check("V060", "media come in parts", WARNING, parts.has_parts, _SPOILT),
    Check("V061", "parts are right", ERROR, parts.has_right_parts, (*_SPOILT, "V031")),
    Check("V062", "If-Range is heeded", ERROR, parts.heeds_if_range, _SPOILT),
    Check(
        "V063",
        "HEAD says what GET says",
        WARNING,
        parts.is_the_same_to_head,
        # An answer that is another's, or another each time, is so to HEAD as well.
        (*_ABSENT, "V023", "V031", "V052"),
    ),
    Check("V064", "HEAD has no body", ERROR, parts.has_no_body_to_head, _ABSENT),
    Check("V070", "other origins are allowed", ERROR, origins.is_allowed, _ABSENT, everywhere=True),
    Check("V071", "Vary where origins differ", WARNING, origins.varies_by_origin, _ABSENT),
    Check("V072", "other origins may embed", ERROR, origins.is_no_ones_own, _ABSENT),
    Check("V091", "the CDN keeps files", WARNING, caching.is_cached, (*_ABSENT, "V043")),
    Check(
        "V090",
        "Hiss answers",
        WARNING,
        wiring.is_by_hiss,
        (*_SPOILT, "V020", "V021", "V050"),
    ),
)

#: Those that come before all others explain what these would find.
FIRST_CHECKS: Final[tuple[Check[Site], ...]] = (
    Check("V004", "the release in force is rendered", ERROR, wiring.renders_what_is_in_force),
    Check("V006", "DEBUG is off", ERROR, wiring.is_in_production),
)

SITE_CHECKS: Final[tuple[Check[Site], ...]] = (
    Check(
        "V005",
        "older releases answer",
        ERROR,
        wiring.keeps_older_releases,
        (),
        # Then all files of a kind may be, and not for their age.
        ("V010", "V011", "V014", "V021"),
    ),
    # A page in the place of what is not there is said of the file that needed it.
    Check("V080", "a miss is 404", ERROR, wiring.misses, (), ("V011",)),
    Check("V081", "a miss is not kept", ERROR, wiring.forgets_misses),
    Check("V082", "folders are not listed", WARNING, wiring.lists_nothing),
    # Of a page that does not answer, what it names is not known.
    Check("V007", "pages name static files", ERROR, wiring.has_files, (), ("V001",)),
)

_ALL: Final[tuple[Check[Any], ...]] = (
    *FIRST_CHECKS,
    *PAGE_CHECKS,
    *ASSET_CHECKS,
    *SITE_CHECKS,
)

#: By key, each once, in the order of their keys.
CHECKS: Final[dict[str, Check[Any]]] = dict(
    sorted({each.key: each for each in _ALL}.items()),
)


def judge(site: Site, ignored: Collection[str] = ()) -> tuple[list[Finding], dict[str, int]]:
    """What is wrong with a site; and how often each check was held against something.

    `ignored` are keys: they still explain others, and are not said.
    """
    judgement = _Judgement(site)
    judgement.hold(FIRST_CHECKS, [(site,)])
    judgement.hold(PAGE_CHECKS, [(page, site) for page in site.pages])
    judgement.hold(ASSET_CHECKS, [(asset, site) for asset in site.assets.values()])
    judgement.hold(SITE_CHECKS, [(site,)])
    findings = [each for each in judgement.findings if each.id.removeprefix("hiss.") not in ignored]
    findings.sort(key=lambda each: (_ORDER.index(each.severity), each.id, each.url))
    return findings, dict(sorted(judgement.checked.items()))


class _Judgement:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.findings: list[Finding] = []
        self.checked: Counter[str] = Counter()
        self._anywhere: set[str] = set()

    def hold(self, checks: tuple[Check[Any], ...], subjects: list[tuple[Any, ...]]) -> None:
        """Hold checks against subjects, each a file, a page, or the site."""
        for subject in subjects:
            found: set[str] = set()
            for check in checks:
                if not self._applies(check, subject[0], found):
                    continue
                self.checked[check.id] += 1
                for trouble in check.find(*subject):
                    found.add(check.key)
                    self.findings.append(self._finding(check, subject[0], trouble))
            self._anywhere |= found

    def _applies(self, check: Check[Any], subject: Asset | Page | Site, found: set[str]) -> bool:
        if found & {*check.unless} or self._anywhere & {*check.unless_anywhere}:
            return False
        return check.everywhere or getattr(subject, "is_static", True)

    def _finding(
        self, check: Check[Any], subject: Asset | Page | Site, trouble: Trouble
    ) -> Finding:
        answer = trouble.answer
        return Finding(
            id=check.id,
            severity=trouble.severity or check.severity,
            url=trouble.url or subject.url,
            what=trouble.what,
            curl=answer.request.curl() if answer else "",
            cause=trouble.cause or find_cause(check.key, answer),
            page=getattr(subject, "page", subject.url if trouble.url else ""),
        )
