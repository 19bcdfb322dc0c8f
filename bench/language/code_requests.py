"""Requests for code, and whether a strategy with a model's function in it does what was asked, in markets of each.

The functions are run here in plain Python. That is no way to run what a model wrote; these have passed the shape that
`services.interpreter.model.writing` demands, in which there is nothing but arithmetic.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from core.symbols import RULES_FILE, Symbols
from services.interpreter.model.writing.targets import ALL_ANSWERS, SIGNALS_FILE

FILE: Final = Path(__file__).with_name("code_requests.toml")
NEAR: Final = 1e-9
Market = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Wish:
    """One request, and the markets that tell."""

    say: str
    answer: str = ""  # that a rule of the strategy has to give; empty for a signal
    does: tuple[Market, ...] = ()
    lets: tuple[Market, ...] = ()
    values: tuple[Mapping[str, Any], ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)


SETS: Final = ("first", "second")


def wishes(of: str) -> tuple[Wish, ...]:
    """All of one set."""
    return tuple(Wish(**each) for each in _content()[of])


def wrong(wish: Wish, files: Mapping[str, bytes], name: str) -> str:
    """The first market in which the strategy, with the function of that name, does something else; empty when none."""
    named = _functions(wish, files)
    for case in wish.values:
        found = named[name](_market(case["in"]))
        if abs(found - case["out"]) > NEAR:
            return f"{case['in']}: {found}"
    rules = [named[rule] for rule, each in Symbols.of(files).rules.items() if each.enabled]
    for markets, wanted in ((wish.does, True), (wish.lets, False)):
        for market in markets:
            if any(rule(_market(market)) == wish.answer for rule in rules) is not wanted:
                return f"{dict(market)}: {'nothing' if wanted else wish.answer}"
    return ""


def _functions(wish: Wish, files: Mapping[str, bytes]) -> Mapping[str, Callable[[Any], Any]]:
    """The functions of market alone, with the parameters of the request."""
    values = {name: each.value for name, each in Symbols.of(files).parameters.items()}
    parameters = SimpleNamespace(**{**values, **_content()["usual_parameters"], **wish.parameters})
    scope: dict[str, Any] = {"P": parameters, "kernel": lambda function: function, "ALLOW": "ALLOW"}
    scope |= {answer: answer for answer in ALL_ANSWERS}
    for file in (RULES_FILE, SIGNALS_FILE):
        nodes = [node for node in ast.parse(files[file]).body if isinstance(node, ast.FunctionDef)]
        plain = [node for node in nodes if [each.arg for each in node.args.args] == ["f"]]
        future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
        tree = ast.fix_missing_locations(ast.Module([future, *plain], []))
        exec(compile(tree, file, "exec"), scope)  # noqa: S102 - see above
    return scope


def _market(market: Market) -> SimpleNamespace:
    return SimpleNamespace(**{**_content()["usual"], **market})


def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
