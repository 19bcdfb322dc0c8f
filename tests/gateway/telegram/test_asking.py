"""What a command's arguments ask, and how chats take turns. All of it is pure."""

from __future__ import annotations

import asyncio

import pytest

from core.contracts.asking import Question
from services.gateway.asking import Ask, Usage, ask_of, rollback_of
from services.gateway.telegram.pacing import Pace, Rank
from tests.gateway.warped import warped

ASKED: tuple[tuple[str, str, Question | None], ...] = (
    ("profit", "", Question(do="profit", period="today")),
    ("profit", "Semana", Question(do="profit", period="week")),
    ("profit", "2026-11-27", Question(do="profit", period="2026-11-27")),
    ("profit", "27/11", None),
    ("daily", "", Question(do="periods", period="day", limit=7)),
    ("weekly", "4", Question(do="periods", period="week", limit=4)),
    ("monthly", "0", None),
    ("daily", "99999", None),
    ("trades", "", Question(do="trips", limit=10)),
    ("trades", "#7", Question(do="trip", id="7")),
    ("trades", "btc/usdt", Question(do="trips", pair="BTCUSDT", limit=10)),
    ("trades", "today", Question(do="trips", period="today", limit=10)),
    ("trades", "; drop", None),
    ("why", "eth-usdt", Question(do="why", pair="ETHUSDT")),
    ("why", "did it not buy", None),
    ("show", "1a2b3c4d", Question(do="show", id="1a2b3c4d")),
    ("show", "s1795860036-a77a6c21-3961", Question(do="show", id="s1795860036-a77a6c21-3961")),
    ("show", "../../etc", None),
    ("diff", "abc", None),
    ("explain", "stop_loss", Question(do="explain", id="stop_loss")),
    ("explain", "Stop Loss", None),
    ("stats", "", Question(do="stats", period="all")),
    ("entries", "month", Question(do="performance", period="month")),
    ("history", "9999", Question(do="history", limit=1000)),
)


def test_arguments_are_read_once_and_what_does_not_read_is_told_with_how_it_is_used() -> None:
    for name, arguments, question in ASKED:
        match ask_of(name, arguments):
            case Ask(asked):
                assert asked == question, (name, arguments)
            case Usage():
                assert question is None, (name, arguments)
            case other:
                pytest.fail(f"{name} {arguments}: {other}")
    assert ask_of("panic", "") is None
    for arguments, wanted in (("", (None, 1)), ("3", (None, 3)), ("0", (None, 1)), ("1a2b3c4d", ("1a2b3c4d", 1))):
        asked = rollback_of(arguments)
        assert isinstance(asked, Ask)
        assert ((asked.question.to, asked.question.steps), asked.question.asks) == (wanted, True)
    assert isinstance(rollback_of("to the moon"), Usage)


def test_chats_take_turns_a_second_apart_and_what_is_urgent_goes_first() -> None:
    @warped
    async def body() -> None:
        pace, order = Pace(), list[tuple[str, float]]()
        began = asyncio.get_running_loop().time()

        async def speak(chat: int, name: str, rank: Rank) -> None:
            async with pace.turn(chat, rank):
                order.append((name, round(asyncio.get_running_loop().time() - began)))

        speaking = [speak(1, f"news {number}", Rank.NEWS) for number in range(3)]
        speaking += [
            speak(1, "urgent", Rank.URGENT),
            speak(1, "answer", Rank.ANSWER),
            speak(2, "other chat", Rank.NEWS),
        ]
        waiting = [asyncio.ensure_future(each) for each in speaking]
        given_up = asyncio.ensure_future(speak(1, "given up", Rank.URGENT))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(*waiting)
        names = [name for name, _ in order if name != "other chat"]
        assert names.index("urgent") < names.index("answer") < names.index("news 2")
        assert "given up" not in names
        times = [at for name, at in order if name != "other chat"]
        assert times == sorted(times)
        assert times[-1] - times[0] >= len(names) - 1
        pace.hold(1, 30)
        held = asyncio.get_running_loop().time()
        async with pace.turn(1):
            assert asyncio.get_running_loop().time() - held > 29
