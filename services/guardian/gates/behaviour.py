"""behaviour: the candidate trades like a strategy, and does what its plan says about what it trades.

- A plan that declares to change nothing (a rename, a value set to what it is) changes no bit of any decision.
- Every answer is one that the trader would hear (`core.kernel.DECISION_BOUNDS`), to events made by chance too: a
  market that these histories never came to is no reason to end the host.
- Every answer is one that its own tree allows (`core.allowed`): by its signals, numbers and rules, worked out here.
- It still trades, if its parent does; not twenty times as often; and it does not sit on everything all the time. By
  hand it still trades where there is a book, too.

A change that is meant to change something and changes nothing here is told, not refused: the owner may have asked for a
rule that these markets never come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from core.backtest.plain import Terms
from core.contracts import EditPlan, Extract, Inline, Rename, SetOverride, SetParameter
from core.kernel import DECISION_BOUNDS, DECISION_PRICES, Records
from core.warming import wanted
from services.guardian.allowed import Allowed, find_gaps, find_lost
from services.guardian.case import Case, trial_of
from services.guardian.differing import examples, notes_by_hand
from services.guardian.fuzz import fuzz
from services.guardian.grade import Figures, Grade
from services.guardian.play import Play
from services.guardian.side import Side
from services.guardian.tape import Tape
from services.guardian.trial import Trial

OFTEN: Final = 20
"""Times as many fills as the parent. 'Cooldown off' and 'threshold down to 0.1' make three times as many."""
FEW: Final = 10
"""Fills of a parent below which twenty times as many is counted from here."""
ENOUGH: Final = 20
"""Fills of a parent from which on none at all is no chance."""
ALL: Final = 0.95
"""Part of equity in positions, half of the time and more, that is sitting on everything."""
SOME: Final = 0.80
"""A parent that is as much invested has been allowed to."""
CHANCE: Final = 2_500
"""Events made by chance."""
ACTED_ON: Final = ("action", "size", "min_hold_seconds", "stop", "target")
"""What of a decision the trader acts on."""


def gate(case: Case) -> Grade:
    """Both trade on both tapes; then the candidate meets the events of its parent, and chance."""
    trial = trial_of(case)
    plays = [trial.ask_both(lambda side, tape=tape: side.trade(tape, Terms())) for tape in trial.tapes]  # type: ignore[misc]  # bound at once
    answers = [answer_same_events(trial, before) for _, before in plays]
    graded = grade(case.plan, plays, answers)
    case.bench.examples = examples(plays, answers, case.candidate, case.parent)
    allowed, before = Allowed(case.candidate), Allowed(case.parent).contract
    found = [*graded.refusals, *find_lost(allowed.contract, before)]
    for after, _ in plays:
        found += allowed.find_wrong(after.tape, after.shown, after.decisions)
    found += check_by_chance(trial, case.candidate.tree_hash, allowed)
    notes = (*graded.notes, *find_gaps(allowed.contract, before))
    if case.plan is None:
        changed, count = (int(graded.figures[name] or 0) for name in ("decisions_changed", "decisions"))
        notes += notes_by_hand(changed, count, case.bench.examples)
    return replace(graded, refusals=(*found, *(explain_cold(case) if found else ())), notes=notes)


def explain_cold(case: Case) -> Iterator[str]:
    """What stands behind a refusal when the history ends before an indicator is known."""
    bars = wanted(case.candidate.files).own
    most = max(len(market.rows) for market in case.evidence.markets)
    if bars >= most:
        yield (
            f"It wants {bars:,} bars before it knows all of its indicators; the history has {most:,} of a pair."
            " Import more with `sorte data import`."
        )


def check_by_chance(trial: Trial, tree: str, allowed: Allowed) -> Iterator[str]:
    """Nonsense that is answered to what only chance comes to."""
    tape = trial.dressed(fuzz(tree, CHANCE, pairs=3))
    side = trial.wait_for(trial.candidate)
    side.begin(tape)
    answers = side.feed(tape, tape.events)[0]
    yield from find_nonsense(tape, tape.events, answers)
    yield from allowed.find_wrong(tape, tape.events, answers)


def answer_same_events(trial: Trial, before: Play) -> Records:
    """The candidate's answers to the very events that its parent met."""
    side: Side = trial.wait_for(trial.candidate)
    side.begin(before.tape)
    return side.feed(before.tape, before.shown)[0]


