"""What runs beside the loop, and the road on which an exception that nobody planned reaches the trader.

A task keeps its exception until it is collected, and a WebSocket library keeps those of its callbacks for whoever waits
for the connection. Both go to the loop's exception handler instead, at once; `Trader` listens there and stops trading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


def start_task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start `work`; whoever gets the task may cancel it."""
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(_report_failure)
    return task


def report(what: str, error: BaseException) -> None:
    """Hand an exception to the loop's handler."""
    asyncio.get_running_loop().call_exception_handler({"message": what, "exception": error})


def _report_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        report("a task failed", error)
