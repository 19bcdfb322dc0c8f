"""Models that answer as they are told to, and sentences that only code can say, for the tests of what models write."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from core.contracts import (
    Interpretation,
    Situation,
    Status,
)
from core.llm.backends.scripted import Scripted
from core.llm.chain import Attempt, Chain
from core.llm.request import Failure, Request, Why
from core.strategy import Source
from core.symbols import Symbols
from services.commander.vetting import vet
from services.interpreter import interpret
from services.interpreter.model.writing.asking import written

FILES = Source.shipped().files
SYMBOLS = Symbols.of(FILES)
BANDS = "não compra quando a distância entre as bandas de bollinger for menor que 2% do preço"
NARROW = "    return FORBID_ENTRY if f.bollinger_upper - f.bollinger_lower < 0.02 * f.price else ALLOW"
COOLDOWN = "double the cooldown while the drawdown is above 5%"
REST = [
    "    rest = P.cooldown_seconds",
    "    if f.drawdown > 0.05:",
    "        rest = 2 * rest",
    "    return FORBID_ENTRY if f.rested_seconds < rest else ALLOW",
]


def rule(*lines: str, name: str = "narrow_bands") -> dict[str, Any]:
    return {"is": "rule", "name": name, "lines": list(lines)}


def rewrite(name: str, *lines: str) -> dict[str, Any]:
    return {"is": "rewrite", "name": name, "lines": list(lines)}


class Model:
    """The scripted backend in a chain, which checks it as it checks everybody."""

    def __init__(self, *answers: Any) -> None:
        told = (each if isinstance(each, Failure | str) else json.dumps(each) for each in answers)
        self.script = Scripted(told)

    def ask(self, request: Request) -> Sequence[Attempt]:
        return asyncio.run(Chain([self.script]).ask(request))

    @property
    def asked(self) -> list[Request]:
        return self.script.asked


class Unchecked(Model):
    """A model whose server was trusted to keep the schema, and did not: nothing between it and us."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = iter(answers)

    def ask(self, request: Request) -> Sequence[Attempt]:
        from core.llm.request import Reply

        self.script.asked.append(request)
        answer = next(self.answers, None)
        outcome = Failure(Why.BROKEN) if answer is None else Reply(json.dumps(answer), data=answer)
        return (Attempt("scripted", "Script", outcome, 0.1),)


def asked_back(text: str) -> Interpretation:
    """The grammar's question about a sentence of which it makes nothing, whatever it has learned since."""
    meant = interpret(text, SYMBOLS, situation=Situation())
    return Interpretation(Status.ASK, meant.language, "grammar", 1.0, question="?")


def code_for(text: str, model: Model, symbols: Symbols = SYMBOLS, seconds: float = 60.0) -> Interpretation:
    return written(asked_back(text), text, symbols, model.ask, vet, seconds, 4096)
