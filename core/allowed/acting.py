"""Which actions are possible: by score and confidence, by a rule that may force or forbid, and by nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from core.allowed.contract import Contract
from core.allowed.rules import FORBID_ENTRY, FORBID_EXIT, FORCE_ENTRY, FORCE_EXIT, Rule
from core.kernel import BUY, HOLD, SELL

YEAR_SECONDS: Final = 31_557_600.0
"""How long a pair has rested that was never traded."""
NO, PERHAPS, SURELY = range(3)

State = Callable[[Sequence[float]], int]
States = tuple[tuple[int, State], ...]
"""Rules that may give one answer, by their place in the list."""


def states_of(contract: Contract, answer: int) -> States:
    """The rules that may give this answer, in their order."""
    found = ((place, _state_of(rule, answer)) for place, rule in enumerate(contract.rules))
    return tuple((place, state) for place, state in found if state is not None)


def _state_of(rule: Rule, answer: int) -> State | None:
    """Whether a rule gives this answer, by the features of an event; None when it never does."""
    if answer not in rule.answers or rule.never:
        return None
    if rule.tests is None:
        return lambda _: PERHAPS
    tests = tuple((test.feature, test.above, test.surely, test.perhaps) for test in rule.tests)
    if len(tests) == 1:
        feature, above, surely, perhaps = tests[0]
        if above:
            return lambda seen: SURELY if seen[feature] >= surely else PERHAPS if seen[feature] >= perhaps else NO
        return lambda seen: SURELY if seen[feature] <= surely else PERHAPS if seen[feature] <= perhaps else NO

    def state(seen: Sequence[float]) -> int:
        found = SURELY
        for feature, above, surely, perhaps in tests:
            value = seen[feature]
            if not (value >= perhaps if above else value <= perhaps):
                return NO
            if not (value >= surely if above else value <= surely):
                found = PERHAPS
        return found

    return state


def invested_of(contract: Contract) -> Callable[[Sequence[float], Sequence[float]], str]:
    """What is wrong with an answer while a position is open; empty for nothing."""
    forces, forbids = states_of(contract, FORCE_EXIT), states_of(contract, FORBID_EXIT)
    forcing, forbidding = dict(forces), dict(forbids)
    limit = math.inf if contract.sell is None else contract.sell
    least = -math.inf if contract.confidence is None else contract.confidence
    chooses, name = contract.chooses, _namer(contract)

    def invested(d: Sequence[float], seen: Sequence[float]) -> str:
        action, rule = d[2], d[3]
        wanted = d[4] <= limit and d[5] >= least
        for place, state in forces:
            if state(seen) == SURELY:
                if action == SELL and (not chooses or 0 <= rule <= place):
                    break
                return f"{_said(action)} {name(rule)}, where the rule {name(place)} closes the position"
        if action == BUY:
            return "buy, where a position is open"
        if action == SELL and rule >= 0:
            known = rule in forcing and forcing[int(rule)](seen) != NO
            return "" if known else f"sell by the rule {name(rule)}, which does not close it"
        if action == SELL:
            for place, state in forbids:
                if state(seen) == SURELY:
                    return f"sell by its score, where the rule {name(place)} forbids it"
            return "" if wanted else f"sell by a score of {d[4]:.6g} and a confidence of {d[5]:.6g}"
        if chooses and rule >= 0:
            known = wanted and rule in forbidding and forbidding[int(rule)](seen) != NO
            return "" if known else f"hold by the rule {name(rule)}, which does not forbid anything here"
        return f"hold, where its score of {d[4]:.6g} closes the position" if chooses and wanted else ""

    return invested


def flat_of(contract: Contract) -> Callable[[Sequence[float], Sequence[float], int], str]:
    """The same while there is none; `bars` were seen of the pair."""
    forces, forbids = states_of(contract, FORCE_ENTRY), states_of(contract, FORBID_ENTRY)
    forcing, forbidding = dict(forces), dict(forbids)
    limit = -math.inf if contract.buy is None else contract.buy
    least = -math.inf if contract.confidence is None else contract.confidence
    chooses, warm, name = contract.chooses and contract.warms, contract.warm_bars, _namer(contract)

    def flat(d: Sequence[float], seen: Sequence[float], bars: int) -> str:
        action, rule = d[2], d[3]
        wanted = d[4] >= limit and d[5] >= least
        if action == HOLD:
            if not chooses or bars < warm:
                return ""
            if rule >= 0:
                known = rule in forbidding and forbidding[int(rule)](seen) != NO
                return "" if known else f"hold by the rule {name(rule)}, which does not forbid anything here"
            if wanted:
                return f"hold, where its score of {d[4]:.6g} opens a position"
            for place, state in forces:
                if state(seen) == SURELY:
                    return f"hold, where the rule {name(place)} opens a position"
            return ""
        if action == SELL:
            return "sell, where no position is open"
        if bars < warm:
            return f"buy after {bars} bars, where it knows its indicators after {warm}"
        for place, state in forbids:
            if state(seen) == SURELY:
                return f"buy, where the rule {name(place)} forbids it"
        if rule >= 0:
            known = rule in forcing and forcing[int(rule)](seen) != NO
            return "" if known else f"buy by the rule {name(rule)}, which does not open a position"
        return "" if wanted else f"buy by a score of {d[4]:.6g} and a confidence of {d[5]:.6g}"

    return flat


def _said(action: float) -> str:
    return "hold" if action == HOLD else "buy" if action == BUY else "sell"


def _namer(contract: Contract) -> Callable[[float], str]:
    """How a rule is called in a sentence; nothing for the score."""
    names = [rule.name or f"{place}" for place, rule in enumerate(contract.rules)]
    return lambda place: names[int(place)] if 0 <= place < len(names) else "by its score"
