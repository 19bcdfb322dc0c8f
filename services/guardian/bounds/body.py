"""A function at work: what its statements do to its names and to the state."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from services.guardian.bounds import meetings
from services.guardian.bounds.expressions import Expressions
from services.guardian.bounds.package import PLATFORM, decision_fields, event_fields
from services.guardian.bounds.values import UNKNOWN, ZERO, Array, Number, Record, Row, Value, join


class Body(Expressions):
    """Statements; see `Expressions`."""

    def block(self, statements: Sequence[ast.stmt]) -> float:
        """The steps of some statements."""
        before, self.steps = self.steps, 0.0
        for statement in statements:
            if self.file != PLATFORM:
                self.walk.line = statement.lineno
            self.statement(statement)
        steps, self.steps = self.steps, before
        return steps

    def statement(self, node: ast.stmt) -> None:
        """Do what it says to the names and to the state."""
        match node:
            case ast.Return(value=ast.expr() as value):
                found = self.value(value)
                self.returned = found if self.returned is None else join(self.returned, found)
            case ast.Assign(targets=targets, value=value):
                found = self.value(value)
                for target in targets:
                    self.assign(target, found)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.value(value))
            case ast.AugAssign(target=target, op=op, value=value):
                self.assign(target, self.operated(op, self.value(target), self.value(value)))
            case ast.If(test=test, body=body, orelse=orelse):
                self.value(test)
                self.steps += self.either(lambda: self.block(body), lambda: self.block(orelse))
            case ast.For():
                self.loop(node)
            case ast.While(test=test, body=body):  # of the platform's own: at most as often as its array is long
                lengths = [each.length for each in self.given if isinstance(each, Array)]
                self.value(test)
                self.steps += self.block(body) * max(lengths, default=1.0)
            case ast.Expr(value=value):
                self.value(value)

    def either(self, one: Callable[[], float], other: Callable[[], float]) -> float:
        """Both branches, and the steps of the longer one; names are then what either left."""
        before, state = dict(self.names), dict(self.walk.state)
        first = one()
        left, left_state = self.names, self.walk.state
        self.names, self.walk.state = before, state
        second = other()
        for kept, more in ((self.names, left), (self.walk.state, left_state)):
            for name, value in more.items():
                kept[name] = join(kept[name], value) if name in kept else value
        return max(first, second)

    def loop(self, node: ast.For) -> None:
        """Its body, as often as it may run."""
        each, rounds = self.rounds(node.iter)
        if not math.isfinite(rounds):
            self.walk.refuse("a loop whose end is no constant: its steps have no bound")
            rounds = 1.0
        before = dict(self.names)
        self.assign(node.target, each)
        self.block(node.body)
        for name, value in before.items():
            self.names[name] = join(self.names[name], value)
        self.assign(node.target, each)
        self.steps += self.block(node.body) * rounds + self.block(node.orelse)

    def rounds(self, node: ast.expr) -> tuple[Value, float]:
        """What a loop goes over, and how often at most."""
        match node:
            case ast.Call(func=ast.Name(id="range"), args=args):
                return counted([self.number(arg) for arg in args])
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
                each, rounds = self.rounds(inner)
                return Row((Number(most=rounds), each)), rounds
            case ast.Call(func=ast.Name(id="zip"), args=args):
                found = [self.rounds(arg) for arg in args]
                return Row(tuple(each for each, _ in found)), min((rounds for _, rounds in found), default=0.0)
        value = self.value(node)
        if isinstance(value, Array):
            return self.element(value, None), value.length
        if isinstance(value, Row):
            return value.part(None), max(value.length, len(value.parts))
        return UNKNOWN, math.inf

    def assign(self, target: ast.expr, value: Value) -> None:
        """Write a value to a name, a field or an element."""
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Tuple(elts=parts):
                for index, part in enumerate(parts):
                    self.assign(part, value.part(index) if isinstance(value, Row) else UNKNOWN)
            case ast.Attribute(value=inner, attr=name):
                self.write(self.value(inner), name, value)
            case ast.Subscript(value=inner, slice=index):
                array = self.value(inner)
                if isinstance(array, Array):
                    self.remember(self.key(array, index), value)

    def write(self, record: Value, name: str, value: Value) -> None:
        """A field of a record."""
        if record == Record("state"):
            self.remember(name, value)
        elif record == Record("decision") and isinstance(value, Number):
            wanted = decision_fields().get(name)
            if why := meetings.answered(name, value, wanted, event_fields().get(name)):
                self.walk.refuse(why)

    def remember(self, key: str, value: Value) -> None:
        """The state from now on holds this too."""
        before = self.walk.state.get(key)
        now = join(ZERO if before is None else before, value)
        if isinstance(now, Number) and isinstance(before, Number) and now.most > before.most:
            now = replace(now, most=math.inf)  # it grows with every event
        self.walk.state[key] = now


def counted(ends: Sequence[Number]) -> tuple[Value, float]:
    """What a range gives, and how much of it there is at most."""
    begin = (ends[0].constant or 0.0) if len(ends) > 1 else 0.0
    end = ends[0] if len(ends) == 1 else ends[1]
    step = ends[2].constant or 1.0 if len(ends) > 2 else 1.0
    if step < 0:  # downwards: its end is the least
        least = math.inf if end.constant is None else max(ends[0].most - end.constant, 0.0) / -step
        return Number(most=ends[0].most), least
    return Number(most=end.most - 1), max(end.most - begin, 0.0) / step
