"""What a strategy remembers may differ in what the plan's indicators and crossings need, piece for piece.

The pieces are taken out of both files, by where they stand and what they are called; the rest must be the same line for
line, and the pieces that came must be, in meaning, those that the judge would write.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.contracts import AddIndicator, AddRule, RemoveIndicator
from core.symbols import INDICATORS_FILE, STATE_FILE
from core.syntax import syntax_tree
from services.guardian.scope.pieces import HEAD, KEEPS, Pieces, same
from services.guardian.scope.planned import DECIDE_FILE, Planned
from services.guardian.scope.sources import Files

CALL: Final = "remember(state, features(state, event, d.score))"
REMEMBER: Final = same(HEAD.format(name="remember", given="f: Features", about=KEEPS))
MOVING: Final = {"update_bar": "calls", "update": "turns"}
"""The functions at whose ends indicators are moved, and the list of Pieces for what stands there."""
IMPORTED: Final = {INDICATORS_FILE: "core.indicators", DECIDE_FILE: "indicators"}


def check_memory(planned: Planned) -> Iterator[str]:
    """What else differs in these files, and which piece is not the plan's."""
    if not planned.remembers:
        return
    old, new = taken_apart(planned, planned.old), taken_apart(planned, planned.new)
    brought = brought_by(planned)
    for file in (STATE_FILE, INDICATORS_FILE, DECIDE_FILE):
        if old.rest[file] != new.rest[file]:
            yield f"{file}: more differs than what the plan has the strategy remember"
    for part in ("state", "features", "constants", "calls", "turns", "told", "functions"):
        if getattr(new.pieces, part) != getattr(brought, part):
            yield f"{INDICATORS_FILE}: not the {part} that the plan's indicators and crossings are made of"
    for function, calls in (("update_bar", brought.calls), ("update", brought.turns)):
        if calls and new.moves[function][-len(calls) :] != calls:
            yield f"{INDICATORS_FILE}: an indicator moves before the bar is taken in"
    gone = re.compile("|".join(rf"s\.side\d*_{re.escape(rule)} = .*" for rule in planned.gone) or r"(?!)")
    kept = [line for line in old.pieces.sides if not gone.fullmatch(line)]
    if new.pieces.sides != [*kept, *brought.sides]:
        yield f"{INDICATORS_FILE}: remember does not keep just the sides of the plan's crossings"
    if new.calls != (1 if new.pieces.sides else 0):
        yield f"{DECIDE_FILE}: what crosses is not remembered once, at the very end"
    for file, strange in (
        (INDICATORS_FILE, new.imports[INDICATORS_FILE] - old.imports[INDICATORS_FILE] - brought.imports),
        (DECIDE_FILE, (new.imports[DECIDE_FILE] ^ old.imports[DECIDE_FILE]) - {"remember"}),
    ):
        if strange:
            yield f"{file}: imports that the plan does not need: {', '.join(sorted(strange))}"


def brought_by(planned: Planned) -> Pieces:
    """What the plan brings, less what it takes out again."""
    pieces = Pieces()
    for op in planned.operations:
        if isinstance(op, AddIndicator) and planned.first(op.name) in planned.brought:
            pieces.add_indicator(op.kind, op.parameters, planned.first(op.name), op.timeframe)
        elif isinstance(op, AddRule) and planned.first(op.name) in planned.made:
            pieces.add_crossings(op, planned.first(op.name))
    return pieces


@dataclass
class Apart:
    """The files of one side without the pieces, and the pieces."""

    rest: dict[str, list[str]]
    pieces: Pieces
    imports: dict[str, set[str]]
    calls: int  # of `remember`, where it stands at the end of `decide`; another number where it stands elsewhere
    moves: dict[str, list[str]]  # what the functions of MOVING do, to their ends


