"""What the subjects' processes share with the benchmark, without importing anything of Hiss's."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "/static/"
#: A hashed name, for the peers that must be told what one is.
HASHED: Final = r"\.[0-9a-f]{12}\."
