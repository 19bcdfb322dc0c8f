"""The commander of a running trader, in a process of its own: no judgement, edit or git command shares its loop.

    python -m services.commander DESCRIPTOR

DESCRIPTOR is one end of a socket pair; the trader has the other, and its first line is our settings. When the trader
hangs up, however that happens, we end what is under way and go: what is left to do, the next start does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from pydantic import SecretStr

from core.contracts import Language, State
from core.contracts.told import Telling, UpgradeOffered
from core.errors import SorteError
from core.private import keep_private
from core.settings import (
    CommanderSettings,
    ExchangeSettings,
    GuardianSettings,
    LogSettings,
    ModelSettings,
    Settings,
    spoken,
)
from core.tasks import start_task
from core.telemetry import get_logger
from core.telemetry.gpu import Cards
from core.telemetry.process import each_minute, logging_as, measure
from services.commander.desk.desk import Desk
from services.commander.desk.showing import outcome
from services.commander.line.server import Server
from services.commander.live_settings import LiveSettings
from services.commander.opening import open_commander
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.commander.road.upgrading import at_start
from services.commander.rooms import Rooms, real_rooms
from services.commander.trader_port import LinkedTrader, TraderGone
from services.guardian.boxes.layout import remove_ours

log = get_logger()

LINE_BYTES = 1 << 22


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the trader tells us to work on. The exchange's keys are not part of it."""

    workspace: str
    data_dir: str
    database_url: str
    guardian: dict[str, Any]
    commander: dict[str, Any]
    time_zone: str
    logs: dict[str, Any] = {}
    models: dict[str, Any] = {}  # the key of one among them, as it is
    debug: bool = False  # every line of the log, and on standard error too
    language: Language | None = None

    def settings(self) -> Settings:
        """As settings, without a look at files or environment."""
        return Settings.model_construct(
            data_dir=Path(self.data_dir),
            workspace=Path(self.workspace),
            database_url=SecretStr(self.database_url),
            guardian=GuardianSettings.model_validate(self.guardian),
            commander=CommanderSettings.model_validate(self.commander),
            exchange=ExchangeSettings(),
            logs=LogSettings.model_validate(self.logs),
            models=ModelSettings.model_validate(self.models),
            time_zone=self.time_zone,
            language=self.language,
        )


async def serve(link: socket.socket, rooms: Rooms) -> None:
    """Work until the trader hangs up."""
    reader, writer = await asyncio.open_connection(sock=link, limit=LINE_BYTES)
    first = await reader.readline()
    if not first:
        return
    hello = msgspec.json.decode(first, type=Hello)
    settings = spoken(hello.settings())
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with logging_as("commander", settings, debug=hello.debug):
        each_minute(partial(Cards().measure, measure), at_end=False)
        await _serve(LinkedTrader(reader, writer), settings, rooms)


async def _serve(trader: LinkedTrader, settings: Settings, rooms: Rooms) -> None:
    listeners: list[Server] = []

    def tell(told: Telling) -> None:
        trader.tell(told)
        for server in listeners:
            server.broadcast(told)

    assert settings.workspace is not None  # noqa: S101 - we were told of it
    with open_commander(settings.workspace, settings, tell, trades=True, rooms=rooms) as (context, recovered):
        deployment = Deployment(context, trader)
        main = context.workspace.main
        program = context.program(main)
        async with deployment.moving:
            await deployment.look_back()
        following = asyncio.create_task(trader.follow())
        trader.announce(program, [outcome(change) for change in recovered])
        log.info("commander.started", release=program.release.tree, recovered=[change.id for change in recovered])
        _offer_upgrade(context, main)
        desk = Desk(deployment)
        server = Server(desk, settings.data_dir)
        await server.start()
        listeners.append(server)
        await context.edit(context.rooms.warm_up, context.workspace.source(main))
        aligning = start_task(_align(desk))
        editing = start_task(LiveSettings(context).follow())
        await following
        aligning.cancel()
        editing.cancel()
        await desk.watcher.close()
        await server.close()


def _offer_upgrade(context: Context, main: str) -> None:
    """Once at each start; that it cannot be worked out keeps nobody from trading."""
    try:
        if told := at_start(context, main):
            context.tell(UpgradeOffered(text=told))
    except (SorteError, OSError):
        log.exception("upgrade.not_offered")


async def _align(desk: Desk) -> None:
    """Once the trader is warm: let it run what is live by the workspace, and go on with a watch that was cut short."""
    context = desk.context
    try:
        await desk.deployment.run_live()
    except TraderGone:
        return
    except (SorteError, OSError):  # a watch sees that another host decides, and takes back what could not
        log.exception("live.not_started")
    watched = [change for change in context.changes.of_state(State.LIVE) if change.watch == "running"]
    if watched:
        desk.watcher.go_on(watched[-1])
    with contextlib.suppress(
        SorteError, OSError
    ):  # without a box nothing can be judged, which the first judgement tells
        await context.judge(context.rooms.expect, context.workspace.source(context.workspace.main), context.settings)


def _wait_for_the_trader(_number: int, _frame: object) -> None:
    """Whatever ends all of us at once, we end by the trader's word: what is under way gets an end that is written."""


def main(rooms: Rooms | None = None) -> None:
    """Serve the trader at the other end of the descriptor in argv; `rooms` are the product's unless given."""
    keep_private()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # all are for the trader, which then hangs up
        signal.signal(number, _wait_for_the_trader)  # a handler, which the programs that we start do not inherit
    link = socket.socket(fileno=int(sys.argv[1]))
    try:
        asyncio.run(serve(link, rooms or real_rooms()))
    except (SorteError, OSError) as error:
        print(error, file=sys.stderr, flush=True)  # the trader tells it
        leave(1)
    leave(0)


def leave(code: int) -> NoReturn:
    """End without waiting for a judgement that is under way in a thread; its boxes die with us, their folders here."""
    remove_ours()
    os._exit(code)
