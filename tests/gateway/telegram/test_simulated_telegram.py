"""The simulated Telegram refuses what the real one refuses, in its words; the library that the bot uses gets along."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TimedOut

from services.simulator.telegram.entities import parse_html
from services.simulator.telegram.refusing import ApiRefusal, too_many
from services.simulator.telegram.server import BotApi, serve

TOKEN = "7000000001:AAsimulated"  # noqa: S105 - of a bot that is nowhere else
OWNER = 42


def button(**fields: str) -> dict[str, Any]:
    return {"text": "a", "reply_markup": {"inline_keyboard": [[fields]]}}


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("sendMessage", {"text": ""}, "text is empty"),
    ("sendMessage", {"text": "<b> </b>", "parse_mode": "HTML"}, "text is empty"),
    ("sendMessage", {"text": "x" * 4097}, "too long"),
    ("sendMessage", {"text": "\N{CHART WITH UPWARDS TREND}" * 2049}, "too long"),
    ("sendMessage", {"text": "a < b", "parse_mode": "HTML"}, "can't parse entities"),
    ("sendMessage", {"text": "<b>a", "parse_mode": "HTML"}, "find end tag"),
    ("sendMessage", {"text": "<b><i>a</b></i>", "parse_mode": "HTML"}, "Unmatched end tag"),
    ("sendMessage", {"text": "a</b>", "parse_mode": "HTML"}, "Unexpected end tag"),
    ("sendMessage", {"text": "<table>a</table>", "parse_mode": "HTML"}, "Unsupported start tag"),
    ("sendMessage", button(text="b", callback_data="d" * 65), "BUTTON_DATA"),
    ("sendMessage", button(text="b", callback_data=""), "BUTTON_DATA"),
    ("sendMessage", button(text="", callback_data="d"), "text is empty"),
    ("editMessageText", {"text": "a", "message_id": 5}, "message to edit not found"),
    ("answerCallbackQuery", {"callback_query_id": "never"}, "query ID is invalid"),
    ("setMyCommands", {"commands": [{"command": "Forceexit", "description": "d"}]}, "BOT_COMMAND_INVALID"),
    ("setMyCommands", {"commands": [{"command": "a", "description": ""}]}, "DESCRIPTION_INVALID"),
)  # fmt: skip


def with_api(body: Callable[[BotApi], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serve(TOKEN, time.time) as api:
            await body(api)

    asyncio.run(run())


def test_what_telegram_refuses_is_refused() -> None:
    async def body(api: BotApi) -> None:
        async with httpx.AsyncClient() as client:
            for method, given, words in WRONG:
                answer = await client.post(f"{api.base_url}{TOKEN}/{method}", json={"chat_id": OWNER, **given})
                assert answer.status_code == 400, (method, given, answer.text)
                assert words in answer.json()["description"], (method, given, answer.text)
            assert (await client.post(f"{api.base_url}wrong/getMe")).status_code == 401
            assert (await client.post(f"{api.base_url}{TOKEN}/sendDice", json={})).status_code == 404
        assert not api.chats.sent

    with_api(body)


def test_what_is_shown_of_html() -> None:
    shown = parse_html('<b>P&amp;L</b> &lt; 3 <pre><code class="language-diff">-a\n+b</code></pre> & so')
    assert shown.text == "P&L < 3 -a\n+b & so"
    assert shown.entities == 3
    with pytest.raises(ApiRefusal, match="byte offset 4"):
        parse_html("ação <x>"[2:])


def test_the_library_of_the_bot_speaks_with_it() -> None:
    """Messages, edits that change nothing, pictures, files, presses and 429, as the library tells them."""

    async def body(api: BotApi) -> None:
        async with Bot(TOKEN, base_url=api.base_url) as bot:
            keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ok", callback_data="a:1")]])
            said = await bot.send_message(OWNER, "<b>hi</b>", parse_mode="HTML", reply_markup=keyboard)
            assert api.chats.sent[OWNER, said.message_id].buttons == {"Ok": "a:1"}
            with pytest.raises(BadRequest, match="not modified"):
                await bot.edit_message_text(
                    "<b>hi</b>", OWNER, said.message_id, parse_mode="HTML", reply_markup=keyboard
                )
            await bot.edit_message_text("ho", OWNER, said.message_id)
            assert api.chats.sent[OWNER, said.message_id].edits == ["hi"]
            picture = await bot.send_photo(OWNER, b"png", caption="before and after")
            await bot.edit_message_media(InputMediaPhoto(b"png2", caption="later"), OWNER, picture.message_id)
            assert api.chats.sent[OWNER, picture.message_id].content == b"png2"
            await bot.send_document(OWNER, b"-a\n+b", filename="change.diff")
            assert api.chats.in_chat(OWNER)[-1].file_name == "change.diff"
            press = api.chats.press(api.chats.sent[OWNER, said.message_id], "a:1", OWNER)
            assert await bot.answer_callback_query(press, "done")
            with pytest.raises(BadRequest, match="too old"):
                await bot.answer_callback_query(press)
            api.script = lambda method, _: too_many(7) if method == "sendMessage" else None
            with pytest.raises(RetryAfter):
                await bot.send_message(OWNER, "later")

    with_api(body)


def test_updates_are_held_confirmed_and_asked_for_by_one_alone() -> None:
    async def body(api: BotApi) -> None:
        async with Bot(TOKEN, base_url=api.base_url) as bot, Bot(TOKEN, base_url=api.base_url) as other:
            api.chats.says(OWNER, OWNER, "/status")
            first = await bot.get_updates(timeout=5)
            assert [update.message.text for update in first if update.message] == ["/status"]
            assert await bot.get_updates(timeout=0) == first, "what was not confirmed comes again"
            waiting = asyncio.create_task(bot.get_updates(offset=first[0].update_id + 1, timeout=5))
            await asyncio.sleep(0.05)
            assert await other.get_updates(offset=first[0].update_id + 1, timeout=0) == ()
            with pytest.raises(Conflict, match="other getUpdates"):
                await waiting
            api.script = lambda method, _: "reset" if method == "sendMessage" else None
            with pytest.raises((TimedOut, Exception)):
                await bot.send_message(OWNER, "never arrives")
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{api.base_url}{TOKEN}/getMe")).json()["ok"]
        with pytest.raises(InvalidToken):
            await Bot("7000000001:other", base_url=api.base_url).initialize()

    with_api(body)
