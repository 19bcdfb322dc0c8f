"""What runs beside the loop, and the road on which an exception that nobody planned reaches the trader.

A task keeps its exception until it is collected, and a WebSocket library keeps those of its callbacks for whoever waits
for the connection. Both go to the loop's exception handler instead, at once. The trader listens there and stops
trading; elsewhere the handler is asyncio's, which writes it to the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


def start_task(work: Coroutine[Any, Any, None], failed: str = "a task failed") -> asyncio.Task[None]:
    """Start `work`; the owner of the task may cancel it. `failed` is what is said when it raises."""
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(lambda ended: _report_failure(ended, failed))
    return task


def report(what: str, error: BaseException) -> None:
    """Hand an exception to the loop's handler."""
    asyncio.get_running_loop().call_exception_handler({"message": what, "exception": error})


def _report_failure(task: asyncio.Task[None], failed: str) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        report(failed, error)
