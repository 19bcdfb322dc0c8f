"""One strategy held against all that is known of it: at its own values, and at others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

import numpy as np

from core.masking import FIRST_SEEN
from core.strategy import Source, rule_names
from core.symbols import PARAMETERS_FILE, RULES_FILE, Symbols
from core.syntax import syntax_tree
from services.guardian.branches.literals import COMMON, numbers
from services.guardian.fuzz import generator
from services.guardian.known import beliefs, memory
from services.guardian.known.asking import asked
from services.guardian.known.difference import Difference
from services.guardian.known.events import PAIRS, events_by_chance
from services.guardian.known.functions import functions_here, rules_here
from services.guardian.known.heights import heights
from services.guardian.known.kinds import added
from services.guardian.known.listing import as_listed
from services.guardian.known.values import Values, names_in, own_values, shipped, varied_values
from services.guardian.known.watching import watched
from services.guardian.known.witness import Column, warm_at, watch
from services.guardian.side import Side

SPARE_BARS: Final = 40
MOST_WRITTEN: Final = 20
"""Numbers of its own that it is asked at."""
TABLE: Final = (2 * beliefs.CELLS, 3)
LOOKS: Final = {"ema_fast": 0, "rsi_period": 1, "atr_period": 1, "bollinger_period": 0, "volume_period": 0}
"""How many bars more than its period an average needs."""
FURTHEST: Final = 100
STOP: Final = "stop_loss"
REMEMBERED: Final = frozenset({*memory.OWNERS, "technical", "chart_cell", FIRST_SEEN})


def differences(side: Side, source: Source, parent: Source, seed: str) -> Iterator[Difference]:
    """All that is not as it is known; the same seed asks the same. CandidateFault when it raises."""
    prepared = side.ready.result()
    if (prepared.rows, prepared.columns) != TABLE:
        yield Difference(
            "qlearning", f"its Q-table has {prepared.rows} rows of {prepared.columns}, known are 144 of 3."
        )
        return
    symbols, here = Symbols.of(source.files), functions_here(source)
    listed = rule_names(source.files[RULES_FILE].decode())
    rules = [known for known, name in rules_here(symbols).items() if name in listed]
    if STOP not in rules:
        yield Difference(STOP, "it is not in force: nothing bounds what a position may lose.")
    chance, own = generator(seed, "known"), written(source, parent)
    for values in (own_values(symbols, Symbols.of(parent.files)), varied_values(symbols, chance)):
        bars = needed_bars(values)
        events = events_by_chance(chance, bars + SPARE_BARS, own)
        tables = [drawn_table(chance) for _ in range(PAIRS)]
        sight = watch(side, values, events, [table.tobytes() for table in tables])
        more = bool(sight.states.keys() - REMEMBERED)
        yield from waits(sight.warm, bars, more=more)
        yield from watched(sight, tables, values)
        yield from asked(side, values, sight.warm, here, chance, own)
        code, added_features = source.files[RULES_FILE], sorted(set(symbols.features) - set(shipped().features))
        yield from as_listed(side, values, rules_here(symbols), code, chance, added_features, own)
        yield from added(sight, symbols)
        yield from heights(side, sight, values, rules)
        yield from of_each_average(side, symbols, values, more=more)


def written(source: Source, parent: Source) -> list[float]:
    """Numbers that a function, or a constant, is written with and the parent's of that name is not."""
    found: dict[float, None] = {}
    for file, data in sorted(source.files.items()):
        if file.endswith(".py") and "/" not in file and file != PARAMETERS_FILE and data != parent.files.get(file):
            ours, theirs = (parts_of(one.files.get(file, b"")) for one in (source, parent))
            for name, tree in ours.items():
                before = set(numbers({file: theirs[name]})) if name in theirs else set()
                found |= {number: None for number in numbers({file: tree}) if number not in before | COMMON}
    return list(found)[:MOST_WRITTEN]


def parts_of(data: bytes) -> dict[str, ast.Module]:
    """The functions of a file by name, each with the constants of the file; and these alone."""
    body = syntax_tree(data).body
    constants: list[ast.stmt] = [node for node in body if isinstance(node, ast.AnnAssign)]
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    return {"": ast.Module(constants, [])} | {
        name: ast.Module([*constants, node], []) for name, node in functions.items()
    }


def of_each_average(side: Side, symbols: Symbols, values: Values, *, more: bool) -> Iterator[Difference]:
    """For how many bars it waits when just this one looks back the furthest."""
    for name, here in names_in(symbols).items():
        if name in LOOKS and values.given:
            length = min(int(symbols.parameters[here].range.high), FURTHEST)
            one = Values({**values.numbers, name: float(length)}, {**values.given, here: length})
            yield from waits(warm_at(side, one), needed_bars(one), more=more)


def waits(warm: int, bars: int, *, more: bool) -> Iterator[Difference]:
    """Whether it acts as soon as its averages are known, or later where it remembers `more` than is known."""
    if warm < bars or (warm > bars and not more):
        yield Difference("decide", f"it waits for {warm} bars before it acts; its averages look back {bars}.")


def needed_bars(values: Values) -> int:
    """Before everything that is known is."""
    back = [int(values[name]) + more for name, more in LOOKS.items() if values.has(name)]
    if values.has("ema_slow", "macd_signal"):
        back.append(int(values["ema_slow"] + values["macd_signal"]))
    return max(back, default=1)


def drawn_table(chance: np.random.Generator) -> Column:
    """A Q-table with a third of its rows empty."""
    return chance.normal(size=TABLE) * (chance.random((TABLE[0], 1)) > 0.33)
