"""Keeps the parts of the gateway going: one that dies is started again, and its state is in the picture."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from core.errors import SorteError, first_line
from core.telemetry import get_logger
from services.commander.line.patience import Patience
from services.gateway.pictures import Pictures

log = get_logger()


async def keep(
    name: str,
    work: Callable[[], Awaitable[None]],
    pictures: Pictures,
    *,
    died: Callable[[str, str], None] = lambda _name, _why: None,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Do `work` for good. When it ends or raises, `died` hears of it and it is begun again, after pauses that grow."""
    patience = Patience()
    while True:
        began, why = clock(), "it ended"
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the boundary of a part: the others go on
            why = first_line(error, typed=not isinstance(error, SorteError))
            log.exception("part.died", part=name)
        pictures.process(name, well=False, said=why)
        died(name, why)
        await pause(patience.after(clock() - began))
