"""One candidate, judged in boxes by bubblewrap and by a Docker daemon in turns; nothing where no daemon answers."""

from __future__ import annotations

import re
import statistics
from typing import Final, Literal

from bench.figure import Effort, Figure, Measured, Section, at_most, spread, timed
from core.errors import SandboxError
from core.settings import GuardianSettings, Settings
from core.strategy import Source
from services.guardian.boxes import open_boxes
from services.guardian.evidence import gather
from services.guardian.judge import judge

KINDS: Final[tuple[Literal["bubblewrap", "docker"], ...]] = ("bubblewrap", "docker")
CHANGED: Final = (rb"rsi_oversold(: Annotated\[.*\]) = 30", rb"rsi_oversold\1 = 35")


def measure(effort: Effort) -> Measured:
    """Judge it with every gate, so many times of each kind."""
    try:
        with open_boxes(GuardianSettings(sandbox="docker")):
            pass
    except SandboxError:
        return Measured((), (Section("Judged in Docker", "Not measured: no Docker daemon answers on this machine."),))
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(effort.of(7, 2)):
        for kind in KINDS:
            effort.say(f"{kind}, judgement {number + 1}")
            taken[kind].append(judged_in(kind))
    more = statistics.median(docker - walls for walls, docker in zip(*taken.values(), strict=True))
    medians = ", ".join(f"{kind} {statistics.median(seconds):.1f} s" for kind, seconds in taken.items())
    note = f"all gates, nothing compiled beforehand: {medians}; {spread(taken['docker'], 1)}"
    return Measured((Figure("Judged in Docker, longer than in bubblewrap by", more, "s", at_most(3), note),))


def judged_in(kind: Literal["bubblewrap", "docker"]) -> float:
    """Seconds of one judgement."""
    parent = Source.shipped()
    edited = re.sub(*CHANGED, parent.files["parameters.py"])
    candidate = Source.of({**parent.files, "parameters.py": edited})
    settings = Settings(guardian=GuardianSettings(sandbox=kind))
    evidence = gather(settings)
    seconds, verdict = timed(lambda: judge(None, candidate, parent, plan=None, evidence=evidence, settings=settings))
    if not verdict.accepted:
        raise RuntimeError(f"in {kind} the candidate was refused by {verdict.refused_by}")
    return seconds
