"""An update as Telegram sends it: only the fields that decide whether it is heard, and what it says.

Whatever else is in it is passed over. An update that does not read as one is no reason to lose those beside it.
"""

from __future__ import annotations

from typing import Final

import msgspec


class User(msgspec.Struct, frozen=True):
    """Who wrote or pressed."""

    id: int
    is_bot: bool = False
    language_code: str = ""
    first_name: str = ""


class Chat(msgspec.Struct, frozen=True):
    """Where; `type` is private, group, supergroup or channel."""

    id: int
    type: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message; `date` in seconds of the epoch, 0 for one that can no longer be reached."""

    message_id: int
    date: int
    chat: Chat
    sender: User | None = msgspec.field(default=None, name="from")
    text: str = ""
    message_thread_id: int | None = None
    is_topic_message: bool = False
    edit_date: int | None = None
    forward_origin: msgspec.Raw | None = None
    forward_date: int | None = None  # how a forwarded message was marked before Bot API 7.0
    is_automatic_forward: bool = False
    via_bot: User | None = None
    sender_chat: Chat | None = None  # said in the name of a channel or of the group itself


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A button was pressed. Without `message` it hangs at one that was sent through another chat."""

    id: str
    sender: User = msgspec.field(name="from")
    message: Message | None = None
    data: str = ""


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """One update. Of the kinds that are not here only the number is read."""

    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Press | None = None


class _Number(msgspec.Struct, frozen=True):
    update_id: int


KINDS: Final = ("message", "edited_message", "callback_query")
"""What the bot asks for; edited messages so that their writer can be told."""


def read_update(raw: object) -> Update:
    """One update. One that does not read as such has a number and says nothing; ValueError where not even that."""
    try:
        return msgspec.convert(raw, Update)
    except msgspec.ValidationError:
        try:
            return Update(update_id=msgspec.convert(raw, _Number).update_id)
        except msgspec.ValidationError as error:
            raise ValueError(f"Telegram sent what is no update: {error}") from None
