"""What is known of an expression."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from services.guardian.bounds import meetings
from services.guardian.bounds.fractions import as_per_cent
from services.guardian.bounds.package import PLATFORM, event_fields
from services.guardian.bounds.values import (
    PLAIN,
    UNKNOWN,
    ZERO,
    Array,
    Named,
    Number,
    Record,
    Row,
    Value,
    join,
    literal,
)
from services.guardian.bounds.walker import Walker
from services.guardian.bounds.windows import key

MOST_VISITS = 150_000
"""Nodes that one walk looks at: the shipped strategy has 6 thousand."""


class TooMuch(Exception):  # noqa: N818 - no error: the walk ends
    """More code, unfolded, than a walk looks at."""


class Expressions:
    """A function at work: what its names stand for, and what its expressions come to."""

    def __init__(self, walk: Walker, names: dict[str, Value], given: Sequence[Value], file: str) -> None:
        self.walk = walk
        self.file = file
        self.names = names
        self.given = given
        self.returned: Value | None = None
        self.steps = 0.0

    def number(self, node: ast.expr) -> Number:
        """A value that should be a number."""
        value = self.value(node)
        return value if isinstance(value, Number) else UNKNOWN

    def value(self, node: ast.expr) -> Value:
        """What is known of an expression."""
        self.walk.visits += 1
        self.steps += 1.0
        if self.walk.visits > MOST_VISITS:
            raise TooMuch
        match node:
            case ast.Constant(value=value):
                return literal(value) if isinstance(value, int | float) else UNKNOWN
            case ast.Name(id=name):
                return self.names[name] if name in self.names else self.walk.constant(self.file, name)
            case ast.Attribute(value=inner, attr=name):
                return self.attribute(inner, name)
            case ast.Subscript(value=inner, slice=index):
                return self.subscript(inner, index)
            case ast.Tuple(elts=parts):
                return self.row(parts)
            case ast.BinOp(left=left, op=op, right=right):
                return self.operated(op, self.value(left), self.value(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                found = self.number(operand)
                return literal(-found.constant) if found.constant is not None else replace(found, most=math.inf)
            case ast.UnaryOp(operand=operand):
                return self.value(operand)
            case ast.Compare(left=left, comparators=others):
                self.walk.line = node.lineno if self.file != PLATFORM else self.walk.line
                if isinstance(node.ops[0], ast.In | ast.NotIn):
                    for each in meetings.members(others[0]):
                        self.compared((left, each))
                else:
                    self.compared((left, *others))
                self.keyed(node)
                return PLAIN
            case ast.BoolOp(op=op, values=values):
                for each in values:
                    self.value(each)
                if isinstance(op, ast.And):
                    self.keyed(node)
                return PLAIN
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.value(test)
                return join(self.value(body), self.value(orelse))
            case ast.Call():
                return self.called(node)
        return UNKNOWN

    def row(self, parts: Sequence[ast.expr]) -> Value:
        """A tuple, perhaps with another one in it."""
        found: list[Value] = []
        for part in parts:
            if isinstance(part, ast.Starred):
                inner = self.value(part.value)
                if isinstance(inner, Row):
                    found += inner.parts or [UNKNOWN if inner.each is None else inner.each]
            else:
                found.append(self.value(part))
        return Row(tuple(found), None, len(found))

    def attribute(self, inner: ast.expr, name: str) -> Value:
        """A field of a record or of a named tuple, a parameter, a constant of `math`."""
        if isinstance(inner, ast.Name) and inner.id == "math":
            found = getattr(math, name, None)
            return literal(found) if isinstance(found, float) else UNKNOWN
        record = self.value(inner)
        if isinstance(record, Named):
            return record.fields.get(name, UNKNOWN)
        if not isinstance(record, Record):
            return UNKNOWN
        if record.name == "state":
            size = self.walk.size(name)
            return self.walk.state.get(name, ZERO) if size == 1.0 else Array(name, size)
        if record.name == "P":
            return self.walk.package.parameters.get(name, UNKNOWN)
        return event_fields().get(name, UNKNOWN) if record.name == "event" else UNKNOWN

    def subscript(self, inner: ast.expr, index: ast.expr) -> Value:
        """The record of an array of one, an element of an array, a part of a tuple."""
        value = self.value(inner)
        for each in index.elts if isinstance(index, ast.Tuple) else [index]:
            at = self.number(each)
            if at.counts or at.clock:
                self.walk.refuse(meetings.COUNTS if at.counts else meetings.DATE)
        if isinstance(value, Array):
            return self.element(value, index)
        if isinstance(value, Row):
            number = self.number(index).constant
            return value.part(None if number is None else int(number))
        return value if isinstance(value, Record) else UNKNOWN

    def key(self, array: Array, index: ast.expr | None) -> str:
        """The name under which an element is known: of all those of an index that is not constant, one."""
        at = self.number(index).constant if index is not None and not isinstance(index, ast.Tuple) else None
        return f"{array.field}[{'' if at is None else int(at)}]"

    def element(self, array: Array, index: ast.expr | None) -> Value:
        """What was written to it."""
        if array.field == "table":
            return PLAIN
        key, every = self.key(array, index), f"{array.field}[]"
        known = self.walk.state.get(every, ZERO)
        return join(self.walk.state.get(key, ZERO), known) if key != every else known

    def operated(self, op: ast.operator, one: Value, other: Value) -> Value:
        """Arithmetic."""
        left = one if isinstance(one, Number) else UNKNOWN
        right = other if isinstance(other, Number) else UNKNOWN
        value, why = meetings.arithmetic(op, left, right)
        if why:
            self.walk.refuse(why)
        return value

    def compared(self, sides: Sequence[ast.expr]) -> None:
        """Neighbours must agree."""
        numbers = [self.number(side) for side in sides]
        for left, right in itertools.pairwise(numbers):
            if why := meetings.comparison(left, right):
                self.walk.refuse(why)
        if self.file == PLATFORM:
            return
        if meetings.pins(sides):
            self.walk.refuse(meetings.PINNED)
        if why := as_per_cent(sides, numbers, self.walk.package.per_cents):
            self.walk.refuse(why)

    def keyed(self, node: ast.Compare | ast.BoolOp) -> None:
        """No number is waited for that comes by order only."""
        if self.file == PLATFORM:
            return
        steps = self.steps
        if why := key(node, lambda side: self.number(side).constant):
            self.walk.refuse(why)
        self.steps = steps  # its sides were counted when they were compared

    def called(self, node: ast.Call) -> Value:
        """What a call returns."""
        given = self.arguments(node.args)
        numbers = [each if isinstance(each, Number) else UNKNOWN for each in given]
        named = {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        if isinstance(node.func, ast.Attribute):
            found, why = meetings.of_math(node.func.attr, numbers)
            if why:
                self.walk.refuse(why)
            return found
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        file, made = self.walk.package.find(self.file, name)
        if file and (made in self.walk.package.files[file].functions or made in self.walk.package.files[file].tuples):
            value, steps = self.walk.call(file, made, given, named)
            self.steps += steps
            return value
        if name == "len":
            return Number(most=given[0].length) if given and isinstance(given[0], Array | Row) else UNKNOWN
        if name == "sum" and given and isinstance(given[0], Row):
            return given[0].part(None)
        found, why = meetings.builtin(name, numbers)
        if why:
            self.walk.refuse(why)
        return found

    def arguments(self, nodes: Sequence[ast.expr]) -> list[Value]:
        """Those of a call, tuples with a star taken apart."""
        found: list[Value] = []
        for node in nodes:
            value = self.value(node.value if isinstance(node, ast.Starred) else node)
            found += value.parts if isinstance(node, ast.Starred) and isinstance(value, Row) else [value]
        return found
