"""What the bot says: cards become messages, cut, paced and repeated until Telegram has taken them or cannot."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from core.telemetry import get_logger
from services.gateway.telegram.buttons import Rows
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.connection import Connection, may_have_arrived, wanted_pause
from services.gateway.telegram.flying import Flights, coming_key, next_key
from services.gateway.telegram.markup import plain
from services.gateway.telegram.pacing import Pace, Rank
from services.gateway.telegram.splitting import LONGEST_CAPTION, split

log = get_logger()

PAUSES: Final = (1.0, 3.0, 9.0)
"""Seconds between the tries of one message that the network swallowed."""
SAME: Final = "message is not modified"
UNREADABLE: Final = "can't parse entities"
LONGEST_NOTICE: Final = 200
KNOWN: Final = 500
LOOKED_AT: Final = 6
"""Ids behind the last one that we know of; a chat with one person has few in between."""
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Chat:
    """Where something is said; a forum has topics."""

    id: int
    thread: int | None = None


class NotTaken(Exception):  # noqa: N818 - an outcome that the caller decides about
    """Telegram has not taken a message. `for_good`: it never will, as of a bot that was blocked."""

    def __init__(self, why: str, *, for_good: bool, unsure: bool = False) -> None:
        super().__init__(why)
        self.for_good, self.unsure = for_good, unsure


class Voice:
    """Speaks through one connection."""

    def __init__(self, connection: Connection, pace: Pace, flights: Flights) -> None:
        self._bot, self._pace, self._flights = connection, pace, flights
        self._highest = {chat: flight.after for chat, flight in flights.left.items()}
        """By chat, the last message id that we know of: later ones are newer."""
        self._known: deque[tuple[int, int]] = deque(maxlen=KNOWN)  # chat and id of what was surely sent

    async def send(self, card: Card, chat: Chat, rank: Rank = Rank.ANSWER, *, quiet: bool = False) -> int:
        """Say it; the id of its last message. Raises NotTaken."""
        last = 0
        if card.picture:
            last = await self._picture(card, chat, rank, quiet=quiet)
        else:
            for source, rows in _with_rows(split(card.html), card.rows if card.file is None else ()):
                last = await self._text(source, rows, chat, rank, quiet=quiet)
        if card.file is not None:
            file, rows = card.file, card.rows

            def send() -> Awaitable[Message]:
                document = InputFile(io.BytesIO(file.content), file.name)
                return self._bot.send_document(
                    chat.id, document, reply_markup=_markup(rows), **_where(chat, quiet=quiet)
                )

            last = await self._said(send, chat, rank)
        return last

    async def edit(self, card: Card, chat: Chat, message: int, rank: Rank = Rank.PROGRESS) -> bool:
        """Put it in place of what a message of ours says; False when that cannot be. What is too long is cut."""
        source = (split(card.html) or [""])[0]
        rows = _markup(card.rows)
        try:
            async with self._pace.turn(chat.id, rank):
                await self._bot.edit_message_text(
                    source,
                    chat.id,
                    message,
                    parse_mode=ParseMode.HTML,
                    reply_markup=rows,
                    link_preview_options=NO_PREVIEW,
                )
        except BadRequest as refused:
            return says(refused, SAME)
        except TelegramError as error:
            log.info("telegram.not_edited", why=str(error))
            return False
        return True

    def took_off(self, chat: Chat) -> int | None:
        """Behind which message the next one is to be looked for; None where it was not on its way before we began."""
        return self._flights.took_off(chat.id, coming_key())

    def saw(self, chat: int, message: int) -> None:
        """There is a message of that id in the chat, whosever it is."""
        self._highest[chat] = max(self._highest.get(chat, 0), message)

    def highest(self, chat: int) -> int | None:
        """The last message id that we know of in a chat; None for none."""
        return self._highest.get(chat)

    async def arrived(self, card: Card, chat: Chat, after: int) -> int:
        """The id of a message that broke off and has arrived: one behind `after` that says just that; 0 for none.

        Telegram tells so when it is asked to change a message into what it is. Raises NotTaken where it tells nothing.
        """
        source, rows = (split(card.html) or [""])[0], _markup(card.rows)
        for message in range(after + 1, after + 1 + LOOKED_AT):
            if (chat.id, message) in self._known:
                continue
            try:
                async with self._pace.turn(chat.id, Rank.NEWS):
                    await self._bot.edit_message_text(
                        source,
                        chat.id,
                        message,
                        parse_mode=ParseMode.HTML,
                        reply_markup=rows,
                        link_preview_options=NO_PREVIEW,
                    )
            except BadRequest as refused:
                if not says(refused, SAME):
                    continue
            except TelegramError as error:
                raise NotTaken(str(error), for_good=False, unsure=True) from None
            self._known.append((chat.id, message))  # it was there, or one that broke off before says it now
            return message
        return 0

    async def unbutton(self, chat: Chat, message: int) -> None:
        """Take the buttons off a message of ours."""
        with contextlib.suppress(TelegramError):
            async with self._pace.turn(chat.id):
                await self._bot.edit_message_reply_markup(chat.id, message, reply_markup=None)

    async def answer_press(self, press: str, text: str = "", *, alert: bool = False) -> None:
        """End the waiting circle on a button, with a word or without."""
        with contextlib.suppress(TelegramError):  # too old, or the network: what it asked for does not hang on it
            await self._bot.answer_callback_query(press, text[:LONGEST_NOTICE] or None, show_alert=alert)

    @contextlib.asynccontextmanager
    async def typing(self, chat: Chat) -> AsyncIterator[None]:
        """Show that an answer is being made, for as long as the block runs."""
        task = asyncio.create_task(self._type(chat))
        try:
            yield
        finally:
            task.cancel()

    # How --------------------------------------------------------------------------------------------------------------

    async def _text(self, source: str, rows: Rows, chat: Chat, rank: Rank, *, quiet: bool) -> int:
        markup, where = _markup(rows), _where(chat, quiet=quiet)

        def send(text: str = source, mode: str | None = ParseMode.HTML) -> Awaitable[Message]:
            return self._bot.send_message(
                chat.id, text, parse_mode=mode, reply_markup=markup, link_preview_options=NO_PREVIEW, **where
            )

        before, key = self.highest(chat.id), next_key()
        if (behind := self._flights.took_off(chat.id, key)) is not None:
            return await self._again(send, Card(source, rows), chat, rank, behind, (0.0, *PAUSES))
        try:
            return await self._said(send, chat, rank, key)
        except NotTaken as refused:
            if refused.unsure and before is not None:
                return await self._again(send, Card(source, rows), chat, rank, before, PAUSES)
            if not says(refused, UNREADABLE):
                raise
            log.warning("telegram.unreadable", why=str(refused))
            return await self._said(lambda: send(plain(source), None), chat, rank)

    async def _again(
        self,
        send: Callable[[], Awaitable[Message]],
        card: Card,
        chat: Chat,
        rank: Rank,
        before: int,
        pauses: Sequence[float],
    ) -> int:
        """Say what broke off once more, unless it has arrived. Raises NotTaken when nothing is to be found out now."""
        for pause in pauses:
            await asyncio.sleep(pause)
            try:
                return await self.arrived(card, chat, before) or await self._said(send, chat, rank)
            except NotTaken as refused:
                if refused.for_good:
                    raise
        raise NotTaken("the network breaks off", for_good=False, unsure=True)

    async def _picture(self, card: Card, chat: Chat, rank: Rank, *, quiet: bool) -> int:
        """A picture with its words below it; words that are too many follow it."""
        captions = split(card.html, LONGEST_CAPTION)
        fits = len(captions) == 1

        def send() -> Awaitable[Message]:
            picture = InputFile(io.BytesIO(card.picture), "chart.png")
            caption, rows = (captions[0], _markup(card.rows)) if fits else (None, None)
            return self._bot.send_photo(
                chat.id,
                picture,
                caption=caption,
                parse_mode=ParseMode.HTML,
                reply_markup=rows,
                **_where(chat, quiet=quiet),
            )

        last = await self._said(send, chat, rank)
        if not fits:
            for source, rows in _with_rows(split(card.html), card.rows):
                last = await self._text(source, rows, chat, rank, quiet=quiet)
        return last

    async def _said(self, send: Callable[[], Awaitable[Message]], chat: Chat, rank: Rank, key: str = "") -> int:
        """One message, tried until it is taken. Raises NotTaken."""
        for pause in (*PAUSES, None):
            try:
                async with self._pace.turn(chat.id, rank):
                    await asyncio.to_thread(self._flights.begin, chat.id, key, self.highest(chat.id))
                    message = await send()
            except RetryAfter as refused:
                self._pace.hold(chat.id, wanted_pause(refused))
                why, wait, unsure = f"Telegram wants a pause of {wanted_pause(refused):.0f} s", 0.0, False
            except (BadRequest, Forbidden, InvalidToken) as refused:
                raise NotTaken(str(refused), for_good=not isinstance(refused, InvalidToken)) from None
            except NetworkError as error:
                why, wait, unsure = str(error), pause or 0.0, may_have_arrived(error)
                if unsure:
                    raise NotTaken(why, for_good=False, unsure=True) from None
            else:
                self.saw(chat.id, message.message_id)
                self._known.append((chat.id, message.message_id))
                return message.message_id
            if pause is None:
                break
            await asyncio.sleep(wait)
        raise NotTaken(why, for_good=False, unsure=unsure)

    async def _type(self, chat: Chat) -> None:
        with contextlib.suppress(TelegramError):
            while True:
                await self._bot.send_chat_action(chat.id, "typing", message_thread_id=chat.thread)
                await asyncio.sleep(4.5)


def says(refused: Exception, words: str) -> bool:
    """Whether Telegram refused it in these words; the library writes the first letter large."""
    return words in str(refused).casefold()


def _with_rows(parts: list[str], rows: Rows) -> list[tuple[str, Rows]]:
    """Each part of a message; the buttons are at the last one."""
    return [(part, rows if place == len(parts) else ()) for place, part in enumerate(parts, 1)]


def _markup(rows: Rows) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(each.text, url=each.address)
                if each.address
                else InlineKeyboardButton(each.text, callback_data=each.data, style=each.style)
                for each in row
            ]
            for row in rows
        ]
    )


def _where(chat: Chat, *, quiet: bool) -> dict[str, Any]:
    return {"message_thread_id": chat.thread, "disable_notification": quiet}
