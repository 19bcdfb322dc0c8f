"""What can be said over the line, and what is said where nobody answers; costs little to import."""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts.asking import Question
from core.errors import ConfigurationError, SorteError

LONGEST_TEXT: Final = 10_000
"""Characters; the interpreter reads fewer, and says so itself."""
WHAT_WORKS: Final = (
    "`sorte pause`, `panic` and `kill` reach it all the same. The commander comes back by itself, after pauses that"
    " grow; stopping the trader and `sorte run` bring it back at once."
)


def readable(question: Question) -> Question:
    """With characters only that can be written down: bytes that are none come as halves of a pair from a command line.

    Raises ConfigurationError for more text than anybody says.
    """
    if len(question.text) > LONGEST_TEXT:
        told = f"The sentence has {len(question.text):,} characters, more than {LONGEST_TEXT:,}."
        raise ConfigurationError(told, "Say it in fewer words.")
    words = {name: getattr(question, name) for name in ("text", "id", "pair", "to", "owner", "message")}
    plain = {name: word.encode(errors="replace").decode() for name, word in words.items() if word is not None}
    return msgspec.structs.replace(question, **plain)


def unreachable(pid: int) -> SorteError:
    """What whoever asks for more than is written down is told."""
    told = f"A trader runs here (process {pid}) and cannot be reached: its commander is away. Nothing was changed."
    return SorteError(told, f"Trading goes on. {WHAT_WORKS}")
