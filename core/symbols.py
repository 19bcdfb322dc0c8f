"""What a strategy's source speaks of, read from its syntax tree: parameters, rules, features, and where each is used.

The code is never run. A strategy that an edit has made unreadable gives a StrategyError that says where.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from core.errors import StrategyError
from core.indicator_kinds import KINDS, TIMEFRAMES
from core.literals import Literal, literals
from core.overrides import Overrides, overrides_of
from core.strategy import Range
from core.syntax import syntax_tree

PARAMETERS_FILE: Final = "parameters.py"
RULES_FILE: Final = "rules.py"
STATE_FILE: Final = "state.py"
INDICATORS_FILE: Final = "indicators.py"
MOVES: Final = re.compile(
    r"Take in a closed bar(?: of (?P<timeframe>\w+))? \((?P<kind>[a-z_]+)(?P<parameters>(?:, [a-z]+ [0-9.]+)*)\)\."
)
"""How the function `update_<name>` says what the indicator is that a change added."""
SIDE: Final = re.compile(r"side\d*_(?P<rule>.+)")
"""What a rule calls the side that something was on at the event before."""
KEPT: Final = 16
"""Indexes, which nobody changes: a sentence, its edit and what is shown of it ask for the same strategy."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that the owner may tune, as it stands in `class Parameters`."""

    name: str
    kind: type[int] | type[float]
    value: float | int
    range: Range
    about: str  # the comment above it
    line: int
    own: Mapping[str, float | int] = field(default_factory=lambda: MappingProxyType({}))
    """By symbol, the values of the pairs that have one of their own."""

    def of(self, symbol: str | None) -> float | int:
        """The value in force for this pair; None is for every pair that has none of its own."""
        return self.value if symbol is None else self.own.get(symbol, self.value)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule function. `enabled` when `verdicts` lists it; `answers` are the verdicts it may give besides ALLOW."""

    name: str
    about: str  # its docstring
    enabled: bool
    answers: tuple[str, ...]  # FORBID_ENTRY, FORCE_EXIT ...
    features: tuple[str, ...]
    parameters: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator that a change added: `ema_200`, of the kind `ema`, with the period 200."""

    name: str
    kind: str
    parameters: Mapping[str, float | int]
    timeframe: str | None = None  # of the longer bars that it counts; None: it counts the strategy's own


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a parameter or feature is read."""

    file: str
    function: str
    line: int


@dataclass(frozen=True, slots=True)
class Symbols:
    """The index. Rules that `verdicts` lists come first, in its order."""

    parameters: Mapping[str, Parameter]
    rules: Mapping[str, Rule]
    features: tuple[str, ...]
    whole: frozenset[str]  # features that are counted in whole numbers
    functions: Mapping[str, tuple[str, ...]]  # file -> functions in it
    uses: Mapping[str, tuple[Use, ...]]  # `P.stop_loss` and `f.rsi` -> where
    callers: Mapping[str, tuple[Use, ...]]  # name of a function -> where it is called
    indicators: Mapping[str, Indicator]  # that changes added
    literals: Mapping[str, tuple[Literal, ...]]  # file -> numbers in its functions, where it reads parameters
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # the files that all this was read from

    @property
    def spoken(self) -> tuple[str, ...]:
        """The features that an owner may speak of: those that rules keep of their crossings are the rules' own."""
        return tuple(feature for feature in self.features if not SIDE.fullmatch(feature))

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> Symbols:
        """The index of a strategy's files, tests left out. Raises StrategyError for what cannot be read."""
        code = {name: data for name, data in files.items() if name.endswith(".py") and not name.startswith("tests/")}
        return replace(_index(tuple(sorted(code.items()))), sources=MappingProxyType(dict(files)))


@functools.lru_cache(maxsize=KEPT)
def _index(files: tuple[tuple[str, bytes], ...]) -> Symbols:
    code = dict(files)
    trees = {name: parse(name, data) for name, data in files}
    for needed in (PARAMETERS_FILE, RULES_FILE, STATE_FILE):
        if needed not in trees:
            raise StrategyError(f"The strategy has no {needed}.")
    return Symbols(
        parameters=MappingProxyType({p.name: p for p in _parameters(trees[PARAMETERS_FILE], code[PARAMETERS_FILE])}),
        rules=MappingProxyType({rule.name: rule for rule in _rules(trees[RULES_FILE])}),
        features=tuple(_features(trees[STATE_FILE])),
        whole=frozenset(name for name, kind in _features(trees[STATE_FILE]).items() if kind == "int"),
        functions=MappingProxyType({name: tuple(f.name for f in _functions(tree)) for name, tree in trees.items()}),
        uses=MappingProxyType(_uses(trees)),
        callers=MappingProxyType(_callers(trees)),
        indicators=MappingProxyType({one.name: one for one in _indicators(trees.get(INDICATORS_FILE))}),
        literals=MappingProxyType({name: literals(code[name], tree) for name, tree in trees.items() if reads_p(tree)}),
    )


def parse(name: str, data: bytes) -> ast.Module:
    """The syntax tree of a file, which is UTF-8."""
    try:
        data.decode()
        return syntax_tree(data)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        raise StrategyError(f"{name}, line {line}: {getattr(error, 'msg', error)}.") from None


