"""`sorte kill --all`: what rests at the exchange for positions is taken back, by the trader if one runs, else by us.

The journal says what rests; it is only read. What we cancel is learnt by the next start, which asks for each.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.errors import ExchangeError
from core.settings import Settings
from services.trader.exchanges.binance import Binance
from services.trader.journal import decode, lines
from services.trader.orders import Protection
from services.trader.portfolio import Portfolio

TRADER_TAKES_SECONDS: Final = 8.0
"""A trader looks for the owner's word each second, and asks until each has ended."""
LOOK_SECONDS: Final = 0.1


def resting(journal: Path) -> list[Protection]:
    """The protective orders that have no end in this journal; none when there is no journal."""
    try:
        data = journal.read_bytes()
    except FileNotFoundError:
        return []
    records = [record for line, _ in lines(data) if (record := decode(line)) is not None]
    return list(Portfolio.of([], records).protections.values())


def is_traded(journal: Path) -> bool:
    """Whether a trader holds this journal now."""
    try:
        file = os.open(journal, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def wait_until_taken(journal: Path, seconds: float = TRADER_TAKES_SECONDS) -> list[Protection]:
    """Give the trader that holds the journal time to obey; what rests still."""
    deadline = time.monotonic() + seconds
    while (left := resting(journal)) and is_traded(journal) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return left


def take_back(settings: Settings, protections: Iterable[Protection]) -> dict[str, str]:
    """Cancel them at the exchange of the settings; why one could not be, by client id."""
    return asyncio.run(_take_back(settings, list(protections)))


async def _take_back(settings: Settings, protections: list[Protection]) -> dict[str, str]:
    exchange = Binance(settings.exchange)
    failed = {}
    try:
        for protection in protections:
            try:
                if not exchange.clock.measured:
                    await exchange.measure_clock()
                await exchange.cancel(protection.symbol, protection.client_id)
            except ExchangeError as error:
                failed[protection.client_id] = str(error)
    finally:
        await exchange.close()
    return failed
