"""What is put in arrives in order, once, over restarts and storms; what is critical always does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from services.gateway.outbox.carrying import PACE_SECONDS, carry
from services.gateway.outbox.outbox import KEPT_NS, Outbox
from services.gateway.outbox.parcel import Address, Later, Never, Parcel, Sent
from services.gateway.store import opened

CHAT = Address("telegram", "7")
MAIL = Address("mail", "")


class Post:
    """Hears parcels, and answers them as `answers` says."""

    name = "telegram"

    def __init__(self, answers: Callable[[Parcel], Sent | Later | Never] = lambda _: Sent()) -> None:
        self.answers = answers
        self.arrived: list[str] = []

    async def send(self, parcel: Parcel) -> Sent | Later | Never:
        answer = self.answers(parcel)
        if isinstance(answer, Sent):
            self.arrived.append(parcel.text)
        return answer


class Time:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    async def pause(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


async def turn() -> None:
    await asyncio.sleep(0)


async def until_empty(outbox: Outbox, post: Post, time: Time, address: Address = CHAT) -> None:
    carrying = asyncio.create_task(carry(outbox, post, address, pause=time.pause, clock=lambda: time.now))
    while outbox.waiting():
        await turn()
    carrying.cancel()


def test_in_order_and_at_the_chats_pace(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        outbox, post, time = Outbox(store.engine, [CHAT]), Post(), Time()
        for number in range(5):
            outbox.put("fault", f"{number}", "normal")
        asyncio.run(until_empty(outbox, post, time))
        assert post.arrived == ["0", "1", "2", "3", "4"]
        assert time.now >= 4 * PACE_SECONDS


def test_what_is_of_little_weight_comes_together_and_overtakes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        outbox, post = Outbox(store.engine, [CHAT]), Post()
        for text, urgency in (("a", "info"), ("b", "info"), ("c", "critical"), ("d", "info"), ("e", "normal")):
            outbox.put("fault", text, urgency)  # type: ignore[arg-type]
        asyncio.run(until_empty(outbox, post, Time()))
        assert post.arrived == ["a\n\nb", "c", "d", "e"]


def test_the_same_key_is_put_in_once_and_everybody_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        outbox = Outbox(store.engine, [CHAT, MAIL])
        for _ in range(3):
            outbox.put("daily", "yesterday", key="daily:2026-11-27")
        assert outbox.waiting() == 2
    with opened(tmp_path) as store:  # nor by the process after this one
        outbox = Outbox(store.engine, [CHAT, MAIL])
        outbox.put("daily", "yesterday", key="daily:2026-11-27")
        assert outbox.waiting() == 2


def test_a_storm_loses_and_doubles_nothing_critical(tmp_path: Path) -> None:
    """Refusals with a time to come again, an outage, a sender that raises before it sends; every row ends as sent."""
    chance = random.Random(7)  # noqa: S311

    def answers(_: Parcel) -> Sent | Later | Never:
        match chance.randrange(5):
            case 0:
                return Later(3.0, "429")
            case 1:
                return Later(0.0, "no route")
            case _:
                return Sent()

    with opened(tmp_path) as store:
        outbox, post = Outbox(store.engine, [CHAT]), Post(answers)
        wanted = [f"{number}" for number in range(60)]
        for text in wanted:
            outbox.put("fault", text, "critical")
        asyncio.run(until_empty(outbox, post, Time()))
        assert post.arrived == wanted


def test_what_a_chat_will_never_take_keeps_nobody_waiting(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        post = Post(lambda parcel: Never("the chat is gone") if parcel.text == "bad" else Sent())
        outbox = Outbox(store.engine, [CHAT])
        outbox.put("fault", "bad", "critical")
        outbox.put("fault", "good", "critical")
        asyncio.run(until_empty(outbox, post, Time()))
        assert post.arrived == ["good"]


def test_a_parcel_that_was_being_sent_when_we_died_comes_again_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        outbox = Outbox(store.engine, [CHAT])
        outbox.put("fault", "first", "critical")
        outbox.put("fault", "second", "critical")
        assert outbox.take(CHAT) is not None  # and no word of what became of it
    with opened(tmp_path) as store:
        outbox = Outbox(store.engine, [CHAT])
        again = outbox.take(CHAT)
        assert again is not None
        assert (again.text, again.perhaps) == ("first", True)
        outbox.end(again)
        second = outbox.take(CHAT)
        assert second is not None
        assert (second.text, second.perhaps) == ("second", False)


def test_a_chat_that_is_away_for_long_keeps_what_is_critical(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        outbox = Outbox(store.engine, [CHAT], most_waiting=30)
        outbox.put("fault", "critical", "critical")
        for number in range(50):
            outbox.put("fault", f"{number}", "info")
        assert outbox.waiting() == 30
        first = outbox.take(CHAT)
        assert first is not None
        assert first.text == "critical"


def test_what_was_sent_long_ago_is_forgotten_and_what_waits_is_not(tmp_path: Path) -> None:
    now = KEPT_NS
    with opened(tmp_path) as store:
        outbox = Outbox(store.engine, [CHAT], lambda: now)
        for text in ("sent", "waits"):
            outbox.put("fault", text, key=text)
        sent = outbox.take(CHAT)
        assert sent is not None
        outbox.end(sent)
        now += KEPT_NS + 1
        for text in ("sent", "waits"):  # put in again: one of them is known still
            outbox.put("fault", text, key=text)
        assert outbox.waiting() == 2
