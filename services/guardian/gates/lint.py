"""What does pylint say of the candidate that it did not say of its parent?

What a clean-up left over is told and refuses nothing: with it and without it the strategy does the same, and what a
forgotten use would change is seen by the gates that know what each number has to be.

What it said of a strategy is kept, so that of a parent which was judged before only the candidate is looked at.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Final

import msgspec

from core.compiled.store import Store
from core.strategy import Source
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
from services.guardian.tools import versions

PURPOSE: Final = "lint"

LEFT_OVER: Final = frozenset(
    {"unused-argument", "unused-import", "unused-variable", "unnecessary-pass", "unnecessary-semicolon"}
)
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
    """New messages only; each is a finding, or told where it is about what is left over."""
    if only_numbers_differ(case):
        return Grade(figures={"messages": 0, "modules": len(code_of(case.candidate.files))})
    known = _known(case.parent)
    sides = PACKAGES if known is None else PACKAGES[:1]
    with closing(case.open_box(side_by_side(case, sides), jit=False, room="lint")) as box:
        answer = box.ask("lint.check", _Answer, seconds=case.gate_seconds, packages=list(sides))
    figures = {"messages": len(answer.messages) + len(known or ()), "modules": len(answer.modules)}
    if missing := sorted(_modules(case, sides) - set(answer.modules)):
        return Grade.not_held(f"pylint did not look at {', '.join(missing)}", figures)
    for side, source in zip(sides, (case.candidate, case.parent), strict=False):
        _keep(source, [each for each in answer.messages if each.path.startswith(f"{side}/")])
    new = only_new([*answer.messages, *(known or ())], lambda message: message.key)
    said = [(f"{inside_package(m.path)}:{m.line}: {m.id} {m.symbol}: {shown(m.text)}", m.symbol) for m in new]
    refusals = tuple(text for text, symbol in said if symbol not in LEFT_OVER)
    return Grade(refusals, tuple(text for text, symbol in said if symbol in LEFT_OVER), figures)


def _modules(case: Case, sides: Sequence[str]) -> set[str]:
    both = zip(sides, (case.candidate, case.parent), strict=False)
    names = {f"{side}.{file.removesuffix('.py')}" for side, source in both for file in code_of(source.files)}
    return {name.removesuffix(".__init__") for name in names}


def _known(source: Source) -> list[_Message] | None:
    """What was said of the code of a strategy before, as said of a parent; None when nothing is kept."""
    with suppress(msgspec.MsgspecError):
        if (kept := Store(PURPOSE).read(_key(source))) is not None:
            said = msgspec.json.decode(kept, type=list[_Message])
            return [msgspec.structs.replace(each, path=f"{PACKAGES[1]}/{each.path}") for each in said]
    return None


def _keep(source: Source, said: Sequence[_Message]) -> None:
    inside = [msgspec.structs.replace(each, path=inside_package(each.path)) for each in said]
    Store(PURPOSE).write(_key(source), msgspec.json.encode(inside))


def _key(source: Source) -> str:
    return hashlib.sha256(
        repr((sorted(versions().items()), sorted(code_of(source.files).items()))).encode()
    ).hexdigest()
