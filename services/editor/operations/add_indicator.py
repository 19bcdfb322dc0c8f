"""A new indicator: what it remembers, how a closed bar moves it, a feature for each of its values, and its test."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from core.contracts import AddIndicator, Operation, RemoveIndicator
from core.indicator_kinds import KINDS
from core.symbols import INDICATORS_FILE, STATE_FILE
from core.syntax import syntax_tree
from services.editor.draft import Draft, Files
from services.editor.formulas import Lines, lines_of
from services.editor.places import (
    feature_fields,
    put_below,
    put_function,
    put_imports,
    state_fields,
    statements_of,
    told_features,
    tree_of,
    warm_constants,
)
from services.editor.proofs import IN_FORCE, NEVER, Thing
from services.editor.references import reference_test
from services.editor.refusals import EditRefused

KERNELS = "core.indicators"


def apply(draft: Draft, operation: AddIndicator) -> None:
    """Write state, update, feature and test."""
    kind, name = operation.kind, operation.name
    parameters = completed(operation)
    if INDICATORS_FILE not in draft.files:
        raise EditRefused("no_place", file=INDICATORS_FILE, what=INDICATORS_FILE)
    draft.check_name(name, INDICATORS_FILE)
    lines = lines_of(kind, name, parameters, operation.timeframe)
    check_free(draft, name, lines)
    put_below(draft, STATE_FILE, state_fields(tree_of(draft, STATE_FILE))[-1], lines.fields, comma=True)
    put_below(draft, STATE_FILE, feature_fields(tree_of(draft, STATE_FILE))[-1], lines.features, comma=False)
    put_below(
        draft, INDICATORS_FILE, warm_constants(tree_of(draft, INDICATORS_FILE))[-1], [lines.constant], comma=False
    )
    last = statements_of(tree_of(draft, INDICATORS_FILE), lines.moved_by, INDICATORS_FILE)[-1]
    put_below(draft, INDICATORS_FILE, last, [lines.call], comma=False)
    put_below(draft, INDICATORS_FILE, told_features(tree_of(draft, INDICATORS_FILE))[-1], lines.told, comma=True)
    put_function(draft, INDICATORS_FILE, lines.function)
    put_imports(draft, INDICATORS_FILE, KERNELS, lines.kernels)
    behaviour = Thing("indicator", name, "behaviour")
    test = reference_test(behaviour.test, kind, name, parameters, operation.timeframe)
    draft.proofs.put(draft.proofs.behaviour(behaviour), behaviour, test)
    draft.proofs.claim(Thing("indicator", name, "standing"), now=IN_FORCE, was=NEVER)


def inverse(_files: Files, operation: AddIndicator) -> tuple[Operation, ...] | None:
    """Without it."""
    return (RemoveIndicator(operation.kind, operation.name),)


def completed(operation: AddIndicator) -> dict[str, float | int]:
    """Its parameters, those that were not said by the usual ones; EditRefused when one is missing or cannot be."""
    kind = KINDS[operation.kind]
    try:
        return kind.completed(operation.parameters)
    except ValueError:
        wanted = ", ".join(f"{name} {low}..{high}" for name, (low, high, *_) in kind.parameters.items())
        raise EditRefused("indicator_parameters", kind=operation.kind, wanted=wanted) from None


def check_free(draft: Draft, name: str, lines: Lines) -> None:
    """EditRefused when one of the names that it brings stands for something else."""
    if name in draft.symbols.indicators:
        raise EditRefused("indicator_exists", name=name)
    code = (data for file, data in draft.files.items() if file.endswith(".py") and not file.startswith("tests/"))
    known = {identifier for data in code for identifier in identifiers(data)} | {"count", "index"}
    taken = next((one for one in brought_by(name, lines) if one in known), None)
    if taken is not None:
        raise EditRefused("name_taken", name=taken)


def brought_by(name: str, lines: Lines) -> list[str]:
    """Every name that an indicator brings, its own first, each once."""
    fields = [ast.literal_eval(line.rstrip(","))[0] for line in lines.fields]
    return list(dict.fromkeys([name, lines.warm, f"update_{name}", *fields]))


def identifiers(data: bytes) -> Iterator[str]:
    """Every name that code binds, reads or asks of a record, and every text that could be one."""
    for node in ast.walk(syntax_tree(data)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(attr=name) | ast.alias(name=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)) if text.isidentifier():
                yield text
