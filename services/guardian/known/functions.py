"""Where the known functions are in a tree, what they read, and whether that is more than what ships reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from core.strategy import Source
from core.symbols import Symbols
from core.syntax import syntax_tree
from services.guardian.known import acting
from services.guardian.known.difference import PLACES
from services.guardian.known.values import names_in, shipped

ARGUMENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("stretched_rsi", "stretched_band", "chart_cell", *acting.RULES), 1),
        **dict.fromkeys(("technical", "orderbook", "flow"), 2),
        "qlearning": 3,
        "ensemble": 5,
        "choose": 4,
    }
)
"""Of the functions that are asked by themselves: one of another shape is another function."""
ASKS: Final = "verdicts"
"""What `choose` calls for what the rules say."""


def functions_here(source: Source) -> dict[str, str]:
    """Known name -> `file.name` of the functions that can be asked by themselves."""
    rules = rules_here(Symbols.of(source.files))
    found = {}
    for known, count in ARGUMENTS.items():
        name = rules.get(known, "") if known in acting.RULES else known
        function = functions_of(source, PLACES[known]).get(name)
        if function is None or len(function.args.args) != count:
            continue
        if known != "choose" or any(isinstance(node, ast.Name) and node.id == ASKS for node in ast.walk(function)):
            found[known] = f"{PLACES[known]}.{name}"
    return found


def rules_here(symbols: Symbols) -> dict[str, str]:
    """Known rule -> its name here: the same, or that of a rule which says of itself what the known one says."""
    about = {rule.about: name for name, rule in symbols.rules.items() if rule.about}
    found = {name: name if name in symbols.rules else about.get(shipped().rules[name].about) for name in acting.RULES}
    return {known: name for known, name in found.items() if name is not None}


def functions_of(source: Source, file: str) -> dict[str, ast.FunctionDef]:
    """The functions of a file; none where there is no such file."""
    tree = syntax_tree(source.files.get(f"{file}.py", b""))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def reads_more(source: Source, function: str) -> bool:
    """Whether a function reads a parameter, or a field, that the shipped strategy does not have: it means more."""
    symbols = Symbols.of(source.files)
    name = rules_here(symbols).get(function, function)
    node = functions_of(source, PLACES[function]).get(name)
    if node is None:
        return False
    own = set(names_in(symbols).values())
    unknown = (set(symbols.parameters) - own) | (set(symbols.features) - set(shipped().features))
    return any(attribute in unknown for attribute in _attributes(node))


def _attributes(node: ast.AST) -> Iterator[str]:
    return (one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute))
