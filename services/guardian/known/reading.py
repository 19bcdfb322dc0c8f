"""What a known function looks at: who sees more than enters into its formula may one day say something else by it.

No number of questions finds an answer that waits for the one event of its own. So of a change by hand it is enough that
a signal, a known rule, the ensemble, the choice or the levels look where the parent's did not: at another feature, at a
field of the state or of the event, at another parameter, at what is left of a division, at the whole part of a number.
What is left out is what `formulas` holds at every event: the memory, the features, and the size of an order.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping
from typing import Final, NamedTuple

from core.symbols import RULES_FILE, Symbols
from services.guardian.bounds.package import PLATFORM, Package
from services.guardian.known.difference import PLACES, Difference
from services.guardian.known.functions import rules_here

HELD_BY_EVENT: Final = frozenset({"update", "update_bar", "update_book", "update_flow", "features", "features_at"})
"""What works these out from more than the parent did may work out what is new."""
KIN: Final = (
    frozenset({"macd", "ema_fast", "ema_slow"}),
    frozenset({"bollinger_upper", "bollinger_middle", "bollinger_lower"}),
)
"""Each of them follows from the others."""
SIGNALS_FILE: Final = "signals.py"
SIZE: Final = "size"
REMAINDER: Final = "the remainder or the whole part of a number"
WHOLE: Final = frozenset({"int", "round", "floor", "ceil", "trunc", "fmod", "modf", "remainder", "divmod"})

Trees = Mapping[str, ast.Module]


class Place(NamedTuple):
    """A function."""

    file: str
    name: str


def strangers(candidate: Trees, parent: Trees, symbols: Symbols, before: Symbols) -> Iterator[Difference]:
    """For each known function the first thing that it looks at, and that of the parent's name does not.

    A parameter or a feature that is new to the tree is none: what it means is its owner's.
    """
    here, there = Looks(candidate, symbols), Looks(parent, before)
    new = (set(symbols.parameters) | set(symbols.features)) - set(before.parameters) - set(before.features)
    for known, theirs in there.known.items():
        ours = here.known.get(known)
        if known in HELD_BY_EVENT or ours is None:
            continue
        seen = there.of(theirs, whole=theirs.file == SIGNALS_FILE)
        familiar = seen.union(new, *(kin for kin in KIN if kin & seen))
        for stranger in sorted(here.of(ours) - familiar):
            yield Difference(known, f"it looks at {stranger}, which says nothing about what it is known to tell.")
            break


class Looks:
    """What the functions of one tree look at."""

    def __init__(self, trees: Trees, symbols: Symbols) -> None:
        self.package = Package(trees)
        rules = rules_here(symbols)
        self.known = {
            known: Place(f"{file}.py", rules.get(known, known))
            for known, file in PLACES.items()
            if rules.get(known, known) in self._functions(f"{file}.py")
        }
        listed = {Place(RULES_FILE, name) for name in symbols.rules}
        self.ends = listed | set(self.known.values())

    def of(self, place: Place, *, whole: bool = False) -> set[str]:
        """Of a function and its helpers, up to what is known or a rule by itself; of a `whole` one those as well."""
        found: set[str] = set()
        seen, waiting = {place}, [place]
        while waiting:
            file, name = waiting.pop()
            function = self._functions(file)[name]
            called = self._called(file, function)
            found |= set(looked_at(function, called))
            sizes = self._only_for_size(function, called)
            for one in called.values():
                if one not in seen and one not in sizes and (whole or one not in self.ends):
                    seen.add(one)
                    waiting.append(one)
        return found

    def _only_for_size(self, function: ast.FunctionDef, called: Mapping[str, Place]) -> set[Place]:
        """Helpers of the size of an order and of nothing else, which write to no record on their way."""
        left_out = about_size(function)
        named = {
            node.id for statement in function.body for node in _walk(statement, left_out) if isinstance(node, ast.Name)
        }
        return {place for name, place in called.items() if name not in named and not self._writes(place, set())}

    def _writes(self, place: Place, seen: set[Place]) -> bool:
        """Whether a function, or one that it calls, writes to a field or an element."""
        if place in seen:
            return False
        seen.add(place)
        function = self._functions(place.file)[place.name]
        stores = (
            isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
            for node in ast.walk(function)
        )
        return any(stores) or any(self._writes(one, seen) for one in self._named(place.file, function).values())

    def _functions(self, file: str) -> Mapping[str, ast.FunctionDef]:
        return self.package.files[file].functions if file in self.package.files else {}

    def _called(self, file: str, function: ast.FunctionDef) -> dict[str, Place]:
        """The functions of the tree that it names, by what it calls them."""
        return {name: place for name, place in self._named(file, function).items() if place.file != PLATFORM}

    def _named(self, file: str, function: ast.FunctionDef) -> dict[str, Place]:
        """Those of the platform too."""
        names = {node.id: None for node in ast.walk(function) if isinstance(node, ast.Name)}
        places = {name: Place(*self.package.find(file, name)) for name in names}
        return {name: place for name, place in places.items() if place.name in self._functions(place.file)}


def looked_at(function: ast.FunctionDef, called: Container[str]) -> Iterator[str]:
    """Fields, features and parameters by their names, and what takes a number apart; but for what is for a size.

    `called` are functions of the tree itself, each of which is looked into: a rule called `floor` takes nothing apart.
    """
    for statement in function.body:
        for node in _walk(statement, about_size(function)):
            match node:
                case ast.Attribute(value=ast.Name(id="math")):
                    continue
                case ast.Attribute(attr=name, ctx=ast.Load()):
                    yield name
                case ast.BinOp(op=ast.Mod() | ast.FloorDiv()) | ast.AugAssign(op=ast.Mod() | ast.FloorDiv()):
                    yield REMAINDER
                case ast.Call(func=ast.Name(id=name)) if name in called:
                    continue
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in WHOLE:
                    yield REMAINDER


def _walk(node: ast.AST, left_out: set[ast.AST]) -> Iterator[ast.AST]:
    if node in left_out:
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, left_out)


def about_size(function: ast.FunctionDef) -> set[ast.AST]:
    """Statements that work out nothing but how much an order may spend, which has a bound of its own."""
    found: set[ast.AST] = set()
    for _ in range(len(function.body)):
        more = {one for one in ast.walk(function) if _is_about_size(one, found, function)} - found
        if not more:
            break
        found |= more
    return found


def _is_about_size(node: ast.AST, found: set[ast.AST], function: ast.FunctionDef) -> bool:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr=name)]):
            return name == SIZE
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _is_read_in(name, found, function)
        case ast.If(body=body, orelse=otherwise):
            return all(one in found for one in (*body, *otherwise))
    return False


def _is_read_in(name: str, found: set[ast.AST], function: ast.FunctionDef) -> bool:
    """Whether a name is read, and only in these statements."""
    inside = {id(one) for statement in found for one in ast.walk(statement)}
    reads = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
    ]
    return bool(reads) and all(id(one) in inside for one in reads)
