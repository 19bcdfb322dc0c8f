"""Hours and days in a rule as a person says them, and the zone that they are of.

They are the owner's: `hour 9 to 18, America/Sao_Paulo`. A sentence that names another zone is asked about, because a
rule knows no other clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from core.contracts import Condition, Language
from services.interpreter.grammar.lexicon import data
from services.interpreter.grammar.normalise import Kind, Text, Token
from services.interpreter.wording import say

READS: Final = frozenset({"hour", "weekday"})
BETWEEN: Final = frozenset(
    ["de", "do", "da", "no", "na", "em", "of", "in", "o", "the", "horario", "hora", "fuso", "(", "-"]
)
"""What may stand between an hour and its zone."""
HOURS: Final = frozenset(
    [
        "h",
        "hs",
        "hr",
        "hrs",
        "hora",
        "horas",
        "hours",
        "hour",
        "am",
        "pm",
        "clock",
        "horario",
        "fuso",
        "manha",
        "tarde",
        "noite",
    ]
)
AFTER: Final = frozenset(["time", "hours", ")"])


def reads_clock(when: Condition) -> bool:
    """Whether a condition depends on the hour or the day."""
    return when.feature in READS or any(reads_clock(branch) for branch in when.branches)


def span(when: Condition, language: Language) -> str | None:
    """`hour 22 to 6`, `weekday friday`: hours and days in a row; None for any other condition."""
    match when.branches:
        case (Condition(feature="hour", op=">=", value=first), Condition(feature="hour", op="<", value=until)):
            return say("span", language, what="hour", first=first, last=until)
        case (Condition(feature="weekday", op=">=", value=first), Condition(feature="weekday", op="<=", value=last)):
            return _days(first, last, language) if when.all else None
        case ():
            pass
        case _:
            return None
    match when:
        case Condition(feature="weekday", op=">=", value=first):
            return _days(first, 6, language)
        case Condition(feature="weekday", op="<=", value=last):
            return _days(0, last, language)
    return None


def _days(first: float | None, last: float | None, language: Language) -> str | None:
    if first not in range(7) or last not in range(7):
        return None
    begin, end = (say(f"day.{int(day or 0)}", language) for day in (first, last))
    return f"weekday {begin}" if first == last else say("span", language, what="weekday", first=begin, last=end)


# Zones that are named ------------------------------------------------------------------------------------------------


def named_zone(text: Text) -> tuple[str, int, int] | None:
    """The zone of an hour in a sentence, and the tokens that name it; None when none is named."""
    keys = [token.key for token in text.tokens]
    for start, key in enumerate(keys):
        for phrase, zone in _zones().get(key, ()):
            end = start + len(phrase)
            if tuple(keys[start:end]) == phrase and _is_of_an_hour(text.tokens, start, end):
                while end < len(keys) and keys[end] in AFTER:
                    end += 1
                return zone, _begin(keys, start), end
    return None


def without(text: Text, start: int, end: int) -> Text:
    """The sentence without some of its tokens."""
    return Text(text.clean, text.lower, (*text.tokens[:start], *text.tokens[end:]))


def _begin(keys: Sequence[str], start: int) -> int:
    while start and keys[start - 1] in BETWEEN:
        start -= 1
    return start


def _is_of_an_hour(tokens: Sequence[Token], start: int, end: int) -> bool:
    if end < len(tokens) and tokens[end].key in AFTER - {")"}:
        return True
    before = _begin([token.key for token in tokens], start) - 1
    if any(token.key in ("horario", "fuso") for token in tokens[max(before, 0) : start]):
        return True
    return before >= 0 and (tokens[before].kind is Kind.NUMBER or tokens[before].key in HOURS)


@cache
def _zones() -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for zone, phrases in data()["zones"].items():
        for phrase in phrases:
            words = tuple(phrase.split())
            found.setdefault(words[0], []).append((words, zone))
    return {first: sorted(ways, key=lambda way: -len(way[0])) for first, ways in found.items()}
