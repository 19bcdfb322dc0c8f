"""Take an indicator out that a change added: all that its adding wrote, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, cast

from core.contracts import AddIndicator, Operation, RemoveIndicator
from core.indicator_kinds import features_of
from core.symbols import INDICATORS_FILE, STATE_FILE, Indicator, Symbols
from services.editor.draft import Draft, Files
from services.editor.formulas import Lines, lines_of
from services.editor.operations.add_indicator import KERNELS, identifiers
from services.editor.places import (
    feature_fields,
    state_fields,
    statements_of,
    take_function,
    take_imports,
    take_out,
    told_features,
    tree_of,
    warm_constants,
)
from services.editor.proofs import IN_FORCE, NEVER, Thing
from services.editor.refusals import EditRefused, nearest


def apply(draft: Draft, operation: RemoveIndicator) -> None:
    """Refused while a rule or a signal reads it; a plan that removes the rule too says so before."""
    name, known = operation.name, draft.symbols.indicators
    if name not in known or known[name].kind != operation.kind:
        raise EditRefused("unknown_indicator", name=name, near=nearest(name, known))
    _check_unread(draft, known[name])
    lines = lines_of(known[name].kind, name, known[name].parameters, known[name].timeframe)
    for file, found, wanted in _parts(lines):
        take_out(draft, file, [node for node in found(tree_of(draft, file)) if wanted(node)])
    take_function(draft, INDICATORS_FILE, f"update_{name}")
    take_imports(draft, INDICATORS_FILE, KERNELS, lines.kernels)
    _check_gone(draft, name, lines)
    draft.proofs.drop(Thing("indicator", name, "behaviour"))
    draft.proofs.drop(Thing("indicator", name, "name"))
    draft.proofs.claim(Thing("indicator", name, "standing"), now=NEVER, was=IN_FORCE)


def inverse(files: Files, operation: RemoveIndicator) -> tuple[Operation, ...] | None:
    """With it, as it is in the files."""
    known = Symbols.of(files).indicators.get(operation.name)
    if known is None:
        return None
    added = AddIndicator(cast(Any, known.kind), known.name, dict(known.parameters), cast(Any, known.timeframe))
    return (added,)


def _parts(lines: Lines) -> Sequence[tuple[str, Callable[[ast.Module], Sequence[ast.AST]], Callable[[ast.AST], bool]]]:
    """Where lines of it stand, and which of those there are its own."""
    fields = {ast.literal_eval(line.rstrip(","))[0] for line in lines.fields}
    features = {line.partition(":")[0] for line in lines.features}
    return (
        (STATE_FILE, state_fields, lambda node: _first_text(node) in fields),
        (STATE_FILE, feature_fields, lambda node: ast.unparse(node).partition(":")[0] in features),
        (INDICATORS_FILE, warm_constants, lambda node: ast.unparse(node).partition(":")[0] == lines.warm),
        (
            INDICATORS_FILE,
            lambda tree: statements_of(tree, lines.moved_by, INDICATORS_FILE),
            lambda node: ast.unparse(node) == lines.call,
        ),
        (INDICATORS_FILE, told_features, lambda node: getattr(node, "arg", None) in features),
    )


def _first_text(node: ast.AST) -> object:
    match node:
        case ast.Tuple(elts=[ast.Constant(value=name), *_]):
            return name
    return None


def _check_unread(draft: Draft, indicator: Indicator) -> None:
    symbols = draft.symbols
    for feature in features_of(indicator.kind, indicator.name):
        readers = [use.function for use in symbols.uses.get(f"f.{feature}", ())]
        readers.sort(key=lambda reader: reader not in symbols.rules)  # a rule is what its owner knows
        if readers:
            raise EditRefused("indicator_used", name=indicator.name, user=readers[0])


def _check_gone(draft: Draft, name: str, lines: Lines) -> None:
    """EditRefused when code that a person wrote still asks for something that has gone."""
    fields = {ast.literal_eval(line.rstrip(","))[0] for line in lines.fields}
    for file, data in draft.files.items():
        if file.endswith(".py") and not file.startswith("tests/") and fields & set(identifiers(data)):
            raise EditRefused("indicator_used", name=name, user=file)
