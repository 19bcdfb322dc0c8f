"""What does Bandit find in the candidate's code that it did not find in its parent's?"""

from __future__ import annotations

from contextlib import closing

import msgspec

from services.guardian.boxes.session import shown
from services.guardian.case import Case
from services.guardian.gates.beside import (
    PACKAGES,
    inside_package,
    only_new,
    only_numbers_differ,
    side_by_side,
)
from services.guardian.grade import Grade
from services.guardian.shape import code_of


class _Finding(msgspec.Struct):
    path: str
    line: int
    id: str
    name: str
    severity: str
    confidence: str
    text: str
    code: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return inside_package(self.path), self.id, self.text, self.code


class _Answer(msgspec.Struct):
    files: int
    skipped: list[str]
    findings: list[_Finding]


def gate(case: Case) -> Grade:
    """New findings only, of whatever severity; a file that Bandit could not read is one too."""
    if only_numbers_differ(case):
        return Grade(figures={"files": len(code_of(case.candidate.files)), "findings": 0})
    both = side_by_side(case)
    with closing(case.open_box(both, jit=False, room="security")) as box:
        answer = box.ask("security.check", _Answer, seconds=case.gate_seconds, packages=list(PACKAGES))
    figures = {"files": answer.files, "findings": len(answer.findings)}
    if answer.files != len(both.files):
        return Grade.not_held(f"Bandit looked at {answer.files} of {len(both.files)} files", figures)
    found = [f"not read: {shown(why)}" for why in answer.skipped]
    new = only_new(answer.findings, lambda finding: finding.key)
    found += [
        f"{inside_package(m.path)}:{m.line}: {m.id} {m.name} ({m.severity.lower()}): {shown(m.text)}" for m in new
    ]
    return Grade(tuple(found), figures=figures)
