"""The held-out sentences, perturbations and dialogues put to the interpreter, and what became of each."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from bench.language.held_out import Answer, Dialogue, Sentence
from bench.language.judging import Judged, edits, judged, meets, shown, wanted
from bench.language.likeness import same_plan
from bench.language.perturbing import perturbed
from bench.language.talking import Ended, ended, spoken
from bench.language.worlds import asked, symbols

IMPORT: Final = "import time; t = time.perf_counter(); import services.interpreter; print(time.perf_counter() - t)"
PASSES: Final = 3
"""A sentence's time is the median of as many: a busy machine is no slow grammar."""


@dataclass(frozen=True, slots=True)
class Told:
    """One case: which table it counts in, what became of it, and the words for the list of failures."""

    language: str
    group: str  # a family, or the kind of a perturbation
    judged: str
    said: str
    got: str
    expected: str


def sentences_told(chosen: Iterable[Sentence]) -> list[tuple[Sentence, Told]]:
    """Each sentence with what became of it."""
    told = []
    for each in chosen:
        got = asked(each.text, each.language, each.world)
        verdict = judged(each, got)
        told.append((each, Told(each.language, each.family, verdict, each.text, shown(got), wanted(each.answers))))
    return told


def perturbations_told(chosen: Iterable[Sentence], most: int) -> list[Told]:
    """Each change of a sentence that has a plan, compared with the plan or first offer of the sentence itself."""
    told = []
    for each in chosen:
        plans = tuple(answer for answer in each.answers if answer.plan is not None)
        first = first_plan(asked(each.text, each.language, each.world)) if each.want == "do" and plans else None
        if first is None:
            continue
        for kind, text in list(perturbed(each.text, each.language))[:most]:
            got = asked(text, each.language, each.world)
            verdict = stayed(got, first, plans)
            told.append(Told(each.language, kind, verdict, text, shown(got), shown(first)))
    return told


def first_plan(got: dict[str, Any]) -> dict[str, Any] | None:
    """The plan of an answer, or its first offer's."""
    offers = got.get("offers") or [{}]
    return next((meant for meant in (got, offers[0]) if edits(meant)), None)


def stayed(got: dict[str, Any], first: dict[str, Any], plans: tuple[Answer, ...]) -> str:
    """`same`, or how the answer changed: only a plan that nobody meant is unforgivable."""
    if edits(got) and not any(meets(got, answer) for answer in plans):
        return Judged.WRONG_PLAN
    now = first_plan(got)
    if now is None:
        return Judged.ASKED
    same = same_plan(now["plan"]["operations"], first["plan"]["operations"])
    return "same" if same or any(meets(now, answer) for answer in plans) else Judged.WRONG_OFFER


def dialogues_told(chosen: list[Dialogue]) -> list[Told]:
    """Each dialogue with how it ended."""
    told = []
    for each, turns in spoken(chosen):
        verdict: Ended = ended(each, turns)
        got = shown(turns[-1]) + (", confirmed" if turns[-1].get("confirmed") else "") if turns else "no answers"
        expected = wanted(each.answers) + (", confirmed" if each.confirmed else "")
        told.append(Told(each.language, each.family, verdict, " / ".join(each.turns), got, expected))
    return told


def milliseconds(chosen: list[Sentence]) -> list[float]:
    """Of every sentence, as the answer tells it."""
    passes = [[asked(each.text, each.language, each.world)["ms"] for each in chosen] for _ in range(PASSES)]
    return [statistics.median(times) for times in zip(*passes, strict=True)]


def import_seconds(runs: int) -> list[float]:
    """Of the interpreter, each time in a process of its own."""
    command = [sys.executable, "-c", IMPORT]
    return [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(runs)]


def warm_up() -> None:
    """What the first sentence would wait for."""
    for world in ("shipped", "grown"):
        symbols(world)
