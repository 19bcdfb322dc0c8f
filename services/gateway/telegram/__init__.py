"""The Telegram bot: its owner's hand and eye on his phone. It acts for listed people in listed chats alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.gateway.house import House


async def serve(house: House) -> None:
    """Be the bot of that house, and bring it what lies in the outbox, until cancelled."""
    from services.gateway.telegram.bot import serve_bot  # loads the library, which cards and tests of them need not

    await serve_bot(house)
