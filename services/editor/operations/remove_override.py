"""Take the value that a pair has of its own; with the last one goes the constant."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import Operation, RemoveOverride, SetOverride
from core.symbols import PARAMETERS_FILE, Symbols
from services.editor.draft import Draft
from services.editor.literals import plain
from services.editor.own_values import OwnValues
from services.editor.proofs import NEVER, Thing
from services.editor.refusals import EditRefused


def apply(draft: Draft, operation: RemoveOverride) -> None:
    """The value of every pair is in force again."""
    name, pair = operation.name, operation.pair
    parameter = draft.parameter(name)
    if pair not in parameter.own:
        raise EditRefused("no_own", name=name, pair=pair, value=plain(parameter.value))
    if operation.was != parameter.own[pair]:
        now = plain(parameter.own[pair])
        raise EditRefused("stale_own", name=name, pair=pair, now=now, was=plain(operation.was))
    values = OwnValues.of(draft.files[PARAMETERS_FILE], tuple(draft.symbols.parameters))
    was = values.written[pair][name]
    draft.write_bytes({PARAMETERS_FILE: values.without_value(pair, name)})
    draft.proofs.claim(Thing("parameter", name, "own", pair), now=NEVER, was=was)


def inverse(files: Mapping[str, bytes], operation: RemoveOverride) -> tuple[Operation, ...] | None:
    """The value again, beside that of every pair."""
    parameter = Symbols.of(files).parameters.get(operation.name)
    if parameter is None:
        return None
    return (SetOverride(operation.name, operation.pair, value=operation.was, was=parameter.value),)
