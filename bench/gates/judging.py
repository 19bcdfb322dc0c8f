"""Judges one program after the other, as an agent that runs does: the parent's box is compiled once and kept.

What was judged is written down line by line, under a key of what judges and what is judged on: a run that is cut off
goes on where it was.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.gates.corpus import Program
from core.contracts import Outcome, Verdict
from core.errors import SorteError
from core.settings import Settings
from core.strategy import Source
from services.guardian.evidence import gather
from services.guardian.judge import judge
from services.guardian.parents import Parents
from services.guardian.tools import versions

FINDINGS: Final = 3


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


def judged(programs: Iterable[Program], folder: Path, say: Callable[[str], None]) -> Iterator[Judged]:
    """Each program's verdict, from what is written down in `folder` where it is there."""
    settings, parent = Settings(), Source.shipped()
    evidence, parents = gather(settings), Parents()
    key = hashlib.sha256(repr((sorted(versions().items()), parent.tree_hash, evidence.origin)).encode()).hexdigest()
    written = folder / f"{key[:16]}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    known = {(each.name, each.patch): each for each in _read(written)}
    how: dict[str, Any] = {"plan": None, "evidence": evidence, "settings": settings, "parents": parents}
    try:
        for program in programs:
            patch = hashlib.sha256(program.patch).hexdigest()
            found = known.get((program.name, patch))
            if found is None:
                found = _judged(program, patch, lambda source: judge(None, source, parent, **how))
                with written.open("ab") as file:
                    file.write(msgspec.json.encode(found) + b"\n")
            say(f"{found.kind} {found.name} {found.outcome} {found.gate} {found.seconds:.1f} s")
            yield found
    finally:
        parents.close()


def _judged(program: Program, patch: str, judge_it: Callable[[Source], Verdict]) -> Judged:
    about, begun = (program.kind, program.name, program.group, program.what, patch), time.perf_counter()
    source = program.source()
    try:
        verdict = judge_it(source)
    except SorteError as error:
        return Judged(*about, "not judged", "", (str(error),), round(time.perf_counter() - begun, 2))
    refused = next((gate for gate in verdict.gates if gate.outcome is not Outcome.PASSED), None)
    gate, findings = (refused.name, refused.findings[:FINDINGS]) if refused is not None else ("", ())
    return Judged(*about, verdict.outcome, gate, findings, round(time.perf_counter() - begun, 2))


def _read(written: Path) -> Iterator[Judged]:
    if written.exists():
        for line in written.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=Judged)
            except msgspec.MsgspecError:
                continue  # cut off in the middle of the line
