"""Carries parcels to one address: in order, at its pace, and again when there was no answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from core.errors import first_line
from core.telemetry import get_logger
from services.gateway.outbox.outbox import Outbox
from services.gateway.outbox.parcel import Address, Later, Never, Parcel, Sender, Sent

log = get_logger()

PACE_SECONDS: Final = 1.0
"""Between two messages to one chat, as the messengers ask."""
PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""After tries without an answer; the last of them again and again."""
MOST_TRIES: Final = {"critical": 0, "normal": 200, "info": 20}
"""After so many a message is given up; 0 is never."""


async def carry(
    outbox: Outbox,
    sender: Sender,
    address: Address,
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send what waits for one address, and what comes, until cancelled."""
    failed, last = 0, -PACE_SECONDS
    while True:
        if (parcel := outbox.take(address)) is None:
            await outbox.more()
            continue
        if (wait := last + PACE_SECONDS - clock()) > 0:
            await pause(wait)
        outcome, last = await tried(sender, parcel), clock()
        match outcome:
            case Sent():
                outbox.end(parcel)
                failed = 0
            case Never(why=why):
                log.warning("outbox.refused", sender=address.sender, kind=parcel.kind, why=why)
                outbox.end(parcel, f"refused: {why}")
                failed = 0
            case Later() as later:
                put_off(outbox, parcel, later)
                await pause(later.seconds or PAUSES[min(failed, len(PAUSES) - 1)])
                failed += 1


async def tried(sender: Sender, parcel: Parcel) -> Sent | Later | Never:
    """One try; what a sender raises is no end of us."""
    try:
        return await sender.send(parcel)
    except Exception as error:  # noqa: BLE001 - the boundary of a sender: the next try may do
        return Later(0.0, first_line(error, typed=True), perhaps=True)


def put_off(outbox: Outbox, parcel: Parcel, later: Later) -> None:
    """Let it wait for the next try; what is not critical is given up some day."""
    most = MOST_TRIES[parcel.urgency]
    log.warning("outbox.later", sender=parcel.address.sender, kind=parcel.kind, tries=parcel.tries, why=later.why)
    if not later.perhaps and not parcel.perhaps:
        outbox.keep(parcel)
    if most and parcel.tries >= most:
        outbox.end(parcel, f"given up after {parcel.tries} tries: {later.why}")
