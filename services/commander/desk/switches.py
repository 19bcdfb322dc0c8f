"""The owner's switches: pause, resume, panic, and the kill switch taken back.

Each is a word to whatever trades on a data folder (`core.owner`). It needs no workspace, no records and no
commander: a trader whose commander is down looks at the folder itself, every second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from core.contracts import Action, Language
from core.contracts.answers import Panicked, Paused, Resumed, Said, SwitchSaid, Unkilled
from core.owner import OwnersWord
from services.commander.texts import say
from services.commander.trader_port import TraderGone, TraderPort

SWITCHES: Final = frozenset({"pause", "resume", "panic", "unkill"})
HALTED: Final = frozenset({"still_halted", "panic_halted"})
"""Texts of a word that the kill switch keeps from being done."""


async def switch(name: str, data_dir: Path, trader: TraderPort | None, language: Language | None = None) -> SwitchSaid:
    """Say one of SWITCHES, to the trader if one listens, else by the folder; the last line of the answer.

    `runs` says whether a trader hears it now. When none does, the word is kept for the next one, and is told as that.
    """
    owner = OwnersWord(data_dir)
    kind: type[SwitchSaid]
    match name:
        case "pause" | "resume":
            on = name == "pause"
            if not (told := await _told(trader, lambda trader: trader.pause(on=on))):
                owner.pause() if on else owner.resume()
            kind, text = (Paused, "paused") if on else (Resumed, "still_halted" if owner.killed else "resumed")
        case "panic":
            if not (told := await _told(trader, lambda trader: trader.panic())):
                owner.panic()
            kind, text = Panicked, "panic_halted" if owner.killed else "panic"
        case "unkill":
            owner.unkill()
            told, kind, text = trader is not None, Unkilled, "unkilled"
        case _:
            raise ValueError(f"{name} is no switch")
    runs = told or owner.listener is not None
    said = say(text if runs else f"{text}_kept", language)
    return kind(halted=text in HALTED, runs=runs, text=said)


def resume_asked(data_dir: Path, language: Language | None = None) -> Said | None:
    """The question, for who does not wait for its answer; None where nothing is stopped. A yes is `resume`."""
    owner = OwnersWord(data_dir)
    if not (owner.paused or owner.closing or owner.killed):
        return None
    text = say("resume_asked_closing" if owner.closing else "resume_asked", language)
    return Said(action=Action("resume"), done=False, text=text)


async def _told(trader: TraderPort | None, tell: Callable[[TraderPort], Awaitable[None]]) -> bool:
    """Whether a trader runs, and was told."""
    if trader is None:
        return False
    try:
        await tell(trader)
    except TraderGone:
        return False
    return True
