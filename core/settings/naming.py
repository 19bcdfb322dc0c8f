"""The names of settings: as keys (`trader.mode`), as variables (`SORTE_TRADER__MODE`), and as they are misspelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import BaseModel

from core.settings.sections import PREFIX

NEAR: Final = 75.0
"""Likeness from which a name is suggested: of 0 to 100, the share of letters that two names have in common."""
SAME_LAST_PART: Final = 5.0
"""What a key that is only alike in its last part lies behind one that is alike as a whole."""


def names_of(model: type[BaseModel]) -> Iterator[str]:
    """Each key of a model, its sections' names included: `trader`, then `trader.mode`."""
    for name, field in model.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name}.{key}" for key in names_of(field.annotation))


def variable_of(key: str) -> str:
    """The environment variable that sets a key."""
    return PREFIX + key.upper().replace(".", "__")


def maybe_meant(name: str, known: Iterable[str]) -> str:
    """What to say after an unknown name: the known one that is like it; nothing when none is."""
    found = nearest(name, known)
    return f" (did you mean {found}?)" if found else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, as a whole or in the last part of a key; empty when none is alike."""
    from rapidfuzz import fuzz  # only who misspells pays for it

    def likeness(key: str) -> float:
        last = fuzz.ratio(name.rpartition(".")[2], key.rpartition(".")[2]) - SAME_LAST_PART
        return max(fuzz.ratio(name, key), last)

    found = max((key for key in known if not name.startswith(f"{key}.")), key=likeness, default="")
    return found if found and likeness(found) >= NEAR else ""
