"""The real bot before a simulated Telegram; the commander's side is a script of answers, by what is asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.contracts.answers import Answer, Panicked, Paused, Resumed, Said, Unkilled
from core.contracts.asking import Question
from core.contracts.told import TellStep
from core.language import Language
from core.settings import Settings
from core.settings.gateway import TelegramSettings
from services.gateway.alerts.alarm import Alarm
from services.gateway.charts import Painter, Request
from services.gateway.door import Door
from services.gateway.house import House
from services.gateway.line import Confirm, Line
from services.gateway.outbox.carrying import carry
from services.gateway.outbox.outbox import Outbox
from services.gateway.pictures import Pictures
from services.gateway.store import opened
from services.gateway.telegram.bot import Bot, addresses
from services.simulator.telegram.messages import Sent
from services.simulator.telegram.server import BotApi, serve
from tests.gateway.telegram.samples import STATUS

TOKEN = "7000000001:AAsimulated-simulated-simulated-123"  # noqa: S105 - of a bot that is nowhere else
OWNER, STRANGER = 42, 666
START = 1_800_000_000

ADDRESS = "http://127.0.0.1:8787"

Script = Callable[[Question, TellStep], Awaitable[Answer]]


async def usual(question: Question, _: TellStep) -> Answer:
    """What a commander answers that has nothing special to do."""
    switches: dict[str, type] = {"pause": Paused, "resume": Resumed, "panic": Panicked, "unkill": Unkilled}
    if question.do in switches:
        told: Answer = switches[question.do](halted=False, runs=True, text=f"{question.do} done")
        return told
    return STATUS if question.do == "status" else Said(text=f"answer to {question.do} {question.text}".strip())


class ScriptedLine(Line):
    """Asks the script instead of a commander, and keeps what was asked."""

    def __init__(self, settings: Settings, script: Script = usual) -> None:
        super().__init__(settings, "gateway", "gateway")
        self.script, self.asked = script, list[Question]()

    def of(self, owner: str, surface: str, language: Language | None = None) -> Line:
        return OfSomebody(self, owner, surface, language)

    async def ask(self, question: Question, on_step: TellStep, _: Confirm | None = None) -> Answer:
        self.asked.append(question)
        return await self.script(question, on_step)


class OfSomebody(Line):
    """The line of a person, which signs what it asks."""

    def __init__(self, line: ScriptedLine, owner: str, surface: str, language: Language | None) -> None:
        super().__init__(line._settings, owner, surface, language)
        self._line = line

    async def ask(self, question: Question, on_step: TellStep, confirm: Confirm | None = None) -> Answer:
        return await self._line.ask(self._signed(question), on_step, confirm)


class Drawing(Painter):
    """Keeps what it is asked for, and draws it at once: a process would draw by another clock."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = list[Request]()

    async def draw(self, request: Request) -> bytes:
        self.asked.append(request)
        return b"\x89PNG" + type(request.what).__name__.encode()


class Rig:
    """What a test holds in its hands."""

    def __init__(self, api: BotApi, house: House, line: ScriptedLine) -> None:
        self.api, self.house, self.line = api, house, line
        self.bot: Bot
        self.ahead = 0.0
        self.painter = Drawing()
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self, *, carries: bool = True) -> None:
        """Start the bot, and what carries the outbox to it."""
        self.bot = Bot(self.house, lambda: int(self.now() * 1e9), self.painter)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self.bot.run())]
        for address in self.house.outbox.addresses if carries else ():
            work = carry(self.house.outbox, self.bot.sender, address, clock=loop.time)
            self._tasks.append(loop.create_task(work))

    async def kill(self) -> None:
        """End it in the middle of whatever it does."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def now(self) -> float:
        """Seconds of the epoch, by the loop's clock."""
        return START + self._loop.time() + self.ahead

    async def until(self, done: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait, by the loop's clock, until that is so."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not done():
            assert loop.time() < end, "it never came to that"
            await asyncio.sleep(max(0.3, seconds / 500))

    async def listening(self) -> None:
        """Wait until the bot holds its question for news."""
        polls = [name for name, _ in self.api.calls].count
        before = polls("getUpdates")
        await self.until(lambda: polls("getUpdates") >= before + 2 or self.api.polling)

    async def say(self, text: str) -> Sent:
        """The owner writes; the bot's next message."""
        before = len(self.sent)
        self.api.chats.says(OWNER, OWNER, text)
        await self.until(lambda: len(self.sent) > before)
        return self.sent[-1]

    async def press(self, sent: Sent, label: str, user: int = OWNER) -> str:
        """Somebody presses the button of that name; what the answer to the press says."""
        press = self.api.chats.press(sent, sent.buttons[label], user)
        await self.until(lambda: self.api.chats.presses[press] is not None)
        return str(self.api.chats.presses[press])

    @property
    def sent(self) -> list[Sent]:
        """The bot's messages to its owner."""
        return self.api.chats.in_chat(OWNER)

    @property
    def asked(self) -> list[str]:
        """What the commander was asked to do."""
        return [question.do for question in self.line.asked]


@contextlib.asynccontextmanager
async def rigged(folder: Path, *, start: bool = True, **telegram: Any) -> AsyncIterator[Rig]:
    """The bot, running; `telegram` are further settings of it."""
    loop = asyncio.get_running_loop()
    async with serve(TOKEN, lambda: START + loop.time()) as api:
        chosen = {"token": SecretStr(TOKEN), "users": (OWNER,), "base_url": api.base_url, **telegram}
        settings = Settings(data_dir=folder, telegram=TelegramSettings(**chosen), language=Language.EN)
        line = ScriptedLine(settings)
        with opened(folder) as store:
            outbox = Outbox(store.engine, addresses(settings.telegram), lambda: int((START + loop.time()) * 1e9))
            pictures = Pictures(settings, line)
            alarm = Alarm(settings.alerts, "UTC", Language.EN, outbox, shown=pictures.alert)
            door = Door(settings.web, store.notes)
            door.address = ADDRESS
            rig = Rig(api, House(settings, "ana", line, pictures, store, outbox, alarm, door), line)
            if start:
                rig.start()
                await rig.listening()
            try:
                yield rig
            finally:
                await rig.kill()
