"""A walk through `decide` and all that it calls, with what is known of each value: units, sizes and steps.

Every branch is gone into. A loop is gone into twice, so that what it carries along is known, and its steps count as
often as it may run. What a function is told it is told at each place that calls it, as the compiler does it.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from services.guardian.bounds.body import Body
from services.guardian.bounds.package import PLATFORM, Package, kernel_constant
from services.guardian.bounds.values import PLAIN, PRICE, UNKNOWN, Array, Named, Number, Record, Row, Value, join

MOST_PASSES: Final = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """What is refused, and where; `function` and `why` are the same when other lines move it."""

    file: str
    line: int
    function: str
    why: str


@dataclass(slots=True)
class Walk:
    """One walk. `found` and the figures are those of the last pass."""

    package: Package
    state: dict[str, Value] = field(default_factory=dict)
    features: dict[str, Value] = field(default_factory=dict)
    found: dict[Finding, None] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    constants: dict[tuple[str, str], Value] = field(default_factory=dict)
    visits: int = 0
    place: tuple[str, str] = ("", "")
    line: int = 0
    steps: float = math.inf
    """The most that an event may cost; of a walk that ended."""

    def run(self) -> float:
        """Walk until the state is known; the most steps that an event may cost. Raises TooMuch."""
        file, name = self.package.find("decide.py", "decide")
        steps = 0.0
        for _ in range(MOST_PASSES):
            before = dict(self.state)
            self.found.clear()
            self.visits = 0
            given: list[Value] = [Record("event"), Record("state"), Array("table", 1e6), Record("decision")]
            steps = self.call(file, name, given, {})[1] if file else 0.0
            if self.state == before:
                break
        self.steps = steps
        return steps

    def refuse(self, why: str) -> None:
        """Write down what is wrong with the line that the walk is at."""
        self.found[Finding(self.place[0], self.line, self.place[1], why)] = None

    def call(self, file: str, name: str, given: Sequence[Value], named: dict[str, Value]) -> tuple[Value, float]:
        """What a function returns, and its steps."""
        made = self.package.files[file]
        if name in made.tuples:
            fields = dict(zip(made.tuples[name], given, strict=False)) | named
            if name == "Features":
                self.features = {key: join(self.features.get(key, value), value) for key, value in fields.items()}
            return Named(name, fields), float(len(fields))
        function = made.functions[name]
        words = [each.arg for each in function.args.args]
        place, line = self.place, self.line
        if file != PLATFORM:  # what is wrong in there is the fault of the line that called it
            self.place = (file, name)
        body = Body(self, dict(zip(words, given, strict=False)) | named, given, file)
        steps = body.block(function.body)
        self.place, self.line = place, line
        return (UNKNOWN if body.returned is None else body.returned), steps

    def constant(self, file: str, name: str) -> Value:
        """What a name at the top of a file is."""
        if name == "P":
            return Record("P")
        if (file, name) not in self.constants:
            self.constants[file, name] = self._constant(file, name)
        return self.constants[file, name]

    def _constant(self, file: str, name: str) -> Value:
        file, name = self.package.find(file, name)
        if not file:
            return kernel_constant(name)
        node = self.package.files[file].constants.get(name)
        match node:
            case None:
                return UNKNOWN
            case ast.Call(func=ast.Name(id="edges")):
                return Row((), Row((PLAIN, PLAIN, Number(PRICE))), self.edges())
        place, self.place = self.place, (file, name)
        value = Body(self, {}, (), file).value(node)
        self.place = place
        return value

    def edges(self) -> float:
        """How many levels the rules may have: one for each side of a comparison."""
        rules = self.package.files.get("rules.py")
        nodes = [node for each in (rules.functions.values() if rules else ()) for node in ast.walk(each)]
        told = [side for node in nodes if isinstance(node, ast.Compare) for side in (node.left, *node.comparators)]
        moving = ("profit", "retreat", "price")
        return 1.0 + sum(isinstance(side, ast.Attribute) and side.attr in moving for side in told)

    def size(self, field_name: str) -> float:
        """How many numbers a field of the state has; 1 for one that has no shape."""
        shape = self.package.state.get(field_name)
        if shape is None or field_name in self.sizes:
            return self.sizes.get(field_name, 1.0)
        parts = shape.elts if isinstance(shape, ast.Tuple) else [shape]
        place, self.place = self.place, ("state.py", "STATE")
        found = [Body(self, {}, (), "state.py").value(part) for part in parts]
        self.place = place
        self.sizes[field_name] = math.prod(each.most if isinstance(each, Number) else math.inf for each in found)
        return self.sizes[field_name]

    def bytes_of_state(self) -> float:
        """What a pair needs to be remembered."""
        return 8.0 * sum(self.size(name) for name in self.package.state)
