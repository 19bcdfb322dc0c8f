"""Which features and parameters code may look at: those that were said, those that go without saying, and no others.

`After two hours` names no feature, and `the bands` none in particular. What a function that is to be rewritten looks at
already, it may go on looking at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from core.contracts.plan import NAME
from core.symbols import Symbols
from services.interpreter.model.mentions import Mention
from services.interpreter.model.writing.read import Read
from services.interpreter.model.writing.targets import Target

IMPLIED: Final = frozenset(
    {"price", "profit", "retreat", "held_seconds", "rested_seconds", "drawdown", "hour", "weekday"}
)
"""What people say without its name: `has lost`, `has been open`, `on Fridays`."""


def families(mention: Mention, symbols: Symbols) -> frozenset[str]:
    """The first words of the parameters that were said, of which a feature may be meant: `the bands`, `its average`."""
    return frozenset(name.partition("_")[0] for name in mention.names if name not in symbols.features)


def licensed(
    named: Iterable[Mention], rewritten: Collection[Target], symbols: Symbols
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The features, and the parameters, in the strategy's order."""
    mentions = tuple(named)
    said = {name for mention in mentions for name in mention.names}
    near = {family for mention in mentions for family in families(mention, symbols)}
    read = [Read.of_body(target.body) for target in rewritten]
    features = said | IMPLIED | {name for each in read for name in each.features}
    parameters = said | {name for each in read for name in each.parameters}
    return (
        tuple(n for n in symbols.spoken if NAME.fullmatch(n) and (n in features or n.partition("_")[0] in near)),
        tuple(n for n in symbols.parameters if NAME.fullmatch(n) and n in parameters),
    )
