"""Updates that must do nothing: from strangers, second-hand, stale, malformed; each says `/panic`, or presses a button.

`OWNER` in his private chat `HOME` and in the group `GROUP` is listed; everybody and everything else is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from services.gateway.telegram.admitting import Access

OWNER, PARTNER, STRANGER, BOT = 42, 43, 666, 777
HOME, GROUP, CHANNEL, ELSEWHERE = 42, -1001, -1002, -1003
ACCESS = Access(frozenset({OWNER, PARTNER}), frozenset({HOME, GROUP}))
NOW = 1_800_000_000
NAME = "sorte_test_bot"


def person(user: int, **odd: Any) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": "x", **odd}


def place(chat: int) -> dict[str, Any]:
    kind = "private" if chat > 0 else "channel" if chat == CHANNEL else "supergroup"
    return {"id": chat, "type": kind}


def message(user: int = OWNER, chat: int = HOME, text: str = "/panic", **odd: Any) -> dict[str, Any]:
    return {"message_id": 7, "date": NOW, "chat": place(chat), "from": person(user), "text": text, **odd}


def press(user: int = OWNER, chat: int = HOME, data: str = "g:0123456789abcdef", **odd: Any) -> dict[str, Any]:
    return {"id": "p", "from": person(user), "message": message(BOT, chat, "Apply?"), "data": data, **odd}


SECOND_HAND: tuple[dict[str, Any], ...] = (
    {"edit_date": NOW},
    {"forward_origin": {"type": "user", "sender_user": person(OWNER), "date": NOW}},
    {"forward_origin": {"type": "hidden_user", "sender_user_name": "Ana", "date": NOW}},
    {"forward_origin": {"type": "channel", "chat": place(CHANNEL), "message_id": 1, "date": NOW}},
    {"forward_date": NOW, "forward_from": person(OWNER)},
    {"is_automatic_forward": True},
    {"via_bot": person(BOT, is_bot=True)},
    {"sender_chat": place(CHANNEL)},
    {"sender_chat": place(GROUP)},
    {"from": person(OWNER, is_bot=True)},
    {"from": None},
)
AGES = (61, 90, 600, 3600, 86_400, 10**9, -600, -3600)
TEXTS = ("/panic", "/resume", "/approve 1", "/forceexit BTCUSDT", "stop loss 50%", "fecha tudo", f"/panic@{NAME}")
MALFORMED: tuple[Any, ...] = (
    *({"message": wrong} for wrong in ("x", 5, [], {"text": "/panic"}, {"chat": 1, "date": "now"})),
    {"message": message() | {"chat": {"id": "42"}}},
    {"message": message() | {"date": "yesterday"}},
    {"message": message() | {"from": {"id": "42"}}},
    {"message": message() | {"text": None}},
    {"message": message() | {"text": ["/panic"]}},
    *({"callback_query": wrong} for wrong in ("x", 5, [], {"data": "g:0123456789abcdef"})),
    {"callback_query": press() | {"from": None}},
    {"callback_query": press() | {"data": {"verb": "g"}}},
    {"callback_query": {"id": "p", "from": person(OWNER), "data": "g:0123456789abcdef", "inline_message_id": "1"}},
    *({kind: message()} for kind in ("edited_channel_post", "business_message", "edited_business_message")),
    *({kind: message(chat=CHANNEL)} for kind in ("channel_post", "message", "edited_message")),
    {"inline_query": {"id": "1", "from": person(OWNER), "query": "/panic", "offset": ""}},
    {"poll_answer": {"poll_id": "1", "user": person(OWNER), "option_ids": [0]}},
    {},
)


def forged() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with what is wrong with it."""
    outside = [
        (user, chat)
        for user in (OWNER, PARTNER, STRANGER)
        for chat in (HOME, GROUP, CHANNEL, ELSEWHERE, STRANGER)
        if not ACCESS.admits(user, chat)
    ]
    for (user, chat), text in itertools.product(outside, TEXTS):
        yield f"{user} in {chat} says {text}", {"message": message(user, chat, text)}
    for user, chat in outside:
        yield f"{user} in {chat} presses", {"callback_query": press(user, chat)}
        yield f"{user} in {chat} edits", {"edited_message": message(user, chat)}
    for (odd, chat), text in itertools.product(itertools.product(SECOND_HAND, (HOME, GROUP)), TEXTS[:4]):
        yield f"{odd} in {chat} says {text}", {"message": message(chat=chat, text=text, **odd)}
    for age, text in itertools.product(AGES, TEXTS):
        yield f"{age} s old says {text}", {"message": message(text=text, date=NOW - age)}
    for text in TEXTS:
        yield f"edited says {text}", {"edited_message": message(text=text, edit_date=NOW)}
    yield "pressed by a bot", {"callback_query": press() | {"from": person(OWNER, is_bot=True)}}
    for chat in (CHANNEL,):
        yield "pressed in a channel", {"callback_query": press(chat=chat)}
    for wrong in MALFORMED:
        yield f"malformed {str(wrong)[:60]}", wrong
