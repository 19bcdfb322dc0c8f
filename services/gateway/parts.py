"""The parts that an owner touches: which of them are wanted, by the settings. Each is loaded when it is begun."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from services.gateway.alerts.notice import Notice
from services.gateway.house import House
from services.gateway.outbox.carrying import carry

if TYPE_CHECKING:
    from services.gateway.metrics import Metrics

Work = Callable[[], Awaitable[None]]
PAIRING_LOOK_SECONDS: Final = 2.0
"""How often a bot that obeys nobody looks whether somebody wants to be paired."""


def wanted(house: House) -> dict[str, Work]:
    """The parts to be kept going, by their names."""
    found: dict[str, Work] = {}
    if house.door is not None:
        from services.gateway.metrics import Metrics

        found["web"] = partial(_page, house, Metrics(house.pictures))  # it counts on when the page begins again
    if house.settings.telegram.token is not None:
        found["telegram"] = partial(_bot, house) if house.settings.telegram.users else partial(_paired, house)
    return found


async def _page(house: House, metrics: Metrics) -> None:
    assert house.door is not None  # noqa: S101 - it is wanted
    listener = house.door.open()
    from services.gateway.web.serving import serve
    from services.gateway.web.site import Site

    site = Site(
        house.settings,
        house.line,
        house.pictures,
        house.store,
        owner=house.owner,
        login_failed=partial(_login_failed, house),
        metrics=metrics.text,
    )
    house.pictures.process("web", well=True, said=house.address)
    await serve(site, listener.dup())  # one that dies takes its own with it


async def _bot(house: House) -> None:
    from services.gateway.telegram.bot import Bot, addresses

    bot = Bot(house)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bot.run())
        for address in addresses(house.settings.telegram):
            tasks.create_task(carry(house.outbox, bot.sender, address))


async def _paired(house: House) -> None:
    """A bot that obeys nobody is there while somebody wants to be paired, and only hears his code."""
    while True:
        if house.store.pairing.waits:
            await _hear_code(house)
        await asyncio.sleep(PAIRING_LOOK_SECONDS)


async def _hear_code(house: House) -> None:
    from services.gateway.telegram.bot import Bot

    hearing = asyncio.ensure_future(Bot(house).run())
    try:
        while house.store.pairing.waits and not hearing.done():
            await asyncio.wait({hearing}, timeout=PAIRING_LOOK_SECONDS)
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


def _login_failed(house: House, where: str) -> None:
    house.alarm.raise_(Notice("login", where, "login", {"where": where or "?"}))
