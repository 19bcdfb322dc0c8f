"""Which way a strategy goes at each of its questions, on events that were made for them. Plain Python that counts.

What counts as reached, and what it means, is decided outside.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.kernel import EVENT, STOP_WORD, TARGET_WORD
from core.strategy import Source, load
from sandbox.branching import HIT, counting
from sandbox.tasks.trading import Bench, explain

FOLDER: Final = Path("/strategy")


def cover(
    events: bytes,
    pairs: int,
    wanted: Sequence[int],
    symbols: Sequence[str],
    counters: Sequence[str],
    settings: Sequence[tuple[int, int]],
    forgiving: int,
    tables: Sequence[bytes] = (),
) -> dict[str, Any]:
    """How often each of the `wanted` sites was false and true, the decisions, and what it raised if it did.

    `settings` are pairs of an event's index and a number: before it, what the `counters` of its pair's state say is set
    to that number. From event `forgiving` on nothing that it raises counts.
    """
    bench = Bench(FOLDER)
    seen = {number: [0, 0] for number in wanted}

    def hit(number: int, value: Any) -> Any:
        seen[number][bool(value)] += 1
        return value

    setattr(builtins, HIT, hit)
    try:
        bench.strategy = load(_counting(Source.read(FOLDER), wanted))
        return _play(bench, events, pairs, symbols, counters, dict(settings), forgiving, tables) | {
            "seen": [seen[number] for number in wanted]
        }
    finally:
        delattr(builtins, HIT)


def _counting(source: Source, wanted: Sequence[int]) -> Source:
    code = {file: data for file, data in source.files.items() if file.endswith(".py") and "/" not in file}
    trees = {file: ast.parse(data) for file, data in code.items()}
    made = {file: text.encode() for file, text in counting(trees, set(wanted)).items()}
    return Source({**source.files, **made}, source.tree_hash)


def _play(
    bench: Bench,
    events: bytes,
    pairs: int,
    symbols: Sequence[str],
    counters: Sequence[str],
    settings: dict[int, int],
    forgiving: int,
    tables: Sequence[bytes],
) -> dict[str, Any]:
    bench.begin(pairs, tables, symbols=symbols)
    places: np.ndarray = np.frombuffer(events, EVENT)["pair"]
    size, fault, at = EVENT.itemsize, "", -1
    decisions: list[bytes] = []
    for index in range(len(places)):
        decide, state, learned = bench.seats[int(places[index])]
        if index in settings:
            for name in counters:
                state[name] = settings[index]
        bench.event[:] = events[index * size : (index + 1) * size]
        bench.numbers[STOP_WORD] = bench.numbers[TARGET_WORD] = np.nan
        try:
            decide(bench.given, state, learned, bench.made)
        except BaseException as error:  # noqa: BLE001 - whatever the strategy does, the judge is told
            if index < forgiving:
                fault, at = explain(error), index
                break
        decisions.append(bytes(bench.decision))
    return {"decisions": b"".join(decisions[:forgiving]), "fault": fault, "at": at}


TASKS: Final = (cover,)
