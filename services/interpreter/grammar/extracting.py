"""`transforma o 70 da regra calm em parâmetro`, `turn the 0.5 in technical into a parameter from 0.1 to 0.9`.

The whole sentence has to be that; with any other word in it, it goes on to the grammar. Which number is meant has to be
certain. In which range it may be set is asked, with two offers, where the sentence does not say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core import formats
from core.contracts import EditPlan, Extract, Language, Offer
from core.contracts.plan import MOST_OFFERS, NAME
from core.literals import Literal
from core.symbols import Symbols
from services.interpreter import wording
from services.interpreter.grammar.normalise import fold
from services.interpreter.grammar.outcome import Ask
from services.interpreter.grammar.spans import Span, sensible

NUMBER: Final = r"-?(?:\d+(?:[.,]\d+)?|[.,]\d+) ?%?"
_PT: Final = re.compile(
    r"(?:(?:por favor|sorte|ei|oi),? )?"
    r"(?:(?:eu )?quero (?:que (?:(?:voce|vc) )?)?|(?P<polite>(?:voce |vc )?(?:pode(?:ria)?|consegue) ))?"
    r"(?:(?P<verb>transform(?:a|e|ar)|extra(?:i|ia|ir)|conver(?:te|ta|ter)|parametri(?:za|ze|zar)|promov(?:e|a|er)"
    r"|fa(?:z|ca|zer)|tir(?:a|e|ar)|torn(?:a|e|ar)|deix(?:a|e|ar)|bota|poe|coloca|expo(?:e|nha|r)) "
    r"|(?P<first>(?:cri(?:a|e|ar)|fa(?:z|ca|zer)|adicion(?:a|e|ar)) (?:um )?(?:novo )?parametro"
    r"(?: (?:chamado|de nome) (?P<early>[a-z][a-z0-9_]*))? (?:(?:para|pra|com|a partir) )?))?"
    r"(?:com que )?(?:(?:d|pr)?(?:o|a|esse|este|aquele|esta|essa) )?"
    rf"(?:(?:numero|valor|literal|constante|fator|limite) )?(?P<number>{NUMBER})"
    r" (?:que (?:esta|tem|fica) )?(?:d[aeo]|n[ao]|em|dentro d[aeo]) (?P<where>.+?)"
    r"(?P<made> (?:(?:e (?:fac[ao]|faz) (?:dele )?|(?:vir(?:e|ar?)|como|em|num|a|para|pra|pro) (?:virar )?)?"
    r"(?:um |uma |o )?(?:novo )?(?:parametro|ajustavel|configuravel|regulavel))(?: novo)?"
    r"(?:,? (?:chamado|chamad[ao] de|com (?:o )?nome(?: de)?|de nome|nomeado) (?P<name>[a-z][a-z0-9_]*))?)?"
    r"(?:,?(?: (?:com (?:a |uma )?)?(?:faixa|intervalo)| variando| que (?:pode|va|vai)(?: (?:ir|variar))?)?"
    rf"(?: (?:de|entre))? (?P<low>{NUMBER}) (?:a|ate|e) (?P<high>{NUMBER}))?"
)
_EN: Final = re.compile(
    r"(?:(?:please|sorte|hey),? )?"
    r"(?:i (?:want|would like|need) (?:you )?to |(?P<polite>(?:can|could|would) you (?:please )?))?"
    r"(?:(?P<verb>turn|make|convert|extract|pull|promote|change|transform|lift|expose|parametri[sz]e|parameteri[sz]e)"
    r" |(?P<first>(?:create|add|make|introduce) (?:a|an) (?:new )?parameter"
    r"(?: (?:called|named) (?P<early>[a-z][a-z0-9_]*))? (?:for|from|out of|of) ))"
    r"(?:out )?(?:(?:the|that|this) )?"
    rf"(?:(?:number|value|literal|constant|factor|limit|threshold) )?(?P<number>{NUMBER})"
    r" (?:that is |which is )?(?:in|of|from|inside|out of|within) (?P<where>.+?)"
    r"(?P<made> (?:(?:out )?(?:(?:into|to|as|be|become) )?(?:(?:a|an|its own) )(?:new )?parameter"
    r"|tunable|adjustable|configurable)"
    r"(?:,? (?:called|named|with the name|by the name of) (?P<name>[a-z][a-z0-9_]*))?)?"
    r"(?:,? (?:(?:with|in) (?:a |the )?range |ranging |going )?"
    rf"(?:from|between|of) (?P<low>{NUMBER}) (?:to|and) (?P<high>{NUMBER}))?"
)
"""Over small letters without accents."""
OWN: Final = "param"
"""How a verb begins that says by itself what becomes of the number."""
LINE: Final = re.compile(
    r"(?:the )?(?:linha|line) (\d+)(?: (?:d[eo]|of|in)(?: (?:o|the))?(?: (?:arquivo|file))? ([a-z_]+)(?:\.py)?)?"
)
ABOUT: Final = re.compile(
    r"(?:(?:a|o|the|my|minha) )?(?:(?:regra|funcao|rule|function) )?(?:(?:d[aeo]|of) )?(.+?)(?: (?:rule|function))?"
)
SMALL: Final = frozenset(
    {*("a", "o", "as", "os", "de", "do", "da", "e", "que", "se"), *("the", "of", "in", "my", "and", "when", "if")}
)
MOST_NAMED: Final = 5
TAIL: Final = re.compile(r"[ ,]*(?:por favor|please|pf|pls|obrigado|obrigada|thanks)?[ .!]*$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What such a sentence comes to."""

    language: Language
    meant: EditPlan | Ask


