"""compile: the candidate compiles in nopython mode, inside the box, by the very call that a strategy host makes.

What is compiled is then called once with each kind of event. The tree that the box loaded must be the candidate's. That
is the box's word, but a box that lies about it gains nothing: the commander loads by hash whatever this gate says.
"""

from __future__ import annotations

import re
from typing import Final

from core.contracts import GateReport
from services.guardian.case import Case
from services.guardian.grade import Grade, hold
from services.guardian.trial import Prepared, in_one_line, trial_of

PLACE: Final = re.compile(r'File "<strategy [0-9a-f]+>/([\w/]+\.py)", line (\d+)')
NOISE: Final = re.compile(
    r"\x1b\[[0-9;]*m|Failed in nopython mode pipeline \(step: [^)]*\)|File \"<strategy [0-9a-f]+>/[\w/]+\.py\", line \d+:?"
    r"|During: [^\n]*|<source missing[^\n]*|This error may have been caused by the following argument\(s\):.*",
    re.DOTALL,
)


def gate(case: Case) -> GateReport:
    """Hold the gate."""
    return hold("compile", judge, case)


def judge(case: Case) -> Grade:
    trial = trial_of(case)
    prepared = trial.candidate.ready.result()
    seconds = {"seconds": round(trial.candidate.prepare_seconds, 2)}
    return grade(prepared, case.candidate.tree_hash, seconds)


def grade(prepared: Prepared, tree: str, figures: dict[str, float | int | str | None]) -> Grade:
    """Nothing but a compiled kernel with the platform's options, of just this tree, passes."""
    if prepared.fault:
        return Grade((explain(prepared.fault),), figures=figures)
    refusals = []
    if prepared.tree != tree:
        refusals.append(f"The box loaded the tree {in_one_line(prepared.tree)[:40]}, not {tree}.")
    compiled = prepared.compiled
    if not 1 == compiled.get("nopython") == compiled.get("signatures"):
        refusals.append("decide is not compiled in nopython mode: it must be a @kernel.")
    elif compiled.get("boundscheck") is not True or compiled.get("fastmath") is not False:
        refusals.append("decide is compiled with options of its own: it must be a plain @kernel.")
    return Grade(tuple(refusals), figures=figures)


def explain(fault: str) -> str:
    """A compiler's story as one sentence with the line of the strategy that it is about."""
    places = [f"{file}:{line}" for file, line in PLACE.findall(fault)]
    if not places:
        places = re.findall(r"[\w/]+\.py:\d+", fault.rsplit("\n", 1)[-1])
    told = in_one_line(NOISE.sub(" ", fault.rsplit("\n", 1)[0]))
    return f"{places[-1]}: {told}" if places else told
