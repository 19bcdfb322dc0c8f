"""What the commands say by themselves, by name, in the owner's language; `texts.toml` holds it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.wording import Wording


def say(name: str, /, **values: object) -> str:
    """The text of that name. KeyError when it, or a value of it, is missing."""
    return _wording().say(name, None, **values)


@cache
def _wording() -> Wording:
    from core.wording import Wording

    return Wording(Path(__file__).with_name("texts.toml"))
