"""Under any event loop: what may block goes to a thread, what is long gives way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


async def offload(function: Callable[..., Result], *arguments: object) -> Result:
    """What `function(*arguments)` returns, run in a thread of asyncio's or trio's pool."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        result: Result = await trio.to_thread.run_sync(function, *arguments)
        return result
    return await loop.run_in_executor(None, function, *arguments)


async def give_way() -> None:
    """Let whatever else is ready run, under asyncio or trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)
