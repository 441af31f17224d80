"""docs/commands.md has each command with its options, in the words of `--help`."""

import argparse
import re
from pathlib import Path

import pytest

from hiss.cli.main import make_parser

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def _parsers(parser):
    """Each command that does something, by name: `release list`."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                inner = dict(_parsers(command))
                name = command.prog.removeprefix("hiss ")
                yield from inner.items() if inner else [(name, command)]


def _rows(parser):
    """A command's arguments and options, as rows of a table."""
    rows = []
    for action in parser._actions:
        if action.dest == "help":
            continue
        value = "NAME" if action.choices else action.metavar or action.dest.upper()
        value = "" if action.nargs == 0 else f" {value}"
        names = ", ".join(f"`{each}{value}`" for each in action.option_strings)
        names = names or f"`{action.metavar or action.dest}`"
        text = argparse.HelpFormatter("hiss")._expand_help(action) if action.help else ""
        cells = [each.replace("|", "\\|") for each in (names, text)]
        rows.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return rows


COMMANDS = dict(_parsers(make_parser()))


@pytest.mark.parametrize("name", COMMANDS)
def test_command(name):
    """A command's part of the page has what the command does, and a row for each option."""
    text = PAGE.read_text("utf-8")
    heading = f"`hiss {name}`"
    parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert heading in sections, f"no heading {heading!r}"
    section = sections[heading]
    expected = _rows(COMMANDS[name])
    found = [line for line in section.splitlines() if re.match(r"\| `", line)]
    assert found == expected, f"the table of {heading} should be:\n" + "\n".join(expected)


def test_no_command_too_many():
    """The page has no command that there is not."""
    named = re.findall(r"^#+ `hiss (.*)`$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)
