"""The files of a strategy as the walk needs them: functions, named tuples, constants, and the fields of its state."""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import core
from core import kernel
from core.kernel import DECISION, EVENT
from core.syntax import syntax_tree
from services.guardian.bounds.values import (
    AMOUNT,
    COARSE,
    NANOS,
    NONE,
    PLAIN,
    PRICE,
    SECONDS,
    UNKNOWN,
    Number,
    Unit,
    Value,
    literal,
)
from services.guardian.policy.text import words

PLATFORM: Final = "core.indicators"
KNOWN_UNITS: Final[Mapping[str, Unit]] = {
    "seconds": SECONDS,
    "nanoseconds": NANOS,
    **dict.fromkeys(("milliseconds", "minutes", "hours", "days", "weeks"), COARSE),
}
PER_CENT: Final = words("% bp bps pips percent permille")
"""A unit with one of these words counts no fractions; nor do basis points."""
PLAIN_UNITS: Final = words(
    "bars best deviations entry equity events fraction mid of percent points price ratio RSI score standard times"
    " trades weight"
)
"""Words of a parameter's unit; when all of them are here it counts nothing that a market has a unit for."""
PRICES: Final = ("price", "bid", "ask", "open", "high", "low", "entry_price", "best_price")
AMOUNTS: Final = ("bid_size", "ask_size", "buy_volume", "sell_volume", "volume", "position")
MOMENTS: Final = ("time_ns", "entry_ns", "exit_ns")
COUNTS: Final = ("sequence", "pair")


@functools.cache
def event_fields() -> Mapping[str, Number]:
    """What the fields of an EVENT are."""
    found = dict.fromkeys(EVENT.names or (), PLAIN)
    found |= dict.fromkeys(PRICES, Number(PRICE)) | dict.fromkeys(AMOUNTS, Number(AMOUNT))
    found |= dict.fromkeys(MOMENTS, Number(NANOS, clock=1.0)) | dict.fromkeys(COUNTS, Number(counts=True))
    return found | {"utc_offset_s": Number(SECONDS)}


@functools.cache
def decision_fields() -> Mapping[str, Unit]:
    """The units of what a decision must hold."""
    found = dict.fromkeys(DECISION.names or (), NONE)
    return found | {"stop": PRICE, "target": PRICE, "min_hold_seconds": SECONDS}


@dataclass(slots=True)
class File:
    """One file: what it makes, and what it has from others."""

    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    tuples: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    brought: dict[str, tuple[str, str]] = field(default_factory=dict)


class Package:
    """A strategy's files, parsed."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.files = {name: file_of(tree) for name, tree in trees.items()}
        self.files[PLATFORM] = platform()
        parameters = list(parameters_of(trees.get("parameters.py", ast.Module([], []))))
        self.parameters = {name: number for name, _, number in parameters}
        self.per_cents = {name for name, unit, _ in parameters if counts_per_cent(unit)}

    def find(self, file: str, name: str) -> tuple[str, str]:
        """The file in which a name is made, and its name there; the file is empty when it is none of these."""
        for _ in range(len(self.files) + 1):
            made = self.files.get(file)
            if made is None:
                return "", name
            if name in made.functions or name in made.tuples or name in made.constants:
                return file, name
            if name not in made.brought:
                return "", name
            file, name = made.brought[name]
        return "", name

    @functools.cached_property
    def state(self) -> dict[str, ast.expr | None]:
        """The fields of the state, each with its shape."""
        for file in self.files.values():
            for node in file.constants.values():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record_dtype":
                    return dict(state_fields(node))
        return {}


def file_of(tree: ast.Module) -> File:
    """What one file holds."""
    file = File()
    for node in tree.body:
        match node:
            case ast.FunctionDef():
                file.functions[node.name] = node
            case ast.ClassDef():
                file.tuples[node.name] = [each.target.id for each in node.body if is_field(each)]  # type: ignore[attr-defined]
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                file.constants[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                file.constants[name] = value
            case ast.ImportFrom(module=module, level=level, names=names):
                place = f"{module}.py" if level else str(module)
                file.brought |= {each.name: (place, each.name) for each in names}
    return file


def is_field(node: ast.stmt) -> bool:
    """Whether it is a field of a named tuple."""
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


@functools.cache
def platform() -> File:
    """The indicators that come with Sorte: the same language, so they are walked like a strategy's own."""
    return file_of(syntax_tree((Path(core.__file__).parent / "indicators.py").read_bytes()))


def kernel_constant(name: str) -> Value:
    """What `core.kernel` calls so."""
    value = getattr(kernel, name, None)
    return literal(value) if isinstance(value, int | float) else UNKNOWN


def parameters_of(tree: ast.Module) -> Iterator[tuple[str, str, Number]]:
    """Each parameter, its unit in words, and what it is; the most it may be is its range's."""
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=ast.Subscript(slice=ast.Tuple(elts=[ast.Name(id=kind), ast.Call(args=[_, high, unit])])),
                value=ast.expr() as value,
            ):
                said = str(unit.value) if isinstance(unit, ast.Constant) else ""
                most = number_of(value if kind == "int" else high)
                yield name, said, Number(unit_of(said), None, math.inf if most is None else most)


def unit_of(words: str) -> Unit | None:
    """The unit that a parameter's range names; None for one of the owner's own."""
    if words in KNOWN_UNITS:
        return KNOWN_UNITS[words]
    return NONE if set(words.split()) <= PLAIN_UNITS else None


def counts_per_cent(unit: str) -> bool:
    """Whether a parameter of that unit is a hundred times a fraction, or ten thousand times."""
    said = unit.lower().replace("per cent", "percent").replace("basis points", "bps").split()
    return bool(PER_CENT.intersection(said))


def number_of(node: ast.expr) -> float | None:
    """A number that stands there."""
    return float(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else None


def state_fields(call: ast.Call) -> Iterator[tuple[str, ast.expr | None]]:
    """Names and shapes, as `record_dtype` is given them."""
    for node in ast.walk(call):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(value=str()), *shape]):
                yield name, shape[0] if shape else None
