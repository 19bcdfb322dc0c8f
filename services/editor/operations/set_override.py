"""Give one pair a value of its own: a line of OVERRIDES in parameters.py, or a part of one."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import Operation, RemoveOverride, SetOverride
from core.overrides import MOST_SETS, SYMBOL
from core.symbols import PARAMETERS_FILE, Symbols
from services.editor.draft import Draft
from services.editor.literals import plain, restyled
from services.editor.operations.set_parameter import check_range
from services.editor.own_values import OwnValues
from services.editor.proofs import NEVER, Thing
from services.editor.refusals import EditRefused


def apply(draft: Draft, operation: SetOverride) -> None:
    """Write the value as that of every pair is written, or as it was written when the pair had it last."""
    name, pair, value = operation.name, operation.pair, operation.value
    parameter = draft.parameter(name)
    if not SYMBOL.fullmatch(pair):
        raise EditRefused("no_pair", pair=pair)
    check_range(parameter, value)
    now = parameter.of(pair)
    if operation.was != now:
        raise EditRefused("stale_own", name=name, pair=pair, now=plain(now), was=plain(operation.was))
    if value == now:
        raise EditRefused("same_own", name=name, pair=pair, value=plain(value))
    thing = Thing("parameter", name, "own", pair)
    values = OwnValues.of(draft.files[PARAMETERS_FILE], tuple(draft.symbols.parameters))
    was = values.written.get(pair, {}).get(name)
    literal = draft.proofs.written_before(thing, value) or restyled(
        value, was or plain(parameter.value), parameter.kind
    )
    own = _own(draft.symbols)
    own[pair] = {**own.get(pair, {}), name: value}
    if len({frozenset(each.items()) for each in own.values()}) > MOST_SETS:
        raise EditRefused("many_own", most=MOST_SETS)
    draft.write_bytes({PARAMETERS_FILE: values.with_value(pair, name, literal)})
    draft.proofs.claim(thing, now=literal, was=was or NEVER)


def inverse(files: Mapping[str, bytes], operation: SetOverride) -> tuple[Operation, ...] | None:
    """The value that the pair had of its own, or none."""
    parameter = Symbols.of(files).parameters.get(operation.name)
    if parameter is None or operation.pair not in parameter.own:
        return (RemoveOverride(operation.name, operation.pair, was=operation.value),)
    return (SetOverride(operation.name, operation.pair, value=operation.was, was=operation.value),)


def _own(symbols: Symbols) -> dict[str, dict[str, float | int]]:
    found: dict[str, dict[str, float | int]] = {}
    for parameter in symbols.parameters.values():
        for pair, value in parameter.own.items():
            found.setdefault(pair, {})[parameter.name] = value
    return found
