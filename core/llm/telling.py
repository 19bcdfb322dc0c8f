"""What is told of each attempt: one event in the log, and one line for people in their language."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from core.language import Language
from core.llm.chain import Attempt
from core.llm.request import Failure, GpuVerdict
from core.telemetry import get_logger
from core.texts import say

log = get_logger()
NO_VERDICT: Final = GpuVerdict()


def note(attempt: Attempt) -> None:
    """The event. Neither question nor answer is part of it. No warning: the next backend, or the grammar, stands in."""
    log.info("llm.attempt", **fields_of(attempt))


def fields_of(attempt: Attempt) -> dict[str, Any]:
    """Everything that is known of an attempt; what its backend does not tell is None."""
    outcome = attempt.outcome
    failed = isinstance(outcome, Failure)
    gpu = NO_VERDICT if isinstance(outcome, Failure) else outcome.gpu
    return {
        "backend": attempt.backend,
        "seconds": round(attempt.seconds, 3),
        "outcome": "failed" if failed else "answered",
        **dataclasses.asdict(outcome.figures),
        "gpu": gpu.verdict.value,
        "gpu_evidence": dict(gpu.evidence),
        "why_next": outcome.why.value if isinstance(outcome, Failure) else None,
        "detail": outcome.detail if isinstance(outcome, Failure) else "",
    }


def line(attempt: Attempt, language: Language | None = None) -> str:
    """`[IA] Inferência via Ollama concluída em 2.13s (qwen3.5:4b, GPU)`."""
    seconds, outcome = f"{attempt.seconds:.2f}", attempt.outcome
    if isinstance(outcome, Failure):
        why = say(f"llm.why.{outcome.why.value}", language)
        return say("llm.failed", language, backend=attempt.title, seconds=seconds, why=why)
    gpu = say(f"llm.gpu.{outcome.gpu.verdict.value}", language)
    model = outcome.figures.model or attempt.backend
    return say("llm.done", language, backend=attempt.title, seconds=seconds, model=model, gpu=gpu)
