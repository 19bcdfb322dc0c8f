"""Where a candidate decides otherwise than its parent on the same events: how often, and a few of them to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from core.kernel import ACTIONS, Records
from core.strategy import Source, rule_names
from services.guardian.play import Play

SHOWN: Final = 3
LOOKED_AT: Final = ("action", "rule", "size", "stop", "target", "score")
"""In this order a difference is worth showing."""
KINDS: Final = {1: "quote", 2: "trade", 3: "bar"}


class Answered(NamedTuple):
    """What one side said to an event."""

    action: str
    rule: str  # that decided; empty when the score did
    score: float
    size: float
    stop: float | None
    target: float | None


class Example(NamedTuple):
    """One event to which both said something else."""

    tape: str
    event: int  # its place on the tape, from 1
    time_ns: int
    pair: str
    kind: str
    price: float
    held: bool
    before: Answered
    after: Answered


def examples(
    plays: Sequence[tuple[Play, Play]], answers: Sequence[Records], candidate: Source, parent: Source
) -> tuple[Example, ...]:
    """Up to three, the first where they act differently, far apart; `answers` are to what the parent met."""
    found: list[Example] = []
    rules = [rule_names(source.files["rules.py"].decode()) for source in (parent, candidate)]
    for (_, before), answer in zip(plays, answers, strict=True):
        for place in _places(before.decisions, answer):
            event = before.shown[place]
            found.append(
                Example(
                    tape=before.tape.name,
                    event=place + 1,
                    time_ns=int(event["time_ns"]),
                    pair=before.tape.symbols[int(event["pair"])],
                    kind=KINDS.get(int(event["kind"]), "past"),
                    price=float(event["price"]),
                    held=bool(event["position"] > 0.0),
                    before=_answered(before.decisions[place], rules[0]),
                    after=_answered(answer[place], rules[1]),
                )
            )
            if len(found) == SHOWN:
                return tuple(found)
    return tuple(found)


def notes_by_hand(changed: int, of: int, found: Sequence[Example]) -> tuple[str, ...]:
    """What a verdict says of a change that no plan explains: how many decisions are others, and a few of them."""
    if not changed:
        return ()
    told = f"By hand, {changed:,} of {of:,} decisions are others than the parent's to the same events."
    return (told, *(_sentence(example) for example in found if example.before != example.after))


def _sentence(example: Example) -> str:
    pairs = zip(Answered._fields, example.before, example.after, strict=True)
    what = ", ".join(f"{name} {_shown(was)} -> {_shown(now)}" for name, was, now in pairs if was != now)
    return f"At event {example.event:,} of the {example.tape} ({example.pair}, {example.price:.8g}): {what}."


def _shown(value: object) -> str:
    return "-" if value in (None, "") else f"{value:.8g}" if isinstance(value, float) else str(value)


def _places(before: Records, after: Records) -> list[int]:
    """The first, the middle and the last place where the most telling field differs."""
    for name in LOOKED_AT:
        differ = np.flatnonzero(
            np.ascontiguousarray(before[name]).view(np.int64) != np.ascontiguousarray(after[name]).view(np.int64)
        )
        if len(differ):
            return list(dict.fromkeys(int(differ[at]) for at in (0, len(differ) // 2, -1)))
    return []


def _answered(decision: np.void, rules: tuple[str, ...]) -> Answered:
    action, rule = int(decision["action"]), int(decision["rule"])
    return Answered(
        action=ACTIONS[action] if 0 <= action < len(ACTIONS) else str(action),
        rule=rules[rule] if 0 <= rule < len(rules) else "",
        score=round(float(decision["score"]), 4),
        size=round(float(decision["size"]), 4),
        stop=_price(decision["stop"]),
        target=_price(decision["target"]),
    )


def _price(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
