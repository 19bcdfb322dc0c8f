"""The owner's switches: pause, resume, panic, and the kill switch taken back.

Each is a word to whatever trades on a data folder (`services.trader.owner`). It needs no workspace, no records and no
commander: a trader whose commander is down looks at the folder itself, every second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from core.contracts import Language
from services.commander.texts import say
from services.commander.trader_port import TraderGone, TraderPort
from services.trader.owner import OwnersWord

Line = dict[str, Any]
SWITCHES: Final = frozenset({"pause", "resume", "panic", "unkill"})


async def switch(name: str, data_dir: Path, trader: TraderPort | None, language: Language | None = None) -> Line:
    """Say one of SWITCHES, to the trader if one listens, else by the folder; the last line of the answer."""
    owner = OwnersWord(data_dir)
    match name:
        case "pause" | "resume":
            on = name == "pause"
            if not await _told(trader, lambda trader: trader.pause(on=on)):
                owner.pause() if on else owner.resume()
            kind = "paused" if on else "resumed"
            halted = not on and owner.killed
            return {"kind": kind, "halted": halted, "text": say("still_halted" if halted else kind, language)}
        case "panic":
            if not await _told(trader, lambda trader: trader.panic()):
                owner.panic()
            text = say("panic_halted" if owner.killed else "panic", language)
            return {"kind": "panic", "halted": owner.killed, "text": text}
        case "unkill":
            owner.unkill()
            return {"kind": "unkilled", "text": say("unkilled", None)}
        case _:
            raise ValueError(f"{name} is no switch")


async def _told(trader: TraderPort | None, tell: Callable[[TraderPort], Awaitable[None]]) -> bool:
    """Whether a trader runs, and was told."""
    if trader is None:
        return False
    try:
        await tell(trader)
    except TraderGone:
        return False
    return True
