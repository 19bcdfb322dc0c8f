"""Names that a plan gives anew, put back: what is then the same differs in nothing but the name."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping

from core.contracts import EditPlan, Rename
from core.contracts.plan import MOST_CONDITIONS
from services.guardian.formulas import names_of_one


def new_names(plan: EditPlan | None) -> dict[str, str]:
    """New name -> what it was before the plan, over several renames of one thing; and of what else bears it."""
    names: dict[str, str] = {}
    for operation in plan.operations if plan else ():
        if isinstance(operation, Rename):
            names[operation.new] = names.pop(operation.old, operation.old)
            new_others, old_others = (others_of(operation.what, name) for name in (operation.new, operation.old))
            for new, old in zip(new_others, old_others, strict=True):
                names[new] = names.pop(old, old)
    return names


def others_of(what: str, name: str) -> list[str]:
    """What else is called by the name of a rule or of an indicator."""
    if what == "rule":
        return [f"side{number}_{name}" for number in ("", *map(str, range(2, MOST_CONDITIONS + 1)))]
    return names_of_one(name)[1:] if what == "indicator" else []


def unrenamed(file: str, data: bytes, names: Mapping[str, str]) -> bytes:
    """The file with each name and each text that is just a new name put back to the old one."""
    if not names or not file.endswith(".py"):
        return data
    text = data.decode()
    lines = text.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        bare = token.string.strip("\"'")
        if token.type in (tokenize.NAME, tokenize.STRING) and bare in names:
            row, left, right = token.start[0] - 1, token.start[1], token.end[1]
            lines[row] = lines[row][:left] + token.string.replace(bare, names[bare]) + lines[row][right:]
    return "".join(lines).encode()
