"""The picture that goes with a summary: what the account was worth in those days, as a file that the senders read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.ledger import EquityShown
from core.errors import SorteError
from core.files import write_whole
from core.wording import owners_language
from services.gateway.charts import Painter, Request

FOLDER: Final = "summaries"
KEPT: Final = 10
"""The newest pictures stay; one that waits longer than so many days is sent without."""
LEAST_POINTS: Final = 2


class Pictured:
    """Has the account's curve drawn. Close it at the end."""

    def __init__(self, data_dir: Path, zone: str, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        self._folder, self._zone, self._ask = data_dir / FOLDER, zone, ask
        self._painter = Painter()

    async def draw(self, key: str, period: str) -> Path | None:
        """The file of the account's curve over a period; None where nothing can be drawn."""
        try:
            shown = await self._ask(Question(do="equity", period=period))
            if not isinstance(shown, EquityShown) or len(shown.points) < LEAST_POINTS:
                return None
            png = await self._painter.draw(Request(shown, owners_language(), self._zone))
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._folder / f"{key.replace(':', '-')}.png"
            write_whole(file, png)
        except (SorteError, OSError):  # a summary without its picture is one all the same
            return None
        for old in sorted(self._folder.glob("*.png"), key=lambda each: each.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
        return file

    async def close(self) -> None:
        """End what draws."""
        await self._painter.close()
