"""The pages `what-you-can-say.md`: every parameter, feature, rule and action with a sentence in both languages.

They are made from the symbol index of the shipped strategy, and the interpreter is asked to understand each sentence in
the tests. `python -m services.interpreter.phrasebook` makes them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from core.contracts import Language
from core.retelling import retold
from core.symbols import Parameter, Symbols
from core.wording import Wording
from services.interpreter.wording import amount, unit

WORDING: Final = Wording(Path(__file__).with_name("phrasebook.toml"))
PAGES: Final = {Language.EN: "docs/what-you-can-say.md", Language.PT: "docs/pt-BR/what-you-can-say.md"}
ACTIONS: Final = tuple(
    name.removeprefix("action.") for name in WORDING.texts if name.startswith("action.") and name.count(".") == 1
)
OF_A_POSITION: Final = frozenset({"profit", "retreat", "held_seconds"})
"""Features that are zero without a position: a rule for buying cannot look at them."""
VALUES: Final = {
    **dict.fromkeys(("profit", "retreat", "drawdown"), "2%"),
    **dict.fromkeys(("book_imbalance", "flow", "advice", "score"), "0.2"),
    **dict.fromkeys(("held_seconds", "rested_seconds"), "600"),
    "spread": "0.1%",
    "hour": "9",
    "weekday": "2",
}
USUAL: Final = "30"
LONG_SECONDS: Final = 3600


class Phrase(NamedTuple):
    """A sentence in each language, and what it is about."""

    about: str
    pt: str
    en: str

    def said(self, language: Language) -> str:
        """The one of that language."""
        return self.pt if language is Language.PT else self.en


def parameter_phrases(symbols: Symbols) -> list[Phrase]:
    """How each parameter is given another value."""
    return [
        _phrase(name, "parameter", lambda language, p=parameter: {"value": amount(another(p), p, language)})
        for name, parameter in symbols.parameters.items()
    ]


def another(parameter: Parameter) -> Decimal:
    """A value in its range that it does not have."""
    low, high = Decimal(str(parameter.range.low)), Decimal(str(parameter.range.high))
    value = Decimal(str(parameter.value))
    if parameter.range.unit == "seconds" and not value:
        return Decimal(LONG_SECONDS)
    wanted = value * Decimal("1.5") if value else low + (high - low) / 10
    if parameter.kind is int:
        wanted = wanted.to_integral_value()
    return min(max(wanted, low), high).normalize() + 0


def feature_phrases(symbols: Symbols) -> list[Phrase]:
    """A rule that looks at each feature."""
    phrases = []
    for name in symbols.spoken:
        value = VALUES.get(name, USUAL)
        template = "exit" if name in OF_A_POSITION else "entry"
        phrases.append(
            _phrase(
                name,
                template,
                lambda language, v=value: {"value": v.replace(".", ",") if language is Language.PT else v},
            )
        )
    return phrases


def rule_phrases(symbols: Symbols) -> list[Phrase]:
    """How each rule is disabled."""
    return [_phrase(name, "rule", lambda _: {}) for name in symbols.rules]


def action_phrases() -> list[Phrase]:
    """What else is understood as a whole sentence."""
    return [
        Phrase(name, WORDING.say(f"action.{name}", Language.PT), WORDING.say(f"action.{name}", Language.EN))
        for name in ACTIONS
    ]


def _phrase(name: str, template: str, values: object) -> Phrase:
    told = {language: values(language) for language in Language} if callable(values) else {}
    pt, en = (
        WORDING.say(f"phrase.{template}", language, name=name, **told[language])
        for language in (Language.PT, Language.EN)
    )
    return Phrase(name, pt, en)


def page(symbols: Symbols, language: Language) -> str:
    """The page in that language; each sentence stands in both."""
    return "\n".join(_lines(symbols, language)) + "\n"


def _lines(symbols: Symbols, language: Language) -> Iterator[str]:
    yield WORDING.say("page.head", language)
    yield from _section("parameters", language)
    for name, phrase in zip(symbols.parameters, parameter_phrases(symbols), strict=True):
        yield _row(f"`{name}`", _parameter_about(symbols.parameters[name], language), phrase)
    yield from _section("features", language)
    for phrase in feature_phrases(symbols):
        key = f"feature.{phrase.about}"
        yield _row(f"`{phrase.about}`", WORDING.say(key, language) if key in WORDING.texts else "", phrase)
    yield from _section("rules", language)
    for phrase in rule_phrases(symbols):
        yield _row(f"`{phrase.about}`", retold(symbols.rules[phrase.about].about, language), phrase)
    yield from _section("actions", language)
    for phrase in action_phrases():
        yield _row(phrase.about, WORDING.say(f"action.{phrase.about}.does", language), phrase)
    yield "\n" + WORDING.say("page.foot", language)


def _section(name: str, language: Language) -> Iterator[str]:
    yield f"\n## {WORDING.say(f'page.{name}', language)}\n"
    yield f"{WORDING.say(f'page.{name}.about', language)}\n"
    yield WORDING.say("page.columns", language)
    yield "|---|---|---|---|"


def _parameter_about(parameter: Parameter, language: Language) -> str:
    low, high = (amount(bound, parameter, language) for bound in (parameter.range.low, parameter.range.high))
    now = amount(parameter.value, parameter, language)
    counted = unit(parameter.range.unit, language)
    about = retold(parameter.about, language)
    return f"{about} {WORDING.say('page.range', language, low=low, high=high, now=now, unit=counted)}"


def _row(name: str, about: str, phrase: Phrase) -> str:
    return f"| {name} | {about} | {phrase.pt} | {phrase.en} |"


def write(root: Path) -> None:
    """Both pages, of the shipped strategy."""
    from core.strategy import Source

    symbols = Symbols.of(Source.shipped().files)
    for language, file in PAGES.items():
        (root / file).write_text(page(symbols, language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parents[2])
