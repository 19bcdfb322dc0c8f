"""What a model is told: the rules, the strategy's names and values, examples, and last the sentence.

All but the sentence is the same from one question to the next, so that a model keeps what it has read. Of the strategy
only names and values are told, and none of its text: who edited it may have written anything there.
"""

from __future__ import annotations

import json
import string
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts.plan import NAME
from core.llm.request import Example, Request
from core.symbols import Parameter, Symbols
from services.interpreter.grammar.lexicon import data
from services.interpreter.model.said import Said
from services.interpreter.model.schema import answer_schema

FILE: Final = Path(__file__).with_name("prompt.toml")
MOST_ALIASES: Final = 2
MOST_TOKENS: Final = 260
"""An answer of three steps has about 200."""


def request_for(text: str, said: Said, symbols: Symbols, seconds: float, context_tokens: int) -> Request | None:
    """The question about a sentence; None when nothing could be answered."""
    content, schema = _content(), answer_schema(said)
    if schema is None:
        return None
    system = string.Template(content["system"]).substitute(
        parameters="\n".join(_parameter(each) for each in symbols.parameters.values() if NAME.fullmatch(each.name)),
        features=", ".join(name for name in symbols.features if NAME.fullmatch(name)),
        rules=", ".join(name for name in symbols.rules if NAME.fullmatch(name)),
    )
    known = symbols.parameters.keys() | set(symbols.features) | symbols.rules.keys()
    examples = tuple(
        Example(f"Message: {json.dumps(each['said'], ensure_ascii=False)}", json.dumps(json.loads(each["answer"])))
        for each in content["example"]
        if set(each["names"]) <= known
    )
    asked = f"Message: {json.dumps(text, ensure_ascii=False)}"
    return Request(system, asked, schema, seconds, examples, context_tokens, MOST_TOKENS)


def _parameter(parameter: Parameter) -> str:
    called = ", ".join(data()["names"]["parameters"].get(parameter.name, [])[:MOST_ALIASES])
    return f"{parameter.name} = {parameter.value:g}" + (f": {called}" if called else "")


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
