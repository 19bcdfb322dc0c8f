"""A message that was on its way when the bot died is looked for by the next one, and sent again where it is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.gateway.outbox.parcel import Address, Parcel, Sent
from services.gateway.store import Store, opened
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.connection import Connection, connect
from services.gateway.telegram.flying import Flights, saying
from services.gateway.telegram.pacing import Pace
from services.gateway.telegram.sending import ChatSender
from services.gateway.telegram.voice import Chat, Voice
from services.simulator.telegram.server import BotApi, Fault, serve
from tests.gateway.telegram.rig import OWNER, TOKEN
from tests.gateway.warped import warped

HOME, GROUP = Chat(OWNER), Chat(-1001)
ANSWER, OTHER = Card("<b>paused</b>"), Card("something else")


class Lives:
    """One bot after another, each of which dies in the middle of a send."""

    def __init__(self, api: BotApi, store: Store) -> None:
        self._api, self._store = api, store
        self._open: list[Connection] = []

    async def voice(self) -> Voice:
        """The next one's, with the notes that the one before left."""
        connection = connect(TOKEN, self._api.base_url)
        await connection.initialize()
        self._open.append(connection)
        return Voice(connection, Pace(), Flights(self._store.notes))

    async def dies(self, voice: Voice, card: Card, name: str, fault: Fault, chat: Chat = HOME) -> None:
        """It is killed while it sends that; whether Telegram did it says the fault."""
        sending = asyncio.ensure_future(said(voice, card, name, chat))

        def script(method: str, _: object) -> Fault:
            if method != "sendMessage":
                return None
            sending.cancel()
            return fault

        self._api.script = script
        await asyncio.gather(sending, return_exceptions=True)
        self._api.script = lambda _, __: None

    async def close(self) -> None:
        for connection in self._open:
            await connection.shutdown()


async def said(voice: Voice, card: Card, name: str, chat: Chat = HOME) -> None:
    with saying(name):
        await voice.send(card, chat)


def test_an_answer_that_arrived_is_not_sent_again_and_one_that_did_not_is(tmp_path: Path) -> None:
    """Also where the owner wrote behind it, and the next bot had something else to say first."""

    @warped
    async def body() -> None:
        async with serve(TOKEN, lambda: 1_800_000_000.0) as api:
            with opened(tmp_path) as store:
                lives = Lives(api, store)
                for fault in ("lost", "reset"):
                    for alert_first in (False, True):
                        voice = await lives.voice()
                        await said(voice, OTHER, "update:1")
                        before = len(api.chats.in_chat(OWNER))
                        await lives.dies(voice, ANSWER, "update:2", fault)
                        api.chats.says(OWNER, OWNER, "hello?")
                        following = await lives.voice()
                        if alert_first:
                            await said(following, OTHER, "outbox:7")
                        await said(following, ANSWER, "update:2")
                        told = [each.text for each in api.chats.in_chat(OWNER)[before:]]
                        assert sorted(told) == ["paused", *["something else"] * alert_first], (fault, alert_first)
                await lives.close()


def test_what_lay_in_the_outbox_comes_once_and_says_nothing_of_a_second_time(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with serve(TOKEN, lambda: 1_800_000_000.0) as api:
            with opened(tmp_path) as store:
                lives = Lives(api, store)
                for number, fault in enumerate(("lost", "reset"), 5):
                    voice = await lives.voice()
                    await said(voice, OTHER, "update:1")
                    before = len(api.chats.in_chat(OWNER))
                    card = Card(f"<b>Fault</b>\nhost {number}")
                    await lives.dies(voice, card, f"outbox:{number}", fault)
                    following = ChatSender(await lives.voice())
                    assert await following.send(parcel(number)) == Sent()
                    assert [each.text for each in api.chats.in_chat(OWNER)[before:]] == [f"Fault\nhost {number}"], fault
                unknown = ChatSender(await lives.voice())
                assert await unknown.send(parcel(99)) == Sent()
                assert "may have come before" in api.chats.in_chat(OWNER)[-1].text
                await lives.close()


def test_in_a_group_where_others_write_what_is_not_found_may_have_come(tmp_path: Path) -> None:
    """A bot does not hear all that is said there, and so does not know where to look."""

    @warped
    async def body() -> None:
        async with serve(TOKEN, lambda: 1_800_000_000.0) as api:
            with opened(tmp_path) as store:
                lives = Lives(api, store)
                cases = (("lost", 0, 1), ("lost", 20, 2), ("reset", 0, 1))
                for number, (fault, behind, told) in enumerate(cases, 5):
                    voice = await lives.voice()
                    await said(voice, OTHER, "update:1", GROUP)
                    before = len(api.chats.in_chat(GROUP.id))
                    for _ in range(behind):
                        api.chats.message(GROUP.id, 77, "not for the bot")
                    card = Card(f"<b>Fault</b>\nhost {number}")
                    await lives.dies(voice, card, f"outbox:{number}", fault, GROUP)
                    assert await ChatSender(await lives.voice()).send(parcel(number, GROUP)) == Sent()
                    copies = [each.text for each in api.chats.in_chat(GROUP.id)[before:]]
                    assert len(copies) == told
                    assert ("may have come before" in copies[-1]) == (told == 2 or fault == "reset"), fault
                await lives.close()
                await lives.close()


def parcel(number: int, chat: Chat = HOME) -> Parcel:
    """One that was begun before."""
    address = Address("telegram", str(chat.id))
    return Parcel(
        (number,), address, "fault", "critical", "Fault", f"host {number}", None, sound=True, perhaps=True, tries=1
    )
