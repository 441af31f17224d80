"""The tags: `{% asset %}`, `{% preload %}`, `{% modulepreload %}`, `{% importmap %}` and
`{% hiss_reload %}`.

The first three take a file's name, a string or a variable, and then attributes as HTML has them:
`{% asset "js/app.js" module data-turbo-track="reload" as script %}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.apps import apps
from django.template import Library, Node, TemplateSyntaxError
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from hiss.django.elements import (
    NoElementError,
    make_asset,
    make_importmap,
    make_modulepreload,
    make_preload,
)
from hiss.django.recorded import find_file, find_modules, logical_url

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.template import Context
    from django.template.base import FilterExpression, Parser, Token

register = Library()

# Of the app "hiss.django", which collectstatic has to find.
_RELOAD: Final = "hiss/reload.js"

# What HTML allows in an attribute's name (section 13.1.2.3), less the template's own "|".
_NAME: Final = r"[^\s\"'<>/=|]+"
_FLAG: Final = re.compile(_NAME)
# The name that a module has in an import may be anything that is not quoted.
_PAIR: Final = re.compile(r"([^\s\"'=|]+)=(.+)", re.DOTALL)


class Arguments(NamedTuple):
    """What is written in a tag, as the template's parser has it."""

    tag: str
    #: Those without a name, as they are written.
    words: tuple[str, ...]
    pairs: dict[str, FilterExpression]
    #: Where the text goes, instead of into the page.
    variable: str | None


class HissNode(Node):
    """A tag, parsed; `write` makes its text."""

    child_nodelists = ()

    def __init__(self, write: Callable[[Context], SafeString], variable: str | None) -> None:
        self._write = write
        self._variable = variable

    def render(self, context: Context) -> SafeString:
        """The elements; nothing where they go into a variable."""
        text = self._write(context)
        if self._variable is None:
            return text
        context[self._variable] = text
        return mark_safe("")


def read_arguments(parser: Parser, token: Token) -> Arguments:
    """Read what is written in a tag."""
    tag, *bits = token.split_contents()
    variable = None
    if len(bits) > 1 and bits[-2] == "as":
        variable = bits[-1]
        bits = bits[:-2]
    pairs = {}
    words = []
    for bit in bits:
        pair = _PAIR.fullmatch(bit)
        if pair:
            pairs[pair[1]] = parser.compile_filter(pair[2])
        else:
            words.append(bit)
    return Arguments(tag, tuple(words), pairs, variable)


def find_nonce(context: Context) -> str | None:
    """The nonce that the page's policy allows: Django's own, or django-csp's.

    Both make it when it is first read as text, and put it into the policy only then; what asks
    whether it is true is told whether that has happened.
    """
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(find_request(context), "csp_nonce", None)
    return None if nonce is None else str(nonce) or None


def find_request(context: Context) -> HttpRequest | None:
    """The request that the page answers; `None` where nobody told the template."""
    request: HttpRequest | None = context.get("request", getattr(context, "request", None))
    return request


def _element_tag(make: Callable[..., SafeString]) -> Callable[[Parser, Token], HissNode]:
    """The tag of one file and its attributes; `make(name, attributes, nonce)` makes its text."""

    def compile_tag(parser: Parser, token: Token) -> HissNode:
        arguments = read_arguments(parser, token)
        tag, words, pairs, variable = arguments
        if not words:
            raise TemplateSyntaxError(f'"{tag}" needs the name of a file, then its attributes')
        written, *flags = words
        _check_attributes((*flags, *pairs), f'"{tag}" takes one file, and then attributes')
        expression = parser.compile_filter(written)

        def write(context: Context) -> SafeString:
            name = _resolve_name(tag, written, expression, context)
            given = _resolve_attributes(flags, pairs, context)
            try:
                return make(name, given, lambda: find_nonce(context))
            except NoElementError as error:
                raise TemplateSyntaxError(f'{{% {tag} "{name}" %}}: {error}') from None

        return HissNode(write, variable)

    return compile_tag


