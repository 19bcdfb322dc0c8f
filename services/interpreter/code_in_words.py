"""A function of a model's as sentences: when it forbids or forces what, read off its syntax tree, not off its words.

Names of its own are put in as what they stand for on each way, so that a sentence speaks of the market alone.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from core.language import Language
from core.syntax import syntax_tree
from services.interpreter.code_filling import TooLongError, Values, filled
from services.interpreter.wording import say

MOST_WAYS: Final = 8
"""More of them nobody reads; then the code has to speak for itself."""
MOST_TRIED: Final = 64
"""Ways that are followed, those that allow among them: every `if` may double them."""
LONGEST: Final = 600
"""Letters."""
Way = tuple[tuple[ast.expr, ...], ast.expr]
"""What has to hold for an answer, and the answer."""


def function_of(source: str) -> ast.FunctionDef | None:
    """The function that a source holds, None when it holds none."""
    try:
        body = syntax_tree(source).body
    except (SyntaxError, ValueError):
        return None
    return body[0] if body and isinstance(body[0], ast.FunctionDef) else None


def source_in_words(source: str, language: Language) -> str:
    """The same of a source."""
    function = function_of(source)
    return in_words(function, language) if function is not None else say("written.words.long", language)


def in_words(function: ast.FunctionDef, language: Language) -> str:
    """`forbids buying when rsi > 70 and profit < 0.01`. What it allows is not told."""
    try:
        ways = list(itertools.islice(_ways(function.body, (), {}), MOST_TRIED + 1))
    except TooLongError:
        return say("written.words.long", language)
    told = [(conditions, value) for conditions, value in ways if not _allows(value)]
    words = "; ".join(_way(conditions, value, language) for conditions, value in told[: MOST_WAYS + 1])
    fits = len(ways) <= MOST_TRIED and len(told) <= MOST_WAYS and len(words) <= LONGEST
    return words if fits else say("written.words.long", language)


def _allows(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "ALLOW"


def _ways(body: Sequence[ast.stmt], before: tuple[ast.expr, ...], values: Values) -> Iterator[Way]:
    for place, statement in enumerate(body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values = {**values, name: filled(value, values)}
            case ast.Return(value=ast.expr() as value):
                yield from _choices(filled(value, values), before)
                return
            case ast.If(test=test, body=then, orelse=otherwise):
                rest, holds = body[place + 1 :], filled(test, values)
                yield from _ways((*then, *rest), (*before, holds), values)
                yield from _ways((*otherwise, *rest), (*before, _not(holds)), values)
                return
            case ast.Expr(value=ast.Constant()):
                pass  # what it says of itself
            case _:
                raise TooLongError  # a loop, or what else nobody can put in words


def _choices(value: ast.expr, before: tuple[ast.expr, ...]) -> Iterator[Way]:
    if isinstance(value, ast.IfExp):
        yield from _choices(value.body, (*before, value.test))
        yield from _choices(value.orelse, (*before, _not(value.test)))
    else:
        yield before, value


def _not(test: ast.expr) -> ast.expr:
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    return test.operand if negated else ast.UnaryOp(ast.Not(), test)  # type: ignore[attr-defined]  # it was just looked


def _way(conditions: tuple[ast.expr, ...], value: ast.expr, language: Language) -> str:
    answer = f"written.answer.{value.id}" if isinstance(value, ast.Name) and value.id.startswith("FO") else ""
    what = say(answer, language) if answer else say("written.words.says", language, value=_text(value, language))
    if not conditions:
        return what
    several = len(conditions) > 1
    joined = f" {say('join.all', language)} ".join(_text(each, language, inner=several) for each in conditions)
    return say("written.words.when", language, what=what, condition=joined)


def _text(node: ast.expr, language: Language, *, inner: bool = False) -> str:
    """An expression as it is written, without `f.` and `P.`, and with the owner's words for and, or, not."""
    text = ast.unparse(node).replace("f.", "").replace("P.", "")
    for word in ("and", "or", "not", "if", "else"):
        said = say(f"written.word.{word}", language)
        text = f" {text}".replace(f" {word} ", f" {said} ").replace(f"({word} ", f"({said} ")[1:]
    return f"({text})" if inner and isinstance(node, ast.BoolOp | ast.IfExp) else text
