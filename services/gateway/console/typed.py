"""What is typed at the prompt: a command word with its argument, or a sentence. Pure."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from core.contracts.asking import Question
from core.contracts.plan import NAME
from services.gateway.asking import Ask, ask_of

COMMANDS: Final = frozenset(
    {"history", "status", "upgrade", "pause", "resume", "panic", "unkill", "compare", "positions"}
)
LEDGER: Final = frozenset(
    {*("profit", "daily", "weekly", "monthly", "balance", "trades", "performance", "count", "stats", "why")}
)
"""Words that the chat has as well; what follows them is read as it is there."""
SHORTEST_COMMIT: Final = 4
"""Digits; fewer are a number of steps."""
IDENTITY: Final = re.compile(r"[0-9a-f]{4,40}|s\d+-\S+")
"""Of a change, a commit or an order; other words after `show` are a sentence."""


def question(text: str) -> Question:
    """What was typed: a command word of ours with its argument, else a sentence."""
    word, _, rest = text.partition(" ")
    rest = rest.strip()
    if word in COMMANDS and not rest:
        return msgspec.convert({"do": word}, Question)
    if word in LEDGER and isinstance(asked := ask_of(word, rest), Ask):
        return asked.question
    if word == "explain" and NAME.fullmatch(rest):
        return Question(do="explain", id=rest)
    if word == "close" and rest and " " not in rest:
        return Question(do="close", pair=rest)
    if word in ("show", "diff") and IDENTITY.fullmatch(rest):
        return msgspec.convert({"do": word, "id": rest}, Question)
    if word == "rollback" and rest.isdigit() and len(rest) < SHORTEST_COMMIT:
        return Question(do="rollback", steps=max(int(rest), 1))
    if word == "rollback" and (not rest or " " not in rest):
        return Question(do="rollback", to=rest or None)
    return Question(do="change", text=text)
