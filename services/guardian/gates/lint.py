"""What does pylint say of the candidate that it did not say of its parent?"""

from __future__ import annotations

import re
from contextlib import closing
from typing import Final

import msgspec

from services.guardian.boxes.session import shown
from services.guardian.case import Case
from services.guardian.gates.beside import (
    PACKAGES,
    code_of,
    inside_package,
    only_new,
    only_numbers_differ,
    side_by_side,
)
from services.guardian.grade import Grade

PLACE: Final = re.compile(r" ?\(line \d+\)|\b(candidate|parent)\b\.?")
"""What differs between two messages that say the same."""


class _Message(msgspec.Struct):
    path: str
    line: int
    id: str
    symbol: str
    object: str
    text: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return inside_package(self.path), self.id, self.object, PLACE.sub("", self.text)


class _Answer(msgspec.Struct):
    modules: list[str]
    messages: list[_Message]


def gate(case: Case) -> Grade:
    """New messages only; each is a finding."""
    if only_numbers_differ(case):
        return Grade(figures={"messages": 0, "modules": len(code_of(case.candidate.files))})
    with closing(case.open_box(side_by_side(case), jit=False)) as box:
        answer = box.ask("lint.check", _Answer, seconds=case.gate_seconds, packages=list(PACKAGES))
    figures = {"messages": len(answer.messages), "modules": len(answer.modules)}
    if missing := sorted(_modules(case) - set(answer.modules)):
        return Grade.not_held(f"pylint did not look at {', '.join(missing)}", figures)
    new = only_new(answer.messages, lambda message: message.key)
    found = (f"{inside_package(m.path)}:{m.line}: {m.id} {m.symbol}: {shown(m.text)}" for m in new)
    return Grade(tuple(found), figures=figures)


def _modules(case: Case) -> set[str]:
    sides = zip(PACKAGES, (case.candidate, case.parent), strict=True)
    names = {f"{side}.{file.removesuffix('.py')}" for side, source in sides for file in code_of(source.files)}
    return {name.removesuffix(".__init__") for name in names}
