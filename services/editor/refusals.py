"""What the editor cannot do, said in the owner's language: what, to what, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.contracts import Language
from core.errors import SorteError
from core.wording import Wording

WORDING: Final = Wording(Path(__file__).with_name("texts.toml"))


class EditRefused(SorteError):  # noqa: N818 - nothing went wrong: it is an answer
    """An edit that was not made; no file was touched. `reason` is a text of `texts.toml`, `about` what fills it in."""

    def __init__(self, reason: str, language: Language = Language.EN, **about: object) -> None:
        say = WORDING.say
        super().__init__(say(reason, language, **about), say(f"{reason}.hint", language, **about))
        self.reason = reason
        self.about = about

    def told_in(self, language: Language) -> EditRefused:
        """The same refusal in that language."""
        return EditRefused(self.reason, language, **self.about)


def nearest(name: str, known: Iterable[str]) -> str:
    """The names that may have been meant, or all when none is near."""
    names = sorted(known)
    return ", ".join(difflib.get_close_matches(name, names, n=3) or names) or "-"
