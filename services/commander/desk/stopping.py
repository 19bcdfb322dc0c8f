"""A sentence that stops trading is done before anything else: no records, no road, and no commander are needed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from core.contracts.answers import SwitchSaid
from services.commander.desk.switches import switch
from services.commander.texts import say
from services.commander.trader_port import TraderPort


async def stop_by_word(text: str, data_dir: Path, trader: TraderPort | None) -> SwitchSaid | None:
    """Do what a word that stops asks for, and answer it; None when `text` is none, or one to be asked about first.

    `stop` and `para tudo` may mean a pause or panic: it pauses, which both want, and asks about the rest.
    """
    from services.interpreter.stopping import Stop, heard  # loads the phrases, which `sorte status` needs not

    stop = heard(text)
    if stop is None or (stop.unsure and stop.stop is Stop.PANIC):
        return None
    line = await switch("panic" if stop.stop is Stop.PANIC else "pause", data_dir, trader, stop.language)
    if stop.stop is not Stop.HALT:
        return line
    text = say("paused_or_panic" if line.runs else "paused_or_panic_kept", stop.language)
    return msgspec.structs.replace(line, text=text)
