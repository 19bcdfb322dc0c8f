"""An amount in another unit: `segundos, não minutos` of `2 minutos`."""

from __future__ import annotations

from core.contracts import Language
from core.symbols import Symbols
from services.interpreter.dialogue import sentences, words
from services.interpreter.grammar.lexicon import lexicon
from services.interpreter.grammar.normalise import Text, read


def exchanged(text: str, said: str, language: Language, symbols: Symbols, old: str = "") -> str | None:
    """The sentence with the unit of its one amount exchanged; None where the words are more than a unit.

    `old` is the unit that is not meant, where one is said: it has to be the one that stands there.
    """
    unit = _unit(read(words.bare("making", read(said))), language)
    amount = sentences.only_amount(text, language, symbols)
    if unit is None or amount is None:
        return None
    number = sentences.NUMBER.match(amount)
    if number is None:
        return None
    before = _unit(read(amount[number.end() :]), language)
    if before == unit or (old and _unit(read(old), language) != before):
        return None
    return read(text).lower.replace(amount, f"{number[0].strip()} {said.strip()}", 1)


def _unit(said: Text, language: Language) -> str | None:
    """The unit that the whole of the words is."""
    found = [unit for unit, end in lexicon(language).units_at(said.tokens, 0) if end == len(said.tokens)]
    return found[0] if found else None
