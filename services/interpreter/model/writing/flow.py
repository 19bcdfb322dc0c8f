"""Whether a function answers on every way through it, from names that have a value there, and not always the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from services.interpreter.model.writing.faults import Fault
from services.interpreter.model.writing.shape import ANSWERS
from services.interpreter.model.writing.targets import Kind


def faults(function: ast.FunctionDef, kind: Kind) -> Iterator[Fault]:
    """What is wrong with the way that it comes to its answers. Its shape is checked before."""
    given, unset = _walked(function.body, frozenset())
    if unset:
        yield Fault("unset", {"name": min(unset)})
    if given is not None:
        yield Fault("no_answer")
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    if kind is Kind.RULE:
        yield from _of_rule(function, returned)
    elif any(isinstance(node, ast.Name) and node.id in ANSWERS for node in ast.walk(function)):
        yield Fault("answers_in_signal")
    elif any(_is_truth(each) for value in returned for each in choices(value)):
        yield Fault("truth_in_signal")


def _of_rule(function: ast.FunctionDef, returned: Sequence[ast.expr]) -> Iterator[Fault]:
    answers = [each for value in returned for each in choices(value)]
    if not all(isinstance(each, ast.Name) and each.id in ANSWERS for each in answers):
        yield Fault("no_verdict")
        return
    placed = [id(each) for each in answers]
    if any(isinstance(node, ast.Name) and node.id in ANSWERS and id(node) not in placed for node in ast.walk(function)):
        yield Fault("no_verdict")
    given = {each.id for each in answers if isinstance(each, ast.Name)}
    if "ALLOW" not in given or len(given) < 2:
        yield Fault("always_the_same")


def choices(value: ast.expr) -> Iterator[ast.expr]:
    """What `A if x else B` may come to."""
    if isinstance(value, ast.IfExp):
        yield from choices(value.body)
        yield from choices(value.orelse)
    else:
        yield value


def _is_truth(value: ast.expr) -> bool:
    """Whether it is true or false, and no number."""
    return isinstance(value, ast.Compare | ast.BoolOp) or (
        isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    )


def _walked(body: Sequence[ast.stmt], given: frozenset[str]) -> tuple[frozenset[str] | None, frozenset[str]]:
    """The names that have a value behind these statements, None where none is reached; and those read without one."""
    known: frozenset[str] | None = given
    unset: frozenset[str] = frozenset()
    for statement in body:
        if known is None:  # what stands behind an answer is never reached
            return None, unset
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                unset |= _read(value) - known
                known |= {name}
            case ast.Return(value=value):
                unset |= _read(value) - known
                known = None
            case ast.If(test=test, body=then, orelse=otherwise):
                unset |= _read(test) - known
                (left, first), (right, second) = _walked(then, known), _walked(otherwise, known)
                unset |= first | second
                known = right if left is None else left if right is None else left & right
    return known, unset


def _read(value: ast.expr | None) -> frozenset[str]:
    """The names of its own that an expression reads."""
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} if value is not None else set()
    return frozenset(names - {"f", "P", "min", "max", "abs", *ANSWERS})
