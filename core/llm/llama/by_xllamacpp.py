"""A model through xllamacpp, which is llama.cpp's own server without its socket."""

from __future__ import annotations

from typing import Any, Final

from core.llm.llama.runtimes import chat_answer
from core.llm.llama.wire import Answer, Load, Question, Sorry

TELLS_DEVICES: Final = 4
"""The verbosity at which llama.cpp says on which device the layers are."""


def load(order: Load) -> Loaded:
    """Load a model file. RuntimeError when it is none."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = order.file
    params.n_ctx = order.context_tokens
    params.n_gpu_layers = order.gpu_layers
    params.n_parallel = 1
    params.warmup = False
    params.verbosity = TELLS_DEVICES
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order.threads
    return Loaded(xllamacpp.Server(params), xllamacpp.get_device_info())


class Loaded:
    """The server that holds the model."""

    def __init__(self, server: Any, devices: list[dict[str, Any]]) -> None:
        self._server = server
        self.devices = [
            {
                "name": device["description"],
                "kind": str(device["type"].name).rpartition("_")[2],
                "memory": device["memory_total"],
            }
            for device in devices
        ]

    def answer(self, question: Question) -> Answer | Sorry:
        """Answer one question under its schema."""
        body = {
            "messages": question.turns,
            "max_tokens": question.most_tokens,
            "temperature": 0,
            "seed": question.seed,
            "cache_prompt": True,
            "response_format": {"type": "json_schema", "json_schema": {"schema": question.schema}},
            "chat_template_kwargs": {"enable_thinking": False},
        }
        return chat_answer(self._server.handle_chat_completions(body))
