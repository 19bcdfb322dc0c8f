"""The chain that the settings name. Nothing is connected to or started before the first question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.llm.backends.llama import Llama
from core.llm.backends.ollama import Ollama
from core.llm.backends.openai import OpenAI
from core.llm.chain import Chain, Tell
from core.llm.llama.wire import Load
from core.llm.request import Backend
from core.settings.addresses import is_near

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.settings import ModelSettings


def backend_of(name: str, settings: ModelSettings) -> Backend:
    """One backend, as it is set."""
    return BUILDERS[name](settings)


def chain_of(settings: ModelSettings, tell: Tell) -> Chain:
    """All that `models.chain` names, in its order."""
    return Chain([backend_of(name, settings) for name in settings.chain], tell)


def _ollama(settings: ModelSettings) -> Backend:
    return Ollama(settings.ollama_url, settings.ollama_model, settings.ollama_keep)


def _llama(settings: ModelSettings) -> Backend:
    file = str(settings.llama_file.expanduser().resolve()) if settings.llama_file is not None else ""
    return Llama(Load(file, settings.context_tokens, settings.llama_gpu_layers, settings.llama_threads))


def _openai(settings: ModelSettings) -> Backend:
    key = settings.openai_key.get_secret_value() if settings.openai_key is not None else ""
    return OpenAI(settings.openai_url, settings.openai_model, key, near=is_near(settings.openai_url))


BUILDERS: Final[Mapping[str, Callable[[ModelSettings], Backend]]] = {
    "ollama": _ollama,
    "llama": _llama,
    "openai": _openai,
}
