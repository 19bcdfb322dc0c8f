"""A rule that came by hand and does another thing than its own docstring says.

Nobody asked for it by a sentence, so its docstring is the only one there is, and what its owner will read. Held against
the code is only what both say for certain: whether it buys or closes, and of a rule with one number of a kind how far,
how long and which way. Whatever else a docstring says is nobody's business here.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from core.symbols import RULES_FILE
from core.syntax import syntax_tree
from services.guardian.known.values import shipped
from services.guardian.scope.sentences import claims_of, head_of, sentence_of, way_of

ANSWERS: Final = frozenset({"FORBID_ENTRY", "FORCE_ENTRY", "FORBID_EXIT", "FORCE_EXIT"})
SLIPS: Final = (10.0, 24.0, 60.0, 100.0, 1_000.0, 1_440.0, 3_600.0, 10_000.0, 86_400.0)
"""Times, up or down, that a number is another when its unit is."""
ABOUT: Final[Mapping[str, str]] = {
    "profit": r"\b(?:profit|gain|loss|earn|lost|won)",
    "retreat": r"\b(?:retreat|fall|fell|best|top)",
    "drawdown": r"\bdrawdown",
    "spread": r"\bspread",
}
"""Fractions, and how a sentence speaks of each."""
SUBJECTS: Final[Mapping[str, str]] = {
    **{name: name for name in ("rsi", "volume", "spread", "drawdown", "flow", "score", "advice", "price")},
    "ema_fast": "fast",
    "book_imbalance": "imbalance",
}
"""Features that a sentence calls by one word."""
OWN_NAMES: Final = frozenset({"rsi", "drawdown"})
"""Features that nobody speaks of in passing, or works out in another way."""
RISING: Final[Mapping[type[ast.cmpop], bool]] = {ast.Gt: True, ast.GtE: True, ast.Lt: False, ast.LtE: False}
NEAR: Final = 1e-6


class Compared(NamedTuple):
    """A feature that is compared with a number."""

    feature: str
    number: float


class Question(NamedTuple):
    """The only comparison of a rule, its answer beside ALLOW, and whether it is given where the comparison holds."""

    test: ast.Compare
    answer: str
    where_true: bool


def check_sayings(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[str]:
    """The first contradiction of each rule that is new or another one."""
    before = rules_of(old)
    for name, rule in rules_of(new).items():
        if name in before and ast.dump(before[name]) == ast.dump(rule):
            continue
        said = sentence_of(rule)
        checks = (check_side, check_subject, check_numbers, check_way)
        for why in (each for check in checks for each in check(said, rule)):
            yield f"{RULES_FILE}:{rule.lineno}: {why}"
            break


def rules_of(files: Mapping[str, bytes]) -> dict[str, ast.FunctionDef]:
    """The functions that answer as rules do."""
    body = syntax_tree(files.get(RULES_FILE, b"")).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef) and answers_of(node)}


def answers_of(rule: ast.FunctionDef) -> set[str]:
    """What it may answer beside ALLOW."""
    return {node.id for node in ast.walk(rule) if isinstance(node, ast.Name) and node.id in ANSWERS}


def check_side(said: str, rule: ast.FunctionDef) -> Iterator[str]:
    """Buying and closing, forbidding and forcing."""
    head, answers = head_of(said), answers_of(rule)
    if head is not None:
        fitting = {f"FORBID_{head.side}"} if head.forbids else {f"FORBID_{head.side}", f"FORCE_{head.side}"}
        if not answers & fitting:
            yield f"{rule.name} says '{said}' and answers {', '.join(sorted(answers))}"


def check_subject(said: str, rule: ast.FunctionDef) -> Iterator[str]:
    """A measure with a name of its own, which a rule leaves out that asks nobody else and of shipped features only."""
    nodes = [node for statement in rule.body for node in ast.walk(statement)]
    seen = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
    if any(isinstance(node, ast.Call) for node in nodes) or not seen <= {*shipped().features, *shipped().parameters}:
        return
    for name in sorted(OWN_NAMES - seen):
        if re.search(rf"\b{name}\b", said):
            yield f"{rule.name} says '{said}' and never looks at {name}"


def check_numbers(said: str, rule: ast.FunctionDef) -> Iterator[str]:
    """How far and how long: where both name one number of a kind, it is the same."""
    found, claims = list(compared(rule)), claims_of(said)
    kinds = (
        (claims.fractions, [one for one in found if one.feature in ABOUT]),
        (claims.seconds, [one for one in found if one.feature.endswith("_seconds")]),
        (claims.rsi, [one for one in found if one.feature == "rsi"]),
    )
    for told, here in kinds:
        if len(told) == len(here) == 1 and is_another(said, told[0], here[0]):
            one = here[0]
            yield f"{rule.name} says '{said}', which is {told[0]:g}, and compares {one.feature} with {one.number:g}"


def is_another(said: str, told: float, here: Compared) -> bool:
    """Whether the number that is compared is for certain not the one that is told."""
    number = abs(here.number)
    if math.isclose(told, number, rel_tol=NEAR) or not told or not number:
        return False
    if here.feature == "rsi" or re.search(ABOUT.get(here.feature, "$^"), said):
        return True
    return any(math.isclose(max(told / number, number / told), slip, rel_tol=NEAR) for slip in SLIPS)


def compared(rule: ast.FunctionDef) -> Iterator[Compared]:
    """The features that meet a number in it."""
    for node in ast.walk(rule):
        if isinstance(node, ast.Compare):
            for pair in itertools.pairwise((node.left, *node.comparators)):
                for one, other in (pair, pair[::-1]):
                    number = number_of(other)
                    if isinstance(one, ast.Attribute) and number is not None:
                        yield Compared(one.attr, number)


def number_of(node: ast.expr) -> float | None:
    """A number that is written, or the product of such."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = number_of(inner)
            return None if found is None else -found
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            one, other = number_of(left), number_of(right)
            return None if one is None or other is None else one * other
    return None


