"""A MACD by its three numbers, or on longer bars; and the signal line that is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.indicator_kinds import KINDS
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.timeframes import Frame, wanted

OWN_MACD: Final = {"fast": "ema_fast", "slow": "ema_slow", "signal": "macd_signal"}
OWN_SIGNAL: Final = ("macd_signal",)
MARKS: Final = frozenset({",", "/", "-", "(", ")", "e", "and"})
"""What may stand around the numbers of a MACD."""
WITH: Final = frozenset({"com", "with", "em", "at", "of"})
"""And before them."""


def add_macds(lattice: Lattice) -> None:
    """`macd 8 21 5`, `MACD (12, 26, 9) no diário`, `the MACD on the 4h`."""
    for start in range(lattice.end):
        for kinds, end in tuple(lattice.edges[start].get("KIND", ())):
            if "macd" not in kinds:
                continue
            numbers, last = _three(lattice, end)
            if numbers:
                _add_macd(lattice, start, last, dict(zip(OWN_MACD, numbers, strict=True)), None)
            own = {key: lattice.symbols.parameters.get(name) for key, name in OWN_MACD.items()}
            usual = {key: int(parameter.value) for key, parameter in own.items() if parameter is not None}
            chosen = dict(zip(OWN_MACD, numbers, strict=True)) if numbers else usual
            for frame, framed in lattice.at(last if numbers else end, "FRAME"):
                if len(chosen) == len(OWN_MACD):
                    _add_macd(lattice, start, framed, chosen, frame)


def _add_macd(lattice: Lattice, start: int, end: int, numbers: Mapping[str, float | int], frame: Frame | None) -> None:
    try:
        KINDS["macd"].completed(numbers)
    except ValueError:
        return
    if frame is not None:
        lattice.framed.add(frame)
    added = wanted("macd", numbers, frame)
    lattice.add(start, "FEATURE", (added.name,), end)
    lattice.add(start, "WANTED", added, end)
    if added.name not in lattice.symbols.features:
        for ending in KINDS["macd"].features:
            lattice.wanted[added.name + ending] = added
    for edges in lattice.edges:  # `the macd 8 21 5 crosses its signal line`
        signals = edges.get("FEATURE", [])
        signals[:] = [((f"{added.name}_signal",) if value == OWN_SIGNAL else value, last) for value, last in signals]


def _three(lattice: Lattice, start: int) -> tuple[tuple[int, ...], int]:
    """Three whole numbers in a row, and where they end; none when there are not just three."""
    keys, position = [token.key for token in lattice.tokens], start
    found: list[int] = []
    while position < lattice.end and len(found) < len(OWN_MACD):
        key = keys[position]
        if key.isdecimal():
            found.append(int(key))
        elif key not in MARKS and "skip" not in lattice.edges[position] and (found or key not in WITH):
            break
        position += 1
    if len(found) < len(OWN_MACD) or (position < lattice.end and keys[position].isdecimal()):
        return (), start
    return tuple(found), position + (position < lattice.end and keys[position] == ")")
