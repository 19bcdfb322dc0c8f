"""A model through llama-cpp-python.

Its `response_format={"type": "json_schema"}` makes no grammar, and a schema that it cannot turn into one becomes "any
JSON" without a word (`llama_chat_format.py`): the grammar is made here, where that raises.
"""

from __future__ import annotations

import json
from typing import Any

from core.llm.llama.runtimes import chat_answer
from core.llm.llama.wire import Answer, Load, Question, Sorry


def load(order: Load) -> Loaded:
    """Load a model file. ValueError when it is none."""
    import llama_cpp

    model = llama_cpp.Llama(
        order.file,
        n_ctx=order.context_tokens,
        n_gpu_layers=order.gpu_layers,
        n_threads=order.threads,
        verbose=True,  # on which device the layers are is only said so
    )
    return Loaded(model, llama_cpp.LlamaGrammar)


class Loaded:
    """The model. It is not safe for threads; the worker has one."""

    devices: tuple[()] = ()

    def __init__(self, model: Any, grammar: Any) -> None:
        self._model, self._grammar = model, grammar

    def answer(self, question: Question) -> Answer | Sorry:
        """Answer one question under its schema."""
        answer = self._model.create_chat_completion(
            messages=question.turns,
            grammar=self._grammar.from_json_schema(json.dumps(question.schema), verbose=False),
            max_tokens=question.most_tokens,
            temperature=0,
            seed=question.seed,
        )
        return chat_answer(answer)
