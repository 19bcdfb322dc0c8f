"""Is it more work than its parent did, and more than the shipped strategy of a fixed release, than the change explains?

Like is compared with like: events of one kind, with a position and without, to which both decided the same. On all
events of a kind the most is compared, which what happens rarely cannot hide in. A change explains what it brings: a
rule, a feature and a field of the state may each be worked for, up to so many operations; and where a rule asks about
the price, stop and target are looked for at one price more. Numbers of parameters explain all that they change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from core.kernel import BAR, QUOTE, TRADE, Records
from services.guardian.grade import Figures, Grade
from services.guardian.work.anchor import ANCHOR, KINDS, Anchor
from services.guardian.work.counting import Work
from services.guardian.work.margins import Margins
from services.guardian.work.shape import Shape

RULE: Final = 30
"""Operations that a new rule may take each time that the rules are asked; those of the shipped ones are 3 and 4, and
choosing among one more takes ten."""
FEATURE: Final = 14
"""To describe it, each time the world is described."""
FIELD: Final = 40
"""To keep a number up to date, for each event."""
RING: Final = 270
"""To keep a window up to date, or to walk through a short one: the highest of ten closes takes 265 at a bar."""
WINDOW: Final = 1_000 * 20
"""At the most, when a window is summed anew: the longest that an indicator may have. Its mean is a ring's as well."""
LIKE: Final = 20
"""Events below which a mean is none."""
HOLDING: Final = {False: "without a position", True: "with a position"}
NAMES: Final = {QUOTE: "a quote", TRADE: "a trade", BAR: "a bar"}

Numbers = np.ndarray[Any, np.dtype[np.int64]]


def grade(
    after: Work, before: Work, events: Records, margins: Margins, *, numbers_only: bool = False, upgrade: bool = False
) -> Grade:
    """`numbers_only`: the change is one of numbers; `upgrade`: the parent is of another release, its work its own."""
    refusals: list[str] = []
    if not (numbers_only or upgrade):
        refusals += over_parent(after, before, events, margins)
    if not numbers_only:
        refusals += over_anchor(after, before, events, margins)
    return Grade(tuple(refusals), figures=figures_of(after, before, events))


def over_parent(after: Work, before: Work, events: Records, margins: Margins) -> Iterator[str]:
    """What is more than the parent's, by mean and by the most."""
    now, then = after.column("operations"), before.column("operations")
    explained, allowed = explains(after, before.shape), then * growth(after, before, events)
    alike = np.logical_and(*(after.column(name) == before.column(name) for name in ("actions", "rules")))
    for kind, name in NAMES.items():
        ours = events["kind"] == kind
        for held in (False, True):
            group = ours & ((events["position"] > 0.0) == held) & alike
            if group.sum() < LIKE:
                continue
            bound = allowed[group].mean() * (1.0 + margins.mean) + explained[group].mean()
            if now[group].mean() > bound:
                yield told(name, held, now[group].mean(), then[group].mean(), bound)
                break
        else:
            most = np.where(ours, allowed, 0).max() * (1.0 + margins.most) + spikes(after, before.shape)
            most += np.where(ours, explained, 0).max()
            if now[ours].max() > most:
                yield (
                    f"For {name} it works {now[ours].max():,} operations at the most, its parent {then[ours].max():,};"
                    f" what the change explains is up to {most:,.0f}."
                )


def told(name: str, held: bool, now: float, then: float, bound: float) -> str:
    return (
        f"For {name} {HOLDING[held]} it works {now:,.0f} operations, its parent {then:,.0f}"
        f" ({now / then - 1.0:+.1%}); what the change explains is up to {bound:,.0f}."
    )


def over_anchor(after: Work, before: Work, events: Records, margins: Margins) -> Iterator[str]:
    """What grew step by step: more than the anchor's work, and more than the parent's."""
    now, then = after.column("operations"), before.column("operations")
    explained = explains(after, ANCHOR.shape)
    edges = max(int(after.column("edges").max()) / max(ANCHOR.edges, 1), 1.0)
    for kind, held, mean in ANCHOR.means():
        group = (events["kind"] == kind) & ((events["position"] > 0.0) == held)
        bound = mean * (edges if held else 1.0) * (1.0 + margins.anchor) + explained[group].mean()
        if now[group].mean() > bound and now[group].mean() > then[group].mean() * 1.005:
            yield (
                f"For {NAMES[kind]} {HOLDING[held]} it works {now[group].mean():,.0f}"
                f" operations; the shipped strategy worked {mean:,.0f}, and what was added since explains up to"
                f" {bound:,.0f}. Many small steps have come to this."
            )


def explains(after: Work, before: Shape) -> Numbers:
    """By event, the operations that what is new may take."""
    rules, features = len(new(after.shape.rules, before.rules)), len(new(after.shape.features, before.features))
    fields, rings = new(after.shape.state, before.state), new(after.shape.rings, before.rings)
    each = FIELD * (len(fields) - len(rings)) + RING * len(rings)
    found: Numbers = each + RULE * rules * after.column("verdicts") + FEATURE * features * after.column("features")
    return found


def spikes(after: Work, before: Shape) -> int:
    """What a new window takes when it is summed anew."""
    return WINDOW * len(new(after.shape.rings, before.rings))


def growth(after: Work, before: Work, events: Records) -> np.ndarray[Any, np.dtype[np.float64]]:
    """By event, how many times the prices at which stop and target are looked for, for rules that are new."""
    ratio = int(after.column("edges").max()) / max(int(before.column("edges").max()), 1)
    grew = new(after.shape.rules, before.shape.rules) and ratio > 1.0
    return np.where(events["position"] > 0.0, ratio if grew else 1.0, 1.0)


def new(after: tuple[str, ...], before: tuple[str, ...]) -> list[str]:
    return [name for name in after if name not in before]


def figures_of(after: Work, before: Work, events: Records) -> Figures:
    """Means by kind of event, and the most of all."""
    found: dict[str, float | int | str | None] = {}
    for side, work in (("before", before), ("after", after)):
        operations = work.column("operations")
        for kind, name in KINDS.items():
            found[f"work_{name}_{side}"] = round(float(operations[events["kind"] == kind].mean()), 1)
        found[f"work_most_{side}"] = int(operations.max())
    return found


def anchored(work: Work, events: Records) -> Anchor:
    """What of a strategy's work is kept as the anchor."""
    operations = work.column("operations")
    means = {}
    for kind, name in KINDS.items():
        for held, word in ((False, "flat"), (True, "held")):
            group = (events["kind"] == kind) & ((events["position"] > 0.0) == held)
            means[f"{name}_{word}"] = round(float(operations[group].mean()), 2)
    return Anchor(work.shape, int(work.column("edges").max()), means)
