"""The two bindings of llama.cpp that can be installed: xllamacpp, whose wheels need no compiler, and llama-cpp-python.

Neither is needed by anything else. The first that is there is used.
"""

from __future__ import annotations

import importlib
import importlib.util
from importlib import metadata
from typing import Any, Final, Protocol

from core.llm.llama.wire import Answer, Load, Question, Sorry

RUNTIMES: Final = {"xllamacpp": "core.llm.llama.by_xllamacpp", "llama_cpp": "core.llm.llama.by_llama_cpp"}
"""Module of the binding -> ours over it."""
DISTRIBUTIONS: Final = {"xllamacpp": "xllamacpp", "llama_cpp": "llama-cpp-python"}


class Model(Protocol):
    """A model that is loaded."""

    @property
    def devices(self) -> list[dict[str, Any]]:
        """What computes here: name, kind (`CPU`, `GPU`, `IGPU`), memory in bytes; empty where it is not told."""

    def answer(self, question: Question) -> Answer | Sorry:
        """Answer one question."""


def installed() -> str:
    """The binding that is used; empty when there is none."""
    return next((name for name in RUNTIMES if importlib.util.find_spec(name) is not None), "")


def version_of(runtime: str) -> str:
    """The version of a binding that is installed."""
    return metadata.version(DISTRIBUTIONS[runtime])


def load(runtime: str, order: Load) -> Model:
    """Load a model file; raises whatever the binding raises."""
    model: Model = importlib.import_module(RUNTIMES[runtime]).load(order)
    return model


def chat_answer(answer: dict[str, Any]) -> Answer | Sorry:
    """What both bindings give back: an answer as OpenAI's interface has it."""
    if "choices" not in answer:
        error = answer.get("error") or {}
        too_long = error.get("type") == "exceed_context_size_error"
        return Sorry("too_long" if too_long else "broken", f"error {error.get('code')}")
    choice, used, times = answer["choices"][0], answer.get("usage") or {}, answer.get("timings") or {}
    return Answer(
        text=choice["message"]["content"] or "",
        finish="length" if choice.get("finish_reason") == "length" else "stop",
        prompt_ms=times.get("prompt_ms"),
        eval_ms=times.get("predicted_ms"),
        prompt_tokens=used.get("prompt_tokens"),
        kept_tokens=(used.get("prompt_tokens_details") or {}).get("cached_tokens"),
        eval_tokens=used.get("completion_tokens"),
    )
