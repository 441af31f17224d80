"""The `hiss` command: it parses, calls the rest of the house, prints, and exits."""

from __future__ import annotations

from hiss.cli.main import main

__all__ = ["main"]
