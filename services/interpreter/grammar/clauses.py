"""A sentence as statements in a row: each a change, a rule or an indicator, joined by `and`, a comma, `then`.

Only readings that consume the sentence are made. A statement without a verb (`... and the take profit to 6%`) borrows
the direction of the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from core.contracts import AddIndicator, AddRule, EditPlan, Offer, Operation, SetParameter
from core.contracts.plan import MOST_OPERATIONS
from services.interpreter import wording
from services.interpreter.grammar import (
    changing,
    conditions,
    effects,
    groups,
    holding,
    indicators,
    mentions,
    parameters,
    resolving,
    rules,
)
from services.interpreter.grammar.adjustment import Adjustment, How, Several
from services.interpreter.grammar.indicators import IndicatorChange
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Unchanged
from services.interpreter.grammar.pattern import matches
from services.interpreter.grammar.rules import NewRule, OldRule

Statement = Adjustment | Several | NewRule | OldRule | IndicatorChange
MOST_READINGS: Final = 64
"""More readings than that is no sentence that anybody should act on."""
MOST_STATEMENTS: Final = MOST_OPERATIONS + 3
Step = tuple[Statement, bool, tuple[int, ...], int]
"""A statement, whether the sentence may end after it, where the next may begin after an `and`, and where without."""


def add_edges(lattice: Lattice) -> None:
    """What the statements are made of."""
    if "clauses" in lattice.done:
        return
    lattice.done.add("clauses")
    parameters.add_edges(lattice)
    groups.add_edges(lattice)
    mentions.add_features(lattice)
    conditions.add_edges(lattice)
    rules.add_edges(lattice)
    effects.add_edges(lattice)


def openings(lattice: Lattice) -> tuple[int, ...]:
    """Where the sentence may begin: at its start, or after a polite phrase or a slash."""
    found = [0]
    for start in found:
        for _, end in matches("polite|polite_question|slash", lattice, start):
            if end not in found:
                found.append(end)
    return tuple(found)


def readings(lattice: Lattice) -> list[tuple[Statement, ...]]:
    """Every way to read the whole sentence as statements; at most MOST_READINGS."""
    road = _Road(lattice)
    found: list[tuple[Statement, ...]] = []
    for start in openings(lattice):
        for statements in road.sequences(start, MOST_STATEMENTS):
            if statements not in found:
                found.append(statements)
            if len(found) >= MOST_READINGS:
                return found
    return found


class _Road:
    """The statements from each position on, and how many of them the shortest way to the end takes.

    A way that cannot end in time is not begun, so that a long sentence costs no more than its readings.
    """

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self.steps: dict[int, list[Step]] = {}
        self.shortest: dict[int, int] = {}

    def statements(self, start: int) -> list[Step]:
        """What may be said from here on, whether the sentence may end after it, and where the next one may begin.

        Names with their values need nothing between them, as long as name and value keep their order: `sl 3% tp 6%`.
        """
        if start not in self.steps:
            self.steps[start] = [
                (statement, self.lattice.finished(end), self._next(end), end if _slot(statement) else -1)
                for statement, end in _statements(self.lattice, start)
            ]
        return self.steps[start]

    def _next(self, end: int) -> tuple[int, ...]:
        joins = (matches(pattern, self.lattice, end) for pattern in ("join", "join join"))
        return tuple(sorted({after for found in joins for _, after in found}))

    def least(self, start: int) -> int:
        """The fewest statements that lead from here to the end; more than MOST_STATEMENTS when none do."""
        if start not in self.shortest:
            self.shortest[start] = MOST_STATEMENTS + 1
            ways = [
                1
                if finished
                else 1
                + min((self.least(after) for after in (*following, close) if after >= 0), default=MOST_STATEMENTS)
                for _, finished, following, close in self.statements(start)
            ]
            self.shortest[start] = min(ways, default=MOST_STATEMENTS + 1)
        return self.shortest[start]

    def sequences(self, start: int, left: int) -> Iterator[tuple[Statement, ...]]:
        """The readings from here to the end with at most `left` statements."""
        if self.least(start) > left:
            return
        for statement, finished, following, close in self.statements(start):
            if finished:
                yield (statement,)
            for after in following:
                for rest in self.sequences(after, left - 1):
                    yield (statement, *rest)
            if close > start:
                for rest in self.sequences(close, left - 1):
                    if _slot(rest[0]) == _slot(statement) and not _verb(rest[0]):
                        yield (statement, *rest)


def _slot(statement: Statement) -> str:
    return statement.slot if isinstance(statement, Adjustment) and statement.how is How.TO else ""


def _verb(statement: Statement) -> bool:
    return isinstance(statement, Adjustment) and statement.verb


def _statements(lattice: Lattice, start: int) -> Iterator[tuple[Statement, int]]:
    yield from changing.changes(lattice, start)
    yield from groups.lists(lattice, start)
    yield from effects.effects(lattice, start)
    yield from holding.longest_holds(lattice, start)
    yield from rules.new_rules(lattice, start)
    for _, after in matches("rule_prefix", lattice, start):
        yield from rules.new_rules(lattice, after)
    yield from rules.old_rules(lattice, start)
    yield from indicators.indicator_changes(lattice, start)


def is_open(statements: tuple[Statement, ...]) -> bool:
    """Whether a statement names a parameter and not its new value, or not which one."""
    return any(
        isinstance(statement, Adjustment)
        and (statement.how is How.MISSING or any(len(meant) > 1 for meant in statement.names))
        for statement in statements
    )


def plan(statements: tuple[Statement, ...], lattice: Lattice) -> EditPlan | Ask | None:
    """What a reading comes to; None when its statements do not belong together."""
    operations: list[Operation] = []
    taken = {*lattice.symbols.rules, *(name for names in lattice.symbols.functions.values() for name in names)}
    before: Adjustment | None = None
    ruled: OldRule | None = None
    adding = False
    unchanged: Unchanged | None = None
    as_it_is: set[str] = set()
    for statement in _one_by_one(statements):
        elided = isinstance(statement, Adjustment) and not statement.verb
        if (adding and elided) or (not adding and _is_same(statement)):
            return None  # `add a 20 SMA and a 100 EMA`
        adding = isinstance(statement, IndicatorChange) and statement.verb in ("add", "same")
        if isinstance(statement, Adjustment):
            change = _with_verb(statement, before)
            if change is None:
                return None
            before = change
            outcome = resolving.resolve(change, lattice.symbols, lattice.language)
            if isinstance(outcome, Unchanged):
                unchanged = outcome
                as_it_is.update(name for meant in change.names for name in meant)
                continue
        elif isinstance(statement, NewRule):
            outcome = rules.resolve_new(statement, lattice, taken)
        elif isinstance(statement, OldRule):
            if statement.verb == "same" and ruled is None:
                return None
            ruled = statement if ruled is None or statement.verb != "same" else replace(statement, verb=ruled.verb)
            outcome = rules.resolve_old(ruled, lattice)
        else:
            outcome = indicators.resolve(statement, lattice)
        if not isinstance(statement, OldRule):
            ruled = None
        if isinstance(outcome, Ask):
            return outcome
        operations.extend(outcome)
        taken.update(operation.name for operation in outcome if isinstance(operation, AddRule | AddIndicator))
    return _whole(operations, lattice) if unchanged is None else _beside(unchanged, as_it_is, operations, lattice)


def _beside(unchanged: Unchanged, as_it_is: set[str], operations: list[Operation], lattice: Lattice) -> EditPlan | Ask:
    """The changes beside what is so already: the plan when it is all one list, `macd 12 26 7`; else what is offered."""
    changed = {each.name for each in operations if isinstance(each, SetParameter)}
    whole = _whole(operations, lattice) if operations else unchanged
    if changed & as_it_is or isinstance(whole, Ask):
        return unchanged
    listed = groups.is_list(changed | as_it_is) and len(changed) == len(operations)
    return whole if listed else Unchanged(unchanged.text, (Offer(plan=whole),))


def _is_same(statement: Statement) -> bool:
    return isinstance(statement, IndicatorChange) and statement.verb == "same"


def _one_by_one(statements: tuple[Statement, ...]) -> Iterator[Adjustment | NewRule | OldRule | IndicatorChange]:
    for statement in statements:
        if isinstance(statement, Several):
            yield from statement.changes
        else:
            yield statement


def _with_verb(change: Adjustment, before: Adjustment | None) -> Adjustment | None:
    """A statement without a verb takes that of the one before it; None when the two do not fit."""
    if change.verb:
        return change
    if change.how is How.BY:
        fits = before is not None and before.how is How.BY and before.direction != 0
        return replace(change, direction=before.direction) if fits and before is not None else None
    if before is None or before.direction in (0, change.direction):
        return change
    if change.direction:
        return None
    if before.how is How.BY and not change.exact:
        return None
    return replace(change, direction=before.direction)


def _whole(operations: list[Operation], lattice: Lattice) -> EditPlan | Ask:
    """The plan of these operations: each name once, and no more than a plan may hold."""
    touched: list[str] = []
    for operation in operations:
        if isinstance(operation, AddRule):
            continue
        name = getattr(operation, "name", "") or getattr(operation, "old", "")
        if f"{isinstance(operation, SetParameter)} {name}" in touched:
            return Ask(wording.say("twice", lattice.language, name=name))
        touched.append(f"{isinstance(operation, SetParameter)} {name}")
    if len(operations) > MOST_OPERATIONS:
        case = {"count": len(operations), "most": MOST_OPERATIONS}
        return Ask(wording.say("too_many", lattice.language, **case))
    return EditPlan(tuple(operations))
