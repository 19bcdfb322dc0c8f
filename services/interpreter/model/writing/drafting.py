"""An answer that obeys the schema, as an operation with the function that it says; or what is wrong with it.

The function is written anew from its syntax tree, so that its style is the file's and it holds nothing that Python does
not read: no comment, no odd blank, no text but one of ours.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.contracts import AddFunction, ReplaceFunction
from core.contracts.plan import NAME
from core.symbols import Symbols
from core.syntax import syntax_tree
from services.interpreter.model.writing import fitting, flow, sorts
from services.interpreter.model.writing.faults import Fault, shown
from services.interpreter.model.writing.hearing import Wanted
from services.interpreter.model.writing.inlining import inlined
from services.interpreter.model.writing.shape import Shape
from services.interpreter.model.writing.targets import ALL_ANSWERS, Kind, Target, targets

ABOUT: Final = "Written by a language model, and taken by the owner."
MOST_LETTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Drafted:
    """A function that passed what can be checked without the editor and the guardian."""

    operation: AddFunction | ReplaceFunction
    tree: ast.FunctionDef
    kind: Kind
    was: tuple[str, ...] = ()  # the body that it replaces


def drafted(answer: dict[str, Any], wanted: Wanted, symbols: Symbols) -> Drafted | Fault:
    """The function that an answer of the kinds `rule` and `rewrite` says."""
    name = str(answer["name"])
    old = next((each for each in wanted.targets if each.name == name), None)  # also where it calls that a new rule
    if old is None and answer["is"] != "rule":
        return Fault("no_target", {"name": shown(name)})
    if old is None:
        name = _free(name, symbols)
        if name in _names(symbols) or not NAME.fullmatch(name):
            return Fault("name_taken", {"name": shown(name)})
    kind = Kind.RULE if old is None else old.kind
    function = _parsed(name, kind, answer["lines"])
    if isinstance(function, Fault):
        return function
    if found := next(_faults(function, kind, wanted, symbols, old), None):
        return found
    function = inlined(function)
    source = _source(function)
    return Drafted(
        AddFunction(name, source) if old is None else ReplaceFunction(name, source),
        function,
        kind,
        () if old is None else old.body,
    )


def _faults(
    function: ast.FunctionDef, kind: Kind, wanted: Wanted, symbols: Symbols, old: Target | None
) -> Iterator[Fault]:
    answers = () if kind is Kind.SIGNAL else wanted.answers if old is None else ALL_ANSWERS
    yield from Shape(kind, answers, wanted.features, wanted.parameters, symbols).faults(function)
    yield from flow.faults(function, kind)
    yield from sorts.faults(function)
    yield from fitting.faults(function, wanted, symbols, rewrites=old)


def _free(name: str, symbols: Symbols) -> str:
    """The name of a new rule; one that is called as what it looks at is called after it."""
    return f"{name}_rule" if name in symbols.features or name in symbols.parameters else name


def _names(symbols: Symbols) -> set[str]:
    """Everything that has a name in the strategy already."""
    functions = {name for names in symbols.functions.values() for name in names}
    return (
        functions | symbols.parameters.keys() | set(symbols.features) | symbols.rules.keys() | targets(symbols).keys()
    )


def _parsed(name: str, kind: Kind, lines: Sequence[str]) -> ast.FunctionDef | Fault:
    text = f"@kernel\ndef {name}{kind.head}:\n" + "\n".join(lines) + "\n"
    if len(text) > MOST_LETTERS:
        return Fault("too_large")
    try:
        body = syntax_tree(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 3
        return Fault("no_python", {"line": str(max(line - 2, 1))})
    match body:
        case [ast.FunctionDef() as function]:
            return function
        case _:
            return Fault("no_python", {"line": str(len(lines))})


def _source(function: ast.FunctionDef) -> str:
    told = ast.Expr(ast.Constant(ABOUT))
    whole = ast.FunctionDef(
        function.name, function.args, [told, *function.body], function.decorator_list, function.returns
    )
    return ast.unparse(ast.fix_missing_locations(ast.Module([whole], []))) + "\n"
