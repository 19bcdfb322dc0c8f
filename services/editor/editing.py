"""An edit as a pure function: the files of a strategy in, the files of its successor out.

The operations of a plan apply in order, all of them or none. Only the nodes they name are touched: LibCST gives every
other byte back, comments, blank lines, quotes and line ends among them, and is refused the file when it would not. The
same files, plan and change give the same bytes, so a judge can make the edit again and compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.contracts import EditPlan, Language, Operation
from core.errors import StrategyError
from core.symbols import Symbols
from services.editor.draft import Draft
from services.editor.operations import INVERSES, OPERATIONS
from services.editor.proofs import CHANGE, functions, generated, tests_of
from services.editor.refusals import EditRefused


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit came to. Ids of tests are `tests/test_change_<id>.py::test_...`."""

    files: Mapping[str, bytes]
    tests: tuple[str, ...]  # that it added
    superseded: tuple[str, ...] = ()  # of earlier changes, which it took away because they would not be true any more


def edit(files: Mapping[str, bytes], plan: EditPlan, change: str, language: Language = Language.EN) -> Edited:
    """Apply `plan` for the change of that id. Raises EditRefused, in that language, for what cannot be done.

    A change that edits again goes on with its own tests: what it takes back leaves the files as they were before it.
    """
    if not CHANGE.fullmatch(change):
        raise ValueError(f"{change!r} is no id of a change")
    try:
        edited = _applied(files, plan.operations, change)
        _check(files, edited)
    except EditRefused as refusal:
        raise refusal.told_in(language) from None
    before, after = _tests(files), _tests(edited)
    own = tests_of(edited, change)
    return Edited(MappingProxyType(edited), own, tuple(sorted(before - after - set(own))))


def inverse(plan: EditPlan, files: Mapping[str, bytes]) -> EditPlan | None:
    """The plan that takes `plan` back once it was applied to `files`, under the same change; None when there is none.

    There is one when it restores every byte of every file, tests included, which is tried. None is for what a plan
    cannot say: a removed rule that no plan could have written, or one with a comment on its line. Raises EditRefused
    when `plan` does not apply.
    """
    change = next(str(n) for n in range(len(files) + 1) if f"tests/test_change_{n}.py" not in files)
    back: list[Operation] = []
    draft = dict(files)
    for operation in plan.operations:
        undo = INVERSES[type(operation)](draft, operation)
        if undo is None:
            return None
        back = [*undo, *back]
        draft = _applied(draft, (operation,), change)
    try:
        undone = EditPlan(tuple(back))
        restored = _applied(draft, undone.operations, change)
    except (EditRefused, ValueError):
        return None
    return undone if restored == files else None


def _applied(files: Mapping[str, bytes], operations: tuple[Operation, ...], change: str) -> dict[str, bytes]:
    draft = Draft(files, change)
    for operation in operations:
        OPERATIONS[type(operation)](draft, operation)
    return draft.files


def _check(files: Mapping[str, bytes], edited: Mapping[str, bytes]) -> None:
    """Something was changed, and can be read; if it cannot, the mistake is ours, and is refused all the same."""
    if edited == files:
        raise EditRefused("nothing")
    try:
        Symbols.of(edited)
        for file in generated(edited):
            compile(edited[file], file, "exec")
    except (StrategyError, SyntaxError) as error:
        raise EditRefused("broken", error=str(error).rstrip(".")) from None


def _tests(files: Mapping[str, bytes]) -> set[str]:
    return {f"{file}::{name}" for file in generated(files) for name in functions(files[file])}
