"""What is known of a setting, said in a language: its meaning, what may be given, its default."""

from __future__ import annotations

from core.language import Language
from core.settings.facts import Fact, written
from core.settings.texts import say

LIMITS = "limits."
"""Before the keys of the limits file, where settings and limits are named together."""


def meaning(fact: Fact, language: Language | None = None) -> str:
    """What the setting does. `texts.toml` has the model's own sentence once more, and another for each language."""
    return say(f"meaning.{fact.key}", language)


def section_meaning(section: str, language: Language | None = None) -> str:
    """What the settings of a section, or the limits, are about."""
    return say(f"section.{section}", language)


def value_said(fact: Fact, language: Language | None = None) -> str:
    """What may be given: kind or choices, unit, range."""
    if fact.choices:
        return say("one_of", language, choices=", ".join(fact.choices))
    kind = say(f"kind.{'secret' if fact.secret else fact.kind}", language) if not fact.unit else ""
    unit = say(f"unit.{fact.unit}", language) if fact.unit else ""
    bounds = (say(f"bound.{name}", language, number=f"{number:.10g}") for name, number in fact.bounds)
    return ", ".join(part for part in (kind, unit, *bounds) if part)


def default_said(fact: Fact, language: Language | None = None) -> str:
    """The default."""
    return say("required", language) if fact.required else value_in_force(fact.default, language)


def value_in_force(value: object, language: Language | None = None) -> str:
    """A value as its file has it, for it may be copied there."""
    return say("nothing", language) if value in (None, "") else written(value)
