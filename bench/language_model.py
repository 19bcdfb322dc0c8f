"""What a language model adds to the held-out sentences that the grammar leaves open: which offers, and how many right.

    python -m bench.language_model MODEL.gguf [MOST]

The licence is measured too: an offer that it let through and that nobody meant is wrong, and each is listed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from bench.language.held_out import Sentence, sentences
from bench.language.judging import Judged, judged, shown, wanted
from bench.language.worlds import ZONE, symbols
from core.contracts import Interpretation, Language, Situation, Status
from core.llm.asking import Models, models_of
from core.settings import ModelSettings
from services.interpreter import interpret
from services.interpreter.model import helped

PATIENT_SECONDS: Final = 600.0
CONTEXT_TOKENS: Final = 4096
MOST: Final = 200
SHORTEST_QUESTION: Final = 0.05
"""Seconds; what took less asked no model."""


def main() -> None:
    """Print a line for each offer, then the counts."""
    file, most = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else MOST
    settings = ModelSettings(chain=("llama",), llama_file=file, seconds=PATIENT_SECONDS)
    counts, seconds = Counter[str](), list[float]()
    with models_of(settings) as models:
        for sentence, alone in _left_open(most):
            begun = time.monotonic()
            meant = _helped(alone, sentence, models)
            took = time.monotonic() - begun
            if took > SHORTEST_QUESTION:
                seconds.append(took)
            counts[_counted(sentence, alone, meant, asked=took > SHORTEST_QUESTION)] += 1
    for name, count in sorted(counts.items()):
        print(f"{name}: {count}")
    if len(seconds) > 1:
        print(f"seconds a question, after the first: p50 {statistics.median(seconds[1:]):.2f}, first {seconds[0]:.1f}")


def _left_open(most: int) -> list[tuple[Sentence, Interpretation]]:
    """Sentences that the grammar asks back about without an offer, evenly out of the whole set."""
    found = []
    for sentence in sentences():
        now = Situation(paused=sentence.world == "paused", time_zone=ZONE, language=Language(sentence.language))
        meant = interpret(sentence.text, symbols(sentence.world), situation=now)
        if meant.status is Status.ASK and not meant.offers:
            found.append((sentence, meant))
    print(f"{len(found)} sentences are left open without an offer")
    step = max(1, len(found) // most)
    return found[::step][:most]


def _helped(alone: Interpretation, sentence: Sentence, models: Models) -> Interpretation:
    known = symbols(sentence.world)
    return helped(alone, sentence.text, known, models.ask, PATIENT_SECONDS, CONTEXT_TOKENS)


def _counted(sentence: Sentence, alone: Interpretation, meant: Interpretation, *, asked: bool) -> str:
    if meant == alone:
        return "asked, no offer" if asked else "not asked"
    got = msgspec.to_builtins(meant)
    verdict = judged(sentence, got)
    right = verdict in (Judged.OFFERED, Judged.RIGHT)
    print(
        f"{'right' if right else verdict}: {sentence.text} -> {shown(got)} (wanted {wanted(sentence.answers)})",
        flush=True,
    )
    return "offer, right" if right else f"offer, {verdict}"


if __name__ == "__main__":
    main()
