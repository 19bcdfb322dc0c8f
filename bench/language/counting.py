"""From what became of each case to figures with their goals."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from bench.figure import Figure, at_least, at_most
from bench.language.held_out import LANGUAGES, Sentence
from bench.language.judging import Judged
from bench.language.measuring import Told
from bench.language.talking import Ended

MEANT = ("do", "either")


def sentence_figures(told: list[tuple[Sentence, Told]], of: str = "") -> list[Figure]:
    """For each language; `of` is put before the name of every figure."""
    figures = []
    for language, name in LANGUAGES.items():
        here = [(expected, each.judged) for expected, each in told if each.language == language]
        figures += _of_language(of + name, here)
    return figures


def _of_language(name: str, here: list[tuple[Sentence, str]]) -> list[Figure]:
    meant = [verdict for expected, verdict in here if expected.want in MEANT]
    helped = [verdict for expected, verdict in here if expected.want != "nothing"]
    every = [verdict for _, verdict in here]
    traps = sum(expected.trap for expected, _ in here)
    offers = every.count(Judged.WRONG_OFFER) + every.count(Judged.TRAPPED)
    return [
        Figure(
            f"{name}: exact plan or action",
            share(meant.count(Judged.RIGHT), len(meant)),
            "%",
            at_least(85),
            f"{meant.count(Judged.RIGHT)} of {len(meant)} sentences that have one",
        ),
        Figure(
            f"{name}: exact or right first offer",
            share(helped.count(Judged.RIGHT) + helped.count(Judged.OFFERED), len(helped)),
            "%",
            at_least(96),
            f"of {len(helped)}, with those that are to be asked about; {helped.count(Judged.OFFERED)} by an offer",
        ),
        Figure(f"{name}: wrong plans", every.count(Judged.WRONG_PLAN), "", at_most(0), f"of {len(every)} sentences"),
        Figure(f"{name}: wrong first offers", share(offers, len(every)), "%", at_most(2), f"{offers} of {len(every)}"),
        Figure(f"{name}: edits offered in traps", every.count(Judged.TRAPPED), "", at_most(0), f"of {traps} traps"),
    ]


def dialogue_figures(told: list[Told], of: str = "") -> list[Figure]:
    """How dialogues ended; `of` is put before the name of every figure."""
    ends = [each.judged for each in told]
    return [
        Figure(
            f"{of}Dialogues: right end",
            share(ends.count(Ended.RIGHT), len(ends)),
            "%",
            at_least(95),
            f"{ends.count(Ended.RIGHT)} of {len(ends)}, of two to five turns",
        ),
        Figure(f"{of}Dialogues: wrong edits", ends.count(Ended.WRONG_EDIT), "", at_most(0)),
    ]


def perturbation_figures(told: list[Told]) -> list[Figure]:
    """Whether a plan depends on how carefully it was typed."""
    verdicts = [each.judged for each in told]
    return [
        Figure("Perturbations", len(told), "", at_least(3000), "of sentences that come to a plan or an offer"),
        Figure("... wrong plans", verdicts.count(Judged.WRONG_PLAN), "", at_most(0)),
        Figure("... same plan or first offer", share(verdicts.count("same"), len(verdicts)), "%", at_least(95)),
    ]


def time_figures(milliseconds: list[float], imports: list[float]) -> list[Figure]:
    """How long an owner waits."""
    cuts = statistics.quantiles(milliseconds, n=100)
    return [
        Figure("A sentence, p50", cuts[49], "ms", at_most(5), f"{len(milliseconds)} sentences, as the answers tell it"),
        Figure("... p99", cuts[98], "ms", at_most(20), f"longest {max(milliseconds):.1f} ms"),
        Figure(
            "Interpreter imported, fresh process",
            statistics.median(imports),
            "s",
            at_most(0.4),
            f"{len(imports)} runs, {min(imports):.2f} to {max(imports):.2f}",
        ),
    ]


def share(part: int, whole: int) -> float:
    """In per cent; nothing of nothing is none."""
    return 100 * part / whole if whole else 0.0


def table(told: Iterable[Told], verdicts: Iterable[str]) -> list[tuple[str, ...]]:
    """One row a group, and how many came to each verdict."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in told:
        groups.setdefault((each.language, each.group), []).append(each.judged)
    names = list(verdicts)
    return [
        (LANGUAGES[language], group, str(len(found)), *(str(found.count(name) or "") for name in names))
        for (language, group), found in groups.items()
    ]