def _check_attributes(names: Iterable[str], rule: str) -> None:
    for each in names:
        if not _FLAG.fullmatch(each):
            raise TemplateSyntaxError(f"{rule}; {each} is no attribute")


def _resolve_attributes(
    flags: Iterable[str], pairs: dict[str, FilterExpression], context: Context
) -> dict[str, Any]:
    given: dict[str, Any] = dict.fromkeys(flags, True)
    for key, value in pairs.items():
        given[key] = value.resolve(context, ignore_failures=True)
    return given


def _resolve_name(tag: str, written: str, expression: FilterExpression, context: Context) -> str:
    name = expression.resolve(context, ignore_failures=True)
    if not name:
        raise TemplateSyntaxError(f'"{tag}" needs the name of a file, and {written} is {name!r}')
    return str(name)


@register.tag
def asset(parser: Parser, token: Token) -> HissNode:
    """The element that loads a file: `{% asset "css/app.css" media="print" %}`."""
    make = _element_tag(lambda name, given, nonce: make_asset(find_file(name), given, nonce))
    return make(parser, token)


@register.tag
def preload(parser: Parser, token: Token) -> HissNode:
    """The link that fetches a file early: `{% preload "fonts/text.woff2" %}`."""
    make = _element_tag(lambda name, given, nonce: make_preload(find_file(name), given, nonce))
    return make(parser, token)


@register.tag
def modulepreload(parser: Parser, token: Token) -> HissNode:
    """Links that fetch a module and what it imports early: `{% modulepreload "js/app.js" %}`."""
    make = _element_tag(
        lambda name, given, nonce: format_html_join(
            "\n",
            "{}",
            ((make_modulepreload(each, given, nonce),) for each in find_modules(name, early=True)),
        )
    )
    return make(parser, token)


@register.tag
def importmap(parser: Parser, token: Token) -> HissNode:
    """What names in imports stand for: `{% importmap "js/app.js" lit="vendor/lit.js" %}`."""
    tag, words, pairs, variable = read_arguments(parser, token)
    plain = [(each, parser.compile_filter(each)) for each in words]

    def write(context: Context) -> SafeString:
        named = [_resolve_name(tag, word, each, context) for word, each in plain]
        wanted = {logical_url(name): name for name in named}
        for key, expression in pairs.items():
            wanted[key] = _resolve_name(tag, key, expression, context)
        modules = {key: find_modules(name, early=False) for key, name in wanted.items()}
        for name, (first, *_) in modules.items():
            if not first.is_script:
                raise TemplateSyntaxError(f'"{tag}" is for scripts; {name} is {first.type}')
        imports = {key: files[0].url for key, files in modules.items() if files[0].url != key}
        files = [file for each in modules.values() for file in each]
        return make_importmap(imports, files, lambda: find_nonce(context))

    return HissNode(write, variable)


@register.tag
def hiss_reload(parser: Parser, token: Token) -> HissNode:
    """The script that reloads a page once whose files have expired: `{% hiss_reload %}`.

    Nothing in the answer to a POST and the like, which a reload would send again.
    """
    tag, flags, pairs, variable = read_arguments(parser, token)
    _check_attributes((*flags, *pairs), f'"{tag}" takes attributes alone')
    if "module" in flags or "module" in pairs:
        # It has to watch before modules load, and asks for its own element.
        raise TemplateSyntaxError(f'"{tag}" is no module, and runs before those')
    if not apps.is_installed("hiss.django"):
        raise TemplateSyntaxError(
            f'"{tag}" needs "hiss.django" in INSTALLED_APPS, that its script is collected'
        )

    def write(context: Context) -> SafeString:
        if getattr(find_request(context), "method", None) not in {None, "GET", "HEAD"}:
            return mark_safe("")
        given = _resolve_attributes(flags, pairs, context)
        return make_asset(find_file(_RELOAD), given, lambda: find_nonce(context))

    return HissNode(write, variable)
