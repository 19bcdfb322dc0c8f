"""twin: compiled and as plain Python, the candidate gives the same bits: in every decision, and in what it remembers.

Where they differ, one of them is not what the owner reads: an integer that wraps around, a power of another last bit,
a division that raises in one mode only. Plain Python takes about 50 us an event, so a few thousand are compared: events
made by chance up to the ends of what a market can be, and stretches of the judge's tapes, gone into warm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.backtest.plain import Terms
from core.kernel import ACTIONS, DECISION, Records
from services.guardian.answers import Memory
from services.guardian.case import Case, trial_of
from services.guardian.fuzz import fuzz, fuzzed_tables
from services.guardian.grade import CandidateFault, Grade
from services.guardian.side import Side
from services.guardian.tape import Tape

STRETCH: Final = 1_000
"""Events of each tape."""
FUZZED: Final = 2_500


Answer = tuple[Records, Memory] | str
"""Decisions and the memory after them, or what was wrong with its box."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Events that the compiled strategy has answered, and from which memory it began."""

    tape: Tape
    events: Records
    tables: list[bytes]
    states: list[bytes]
    compiled: Answer


def gate(case: Case) -> Grade:
    """On the end of both tapes, gone into warm, and on events made by chance."""
    trial = trial_of(case)
    begun = case.bench.asked.get("twin")
    asked: list[Asked] = begun.result() if begun is not None else ask_compiled(case)
    plain = trial.wait_for(trial.plain)
    refusals = [found for one in asked for found in compare(one, plain)]
    return Grade(tuple(refusals), figures={"events": sum(len(one.events) for one in asked)})


def ask_compiled(case: Case) -> list[Asked]:
    """What the compiled strategy answers; the plain one takes ten times as long, and others may ask this one then."""
    trial = trial_of(case)
    compiled = trial.wait_for(trial.candidate)
    prepared = compiled.ready.result()
    asked = []
    for tape in trial.tapes:
        shown = compiled.trade(tape, Terms()).shown
        split = max(len(shown) - STRETCH, 0)
        compiled.begin(tape)
        compiled.feed(tape, shown[:split])
        before = compiled.memory()
        answer = answer_of(compiled, tape, shown[split:], before.tables, before.states)
        asked.append(Asked(tape, shown[split:], before.tables, before.states, answer))
    tables = fuzzed_tables(case.candidate.tree_hash, 3, (prepared.rows, prepared.columns))
    chance = trial.dressed(fuzz(case.candidate.tree_hash, FUZZED, pairs=3))
    answer = answer_of(compiled, chance, chance.events, tables, [])
    return [*asked, Asked(chance, chance.events, tables, [], answer)]


def answer_of(side: Side, tape: Tape, events: Records, tables: list[bytes], states: list[bytes]) -> Answer:
    """What a box answers that goes on from a memory."""
    try:
        side.begin(tape, tables=tables, states_before=states)
        return side.feed(tape, events)[0], side.memory()
    except CandidateFault as fault:
        return str(fault)


def compare(asked: Asked, plain: Side) -> list[str]:
    """What differs between two boxes that go on from the same memory."""
    tape, events = asked.tape, asked.events
    match asked.compiled, answer_of(plain, tape, events, asked.tables, asked.states):
        case (ours, memory), (theirs, their_memory):
            return find_differences(tape, events, ours, theirs) or find_memory_differences(tape, memory, their_memory)
        case str(why), str():
            return [f"Compiled and in plain Python: {why}"]
        case _, str(why):
            return [f"In plain Python only: {why}"]
        case str(why), _:
            return [f"Compiled only: {why}"]
    raise AssertionError(asked.compiled)


def find_differences(tape: Tape, events: Records, compiled: Records, plain: Records) -> list[str]:
    """The first decision whose bits differ, if any."""
    words = (compiled.view(np.int64) != plain.view(np.int64)).reshape(len(events), -1)
    found = np.flatnonzero(words.any(axis=1))
    if not len(found):
        return []
    first = int(found[0])
    names = [name for name, differs in zip(DECISION.names or (), words[first], strict=True) if differs]
    told = ", ".join(
        f"{name} {show_field(compiled[first], name)} and {show_field(plain[first], name)}" for name in names[:4]
    )
    return [
        f"{len(found):,} of {len(events):,} decisions on the {tape.name} are not the same compiled and in plain Python;"
        f" the first at event {first + 1:,}: {told}."
    ]


def show_field(decision: np.void, name: str) -> str:
    value = decision[name]
    if name == "action" and 0 <= value < len(ACTIONS):
        return ACTIONS[value]
    return repr(value.item())


def find_memory_differences(tape: Tape, compiled: Memory, plain: Memory) -> list[str]:
    """Whether states or Q-tables ended apart although every decision was the same."""
    if compiled == plain:
        return []
    return [f"After the {tape.name} the strategy remembers other numbers compiled than in plain Python."]
