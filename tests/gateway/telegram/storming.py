"""Storms between the bot and Telegram, and what came of them as counts, which tests hold to zero and the bench prints.

Each is to be run in a loop of `tests.gateway.warped`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from services.simulator.telegram.refusing import ApiRefusal, conflict, too_many
from services.simulator.telegram.server import Fault
from tests.gateway.telegram.forged import GROUP, PARTNER, forged
from tests.gateway.telegram.rig import OWNER, Rig, rigged

BURST = 500
CRITICAL = 40
REPLAYED = 50
SENDS = ("sendMessage", "editMessageText", "answerCallbackQuery")
OUTAGE = (40.0, 640.0)
"""Seconds of the storm in which nothing gets through."""


class Forged(NamedTuple):
    """What came of updates that must do nothing."""

    tried: int  # with those that were sent a second time
    accepted: list[str]  # what the commander was asked for
    works: bool  # the button that waited meanwhile was not used up, and does what it says for its owner


async def forged_updates(folder: Path) -> Forged:
    """Each while a real button waits, whose token is in the forged presses; and the last of them a second time."""
    async with rigged(folder, users=(OWNER, PARTNER), chats=(OWNER, GROUP)) as rig:
        asked = await rig.say("/resume")
        button = asked.buttons["Resume"]
        rig.line.asked.clear()
        cases = [aged(update, rig.now(), button) for _, update in forged()]
        for update in cases:
            rig.api.chats.push(update)
        replayed = rig.api.chats.updates[-REPLAYED:]
        await rig.until(lambda: not rig.api.chats.updates, 900)
        rig.api.chats.updates = replayed  # Telegram sends what it was told to forget
        rig.api.chats.on_update()
        await asyncio.sleep(60)
        accepted = [f"{question.do} {question.text}" for question in rig.line.asked if question.do != "status"]
        approval = rig.house.store.approvals.find(button.partition(":")[2])
        unused = approval is not None and not approval.used_ns
        await rig.press(asked, "Resume")
        await rig.until(lambda: "resume" in rig.asked)
        return Forged(len(cases) + len(replayed), accepted, unused and rig.asked.count("resume") == 1)


def aged(update: Any, now: float, button: str) -> Any:
    """The same with its dates by the rig's clock, and the data of a button that really waits."""
    if isinstance(update, dict):
        return {name: _aged(name, value, now, button) for name, value in update.items()}
    return [aged(each, now, button) for each in update] if isinstance(update, list) else update


def _aged(name: str, value: Any, now: float, button: str) -> Any:
    if name in ("date", "edit_date", "forward_date") and isinstance(value, int):
        return int(value - 1_800_000_000 + now)
    if name == "data" and isinstance(value, str):
        return button
    return aged(value, now, button)


class Burst(NamedTuple):
    """What came of many messages at once, with a panic behind them."""

    lost: int  # not asked of the commander, or not answered in the chat
    doubled: int  # asked or answered a second time
    panic_seconds: float  # by the rig's clock, which runs on by itself
    shortest_gap: float  # between two messages of the bot's


async def burst(folder: Path, messages: int = BURST) -> Burst:
    """All of them in one breath; until the last of them is answered, one a second."""
    async with rigged(folder) as rig:
        for number in range(messages):
            rig.api.chats.says(OWNER, OWNER, f"/explain rule_{number}")
        rig.api.chats.says(OWNER, OWNER, "/panic")
        began = rig.now()
        await rig.until(lambda: "panic" in rig.asked, 120)
        panicked = rig.now() - began
        await rig.until(lambda: len(rig.sent) > messages, 6.0 * messages)
        await asyncio.sleep(10)  # for what would come a second time
        asked = Counter(question.id for question in rig.line.asked if question.do == "explain")
        surplus = len(rig.sent) - messages - 1
        gaps = [later.at - sent.at for sent, later in zip(rig.sent, rig.sent[1:], strict=False)]
        return Burst(
            lost=sum(not asked[f"rule_{number}"] for number in range(messages)) + max(0, -surplus),
            doubled=sum(asked.values()) - len(asked) + max(0, surplus),
            panic_seconds=panicked,
            shortest_gap=min(gaps),
        )


class Storm:
    """Refusals, resets before and after a call was done, and an outage, by a seed."""

    def __init__(self, rig: Rig, seed: int, outage: tuple[float, float]) -> None:
        self._rig, self._random, self._outage = rig, random.Random(seed), outage  # noqa: S311 - a script, no secret
        self.faults = Counter[str]()

    def __call__(self, method: str, _: dict[str, Any]) -> Fault:
        begin, end = self._outage
        if begin <= self._rig.now() < end:
            self.faults["outage"] += 1
            return "reset"
        drawn = self._random.random()
        if method == "getUpdates" and drawn < 0.2:
            self.faults["409"] += 1
            return conflict()
        if method in SENDS and drawn < 0.15:
            self.faults["429"] += 1
            return too_many(self._random.choice((1, 3, 20)))
        if drawn < 0.22:
            self.faults["reset"] += 1
            return "reset"
        if drawn < 0.27:
            self.faults["lost answer"] += 1
            return "lost"  # it was done, and nobody hears so
        if drawn < 0.3:
            self.faults["502"] += 1
            return ApiRefusal(502, "Bad Gateway")
        return None


class Weathered(NamedTuple):
    """What came of critical messages, each with one of little weight beside it, in a storm."""

    lost: int
    doubled: int
    in_order: bool
    infos_lost: int
    says_conflict: bool  # that another copy runs with the token
    faults: Counter[str]


async def storm(folder: Path, seed: int = 11) -> Weathered:
    """429, 409, 502, resets, answers that get lost, and ten minutes without a network."""
    async with rigged(folder) as rig:
        await rig.say("/version")
        weather = rig.api.script = Storm(rig, seed, (rig.now() + OUTAGE[0], rig.now() + OUTAGE[1]))
        for number in range(CRITICAL):
            rig.house.outbox.put("fault", f"critical {number}.", "critical", title="Fault")
            rig.house.outbox.put("fill", f"info {number}.", "info")
            await asyncio.sleep(4)
        await rig.until(lambda: rig.house.outbox.waiting() == 0, 4000)
        rig.api.script = lambda _, __: None
        told = [each.text for each in rig.sent]
        order = [int(text.split(".")[0].split("critical ")[1]) for text in told if "critical" in text]
        infos = Counter(word for text in told for word in text.split(".") if "info " in word)
        return Weathered(
            lost=CRITICAL - len(set(order)),
            doubled=len(order) - len(set(order)),
            in_order=order == sorted(order),
            infos_lost=CRITICAL - len(infos),
            says_conflict=any("Another copy is running" in text for text in told),
            faults=weather.faults,
        )
