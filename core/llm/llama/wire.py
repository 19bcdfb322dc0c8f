"""What the worker is told and what it says: one JSON line each. Its lines are data that is checked, like any other."""

from __future__ import annotations

from typing import Any

import msgspec


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line to it."""

    file: str
    context_tokens: int
    gpu_layers: int  # -1 for all
    threads: int  # 0 for what the machine has, less one


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each line after that."""

    turns: list[dict[str, str]]
    schema: dict[str, Any]
    most_tokens: int
    seed: int


class Loaded(msgspec.Struct, tag_field="said", tag="loaded", frozen=True, forbid_unknown_fields=True):
    """The model is there."""

    runtime: str
    version: str
    load_ms: float
    gpu: str  # yes | partial | no | unknown
    evidence: dict[str, Any]


class Answer(msgspec.Struct, tag_field="said", tag="answer", frozen=True, forbid_unknown_fields=True):
    """An answer, whole or not."""

    text: str
    finish: str  # stop | length
    digest: str = ""  # SHA-256 of the model file, once it is known
    prompt_ms: float | None = None
    eval_ms: float | None = None
    prompt_tokens: int | None = None
    kept_tokens: int | None = None
    eval_tokens: int | None = None


class Sorry(msgspec.Struct, tag_field="said", tag="sorry", frozen=True, forbid_unknown_fields=True):
    """It cannot: `why` is one of core.llm.request.Why."""

    why: str
    detail: str


Said = Loaded | Answer | Sorry
