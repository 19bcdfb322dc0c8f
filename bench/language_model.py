"""What a language model adds to the held-out sentences that the grammar leaves open: which offers, and how many right.

    python -m bench.language_model MODEL.gguf [MOST]

The licence is measured too: an offer that it let through and that nobody meant is wrong, and each is listed. What was
found is kept beside the page's other figures, and told with them when the page is written next.
"""

from __future__ import annotations

import datetime
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.language.any_model import left_open
from bench.language.held_out import Sentence, sentences
from bench.language.judging import Judged, judged, shown, wanted
from bench.language.with_model import WithModel, keep
from bench.language.worlds import symbols
from core.contracts import Interpretation
from core.llm.asking import Models, models_of
from core.llm.chain import Attempt
from core.llm.request import Request
from core.settings import ModelSettings
from services.interpreter.model import helped

PATIENT_SECONDS: Final = 600.0
CONTEXT_TOKENS: Final = 4096
MOST: Final = 200
RIGHT: Final = "offer, right"


def main() -> None:
    """Print a line for each offer, then the counts."""
    file, most = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else MOST
    settings = ModelSettings(chain=("llama",), llama_file=file, seconds=PATIENT_SECONDS)
    counts, seconds = Counter[str](), list[float]()
    chosen = _left_open(most)
    with models_of(settings) as models:
        for sentence, alone in chosen:
            meant, took = _helped(alone, sentence, models)
            seconds += took
            counts[_counted(sentence, alone, meant, asked=bool(took))] += 1
    for name, count in sorted(counts.items()):
        print(f"{name}: {count}")
    keep(
        WithModel(
            model=file.stem,
            day=datetime.datetime.now(datetime.UTC).date().isoformat(),
            left_open=len(chosen),
            asked=len(seconds),
            right=counts[RIGHT],
            wrong=sum(count for name, count in counts.items() if name.startswith("offer, ") and name != RIGHT),
            median_seconds=round(statistics.median(seconds[1:]), 2) if len(seconds) > 1 else 0.0,
            load=round(os.getloadavg()[0], 1),
        )
    )


def _left_open(most: int) -> list[tuple[Sentence, Interpretation]]:
    """Sentences that the grammar asks back about without an offer, evenly out of the whole set."""
    found = list(left_open(sentences()))
    print(f"{len(found)} sentences are left open without an offer")
    step = max(1, len(found) // most)
    return found[::step][:most]


def _helped(alone: Interpretation, sentence: Sentence, models: Models) -> tuple[Interpretation, list[float]]:
    """The answer, and the seconds of the question to the model when one was asked."""
    seconds: list[float] = []

    def ask(request: Request) -> Sequence[Attempt]:
        begun = time.monotonic()
        attempts = models.ask(request)
        seconds.append(time.monotonic() - begun)
        return attempts

    known = symbols(sentence.world)
    return helped(alone, sentence.text, known, ask, PATIENT_SECONDS, CONTEXT_TOKENS), seconds


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
    return RIGHT if right else f"offer, {verdict}"


if __name__ == "__main__":
    main()
