"""compile: the candidate compiles in nopython mode, inside the box, by the very call that a strategy host makes.

What is compiled is then called once with each kind of event. The tree that the box loaded must be the candidate's. That
is the box's word, but a box that lies about it gains nothing: the commander loads by hash whatever this gate says.
"""

from __future__ import annotations

import ast
import re
from typing import Final

from core.strategy import Source
from core.syntax import syntax_tree
from services.guardian.answers import Prepared, in_one_line
from services.guardian.case import Case, trial_of
from services.guardian.grade import Figures, Grade
from services.guardian.shape import code_of

PLACE: Final = re.compile(
    r'File "<strategy [0-9a-f]+>/([\w/]+\.py)", line (\d+)'  # where a type does not fit
    r"|at <strategy [0-9a-f]+>/([\w/]+\.py) \((\d+)\)"  # where code could not be made
)
TRACED: Final = re.compile(r"([\w/]+\.py):(\d+)")
"""The last line of a fault: the strategy's part of the traceback."""
NOISE: Final = re.compile(
    r"\x1b\[[0-9;]*m"
    r"|Failed in nopython mode pipeline \(step: [^)]*\)"
    r"|File \"<strategy [0-9a-f]+>/[\w/]+\.py\", line \d+:?"
    r"|During: [^\n]*|<source missing[^\n]*"
    r"|This error may have been caused by the following argument\(s\):.*",
    re.DOTALL,
)
INLINED: Final = "CALL_FUNCTION_EX"
INLINED_HINT: Final = "a condition stands inside a call of many arguments, which the compiler does not take."
ALLOCATES: Final = "NRT required"
ALLOCATES_HINT: Final = "It makes a list or an array; what a strategy remembers belongs in its state."

MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 100
"""Of a Q-table; `services.guardian.fuzz` fills none that is larger, and no claim may be left out for its size."""


def gate(case: Case) -> Grade:
    """What the box said when it made the strategy ready."""
    trial = trial_of(case)
    prepared = trial.candidate.ready.result()
    traced = trial.plain.ready.result().fault if prepared.fault else ""
    if INLINED in prepared.fault:
        return Grade((f"{inlined_at(case.candidate)}{INLINED_HINT}",))
    return grade(prepared, case.candidate.tree_hash, trial.candidate.prepare_seconds, traced)


def inlined_at(source: Source) -> str:
    """Where a condition is given to the call with the most arguments that has one, which the compiler does not say."""
    found = [
        (-len(call.keywords), file, part.lineno)
        for file, data in code_of(source.files).items()
        for call in ast.walk(syntax_tree(data))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        for part in ast.walk(keyword.value)
        if isinstance(part, ast.IfExp | ast.BoolOp)
    ]
    return "{1}:{2}: ".format(*min(found)) if found else ""


def grade(prepared: Prepared, tree: str, seconds: float, traced: str = "") -> Grade:
    """Nothing but a compiled kernel with the platform's options, of just this tree, passes.

    `traced` is the fault of the same strategy in plain Python: a compiler does not always say where it stood.
    """
    figures: Figures = {"compile_seconds": round(seconds, 2)}
    if prepared.fault:
        return Grade((explain(prepared.fault, traced),), figures=figures)
    refusals = []
    if prepared.tree != tree:
        refusals.append(f"The box loaded the tree {in_one_line(prepared.tree)[:40]}, not {tree}.")
    if not (0 < prepared.rows <= MOST_ROWS and 0 < prepared.columns <= MOST_COLUMNS):
        refusals.append(f"Its Q-table of {prepared.rows:,} times {prepared.columns:,} is none that the gates can fill.")
    compiled = prepared.compiled
    if not 1 == compiled.get("nopython") == compiled.get("signatures"):
        refusals.append("decide is not compiled in nopython mode: it must be a @kernel.")
    elif compiled.get("boundscheck") is not True or compiled.get("fastmath") is not False:
        refusals.append("decide is compiled with options of its own: it must be a plain @kernel.")
    return Grade(tuple(refusals), figures=figures)


def explain(fault: str, traced: str = "") -> str:
    """A compiler's story as one sentence, after the line of the strategy that it is about."""
    story, _, tail = fault.rpartition("\n")
    told = ALLOCATES_HINT if ALLOCATES in fault else in_one_line(NOISE.sub(" ", story))
    found = [[part for part in groups if part] for groups in PLACE.findall(story)]
    places = found or TRACED.findall(tail) or TRACED.findall(traced.rpartition("\n")[2])
    return f"{places[-1][0]}:{places[-1][1]}: {told}" if places else told