def reads_p(tree: ast.Module) -> bool:
    """Whether a file knows the parameters, by the name P."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "parameters" and any(a.name == "P" for a in node.names)
        for node in tree.body
    )


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in tree.body if isinstance(node, ast.FunctionDef))


def _class(tree: ast.Module, name: str, file: str) -> ast.ClassDef:
    found = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name), None)
    if found is None:
        raise StrategyError(f"{file} has no class {name}.")
    return found


def _parameters(tree: ast.Module, data: bytes) -> Iterator[Parameter]:
    lines = [line.decode() for line in data.splitlines()]  # as Python counts them: no line ends at a form feed
    overrides = overrides_of(tree)
    known = set()
    for node in _class(tree, "Parameters", PARAMETERS_FILE).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            known.add(node.target.id)
            yield _parameter(node.target.id, node, lines, overrides)
    for symbol, values in overrides.items():
        if unknown := sorted(values.keys() - known):
            raise StrategyError(f"{PARAMETERS_FILE}: {symbol} has a value of its own for {unknown[0]}, which is none.")


def _parameter(name: str, node: ast.AnnAssign, lines: list[str], overrides: Overrides) -> Parameter:
    match node.annotation:
        case ast.Subscript(
            value=ast.Name(id="Annotated"),
            slice=ast.Tuple(
                elts=[ast.Name(id="int" | "float" as kind), ast.Call(func=ast.Name(id="Range"), args=args)]
            ),
        ) if len(args) == 3 and node.value is not None:
            low, high, unit = (ast.literal_eval(argument) for argument in args)
        case _:
            raise StrategyError(f"{PARAMETERS_FILE}, line {node.lineno}: {name} declares no range and default.")
    try:
        value = ast.literal_eval(node.value)
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StrategyError(f"{PARAMETERS_FILE}, line {node.lineno}: the default of {name} is no number.")
    return Parameter(
        name=name,
        kind=int if kind == "int" else float,
        value=value,
        range=Range(low, high, unit),
        about=_comment_above(lines, node.lineno),
        line=node.lineno,
        own=MappingProxyType({symbol: values[name] for symbol, values in overrides.items() if name in values}),
    )


def _comment_above(lines: list[str], line: int) -> str:
    comment: list[str] = []
    while line >= 2 and lines[line - 2].strip().startswith("#"):
        comment.insert(0, lines[line - 2].strip().lstrip("# "))
        line -= 1
    return " ".join(comment)


def _features(tree: ast.Module) -> dict[str, str]:
    fields = (node for node in _class(tree, "Features", STATE_FILE).body if isinstance(node, ast.AnnAssign))
    return {node.target.id: ast.unparse(node.annotation) for node in fields if isinstance(node.target, ast.Name)}


def _rules(tree: ast.Module) -> list[Rule]:
    functions = {function.name: function for function in _functions(tree)}
    verdicts = functions.pop("verdicts", None)
    returned = verdicts.body[-1] if verdicts else None
    if not isinstance(returned, ast.Return) or not isinstance(returned.value, ast.Tuple):
        raise StrategyError(f"{RULES_FILE} has no function verdicts(f) that returns a tuple of rules.")
    called = [e.func.id for e in returned.value.elts if isinstance(e, ast.Call) and isinstance(e.func, ast.Name)]
    listed = [name for name in called if name in functions]
    others = [name for name, function in functions.items() if name not in listed and _answers(function)]
    return [_rule(functions[name], enabled=name in listed) for name in (*listed, *others)]


def _rule(function: ast.FunctionDef, *, enabled: bool) -> Rule:
    read = [(node.value.id, node.attr) for node in ast.walk(function) if _is_read(node)]  # type: ignore[attr-defined]
    return Rule(
        name=function.name,
        about=ast.get_docstring(function) or "",
        enabled=enabled,
        answers=_answers(function),
        features=tuple(dict.fromkeys(name for owner, name in read if owner == "f")),
        parameters=tuple(dict.fromkeys(name for owner, name in read if owner == "P")),
        line=function.lineno,
    )


def _answers(function: ast.FunctionDef) -> tuple[str, ...]:
    names = (node.id for node in ast.walk(function) if isinstance(node, ast.Name))
    return tuple(dict.fromkeys(name for name in names if name.startswith(("FORBID_", "FORCE_"))))


def _indicators(tree: ast.Module | None) -> Iterator[Indicator]:
    for function in _functions(tree) if tree else ():
        said = MOVES.fullmatch(ast.get_docstring(function) or "")
        timeframe = said["timeframe"] if said else None
        known = said is not None and said["kind"] in KINDS and (timeframe is None or timeframe in TIMEFRAMES)
        if said and known and function.name.startswith("update_"):
            words = [part.split(" ") for part in said["parameters"].split(", ")[1:]]
            values = {key: float(text) if "." in text else int(text) for key, text in words}
            name = function.name.removeprefix("update_")
            yield Indicator(name, said["kind"], MappingProxyType(values), timeframe)


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("P", "f")


def _uses(trees: Mapping[str, ast.Module]) -> dict[str, tuple[Use, ...]]:
    found: dict[str, list[Use]] = {}
    for file, tree in trees.items():
        for function in _functions(tree):
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _is_read(node):
                    place = Use(file, function.name, node.lineno)
                    found.setdefault(f"{node.value.id}.{node.attr}", []).append(place)
    return {name: tuple(places) for name, places in sorted(found.items())}


def _callers(trees: Mapping[str, ast.Module]) -> dict[str, tuple[Use, ...]]:
    found: dict[str, list[Use]] = {}
    for file, tree in trees.items():
        for function in _functions(tree):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    found.setdefault(node.func.id, []).append(Use(file, function.name, node.lineno))
    return {name: tuple(places) for name, places in sorted(found.items())}
