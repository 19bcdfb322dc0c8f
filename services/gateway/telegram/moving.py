"""One message that is edited while something goes on: never more often than a chat takes, and at last as it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.pacing import Rank
from services.gateway.telegram.voice import Chat, NotTaken, Voice

EDIT_SECONDS: Final = 1.5
"""Between two edits of a message."""


class Moving:
    """A message in a chat; `message` is that of one that is there already, 0 for none yet."""

    def __init__(self, voice: Voice, chat: Chat, draw: Callable[[], Card], message: int = 0) -> None:
        self._voice, self._chat, self._draw, self.message = voice, chat, draw, message
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """There is something new to be seen."""
        self._changed.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def end(self, card: Card | None = None) -> bool:
        """Show how it ended; False where there is no message that could. Nothing is edited any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if not self.message or card is None:
            return False
        return await self._voice.edit(card, self._chat, self.message, Rank.ANSWER)

    async def _follow(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            card = self._draw()
            if self.message:
                await self._voice.edit(card, self._chat, self.message)
            else:
                with contextlib.suppress(NotTaken):  # the result is told in a message of its own
                    self.message = await self._voice.send(card, self._chat, Rank.PROGRESS)
            await asyncio.sleep(EDIT_SECONDS)
