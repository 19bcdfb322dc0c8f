"""causality: a decision follows from the past of its own pair, from nothing else and from nothing later.

The candidate first trades with the whole tape in its box. Then the judge shows it the same events with the positions
that came of it, and no decision may change when

- only the beginning of the tape is there, or another future follows it,
- the other pairs are not there,
- a decision is not empty before it is made (who reads it remembers outside of its state), or
- all of it is played once more with the Q-tables as the first time left them.

What day it is, and which event or pair, is not asked here: a strategy is not shown it (`core.masking`).

It may change neither its events nor its Q-tables: those are memory that a restart forgets. And every order is filled at
a later event than the one that sent it, at that event's price; but for a stop or a target, which is filled at its own
price when it was declared by an earlier decision and the market came there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.backtest.plain import Terms
from core.kernel import BUY, Records
from services.guardian.case import Case, trial_of
from services.guardian.fuzz import fuzzed_tables
from services.guardian.grade import Grade
from services.guardian.levels import check_levels, level_fills
from services.guardian.play import Play
from services.guardian.side import Side

WINDOW: Final = 12_000
"""Newest events of a tape on which futures are cut off, changed and pairs taken away."""
CUTS: Final = (0.3, 0.62, 0.95)
WRITES: Final = "It writes to its Q-table: what it learns there is lost with the next restart. Its state is its memory."
ONE: Final = b"\0\0\0\0\0\0\xd0?"
"""0.25 as float64: a Q-table of it has something to say in every cell."""


def gate(case: Case) -> Grade:
    """Every claim on both tapes; each is told once."""
    trial = trial_of(case)
    side = trial.wait_for(trial.candidate)
    prepared = side.ready.result()
    cells = prepared.rows * prepared.columns
    table = ONE * cells if 0 < cells <= 1_000_000 else b""
    refusals: list[str] = []
    tree = case.candidate.tree_hash
    for tape in trial.tapes:
        play = side.trade(tape, Terms())
        refusals += check_fills(play)
        refusals += check_replay(side, play)
        refusals += check_futures(side, play)
        pairs = len(tape.grids)
        refusals += check_tables(side, play, [table] * pairs)
        if fuzzed := fuzzed_tables(tree, pairs, (prepared.rows, prepared.columns)):
            refusals += check_tables(side, play, fuzzed)
    figures = {"events": sum(len(tape.events) for tape in trial.tapes), "futures": 2 * len(CUTS) * len(trial.tapes)}
    return Grade(tuple(dict.fromkeys(refusals)), figures=figures)


def check_fills(play: Play) -> Iterator[str]:
    """Each order is filled after the event that sent it, at the price of the event that filled it."""
    by_order = ~level_fills(play)
    fills, events = play.fills[by_order], play.shown
    early = np.flatnonzero(fills["signal_ns"] >= fills["time_ns"])
    if len(early):
        yield f"{len(early):,} orders on the {play.tape.name} were filled no later than the event that sent them."
    for fill, signal in zip(fills, play.signals[by_order].tolist(), strict=True):
        after = events[signal + 1 :]
        at = after["price"][(after["pair"] == fill["pair"]) & (after["time_ns"] == fill["time_ns"])]
        dearer = (at <= fill["price"]) if fill["side"] == BUY else (at >= fill["price"])
        if not dearer.any():
            yield f"An order on the {play.tape.name} was filled at {fill['price']}, which no later event offered."
            break
    yield from check_levels(play)


def check_replay(side: Side, play: Play) -> Iterator[str]:
    """The same events once more, given one by one and with nonsense in the decision to be made."""
    side.begin(play.tape)
    decisions, written = side.feed(play.tape, play.shown, junk=True)
    if written >= 0:
        yield f"It changes the event that it is given (event {written + 1:,} of the {play.tape.name})."
    if changed := count_changes(play.decisions, decisions):
        yield (
            f"{changed} when the same events are shown again: it remembers outside of its state, or reads a decision"
            " before it is made."
        )
    if any(table.strip(b"\0") for table in side.memory().tables):
        yield WRITES


def check_futures(side: Side, play: Play) -> Iterator[str]:
    """Futures that never came, came otherwise, and pairs that were never there."""
    events = play.shown[-WINDOW:]
    pairs = len(play.tape.grids)
    side.begin(play.tape)
    whole, _ = side.feed(play.tape, events)
    for part in CUTS:
        cut = int(len(events) * part)
        side.begin(play.tape)
        if changed := count_changes(whole[:cut], side.feed(play.tape, events[:cut])[0]):
            yield f"{changed} when the events after number {cut:,} are not there yet: it knows its future."
        other = events[: min(cut + cut // 4, len(events))].copy()
        other["price"][cut:] *= 0.5
        other["high"][cut:], other["low"][cut:] = other["high"][cut:] * 3, other["low"][cut:] * 0.1
        side.begin(play.tape)
        if changed := count_changes(whole[:cut], side.feed(play.tape, other)[0][:cut]):
            yield f"{changed} when another future follows event {cut:,}: it knows its future."
    for pair in range(pairs) if pairs > 1 else ():
        own = events["pair"] == pair
        side.begin(play.tape)
        if changed := count_changes(whole[own], side.feed(play.tape, events[own])[0]):
            yield f"{changed} of {play.tape.symbols[pair]} when no other pair is there: pairs share a memory."


def check_tables(side: Side, play: Play, tables: list[bytes]) -> Iterator[str]:
    """Q-tables are read, never written; `check_replay` says so of those of zeros."""
    events = play.shown[-WINDOW:]
    side.begin(play.tape, tables=tables)
    first, _ = side.feed(play.tape, events)
    left = side.memory().tables
    if left != tables:
        yield WRITES
        side.begin(play.tape, tables=left)
        if changed := count_changes(first, side.feed(play.tape, events)[0]):
            yield f"{changed} when all is played once more with that Q-table."


def count_changes(before: Records, after: Records) -> str:
    """How many decisions differ in any bit, as the beginning of a sentence; empty when none does."""
    differ = (before.view(np.int64) != after.view(np.int64)).reshape(len(before), -1).any(axis=1)
    count = int(np.count_nonzero(differ))
    return f"{count:,} of {len(before):,} decisions change" if count else ""
