"""What a model is told before it writes code: what a function may hold, the strategy's names, examples, the sentence.

All but the sentence is the same from one question to the next, so that a model keeps what it has read. Of the strategy
names, values and the bare code of functions are told, and no text of it.
"""

from __future__ import annotations

import json
import string
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts.plan import NAME
from core.language import Language
from core.llm.request import Example, Request
from core.symbols import Parameter, Symbols
from services.interpreter.model.writing.faults import Fault
from services.interpreter.model.writing.hearing import Wanted
from services.interpreter.model.writing.schema import answer_schema
from services.interpreter.model.writing.targets import targets

FILE: Final = Path(__file__).with_name("prompt.toml")
MOST_TOKENS: Final = 400
"""A function of ten lines has about 250."""


def request_for(wanted: Wanted, symbols: Symbols, seconds: float, context_tokens: int) -> Request:
    """The question about a sentence."""
    content = _content()
    known = symbols.parameters.keys() | set(symbols.features) | targets(symbols).keys()
    examples = tuple(
        Example(_message(each["said"]), json.dumps(json.loads(each["answer"])))
        for each in content["example"]
        if set(each["names"]) <= known
    )
    text, schema = wanted.lattice.text.clean, answer_schema(wanted)
    return Request(_system(symbols), _message(text), schema, seconds, examples, context_tokens, MOST_TOKENS)


def again(request: Request, answer: Any, fault: Fault, seconds: float) -> Request:
    """The same question once more, with what was wrong with its answer; the words of that are ours."""
    tried = Example(request.prompt, json.dumps(answer))
    prompt = string.Template(_content()["again"]).substitute(why=fault.told(Language.EN)).strip()
    shapes = [each for each in request.schema["anyOf"] if "lines" in each["properties"]]  # it has not declined
    examples = (*request.examples, tried)
    return replace(request, prompt=prompt, examples=examples, schema={"anyOf": shapes}, seconds=seconds)


def _system(symbols: Symbols) -> str:
    meanings = _content()["features"]
    features = [name for name in symbols.spoken if NAME.fullmatch(name)]
    return string.Template(_content()["system"]).substitute(
        features="\n".join(f"f.{name}: {meanings[name]}" if name in meanings else f"f.{name}" for name in features),
        parameters="\n".join(_parameter(each) for each in symbols.parameters.values() if NAME.fullmatch(each.name)),
        functions="\n".join(
            line for target in targets(symbols).values() for line in (f"{target.name}{target.kind.head}:", *target.body)
        ),
    )


def _parameter(parameter: Parameter) -> str:
    return f"P.{parameter.name} = {parameter.value:g} {parameter.range.unit}"


def _message(text: str) -> str:
    """As data: in quotes, and with no mark by which a model's template tells who speaks."""
    return f"Message: {json.dumps(text.replace('<|', '< |').replace('[INST', '[ INST'), ensure_ascii=False)}"


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
