"""Why something was done, or was not: `por que vendeu o btc?`, `what is keeping you from buying?`."""

from __future__ import annotations

from typing import Final

from core.contracts import Action
from services.interpreter.gist.questions.said import Said

DEALS: Final = ("bought", "sold", "traded", "last_trade")
STANDING: Final = ("status", "positions", "health")
"""Topics that a question why nothing is done may name: `why are you not trading?`."""


def reason(said: Said) -> Action | None:
    """The action that tells it; None when no reason is asked for, or of nothing that there are reasons of."""
    why, idle = said.has("asks", "why"), said.has("done", "idle")
    held_off = said.has("done", "held_off") and (said.has("done", *DEALS) or idle)
    otherwise = set(said.of("topic")) - set(STANDING)
    kept = said.has("says", "not", "nothing", "stopped") and (said.has("done", *DEALS) or not otherwise)
    if (idle and why) or (held_off and (why or said.signals)) or (kept and why and not said.of("name")):
        return Action("why", said.pair)
    if not why or said.has("says", "not"):
        return None
    if (names := [name for name in said.of("name") if name]) and not said.has("done", "bought", "sold", "traded"):
        return Action("explain", {"what": names[0]})
    if said.has("done", *DEALS) and not said.has("topic", "profit"):
        return Action("explain", {"what": deal(said), **said.pair})
    if not said.has("topic") and said.has("pair"):
        return Action("why", said.pair)
    return None


def deal(said: Said) -> str:
    """What was done: bought, sold, or whatever was done last."""
    bought, sold = said.has("done", "bought"), said.has("done", "sold")
    return "buy" if bought and not sold else "sell" if sold and not bought else "last trade"
