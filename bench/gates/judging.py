"""Judges the programs, two at a time, each as an agent that runs does: the parent's box is compiled once and kept.

What was judged is written down line by line, under a key of what judges and what is judged on: a run that is cut off,
or whose time is over, goes on where it was.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.gates import written
from bench.gates.corpus import Program
from core.contracts import Outcome
from core.errors import SorteError
from core.settings import Settings
from core.strategy import Source
from services.guardian.evidence import gather
from services.guardian.judge import judge
from services.guardian.parents import Parents
from services.guardian.tools import versions

FINDINGS: Final = 3
AT_A_TIME: Final = 2


class Judged(msgspec.Struct, frozen=True):
    """One program's end."""

    kind: str
    name: str
    group: str
    what: str
    patch: str  # digest of its text
    outcome: str  # accepted, rejected, or "not judged"
    gate: str  # the first that refused; empty when accepted
    findings: tuple[str, ...]
    seconds: float


def judged(
    programs: Sequence[Program], folder: Path, say: Callable[[str], None], seconds: float | None = None
) -> Iterator[Judged]:
    """The verdicts that are written down in `folder`, then those of the others, until none is begun after `seconds`."""
    parent = Source.shipped()
    key = hashlib.sha256(repr((sorted(versions().items()), parent.tree_hash, gather(Settings()).origin)).encode())
    file = folder / f"{key.hexdigest()[:16]}.jsonl"
    known = {(each.name, each.patch): each for each in written.read(file, Judged)}
    found = [known.get((program.name, digest(program))) for program in programs]
    yield from (end for end in found if end is not None)
    left = [program for program, end in zip(programs, found, strict=True) if end is None]
    for end in _side_by_side(left, seconds):
        written.add(file, end)
        say(f"{end.kind} {end.name} {end.outcome} {end.gate} {end.seconds:.1f} s")
        yield end


def _side_by_side(programs: Sequence[Program], seconds: float | None) -> Iterator[Judged]:
    """In processes of their own: each keeps the parent's box."""
    until = None if seconds is None else time.monotonic() + seconds
    left, running = iter(programs), set[Future[Judged]]()
    with ProcessPoolExecutor(AT_A_TIME, mp_context=multiprocessing.get_context("spawn")) as pool:
        while True:
            while len(running) < AT_A_TIME and (until is None or time.monotonic() < until):
                program = next(left, None)
                if program is None:
                    break
                running.add(pool.submit(_judged, program))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


def digest(program: Program) -> str:
    """Of its text."""
    return hashlib.sha256(program.patch).hexdigest()


@cache
def _how() -> dict[str, Any]:
    """What each judgement of this process is held with."""
    settings = Settings()
    return {"plan": None, "evidence": gather(settings), "settings": settings, "parents": Parents()}


def _judged(program: Program) -> Judged:
    about, begun = (program.kind, program.name, program.group, program.what, digest(program)), time.perf_counter()
    try:
        verdict = judge(None, program.source(), Source.shipped(), **_how())
    except SorteError as error:
        return Judged(*about, "not judged", "", (str(error),), round(time.perf_counter() - begun, 2))
    refused = next((gate for gate in verdict.gates if gate.outcome is not Outcome.PASSED), None)
    gate, findings = (refused.name, refused.findings[:FINDINGS]) if refused is not None else ("", ())
    return Judged(*about, verdict.outcome, gate, findings, round(time.perf_counter() - begun, 2))
