"""Whether code fits the sentence: every number and name that was said is in it. What it adds is told to the owner."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from core.symbols import Symbols
from services.interpreter.model.mentions import Mention
from services.interpreter.model.writing.faults import Fault
from services.interpreter.model.writing.hearing import Wanted
from services.interpreter.model.writing.licensed import families
from services.interpreter.model.writing.numbers import left_out
from services.interpreter.model.writing.read import Read
from services.interpreter.model.writing.targets import Target, ways_of

CLOCK: Final = frozenset({"hour", "weekday"})
DURATIONS: Final = frozenset({"held_seconds", "rested_seconds"})


def faults(function: ast.FunctionDef, wanted: Wanted, symbols: Symbols, rewrites: Target | None) -> Iterator[Fault]:
    """What was said and is not in the code."""
    read = Read.of(*function.body)
    if not read.features:
        yield Fault("looks_at_nothing")
    there = {*read.features, *read.parameters, function.name}
    for mention in wanted.named:
        if not _is_there(mention, there, symbols):
            said = wanted.lattice.said(mention.start, mention.end)
            yield Fault("name_left_out", {"said": said, "names": ", ".join(mention.names)})
    values = [*_constants(function), *(float(symbols.parameters[name].value) for name in read.parameters)]
    if number := left_out(wanted.numbers, values):
        told = " or ".join(f"{value:g}" for value in number.may_be)
        yield Fault("number_left_out", {"said": number.words, "numbers": told})
    if rewrites is not None and (lost := _lost(read, rewrites)):
        yield Fault("lost", {"name": lost})
    if rewrites is not None and (turned := rewrites.ways - ways_of(function)):
        feature, way = min(turned)
        yield Fault("turned", {"name": f"f.{feature}", "way": way})
    if rewrites is not None and tuple(ast.unparse(ast.Module(function.body, [])).splitlines()) == tuple(
        line.removeprefix("    ") for line in rewrites.body
    ):
        yield Fault("nothing_new")


def _constants(function: ast.FunctionDef) -> list[float]:
    """Every number of the code as often as it stands there."""
    nodes = (node for statement in function.body for node in ast.walk(statement))
    return [float(n.value) for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, int | float)]


def _lost(read: Read, rewrites: Target) -> str:
    """What the function looked at and would not any more, `P.stop_loss`."""
    was = Read.of_body(rewrites.body)
    lost = [f"f.{name}" for name in was.features if name not in read.features]
    lost += [f"P.{name}" for name in was.parameters if name not in read.parameters]
    return lost[0] if lost else ""


def _is_there(mention: Mention, there: set[str], symbols: Symbols) -> bool:
    """Whether code looks at what was said. `The bands` are no feature by themselves: any of their family will do."""
    if there & set(mention.names):
        return True
    if set(mention.names) <= CLOCK and there & DURATIONS:
        return True  # `after an hour` is no time of the day
    near = families(mention, symbols)
    return any(name.partition("_")[0] in near for name in there)


def unsaid_numbers(function: ast.FunctionDef, wanted: Wanted, was: Read | None) -> tuple[float, ...]:
    """The numbers of the code that nobody said, and that were not in the function before."""
    known = set(was.numbers) if was is not None else set()
    numbers = Read.of(*function.body).numbers
    return tuple(n for n in numbers if n not in known and not any(said.stands_for(n) for said in wanted.numbers))


def unsaid_names(function: ast.FunctionDef, wanted: Wanted, was: Read | None) -> tuple[str, ...]:
    """The features and parameters of the code that nobody named, and that the function did not look at before."""
    read, known = Read.of(*function.body), {name for mention in wanted.named for name in mention.names}
    known |= {*was.features, *was.parameters} if was is not None else set()
    families = {name.partition("_")[0] for mention in wanted.named for name in mention.names}
    names = (name for name in (*read.features, *read.parameters) if name not in known)
    return tuple(name for name in names if name.partition("_")[0] not in families)
