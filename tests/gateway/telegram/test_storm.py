"""What may go wrong between bot and Telegram: nothing foreign is accepted, nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from core.contracts.answers import Answer, ChangeBrief, HistoryShown
from core.contracts.asking import Question
from core.contracts.told import TellStep
from services.simulator.telegram.server import Fault
from tests.gateway.telegram.rig import OWNER, rigged, usual
from tests.gateway.telegram.samples import BRIEF
from tests.gateway.telegram.storming import burst, forged_updates, storm
from tests.gateway.warped import warped


def test_nothing_forged_replayed_stale_or_foreign_is_accepted(tmp_path: Path) -> None:
    found = warped(lambda: forged_updates(tmp_path))
    assert found.tried >= 250
    assert not found.accepted
    assert found.works


def test_of_five_hundred_messages_at_once_none_is_lost_and_none_is_answered_twice(tmp_path: Path) -> None:
    found = warped(lambda: burst(tmp_path))
    assert (found.lost, found.doubled) == (0, 0)
    assert found.panic_seconds < 120, "a panic does not wait for the answers before it"
    assert found.shortest_gap > 0.99, "one message a second"


def test_a_storm_loses_and_doubles_no_critical_message_and_keeps_their_order(tmp_path: Path) -> None:
    found = warped(lambda: storm(tmp_path))
    assert (found.lost, found.doubled, found.in_order, found.infos_lost) == (0, 0, True, 0), found.faults
    assert found.says_conflict
    assert min(found.faults[kind] for kind in ("outage", "409", "429", "reset", "lost answer", "502")) > 3, found.faults


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

    records = list[ChangeBrief]()

    async def slow(asked: Question, tell: TellStep) -> Answer:
        if asked.do == "history":
            return HistoryShown(changes=records)
        if asked.do == "change":
            records.append(msgspec.structs.replace(BRIEF, text=asked.text, time_ns=1 << 62))
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
