"""The owner's language, and what tells it of one who has said no sentence yet; costs nothing to import."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

VARIABLE: Final = "SORTE_LANGUAGE"
"""The setting `language` as a variable: settings that cannot be read are told of in that language too."""
LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first of these that is set names the machine's language (POSIX.1-2017, 8.2)."""


class Language(StrEnum):
    """The owner's."""

    PT = "pt"
    EN = "en"


def language_of(environment: Mapping[str, str]) -> Language:
    """The one that the owner has set there, or the one of the machine's locale; English when it is none of ours."""
    named = next((environment[name] for name in (VARIABLE, *LOCALE) if environment.get(name)), "")
    return Language.PT if named.lower().startswith("pt") else Language.EN