def grade(plan: EditPlan | None, plays: Sequence[tuple[Play, Play]], answers: Sequence[Records]) -> Grade:
    """`plays` are (candidate, parent) on each tape, `answers` the candidate's to what the parent met."""
    refusals: list[str] = []
    for after, _ in plays:
        refusals += find_nonsense(after.tape, after.shown, after.decisions)
    refusals += check_amount_traded([after for after, _ in plays], [before for _, before in plays])
    gone = list(check_live(plays))
    refusals += gone if plan is None else []
    acted_on = sum(
        count_differing(answer, before, ACTED_ON) for answer, (_, before) in zip(answers, plays, strict=True)
    )
    any_bit = sum(count_differing(answer, before) for answer, (_, before) in zip(answers, plays, strict=True))
    retraded = [after.tape.name for after, before in plays if after.fingerprint != before.fingerprint]
    if declares_nothing(plan) and (any_bit or retraded):
        refusals.append(
            f"The plan changes no behaviour, but {any_bit:,} decisions differ from the parent's"
            f"{' and the trades on the ' + ' and the '.join(retraded) if retraded else ''}."
        )
    notes = list(() if retraded or declares_nothing(plan) else ("No trade changed on this history.",))
    notes += gone if plan is not None else []
    history_after, history_before = plays[0]
    figures: Figures = {
        "decisions": sum(len(answer) for answer in answers),
        "decisions_changed": acted_on,
        "fills_before": len(history_before.fills),
        "fills_after": len(history_after.fills),
        "fingerprint_before": history_before.fingerprint[:16],
        "fingerprint_after": history_after.fingerprint[:16],
    }
    return Grade(tuple(refusals), tuple(notes), figures)


def declares_nothing(plan: EditPlan | None) -> bool:
    """Whether a plan says that the strategy will decide as before."""
    if plan is None:
        return False
    return all(
        isinstance(operation, Rename | Extract | Inline)
        or (isinstance(operation, SetParameter | SetOverride) and operation.value == operation.was)
        for operation in plan.operations
    )


def count_differing(answers: Records, before: Play, fields: Sequence[str] = ()) -> int:
    """How many decisions differ, in these fields or in any bit."""
    if not fields:
        return int((answers.view(np.int64) != before.decisions.view(np.int64)).reshape(len(answers), -1).any(1).sum())
    return int(np.any([as_bits(answers[field]) != as_bits(before.decisions[field]) for field in fields], axis=0).sum())


def as_bits(column: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Numbers as what they are made of, so that a NaN equals itself."""
    return np.ascontiguousarray(column).view(np.int64)


def find_nonsense(tape: Tape, events: Records, decisions: Records) -> Iterator[str]:
    """What the trader would not hear; the comparisons are true of a NaN's opposite only."""
    d = decisions
    right = {name: d[name] == events[name] for name in ("sequence", "pair")}
    right |= {name: (d[name] >= low) & (d[name] <= high) for name, (low, high) in DECISION_BOUNDS.items()}
    right |= {name: np.isnan(d[name]) | ((d[name] > 0.0) & (d[name] < np.inf)) for name in DECISION_PRICES}
    for name, fine in right.items():
        wrong = np.flatnonzero(~fine)
        if len(wrong):
            value, place = d[name][wrong[0]].item(), int(wrong[0]) + 1
            yield f"It answers {name} {value} at event {place:,} of the {tape.name}, which the trader refuses."


def check_live(plays: Sequence[tuple[Play, Play]]) -> Iterator[str]:
    """It trades where there are bars alone, and not once where there are a book, trades and an advisor, as live.

    By a plan that is its owner's wish, and told.
    """
    (history, _), (after, before) = plays[0], plays[-1]
    if len(history.fills) and not len(after.fills) and len(before.fills) >= ENOUGH:
        yield (
            f"It never trades on the {after.tape.name}, where there are books and trades as there are live; its parent"
            f" trades {len(before.fills):,} times there."
        )


def check_amount_traded(after: Sequence[Play], before: Sequence[Play]) -> Iterator[str]:
    """Never, far too often, or everything all the time."""
    if not any(len(play.fills) for play in after) and any(len(play.fills) for play in before):
        yield f"It never trades; the parent trades {sum(len(play.fills) for play in before):,} times on these markets."
    for now, then in zip(after, before, strict=True):
        if len(now.fills) > OFTEN * max(len(then.fills), FEW):
            yield f"It trades {len(now.fills):,} times on the {now.tape.name}, its parent {len(then.fills):,} times."
        if now.usually_invested >= ALL and then.usually_invested < SOME:
            yield (
                f"On the {now.tape.name} it has {now.usually_invested:.0%} of the money in positions most of the time,"
                f" its parent {then.usually_invested:.0%}."
            )
