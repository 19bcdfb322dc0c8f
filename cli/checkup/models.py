"""The language models that the settings name, each asked two small questions in which nothing is the owner's."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cli.checkup.finding import Finding, State

if TYPE_CHECKING:
    from core.llm.probe import Probed
    from core.settings import ModelSettings


def models(settings: ModelSettings) -> Iterator[Finding]:
    """A finding for each backend of the chain."""
    if not settings.chain:
        yield Finding("models", State.OFF, "models_off")
    for name in settings.chain:
        yield _finding(name, asyncio.run(_probed(name, settings)))


async def _probed(name: str, settings: ModelSettings) -> Probed:
    from core.llm.building import backend_of
    from core.llm.probe import probe

    backend = backend_of(name, settings)
    try:
        return await probe(backend, settings.seconds, settings.context_tokens)
    finally:
        await backend.close()


def _finding(name: str, probed: Probed) -> Finding:
    from core.llm.request import Failure
    from core.texts import say

    outcome = probed.first.outcome
    facts: dict[str, Any] = {
        "backend": probed.first.title,
        "seconds": round(probed.first.seconds, 2),
        "obeys": probed.obeys,
        "right": probed.right,
        "declines": probed.declines,
        **{key: value for key, value in dataclasses.asdict(outcome.figures).items() if value not in ("", None)},
    }
    facts.setdefault("model", name)
    if isinstance(outcome, Failure):
        facts |= {"why": say(f"llm.why.{outcome.why.value}"), "reason": outcome.why.value}
        return Finding(f"model_{name}", State.FAIL, "model_fails", facts)
    facts |= {"gpu": outcome.gpu.verdict.value, "gpu_evidence": dict(outcome.gpu.evidence)}
    facts["card"] = say(f"llm.gpu.{outcome.gpu.verdict.value}")
    good = probed.right and probed.declines
    return Finding(f"model_{name}", State.OK if good else State.WARN, "model" if good else "model_weak", facts)
