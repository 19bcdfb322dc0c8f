"""All of the files, and what became of each when it was imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np

from bench.files import brazil, brokers, clocks, exchanges, libraries, odd, refused, tongues
from bench.files.market import Sample
from core.errors import DataError
from core.history import Imported, Refused, import_file, load

FAMILIES: Final = (exchanges, brokers, brazil, tongues, clocks, libraries, odd, refused)
SYMBOL: Final = "PETR4"
"""The one that is asked for, where a file holds several."""
TOLERANCE: Final = 1e-9

Outcome = Literal["read", "refused", "read wrongly", "refused wrongly"]


class Tried(NamedTuple):
    """What became of a file; `told` is the words of a refusal, or what differs; `said`, all that its owner reads."""

    sample: Sample
    outcome: Outcome
    told: str
    said: tuple[str, ...] = ()


def all_samples() -> Iterator[Sample]:
    for family in FAMILIES:
        yield from family.samples()


def tried(sample: Sample, folder: Path) -> Tried:
    """Imports it into a store of its own below `folder`."""
    place = folder / f"{sample.dialect}-{sample.name}".replace("/", "_")
    place.mkdir()
    file = place / sample.name
    file.write_bytes(sample.data)
    try:
        imported = import_file(file, SYMBOL, root=place / "data")
    except DataError as error:
        return judged_refusal(sample, str(error))._replace(said=(error.message, error.hint))
    said = tuple(said_of(imported))
    if isinstance(imported, Refused):
        told = "; ".join(f"{p.text} {found.advice}" for found in imported.findings for p in found.problems[:3])
        return judged_refusal(sample, told)._replace(said=said)
    return compared(sample, place)._replace(said=said)


def said_of(outcome: Imported | Refused) -> Iterator[str]:
    """The layout, the notes, and some of each kind of finding."""
    yield outcome.layout
    yield from outcome.notes
    for found in outcome.findings:
        yield found.advice
        yield from (problem.text for problem in found.problems[:3])


def compared(sample: Sample, place: Path) -> Tried:
    """What is stored, beside what the file means."""
    stored = load(SYMBOL, root=place / "data").bars
    wanted = np.array([(bar.time * 10**9, *bar[1:]) for bar in sample.bars], stored.dtype)
    if len(stored) != len(wanted):
        return Tried(sample, "read wrongly", f"{len(stored)} bars for {len(wanted)}")
    for name in stored.dtype.names or ():
        if not np.allclose(stored[name], wanted[name], rtol=TOLERANCE if name != "time_ns" else 0, atol=0):
            return Tried(sample, "read wrongly", f"{name}: {stored[name][:3]} for {wanted[name][:3]}")
    return Tried(sample, "read", "")


def judged_refusal(sample: Sample, told: str) -> Tried:
    right = bool(sample.refused) and sample.refused in told
    return Tried(sample, "refused" if right else "refused wrongly", told)
