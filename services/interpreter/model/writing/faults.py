"""What is wrong with a model's code: told to it in English for its second try, and to the owner in his language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.language import Language
from core.retelling import retold
from services.interpreter.wording import say

PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
UNSAYABLE: Final = "?"


def shown(name: str) -> str:
    """A name of a model's as it may be said again: one that is no plain name is a text, and is not repeated."""
    return name if PLAIN.fullmatch(name) else UNSAYABLE


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for which nothing is offered; `values` are names and numbers of the code, never a text of the model's.

    The case `vetted` is a finding of the editor or the guardian, which is English by itself.
    """

    case: str
    values: Mapping[str, str] = field(default_factory=dict)

    def told(self, language: Language) -> str:
        """The reason as a sentence."""
        values = {
            name: retold(value, language) if self.case == "vetted" else value for name, value in self.values.items()
        }
        return say(f"written.fault.{self.case}", language, **values)
