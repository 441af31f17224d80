"""The code blocks of a Markdown page, and what each says is to be done with it.

A block says so by its language, and by comments on the lines right before it, which no reader sees:

    <!-- file: mysite/settings.py -->     the block is that file
    <!-- append: requirements.txt -->     it is added to the end of that file
    <!-- change: mysite/settings.py -->   its assignments take the place of those in that file
    <!-- output -->                       it is what the command before it prints, … is anything
    <!-- exit: 1 -->                      the command ends with that code (otherwise 0)
    <!-- server -->                       the command goes on running until the page ends
    <!-- image -->, <!-- container -->    `docker build` and `docker run`: see images.py
    <!-- check: nginx: no root here -->   it is checked as what it is, and not run; and why

Without any: `sh` is run by bash, `console` too, with what it prints, and `python` is run after the
Python blocks before it. All other blocks need a comment. Anywhere on a page may stand

    <!-- start: django -->                begin with a project that is set up (projects.py)
    <!-- needs: npm -->                   without that command, the page is not run from here on
    <!-- stop -->                         the servers that were started end
    <!-- where: shop.example is localhost:8000 -->  one name for another, with $variables
    <!-- indented: sh -->                 the language of blocks that are indented, from here on
    <!-- run                              commands that a reader need not see; `python` likewise
    … -->
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a comment may begin with.
ALONE: Final = frozenset({"start", "needs", "stop", "where", "run", "python", "indented"})
BEFORE: Final = frozenset(
    {"file", "append", "change", "output", "exit", "server", "image", "container", "check"}
)

#: Blocks that are Sphinx's to judge.
SPHINX: Final = frozenset({"{toctree}"})

_COMMENT: Final = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
_NOTE: Final = re.compile(r"(\w+)(?::[ ]*([^\n]*))?(?:\n(.*))?", re.DOTALL)
_DEFAULTS: Final = {"sh": "run", "bash": "run", "console": "console", "python": "python"}


class PageError(Exception):
    """What is wrong with a page: where, what, and what to do."""


@dataclass(frozen=True)
class Block:
    """Something on a page that is to be done."""

    page: str
    line: int
    action: str
    language: str
    text: str
    #: What belongs to the action: a file's name, or the reason of a check.
    value: str = ""
    exit: int = 0

    @property
    def place(self) -> str:
        """Where it is: `docs/tutorial.md:12`."""
        return f"{self.page}:{self.line}"

    def error(self, what: str) -> PageError:
        """What is wrong with it, as an error."""
        return PageError(f"{self.place}: {what}")


def read_blocks(page: str, text: str) -> list[Block]:
    """All blocks of a page, in order; raises PageError for one that says not what to do with it."""
    found: list[Block] = []
    notes: list[tuple[str, str]] = []
    end, indented = -1, ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.map is None:
            continue
        first, last = token.map
        if first != end:
            notes = []
        if token.type == "html_block":
            for name, value, body in _comments(token.content):
                if name == "indented":
                    indented = value
                elif name in ALONE:
                    language = "sh" if name == "run" else name
                    found.append(Block(page, first + 1, name, language, body, value))
                else:
                    notes.append((name, value))
            end = last
        elif token.type in {"fence", "code_block"}:
            language = token.info.strip() if token.type == "fence" else indented
            if language in SPHINX:
                continue
            found.append(_block(page, first + 1, language, token.content, notes))
    return found


def _comments(html: str) -> Iterator[tuple[str, str, str]]:
    for comment in _COMMENT.findall(html):
        match = _NOTE.fullmatch(comment)
        yield match.groups("") if match else (comment, "", "")


def _block(page: str, line: int, language: str, text: str, notes: list[tuple[str, str]]) -> Block:
    block = Block(page, line, _DEFAULTS.get(language, ""), language, text)
    for name, value in notes:
        if name not in BEFORE:
            raise block.error(f"<!-- {name} --> is no word of tests/docs/blocks.py")
        if name == "exit":
            block = replace(block, exit=int(value))
        elif name == "check":
            kind, _, why = value.partition(":")
            if not why.strip():
                raise block.error("<!-- check: KIND: WHY --> says why the block is not run")
            block = replace(block, action=name, language=kind.strip(), value=why.strip())
        elif name in {"file", "append", "change"} and not value:
            raise block.error(f"<!-- {name}: NAME --> names the file")
        else:
            block = replace(block, action=name, value=value)
    if not block.action:
        raise block.error(
            f"nothing says what to do with this block ({language or 'no language'}): put "
            "<!-- file: NAME -->, <!-- output --> or <!-- check: KIND: WHY --> on the line before "
            "it (tests/docs/blocks.py lists what there is)"
        )
    return block