def check_way(said: str, rule: ast.FunctionDef) -> Iterator[str]:
    """Above or below: of a rule of one comparison, whose feature is named before the only word for a way."""
    head, way, question = head_of(said), way_of(said), only_question(rule)
    if head is None or way is None or question is None:
        return
    above = speaks_above(question, way.before)
    meant = way.up ^ (question.answer.startswith("FORBID") and not head.forbids) ^ way.turned
    if above is None or above == meant:
        return
    if above:
        yield f"{rule.name} says '{said}', and answers {question.answer} above it"
    else:
        yield f"{rule.name} says '{said}', and answers {question.answer} below it"


def only_question(rule: ast.FunctionDef) -> Question | None:
    """What it asks, where it asks no more than one thing."""
    match rule.body[1:]:
        case [ast.Return(value=ast.IfExp(test=ast.Compare(ops=[_]) as test, body=yes, orelse=no))]:
            pass
        case [ast.If(test=ast.Compare(ops=[_]) as test, body=[ast.Return(value=yes)], orelse=[]), ast.Return(value=no)]:
            pass
        case _:
            return None
    match yes, no:
        case ast.Name(id="ALLOW"), ast.Name(id=answer):
            return Question(test, answer, where_true=False)
        case ast.Name(id=answer), ast.Name(id="ALLOW"):
            return Question(test, answer, where_true=True)
    return None


def speaks_above(question: Question, before: str) -> bool | None:
    """Whether the answer is given above what the feature that is named `before` is compared with; None: not known."""
    sides = (question.test.left, question.test.comparators[0])
    up = RISING.get(type(question.test.ops[0]))
    named = [isinstance(side, ast.Attribute) and is_named(side.attr, before) for side in sides]
    if up is None or sum(named) != 1 or min(number_of(side) or 0.0 for side in sides) < 0.0:
        return None
    return up ^ (not named[0]) ^ (not question.where_true)


def is_named(feature: str, before: str) -> bool:
    """Whether these words speak of it."""
    return feature in SUBJECTS and re.search(rf"\b{SUBJECTS[feature]}\b", before) is not None