def heard(text: str, symbols: Symbols, spoken: Language | None = None) -> Wanted | None:
    """What the whole of `text` makes of a number; None when it is no such sentence."""
    plain = fold(" ".join(text.split()))
    asked = plain.rstrip().endswith("?")
    plain = TAIL.sub("", plain.rstrip("? "))
    for language, pattern in ((Language.PT, _PT), (Language.EN, _EN)):
        found = pattern.fullmatch(plain)
        if found is not None and _makes(found):
            told = spoken or language
            if asked and not found["polite"]:
                return Wanted(told, Ask(wording.say("question", told)))
            return Wanted(told, _meant(found, symbols, told))
    return None


def _makes(found: re.Match[str]) -> bool:
    """Whether it says that a parameter comes of it: `transforma ... em`, `... vira`, `parametriza ...`, `cria ...`."""
    made, verb = found["made"] or "", found["verb"] or ""
    if verb.startswith(OWN) or found["first"]:
        return True
    return bool(made) if verb else "vir" in made


def _meant(found: re.Match[str], symbols: Symbols, language: Language) -> EditPlan | Ask:
    values = _readings(found["number"])
    everywhere = [each for known in symbols.literals.values() for each in known]
    there = _standing(found["where"], values, symbols)
    if not there:
        said = found["number"].strip()
        like = tuple(
            dict.fromkeys(each.function for each in everywhere if each.value in values or each.signless in values)
        )
        if like:
            names = wording.listed(like[:MOST_NAMED], language)
            return Ask(wording.say("extract_elsewhere", language, said=said, where=found["where"], names=names))
        return Ask(wording.say("extract_none", language, said=said))
    if len(there) > 1:
        return _which(there, found, symbols, language)
    return _planned(there[0], found, symbols, language)


def _which(there: Sequence[Literal], found: re.Match[str], symbols: Symbols, language: Language) -> Ask:
    """The question which of several is meant: by its line, and where one line has several, by offers of each."""
    lines = list(dict.fromkeys(each.line for each in there))
    listed, said, function = wording.listed(map(str, lines), language), found["number"].strip(), there[0].function
    file = next(file for file, known in symbols.literals.items() if there[0] in known)
    told = {"said": said, "where": function, "lines": listed, "line": lines[0], "file": file}
    asked = Ask(wording.say("extract_which", language, **told))
    if len(lines) > 1:
        return asked
    planned = [_planned(each, found, symbols, language) for each in there[:MOST_OFFERS]]
    firsts = [Offer(plan=each) if isinstance(each, EditPlan) else each.offers[0] for each in planned]
    return Ask(wording.say("extract_place", language, said=said, line=lines[0]), tuple(firsts))


def _planned(literal: Literal, found: re.Match[str], symbols: Symbols, language: Language) -> EditPlan | Ask:
    taken = {*symbols.parameters, *symbols.rules, *symbols.features}
    name = found["name"] or found["early"] or _name_for(literal, taken)
    if name in taken or not NAME.fullmatch(name):
        return Ask(wording.say("name_taken", language, name=name))
    spans: Sequence[Span] = sensible(literal, symbols.whole)
    if found["low"] is not None:
        low, high = (_readings(found[part])[-1] for part in ("low", "high"))
        if not low <= literal.value <= high or low == high:
            value = formats.number(Decimal(repr(literal.value)), language)
            return Ask(wording.say("extract_outside", language, value=value, low=low, high=high))
        spans = [Span(low, high, spans[0].unit)]
    plans = [EditPlan((Extract(literal.function, literal.value, name, *span, literal.place),)) for span in spans]
    if len(plans) == 1 and found["low"] is not None:
        return plans[0]
    asked = wording.say("extract_range", language, name=name, function=literal.function, line=literal.line)
    return Ask(asked, tuple(Offer(plan=plan) for plan in plans))


def _readings(said: str) -> tuple[float | int, ...]:
    """What a number may stand for in the code: 3% is 0.03 there, or a 3 of percent points. The likeliest last."""
    text = said.strip().removesuffix("%").strip().replace(",", ".")
    number = Decimal(text)
    value: float | int = float(number) if "." in text else int(number)
    return (value, float(number / 100)) if said.strip().endswith("%") else (value,)


def _standing(where: str, values: Iterable[float | int], symbols: Symbols) -> list[Literal]:
    """The numbers of these values that are where it was said; of one function, or none."""
    line = LINE.fullmatch(where)
    found: list[Literal] = []
    for file, known in symbols.literals.items():
        fits = [each for each in known if each.value in values or each.signless in values]
        if line is not None:
            named = line[2] or "rules"
            found += [each for each in fits if each.line == int(line[1]) and f"{named}.py" == file]
        else:
            found += fits
    there = found if line is not None else _of_function(where, found, symbols)
    return [
        each for each in there if each.value in values
    ] or there  # a minus that was not said may be there all the same


def _of_function(where: str, found: list[Literal], symbols: Symbols) -> list[Literal]:
    about = ABOUT.fullmatch(where)
    said = about[1] if about is not None else where
    name = said.replace(" ", "_")
    exact = [each for each in found if each.function == name]
    if exact or any(name in names for names in symbols.functions.values()):
        return exact
    words = {word for word in re.split(r"[ _]", said) if word not in SMALL}
    near = [each for each in found if words and words <= {*each.function.split("_"), *each.beside.split("_")}]
    return near if len({each.function for each in near}) == 1 else []


def _name_for(literal: Literal, taken: set[str]) -> str:
    """What the parameter is called when its owner does not say: after the function, and what it is compared with."""
    stem = f"{literal.function[:40]}_{literal.beside or 'number'}"
    numbered = (f"{stem}_{count}" for count in range(2, len(taken) + 3))
    return stem if stem not in taken else next(name for name in numbered if name not in taken)
