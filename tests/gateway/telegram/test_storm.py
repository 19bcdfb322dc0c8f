"""What may go wrong between bot and Telegram: nothing foreign is accepted, nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.told import TellStep
from services.simulator.telegram.refusing import ApiRefusal, conflict, too_many
from services.simulator.telegram.server import Fault
from tests.gateway.telegram.forged import GROUP, PARTNER, forged
from tests.gateway.telegram.rig import OWNER, Rig, rigged, usual
from tests.gateway.warped import warped

CRITICAL = 40
SENDS = ("sendMessage", "editMessageText", "answerCallbackQuery")


def test_nothing_forged_replayed_stale_or_foreign_is_accepted(tmp_path: Path) -> None:
    """Each while real buttons wait, whose tokens are in the forged presses; and each update a second time."""

    @warped
    async def body() -> None:
        async with rigged(tmp_path, users=(OWNER, PARTNER), chats=(OWNER, GROUP)) as rig:
            asked = await rig.say("/resume")
            button = asked.buttons["Resume"]
            rig.line.asked.clear()
            cases = [(name, aged(update, rig.now(), button)) for name, update in forged()]
            for _, update in cases:
                rig.api.chats.push(update)
            replayed = rig.api.chats.updates[-50:]
            await rig.until(lambda: not rig.api.chats.updates, 900)
            rig.api.chats.updates = replayed  # Telegram sends what it was told to forget
            rig.api.chats.on_update()
            await asyncio.sleep(60)
            assert len(cases) >= 200
            assert not [question for question in rig.line.asked if question.do != "status"]
            token = button.partition(":")[2]
            approval = rig.house.store.approvals.find(token)
            assert approval is not None
            assert not approval.used_ns
            await rig.press(asked, "Resume")
            await rig.until(lambda: rig.asked == ["resume"])


def aged(update: Any, now: float, button: str) -> Any:
    """The same with its dates by the test's clock, and the data of a button that really waits."""
    if isinstance(update, dict):
        return {name: _aged(name, value, now, button) for name, value in update.items()}
    return [aged(each, now, button) for each in update] if isinstance(update, list) else update


def _aged(name: str, value: Any, now: float, button: str) -> Any:
    if name in ("date", "edit_date", "forward_date") and isinstance(value, int):
        return int(value - 1_800_000_000 + now)
    if name == "data" and isinstance(value, str):
        return button
    return aged(value, now, button)


def test_of_five_hundred_messages_at_once_none_is_lost_and_none_is_answered_twice(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            for number in range(500):
                rig.api.chats.says(OWNER, OWNER, f"/explain rule_{number}")
            rig.api.chats.says(OWNER, OWNER, "/panic")
            began = rig.now()
            await rig.until(lambda: "panic" in rig.asked, 120)
            assert rig.now() - began < 120, "a panic does not wait for the answers before it"
            await rig.until(lambda: len(rig.sent) == 501, 3000)
            asked = Counter(question.id for question in rig.line.asked if question.do == "explain")
            assert asked == {f"rule_{number}": 1 for number in range(500)}
            assert len({each.message_id for each in rig.sent}) == 501
            gaps = [later.at - sent.at for sent, later in zip(rig.sent, rig.sent[1:], strict=False)]
            assert min(gaps) > 0.99, "one message a second"


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
            self.faults["conflict"] += 1
            return conflict()
        if method in SENDS and drawn < 0.15:
            self.faults["too many"] += 1
            return too_many(self._random.choice((1, 3, 20)))
        if drawn < 0.22:
            self.faults["reset"] += 1
            return "reset"
        if drawn < 0.27:
            self.faults["lost"] += 1
            return "lost"  # it was done, and nobody hears so
        return ApiRefusal(502, "Bad Gateway") if drawn < 0.3 else None


def test_a_storm_loses_and_doubles_no_critical_message_and_keeps_their_order(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            await rig.say("/version")
            storm = rig.api.script = Storm(rig, 11, (rig.now() + 40, rig.now() + 640))
            for number in range(CRITICAL):
                rig.house.outbox.put("fault", f"critical {number}.", "critical", title="Fault")
                rig.house.outbox.put("fill", f"info {number}.", "info")
                await asyncio.sleep(4)
            await rig.until(lambda: rig.house.outbox.waiting() == 0, 4000)
            rig.api.script = lambda _, __: None
            told = [each.text for each in rig.sent]
            order = [text.split(".")[0].split("critical ")[1] for text in told if "critical" in text]
            assert order == [str(number) for number in range(CRITICAL)], storm.faults
            infos = Counter(word for text in told for word in text.split(".") if "info " in word)
            assert len(infos) == CRITICAL
            assert any("Another copy is running" in text for text in told)
            assert min(storm.faults[kind] for kind in ("outage", "conflict", "too many", "reset", "lost")) > 3, (
                storm.faults
            )


def test_answers_come_through_a_network_that_breaks_off_and_none_comes_twice(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            await rig.say("/version")
            drawn = random.Random(3)  # noqa: S311 - a script, no secret

            def breaks(method: str, _: dict[str, Any]) -> Fault:
                return drawn.choice(("reset", "lost", None, None)) if method == "sendMessage" else None

            rig.api.script = breaks
            for number in range(30):
                rig.api.chats.says(OWNER, OWNER, f"/command_{number}_x")
            await asyncio.sleep(600)
            told = Counter(word for each in rig.sent for word in each.text.split() if word.startswith("/command_"))
            assert told == {f"/command_{number}_x.": 1 for number in range(30)}


def test_a_restart_neither_loses_nor_repeats_what_was_said(tmp_path: Path) -> None:
    """Killed at twenty points: each sentence reaches the commander once at most, and its owner hears of each."""

    async def slow(asked: Question, tell: TellStep) -> Answer:
        await asyncio.sleep(1.5)
        return await usual(asked, tell)

    @warped
    async def body() -> None:
        async with rigged(tmp_path, start=False) as rig:
            rig.line.script = slow
            for number in range(20):
                rig.start()
                rig.api.chats.says(OWNER, OWNER, f"sentence {number}")
                rig.api.chats.says(OWNER, OWNER, f"/explain name_{number}")
                await asyncio.sleep(number * 0.3)
                await rig.kill()
            rig.start()
            await asyncio.sleep(120)
            heard = Counter(question.text for question in rig.line.asked if question.do == "change")
            assert heard
            assert max(heard.values()) == 1
            told = "\n".join(each.text for each in rig.sent)
            silent = [n for n in range(20) if f"sentence {n}" not in heard]
            cut = told.count("I was restarted in the middle of this")
            late = sum(int(part.split("(")[1].split()[0]) for part in told.split("It came late")[1:])
            answered = sum(f"answer to change sentence {n}\n" in f"{told}\n" for n in range(20))
            assert answered + cut >= 20 - late, (answered, cut, late, silent)
