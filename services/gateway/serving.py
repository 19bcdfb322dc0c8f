"""The gateway from its start to its end: the rooms are made, the parts are started, and kept going."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.told import Telling
from core.errors import ConfigurationError
from core.presence import present
from core.settings import Settings
from core.wording import owners_language
from services.gateway import parts
from services.gateway.alerts.alarm import Alarm
from services.gateway.alerts.notice import Notice
from services.gateway.alerts.picturing import Pictured
from services.gateway.alerts.watching import Watcher
from services.gateway.door import ADDRESS_NOTE, UNSERVED_NOTE, Door
from services.gateway.house import House
from services.gateway.keeping import keep
from services.gateway.line import Line
from services.gateway.outbox.carrying import carry
from services.gateway.outbox.mail import Mail
from services.gateway.outbox.outbox import Outbox
from services.gateway.outbox.parcel import Address, Sender
from services.gateway.outbox.webhook import Webhook
from services.gateway.passing import BOT_NOTE, PID_FILE, mark_of
from services.gateway.pictures import Pictures
from services.gateway.store import Store, opened

LAST_SECONDS: Final = 10.0
"""What is critical is still sent within these when the trader is gone."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that the trader told."""

    number: int
    key: str  # the same for the same telling, over our restarts
    told: Telling


@contextlib.asynccontextmanager
async def house_of(settings: Settings, owner: str) -> AsyncIterator[House]:
    """The rooms of one gateway, for as long as the block runs."""
    with opened(settings.data_dir) as store, contextlib.ExitStack() as closing:
        closing.enter_context(present(settings.data_dir / PID_FILE))
        store.notes.set(ADDRESS_NOTE, "")
        store.notes.drop(UNSERVED_NOTE)
        store.notes.set(BOT_NOTE, mark_of(settings.telegram))
        door = Door(settings.web, store.notes) if settings.web.enabled else None
        if door is not None:
            closing.callback(door.close)
            with contextlib.suppress(ConfigurationError):  # the part that serves tells of it, and tries again
                door.open()
        yield furnished(settings, owner, store, door)


def furnished(settings: Settings, owner: str, store: Store, door: Door | None = None) -> House:
    """The rooms around an opened store, by default without a page."""
    line = Line(settings, owner, "gateway")
    pictures = Pictures(settings, line)
    outbox = Outbox(store.engine, addresses_of(settings))
    alarm = Alarm(settings.alerts, settings.time_zone, owners_language(), outbox, shown=pictures.alert)
    return House(settings, owner, line, pictures, store, outbox, alarm, door)


def addresses_of(settings: Settings) -> list[Address]:
    """Everybody who is told of what happens."""
    telegram = settings.telegram
    chats = (telegram.chats or telegram.users) if telegram.token is not None and telegram.users else ()
    mail = [Address("mail", "")] if settings.mail.to else []
    webhook = [Address("webhook", "")] if settings.alerts.webhook is not None else []
    return [*(Address("telegram", str(chat)) for chat in chats), *mail, *webhook]


async def serve(house: House, tellings: AsyncIterator[Heard | None], written_down: Callable[[int], None]) -> None:
    """Serve until `tellings`, what the trader tells, end; None is its good-bye, without which it has died.

    `written_down` is called with the number of each, once nothing of it can be lost any more.
    """

    async def ask(question: Question) -> Answer:
        return await house.line.ask(question, lambda _: None)

    current = lambda: house.pictures.current  # noqa: E731 - a value that is read anew each time
    pictured = Pictured(house.settings.data_dir, house.settings.time_zone, ask)
    watcher = Watcher(house.settings, house.store, house.outbox, house.alarm, current, ask, draw=pictured.draw)
    for hear in (house.alarm.hear, watcher.hear):
        house.pictures.hear(hear)
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as tasks:
        works = {"pictures": house.pictures.run, "watcher": watcher.run, **parts.wanted(house)}
        for address, sender in senders(house.settings, client):
            works[f"outbox:{sender.name}"] = partial(carry, house.outbox, sender, address)
        running = [
            tasks.create_task(keep(name, work, house.pictures, died=partial(_died, house)))
            for name, work in works.items()
        ]
        if not await _heard(house, tellings, written_down):
            house.alarm.raise_(Notice("fault", "trader", "trader_gone", {}, "critical"))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await house.outbox.emptied()
        for task in running:
            task.cancel()
        await pictured.close()


async def _heard(house: House, tellings: AsyncIterator[Heard | None], written_down: Callable[[int], None]) -> bool:
    """Hear all that the trader tells; whether it said good-bye."""
    async for heard in tellings:
        if heard is None:
            return True
        with house.alarm.once(heard.key):
            house.pictures.told(heard.told)
        written_down(heard.number)
    return False


def _died(house: House, part: str, why: str) -> None:
    house.alarm.raise_(Notice("fault", f"part:{part}", "part_died", {"part": part, "detail": why}))


def senders(settings: Settings, client: httpx.AsyncClient) -> list[tuple[Address, Sender]]:
    """Those that need no part of their own."""
    found: list[tuple[Address, Sender]] = []
    if settings.mail.to:
        found.append((Address("mail", ""), Mail(settings.mail)))
    if settings.alerts.webhook is not None:
        found.append((Address("webhook", ""), Webhook(settings.alerts.webhook.get_secret_value(), client)))
    return found
