"""Numbers where numbers belong, and truth where truth does: `if f.rsi`, `x = f.rsi > 3` and `1 + (a < b)` are slips.

A compiler refuses some of them and makes something of the others; the owner would read a sentence that means neither.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum

from services.interpreter.model.writing.faults import Fault
from services.interpreter.model.writing.shape import ANSWERS


class Sort(StrEnum):
    """What an expression comes to."""

    NUMBER = "number"
    TRUTH = "truth"
    ANSWER = "answer"


def faults(function: ast.FunctionDef) -> Iterator[Fault]:
    """Every expression that is another thing than its place wants. Its shape is checked before."""
    for node in ast.walk(function):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test):
                yield from _held(test, Sort.TRUTH)
            case ast.Assign(value=value):
                yield from _held(value, Sort.NUMBER)
            case ast.BinOp(left=left, right=right):
                yield from (fault for each in (left, right) for fault in _held(each, Sort.NUMBER))
            case ast.Compare(left=left, comparators=others):
                yield from (fault for each in (left, *others) for fault in _held(each, Sort.NUMBER))
            case ast.Call(args=given):
                yield from (fault for each in given for fault in _held(each, Sort.NUMBER))
            case ast.BoolOp(values=values):
                yield from (fault for each in values for fault in _held(each, Sort.TRUTH))
            case ast.UnaryOp(op=op, operand=operand):
                yield from _held(operand, Sort.TRUTH if isinstance(op, ast.Not) else Sort.NUMBER)


def _held(node: ast.expr, wanted: Sort) -> Iterator[Fault]:
    if _sort(node) is not wanted:
        yield Fault("no_truth" if wanted is Sort.TRUTH else "no_number")


def _sort(node: ast.expr) -> Sort:
    match node:
        case ast.Name(id=name) if name in ANSWERS:
            return Sort.ANSWER
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return Sort.TRUTH
        case ast.IfExp(body=body, orelse=orelse):
            first, second = _sort(body), _sort(orelse)
            return first if first is second else Sort.ANSWER if Sort.ANSWER in (first, second) else Sort.TRUTH
        case _:
            return Sort.NUMBER
