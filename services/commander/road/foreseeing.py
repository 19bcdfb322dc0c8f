"""What the history says of a plan before its owner says yes, in his language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.contracts import AddRule, Language
from services.commander.texts import say

if TYPE_CHECKING:
    from services.guardian.foreseen.foresee import Foreseen, Speaks


def notes(found: Foreseen | None, language: Language | None) -> tuple[str, ...]:
    """A sentence for each thing that is certain; none where nothing is."""
    if not found:
        return ()
    told = [_spoken(speaks, found.history, language) for speaks in found.speaks]
    if (quiet := found.quiet) is not None:
        told.append(say("foreseen_quiet", language, history=found.history, **quiet._asdict()))
    return tuple(told)


def _spoken(speaks: Speaks, history: str, language: Language | None) -> str:
    rule, times, bars = speaks
    figures = {"rule": rule.name, "times": times, "bars": bars, "history": history}
    if times in (0, bars):
        name = "foreseen_always" if times else "foreseen_never"
        effect = say(f"foreseen_{_effect(rule, always=bool(times))}", language)
        return say(name, language, effect=effect, **figures)
    return say("foreseen_hardly" if 2 * times < bars else "foreseen_nearly", language, **figures)


def _effect(rule: AddRule, *, always: bool) -> str:
    """What such a rule comes to."""
    if rule.effect == "force":
        return f"all_{rule.side}" if always else "nothing"
    forbids = always if rule.effect == "forbid" else not always
    return f"no_{rule.side}" if forbids else "nothing"
