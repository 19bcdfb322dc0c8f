"""relations: the same market told otherwise is decided alike, and what differs from the parent is what the plan says.

Both answer the same events, made for the candidate (`services.guardian.branches.events`): prices of every size, books
from nothing to huge, accounts from calm to ruin. Then

- all prices are multiplied by a power of two: the same decisions, levels multiplied likewise,
- all amounts are: the same decisions,
- the pair has been traded for thousands of bars more, or for a million: the same decisions; and of code by hand and by
  a model, at every age, and whatever its own clocks say (`services.guardian.relations.aging`),
- what differs from the parent is held against the plan; by hand signals and score may differ only where a number of the
  owner's, or something new that they read, explains it, and what else differs is counted and told.

Where the parent has a level of its owner's own, or the plan brings one, prices move what that rule does: there only the
signals are held, and it is told.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Final

from core.kernel import Records
from services.guardian.allowed import Allowed
from services.guardian.bounds.package import Package
from services.guardian.bounds.walk import Walk
from services.guardian.branches.events import made_for
from services.guardian.branches.literals import new_numbers, numbers
from services.guardian.case import Case, trial_of
from services.guardian.fuzz import fuzzed_tables, generator
from services.guardian.gates.bounds import parsed
from services.guardian.gates.branches import is_written
from services.guardian.grade import Grade
from services.guardian.relations import claims
from services.guardian.relations.aging import check_ages
from services.guardian.relations.byhand import check_by_hand, shaken
from services.guardian.relations.moments import Told
from services.guardian.relations.planned import check_planned
from services.guardian.side import Side
from services.guardian.tape import Tape

EVENTS: Final = 4_000
EVERY: Final = {"a price": "every price", "an amount": "every amount"}
DRIFTING: Final = 4
"""Decisions that may change between two old ages, as far as no switch is found: what compares a mean of all closes."""
ACTED_ON: Final = ("action", "size", "min_hold_seconds", "stop", "target")


def gate(case: Case) -> Grade:
    """Every relation on one tape."""
    trees, parents = parsed(case.candidate.files), parsed(case.parent.files)
    if trees is None or parents is None:
        return Grade.not_held("the code cannot be read")
    trial, tree = trial_of(case), case.candidate.tree_hash
    own = new_numbers(trees, parents, ())
    made = made_for(tree, own or numbers(trees)[:20], EVENTS)
    tape = trial.dressed(made.tape)
    events = tape.events[: made.sound]
    after, before = trial.ask_both(lambda side: answers(side, tape, events, tree))
    side, parent = trial.wait_for(trial.candidate), trial.wait_for(trial.parent)
    refusals = list(Allowed(case.candidate).find_wrong(tape, events, after))
    rules = (parent.ready.result().rules, side.ready.result().rules)
    refusals += check_planned(case.plan, parents, rules, before, after)
    if case.plan is None:
        shaking = functools.cache(lambda: shaken_answers(parent, tape, events, tree))
        refusals += check_by_hand(case.candidate, case.parent, before, after, shaking)
    notes: list[str] = []
    for found, is_note in scaled(side, parent, tape, events, tree, (after, before), planned=case.plan is not None):
        (notes if is_note else refusals).append(found)
    walk = Walk(Package(trees))
    warm = claims.warm_of(case.candidate.files, case.parent.files, planned=case.plan is not None)
    furthest = max((int(number) for number in own if number < claims.FURTHEST), default=0)
    same = {file: tree for file, tree in trees.items() if case.parent.files.get(file) == case.candidate.files[file]}
    told = Told(trees, parents | same, walk, warm)
    counted = ([name for name in told.counts if not told.words[name][1]], told.turn, warm)
    by_hand = is_written(case.plan)
    refusals += aged(side, tape, events, tree, walk, counted, furthest, few=DRIFTING if by_hand else 0)
    if not refusals and by_hand:
        refusals += check_ages(side, tape, events, told)
        if refusals and any(check_ages(parent, tape, events, told.of_parent())):
            notes += refusals  # as old as the parent: that is not this change's
            refusals = []
    figures = {
        "events": len(events),
        "decisions_changed": claims.count_changed(before, after, ACTED_ON),
        "signals_changed": claims.count_changed(before, after, claims.SIGNALS),
    }
    return Grade(tuple(refusals), tuple(notes), figures)


def answers(side: Side, tape: Tape, events: Records, tree: str) -> Records:
    """Decisions of a side that knows nothing yet, with Q-tables that have something to say."""
    prepared = side.ready.result()
    side.begin(tape, tables=fuzzed_tables(tree, len(tape.grids), (prepared.rows, prepared.columns)))
    return side.feed(tape, events)[0]


def shaken_answers(side: Side, tape: Tape, events: Records, tree: str) -> list[Records]:
    """Its decisions on the same market, shaken a little, several times."""
    return [answers(side, tape, moved, tree) for moved in shaken(events, generator(tree, "shaken"))]


def scaled(
    side: Side, parent: Side, tape: Tape, events: Records, tree: str, here: tuple[Records, Records], *, planned: bool
) -> Iterator[tuple[str, bool]]:
    """Prices and amounts by a power of two; with each finding whether it is told only."""
    chance = generator(tree, "relations")
    for what, moved in (("a price", claims.in_other_money), ("an amount", claims.in_other_lots)):
        power = int(chance.choice([-9, -6, -3, 4, 7, 10]))
        factor = 2.0**power
        other = moved(events, factor)
        by = factor if what == "a price" else 1.0
        there = claims.back(answers(side, tape, other, tree), by)
        if not claims.count_changed(here[0], there):
            continue
        theirs = claims.back(answers(parent, tape, other, tree), by)
        found, signals = (
            claims.find_changed(here[0], there, fields) & ~claims.find_changed(here[1], theirs, fields)
            for fields in ((), claims.SIGNALS)
        )  # where the parent's decision changes too, the candidate's is not held against it
        told = (
            f"{int(found.sum()):,} of {len(events):,} decisions change when {EVERY[what]} is multiplied by 2**{power}"
        )
        if signals.any() or (found.any() and not planned):
            yield f"{told}: the size of {what} by itself means something to it.", False
        elif found.any():
            yield f"{told}: a rule names {what}; signals and score do not change.", True


def aged(
    side: Side,
    tape: Tape,
    events: Records,
    tree: str,
    walk: Walk,
    counted: tuple[list[str], int, int],
    furthest: int = 0,
    *,
    few: int = 0,
) -> Iterator[str]:
    """A pair that has been traded for longer, everything else alike; up to `furthest` bars where that is more.

    `few` decisions may change: whether they drift, a look at every age says.
    """
    fields, turn, warm = counted
    if not fields or turn * 2 > claims.OLD[-1]:
        return
    prepared, half = side.ready.result(), len(events) // 2
    tables = fuzzed_tables(tree, len(tape.grids), (prepared.rows, prepared.columns))
    answers(side, tape, events[:half], tree)
    states = side.memory().states
    chance, first = generator(tree, "age"), None
    for after, until in itertools.pairwise(claims.ages(warm, furthest)):
        by = -(-int(chance.integers(after, until)) // turn) * turn
        side.begin(tape, tables=tables, states_before=claims.older(states, walk, fields, by))
        decisions = side.feed(tape, events[half:])[0]
        if first is not None and (changed := claims.count_changed(first[1], decisions)) > few:
            yield (
                f"{changed:,} of {len(decisions):,} decisions change when a pair has been traded for {by:,} bars and"
                f" not for {first[0]:,}: how long it runs means something to it."
            )
            return
        first = first or (by, decisions)
