"""`python -m bench.gates.scoring`: which mutants of the shipped strategy are refused, and by what, line by line.

The formulas gate is asked first, then the tests that ship, both in this process and without a box (what is measured is
what they refuse), then every gate in its boxes. A survivor that gives the same bits on long tapes is an equivalent: it
is no fault, and listed apart. A run that is cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import pytest

from bench.gates import written
from bench.gates.mutants import FILES, Mutant, mutants
from bench.gates.unboxed import side_of
from core.strategy import Source
from services.guardian.boxes.layout import fill
from services.guardian.fuzz import fuzz, generator
from services.guardian.grade import CandidateFault
from services.guardian.known.events import PAIRS, events_by_chance
from services.guardian.known.holding import differences, drawn_table
from services.guardian.side import Side
from services.guardian.tools import versions

ROOT: Final = Path(__file__).parents[2]
SAMPLE: Final = 30
"""Of each file, unless all are asked for."""
SEED: Final = "sorte mutants 1"
LONG_BARS: Final = 700
CHANCE: Final = 1_500
EQUIVALENT: Final = "equivalent"
SURVIVED: Final = "survived"


class Scored(msgspec.Struct, frozen=True):
    """One mutant's end: the gate that refused it, `equivalent` or `survived`."""

    key: str
    file: str
    line: int
    kind: str
    text: str
    end: str


def sampled(parent: Source, *, every: bool) -> Iterator[Mutant]:
    """All, or as many of each file as chance from a seed takes."""
    found = list(mutants(parent))
    for file in FILES:
        own = [mutant for mutant in found if mutant.file == file]
        if not every:
            chance = random.Random(f"{SEED}:{file}")  # noqa: S311 - a sample, not a secret
            own = sorted(chance.sample(own, min(SAMPLE, len(own))), key=lambda one: (one.line, one.text))
        yield from own


def end_of(mutant: Mutant, parent: Source, behaviour: bytes, judged: Callable[[Source], str]) -> str:
    """What refuses it first."""
    source = mutant.source
    try:
        side = side_of(source)
        if next(differences(side, source, parent, source.tree_hash), None) is not None:
            return "formulas"
    except CandidateFault:
        return "formulas"
    except Exception:  # noqa: BLE001 - as in the judge: a gate that raises accepts nothing
        return "formulas"
    if not passes_tests(source):
        return "tests"
    if behaviour_of(side) == behaviour:
        return EQUIVALENT
    return judged(source)


def passes_tests(source: Source) -> bool:
    """The tests that ship, over these files."""
    with tempfile.TemporaryDirectory(prefix="sorte-mutant-") as folder:
        fill(Path(folder, "strategy"), source.files)
        words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-c", os.devnull, f"--rootdir={folder}"]
        words += ["--import-mode=importlib", str(Path(folder, "strategy", "tests"))]
        done = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, capture_output=True, check=False)
        return done.returncode == pytest.ExitCode.OK


def behaviour_of(side: Side) -> bytes:
    """All that it remembers, sees and decides on long tapes, as one hash."""
    chance, digest = generator("long", SEED), hashlib.sha256()
    symbols = fuzz("long", CHANCE, PAIRS).events
    for events in (events_by_chance(chance, LONG_BARS), symbols):
        tables = [drawn_table(chance).tobytes() for _ in range(PAIRS)]
        told = side.ask("trading.watch", dict, values={}, events=events.tobytes(), tables=tables)
        for name in ("decisions", "states", "features", "verdicts"):
            digest.update(told[name])
        digest.update(str(told["fault"]).encode())
    return digest.digest()


def scores(folder: Path, judged: Callable[[Source], str], *, every: bool) -> Iterator[Scored]:
    """Each mutant's end, from what is written down in `folder` where it is there."""
    parent = Source.shipped()
    key = hashlib.sha256(repr((sorted(versions().items()), parent.tree_hash)).encode()).hexdigest()
    file = folder / f"mutants-{key[:16]}.jsonl"
    known = {found.key: found for found in written.read(file, Scored)}
    behaviour = behaviour_of(side_of(parent))
    for mutant in sampled(parent, every=every):
        name = hashlib.sha256(f"{mutant.source.tree_hash}{mutant.text}".encode()).hexdigest()[:16]
        if name not in known:
            end = end_of(mutant, parent, behaviour, judged)
            known[name] = Scored(name, mutant.file, mutant.line, mutant.kind, mutant.text, end)
            written.add(file, known[name])
        yield known[name]


def markdown(ends: Sequence[Scored]) -> str:
    """Score by file, and what survived."""
    text = "\n### Mutants of the shipped strategy\n\n| file | mutants | refused | equivalent | survived | score |\n"
    text += "|---|--:|--:|--:|--:|--:|\n"
    for file in sorted({end.file for end in ends}):
        own = [end for end in ends if end.file == file]
        same, left = (sum(end.end == what for end in own) for what in (EQUIVALENT, SURVIVED))
        real = len(own) - same
        score = f"{(real - left) / real:.1%}" if real else "-"
        text += f"| {file} | {len(own)} | {real - left} | {same} | {left} | {score} |\n"
    for what, head in ((SURVIVED, "Survivors"), (EQUIVALENT, "Equivalents: the same bits on long tapes")):
        listed = [f"- {one.file}:{one.line}, {one.kind}: `{one.text}`\n" for one in ends if one.end == what]
        text += f"\n{head}:\n\n" + ("".join(listed) or "None.\n")
    return text


def main() -> None:
    """Print a JSON line for each; `-long` for all of them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("-long", action="store_true")
    asked.add_argument("--unjudged", action="store_true", help="do not ask all the gates of what is left")
    given = asked.parse_args()
    found = []
    for end in scores(ROOT / ".bench" / "gates", judged_in_boxes(given.unjudged), every=given.long):
        found.append(end)
        sys.stderr.write(f"{end.file}:{end.line} {end.kind} {end.end} {end.text}\n")
    sys.stdout.write(markdown(found))


def table(*, every: bool) -> str:
    """The figures, from a process of its own, because this needs plain Python from its start."""
    words = [sys.executable, "-m", "bench.gates.scoring", *(["-long"] if every else [])]
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout


def judged_in_boxes(unjudged: bool) -> Callable[[Source], str]:
    """Every gate over it, in a process that compiles."""

    def ask(source: Source) -> str:
        if unjudged:
            return SURVIVED
        with tempfile.TemporaryDirectory(prefix="sorte-mutant-") as folder:
            fill(Path(folder, "strategy"), source.files)
            words = [
                str(Path(sys.executable).parent / "sorte"),
                "judge",
                "--json",
                "--tree",
                str(Path(folder, "strategy")),
            ]
            env = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
            done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, check=False)
        verdict = msgspec.json.decode(done.stdout.splitlines()[-1])
        refused = [gate["name"] for gate in verdict["gates"] if gate["outcome"] == "failed"]
        return refused[0] if refused else SURVIVED

    return ask


if __name__ == "__main__":
    main()
