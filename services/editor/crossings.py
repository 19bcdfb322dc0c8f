"""What a rule remembers of its crossings, in the files of a strategy.

A side is a field of STATE and a feature of the same name. `remember` moves all sides at the very end of an event, when
all that is decided at it is decided.
"""

from __future__ import annotations

import ast
from typing import Final

from core.contracts import AddRule, Condition
from core.symbols import INDICATORS_FILE, STATE_FILE
from services.editor.draft import Draft
from services.editor.literals import plain
from services.editor.places import (
    DECIDE_FILE,
    feature_fields,
    put_below,
    put_function,
    put_imports,
    state_fields,
    statements_of,
    take_function,
    take_imports,
    take_out,
    told_features,
    tree_of,
)
from services.editor.refusals import EditRefused
from services.editor.sides import crossings, is_side

REMEMBER: Final = "remember"
HEAD: Final = (
    "@kernel",
    "def remember(state: Records, f: Features) -> None:",
    '    """Keep on which side of each other things were at this event: the next one crosses from there."""',
    "    s = state[0]",
)
CALL: Final = "remember(state, features(state, event, d.score))"
NEEDED: Final = ("d = decision[0]", "update(state, event)")
"""What `decide` does in every strategy that has a place for the call."""


def put(draft: Draft, rule: AddRule) -> None:
    """Remember a side for each crossing of the rule; nothing for a rule without one."""
    for side, crossing in crossings(rule):
        if side in draft.symbols.features:
            raise EditRefused("name_taken", name=side)
        _put_side(draft, side, crossing)


def take(draft: Draft, rule: str) -> None:
    """Forget the sides of that rule, and `remember` when no other is left."""
    sides = [feature for feature in draft.symbols.features if is_side(feature, rule)]
    if not sides:
        return
    fields = [node for node in state_fields(tree_of(draft, STATE_FILE)) if _field(node) in sides]
    take_out(draft, STATE_FILE, fields)
    told = feature_fields(tree_of(draft, STATE_FILE))
    take_out(draft, STATE_FILE, [node for node in told if ast.unparse(node).partition(":")[0] in sides])
    keywords = told_features(tree_of(draft, INDICATORS_FILE))
    take_out(draft, INDICATORS_FILE, [node for node in keywords if node.arg in sides])
    moved = {side: f"s.{side} = " for side in sides}
    lines = statements_of(tree_of(draft, INDICATORS_FILE), REMEMBER, INDICATORS_FILE)
    gone = [node for node in lines if ast.unparse(node).startswith(tuple(moved.values()))]
    if len(gone) < len(_remembered(lines)):
        take_out(draft, INDICATORS_FILE, gone)
        return
    take_function(draft, INDICATORS_FILE, REMEMBER)
    take_imports(draft, INDICATORS_FILE, "core.indicators", ["side"])
    calls = statements_of(tree_of(draft, DECIDE_FILE), "decide", DECIDE_FILE)
    take_out(draft, DECIDE_FILE, [node for node in calls if ast.unparse(node) == CALL])
    take_imports(draft, DECIDE_FILE, ".indicators", [REMEMBER])


def _put_side(draft: Draft, side: str, crossing: Condition) -> None:
    other = f"f.{crossing.other}" if crossing.value is None else plain(float(crossing.value))
    beside = crossing.other if crossing.value is None else plain(crossing.value)
    about = f"side of {beside} that {crossing.feature} was on before: 1 above, -1 below, 0 unknown"
    line = f"s.{side} = side(f.{crossing.feature}, {other}, s.{side})"
    put_below(draft, STATE_FILE, state_fields(tree_of(draft, STATE_FILE))[-1], [f'("{side}", "f8"),'], comma=True)
    put_below(
        draft, STATE_FILE, feature_fields(tree_of(draft, STATE_FILE))[-1], [f"{side}: float  # {about}"], comma=False
    )
    told = told_features(tree_of(draft, INDICATORS_FILE))
    put_below(draft, INDICATORS_FILE, told[-1], [f"{side}=s.{side},"], comma=True)
    put_imports(draft, INDICATORS_FILE, "core.indicators", ["side"])
    if REMEMBER in draft.symbols.functions[INDICATORS_FILE]:
        lines = statements_of(tree_of(draft, INDICATORS_FILE), REMEMBER, INDICATORS_FILE)
        _remembered(lines)
        put_below(draft, INDICATORS_FILE, lines[-1], [line], comma=False)
        return
    put_function(draft, INDICATORS_FILE, "\n".join([*HEAD, f"    {line}"]))
    _put_call(draft)


def _put_call(draft: Draft) -> None:
    statements = statements_of(tree_of(draft, DECIDE_FILE), "decide", DECIDE_FILE)
    known = {ast.unparse(node) for node in statements}
    if missing := [needed for needed in NEEDED if needed not in known]:
        raise EditRefused("no_place", file=DECIDE_FILE, what=missing[0])
    put_below(draft, DECIDE_FILE, statements[-1], [CALL], comma=False)
    put_imports(draft, DECIDE_FILE, ".indicators", [REMEMBER, "features"])


def _remembered(lines: list[ast.stmt]) -> list[ast.stmt]:
    """The lines of `remember` that move a side; EditRefused when it does anything else."""
    texts = [ast.unparse(node) for node in lines[1:]]
    if texts[:1] != ["s = state[0]"] or not all(text.startswith("s.side") for text in texts[1:]):
        raise EditRefused("no_place", file=INDICATORS_FILE, what=REMEMBER)
    return lines[2:]


def _field(node: ast.expr) -> object:
    match node:
        case ast.Tuple(elts=[ast.Constant(value=name), *_]):
            return name
    return None
