"""What the menu button offers: short for strangers, whole in the chats of the owner, in each language."""

from __future__ import annotations

from collections.abc import Iterable

from telegram import BotCommand, BotCommandScopeChat, BotCommandScopeDefault
from telegram.error import TelegramError

from core.language import Language
from core.telemetry import get_logger
from services.gateway.telegram.commands import MENU
from services.gateway.telegram.connection import Connection
from services.gateway.telegram.texts import say

log = get_logger()

FOR_ALL = ("start", "tg_info")


def menu(language: Language) -> list[BotCommand]:
    """The whole menu."""
    return [BotCommand(each.name, say(f"does.{each.name}", language)) for each in MENU]


def short_menu(language: Language) -> list[BotCommand]:
    """What somebody sees who is not on the list."""
    return [BotCommand(name, say(f"does.{name}", language)) for name in FOR_ALL]


async def set_menus(connection: Connection, chats: Iterable[int]) -> None:
    """Hand them to Telegram; a bot without a menu is one all the same."""
    for language in (None, *Language):  # None: of a phone in any other language
        spoken = language or Language.EN
        try:
            await connection.set_my_commands(
                short_menu(spoken), BotCommandScopeDefault(), language.value if language else None
            )
            for chat in sorted(chats):
                await connection.set_my_commands(
                    menu(spoken), BotCommandScopeChat(chat), language.value if language else None
                )
        except TelegramError as error:
            log.info("telegram.no_menu", why=str(error))
            return