def taken_apart(planned: Planned, files: Files) -> Apart:
    """One side."""
    pieces = Pieces()
    owned = Owned(planned)
    apart = Apart({}, pieces, {}, 0, {})
    for file in (STATE_FILE, INDICATORS_FILE, DECIDE_FILE):
        data = files.get(file, b"")
        tree = syntax_tree(data)
        spans: list[tuple[int, int]] = []
        for node, kind, text in owned.parts(file, tree):
            getattr(pieces, kind).append(text)
            spans.append(_lines(node))
        if file == DECIDE_FILE:
            calls = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and ast.unparse(node) == CALL]
            ends = [f.body[-1] for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == "decide"]
            apart.calls = len(calls) if not calls or calls == ends else -1
            spans += [_lines(node) for node in calls]
        if module := IMPORTED.get(file):
            imports = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == module]
            apart.imports[file] = {alias.asname or alias.name for node in imports for alias in node.names}
            spans += [_lines(node) for node in imports]
        if file == INDICATORS_FILE:
            spans += _remembered(tree, pieces)
            moving = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in MOVING]
            apart.moves = {name: [] for name in MOVING} | {
                f.name: [ast.unparse(part) for part in f.body] for f in moving
            }
        apart.rest[file] = _without(data, spans, set(planned.written))
    return apart


class Owned:
    """Which parts belong to what the plan adds or takes away."""

    def __init__(self, planned: Planned) -> None:
        self.rules = planned.made | planned.gone
        self.indicators = planned.indicators
        self.fields = self._fields(planned)

    def _fields(self, planned: Planned) -> set[str]:
        """Also of what goes: which fields a kind has, its numbers do not say. On longer bars it has one more."""
        some = {"period": 2, "fast": 2, "slow": 3, "signal": 2}
        pieces = Pieces()
        for op in planned.operations:
            if isinstance(op, AddIndicator | RemoveIndicator):
                pieces.add_indicator(op.kind, some, planned.first(op.name), "1d")
        return pieces.names

    def has_field(self, name: object) -> bool:
        """Whether a field of STATE or Features is one of them."""
        side = re.fullmatch(r"side\d*_(\w+)", str(name))
        return name in self.fields or (side is not None and side[1] in self.rules)

    def parts(self, file: str, tree: ast.Module) -> Iterator[tuple[ast.AST, str, str]]:
        """Each part that is theirs: the node, which list of Pieces it belongs to, and its one form."""
        if file == STATE_FILE:
            for node in ast.walk(tree):
                match node:
                    case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(), *_]) if self.has_field(name):
                        yield node, "state", ast.unparse(node)
                    case ast.AnnAssign(target=ast.Name(id=name)) if self.has_field(name):
                        yield node, "features", ast.unparse(node)
        if file == INDICATORS_FILE:
            yield from self._parts_of_indicators(tree)

    def _parts_of_indicators(self, tree: ast.Module) -> Iterator[tuple[ast.AST, str, str]]:
        moved = {f"update_{name}" for name in self.indicators}
        for node in tree.body:
            match node:
                case ast.AnnAssign(target=ast.Name(id=name)) if name in {f"WARM_{i.upper()}" for i in self.indicators}:
                    yield node, "constants", ast.unparse(node)
                case ast.FunctionDef(name=name) if name in moved:
                    yield node, "functions", ast.unparse(node)
                case ast.FunctionDef(name=name, body=body) if name in MOVING:
                    said = {f"{name}(state, event)" for name in moved}
                    yield from ((part, MOVING[name], ast.unparse(part)) for part in body if ast.unparse(part) in said)
        told = [part for part in ast.walk(tree) if isinstance(part, ast.Call) and ast.unparse(part.func) == "Features"]
        for word in (word for call in told for word in call.keywords if self.has_field(word.arg)):
            yield word, "told", same(f"Features({word.arg}={ast.unparse(word.value)})")


def _remembered(tree: ast.Module, pieces: Pieces) -> Iterator[tuple[int, int]]:
    """The lines of `remember`, when it is what the judge would write but for its sides."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "remember":
            sides, node.body = node.body[2:], node.body[:2]
            if ast.unparse(node) == REMEMBER:
                pieces.sides += [ast.unparse(side) for side in sides]
                node.body += sides
                yield _lines(node)


def _lines(node: ast.AST) -> tuple[int, int]:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])  # type: ignore[attr-defined]
    return first, node.end_lineno  # type: ignore[attr-defined]  # every part that is asked for stands somewhere


def _without(data: bytes, spans: Sequence[tuple[int, int]], functions: set[str]) -> list[str]:
    """The lines that say something, without those of the pieces and of the functions that the plan writes."""
    lines: list[str | None] = list(data.decode().splitlines())
    for node in syntax_tree(data).body:
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            spans = [*spans, _lines(node)]
    for first, last in spans:
        lines[first - 1 : last] = [None] * (last - first + 1)
    return [line.rstrip() for line in lines if line is not None and line.strip()]
