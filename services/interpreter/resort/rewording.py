"""Other words for the same order: as settings and rules are also said, and as the grammar reads them.

`Price over the upper band? Hard pass on entries` is `do not buy if price over the upper band`: what is done is said in
a clause of its own or at an end, the rest is when. The patterns are in `rewording.toml` and `deeds.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts import Language
from services.interpreter.grammar.normalise import fold

FOLDER: Final = Path(__file__).parent
UNITS: Final = (
    r"(?:%|por cento|per ?cent|pct|bps|pontos?|points?|segundos?|segs?|seconds?|secs?|s|minutos?|minutes?|mins?|min|"
    r"horas?|hours?|hrs?|h|dias?|days?|candles?|barras?|bars?)\b"
)
TIMES: Final = r"(?:segundos?|segs?|seconds?|secs?|s|minutos?|minutes?|mins?|min|m|horas?|hours?|hrs?|h)\b"
WORDS: Final = (
    r"(?:zero|um|uma|dois|duas|tres|quatro|cinco|seis|sete|oito|nove|dez|onze|doze|quinze|vinte|trinta|quarenta|cinquenta|"
    r"sessenta|setenta|oitenta|noventa|cem|meio|meia|virgula|ponto|a|an|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|half|half an|half a|point)"
)
SPELLED: Final = rf"{WORDS}(?:[ -](?:e |and )?{WORDS})*"
PARTS: Final = {
    "{v}": rf"(?:-?\d[\d.,]*\d|-?\d|-?[.]\d+|{SPELLED})(?:\s?{UNITS})?(?<![.,])%?",
    "{t}": rf"(?:\d[\d.,]*|{SPELLED})\s?{TIMES}",
    "{n}": r"\d+",
}
LINK: Final = r"[\s,;:.!?=\u2014\u2013]+(?:- )?"
HANGING: Final = {
    Language.PT: re.compile(
        r"^(?:e |ai |mas )?(?:se|quando|caso|qdo|qnd|enquanto|enqto|enqt|sempre que|assim que|toda vez que|"
        r"na hora que|depois que) "
    ),
    Language.EN: re.compile(
        r"^(?:and |but |so )?(?:if|when|once|whenever|as soon as|every time|in case|the moment|while|on) "
    ),
}
TAIL: Final = re.compile(
    r"[\s,]+(?:sem (?:pensar|do|piedade|excecao|choro|pena|medo|frescura)|no matter what|without thinking|"
    r"no exceptions?|without exception|no questions asked|period|ponto|e ponto final|sempre|always|"
    r"please|por favor|pls|"
    r"(?:que|pq|porque) (?:o|a) (?:spread|mercado|volume|preco|liquidez) \w+(?: \w+)?)$"
)
ONLY: Final = frozenset({"só compra", "only buy"})
ALLOWING: Final = re.compile(
    r"^(?:entries|entry|buys|buying|trading|trades?|purchases|compras?|entradas?|opera|trades)\b"
    r"(?: (?:are|is|ok|okay|fine|allowed|on|liberad[oa]s?|permitid[oa]s?|ok|so|only|just))* "
)
"""What is let be done, before when: `entries are fine until noon, not later`."""
TIMELY: Final = re.compile(
    r"(?:from|between|on|until|till|before|after|de|das|da|entre|em|ate|antes|depois|no|na|nos|nas|aos|apos) "
)
LEAD: Final = re.compile(
    r"^(?:na minha (?:humilde )?opiniao|pra mim|se quer saber|pensando bem|refletindo(?: melhor)?|por mim|"
    r"in my (?:humble )?(?:opinion|view)|on (?:reflection|second thoughts?)|after (?:some thought|thinking about it)|"
    r"thinking about it|having thought about it|come to think of it|if you ask me|personally)[\s,:]+"
)
"""What says that an order is one's own opinion."""
OWN: Final = re.compile(r"[\s,]+(?:if you ask me|in my opinion|na minha opiniao|se quer saber|pra mim|imo|imho)$")
IF: Final = {Language.PT: "se", Language.EN: "if"}
AVERAGES: Final = (
    (
        re.compile(
            r"\b(?:exponential (?:moving )?averages?|medias? (?:movel |moveis )?exponencia(?:l|is)|emas|mmes?)\b"
        ),
        "ema",
    ),
    (re.compile(r"\b(?:simple (?:moving )?averages?|medias? (?:movel |moveis )?simples|smas|mms)\b"), "sma"),
)
DENIAL: Final = re.compile(r"\b(?:nao|nunca|nem|not|never|no)\b")
"""Two of them may undo each other: `não compra não`."""
GROUP: Final = re.compile(r"\((?!\?)(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
"""What is written again, with the groups within it."""
LOSING: Final = re.compile(r"\\w|\\d|(?<!\\)\.|\[\^|\{[vtn]\}")
"""Any word, any character, any number."""
ANYTHING: Final = re.compile(r"(?<!\\)\.(?=[*+{])")
"""A wildcard of the patterns."""


@dataclass(frozen=True, slots=True)
class Reworded:
    """An order in other words. `sure`: they say all that was said, word by word, so that a plan may come of them."""

    said: str
    sure: bool


def settings(said: str, language: Language) -> Iterator[Reworded]:
    """A setting as the grammar reads it."""
    text = _plain(said)
    if LEAD.match(fold(said)) or OWN.search(fold(said)):
        yield Reworded(text, sure=True)
    yield from _first(text, language, "settings")


def indicators(said: str, language: Language) -> Iterator[Reworded]:
    """An indicator as the grammar reads it, with the rule that reads it where one is said beside."""
    text = _plain(said)
    for long, short in AVERAGES:
        text = long.sub(short, text)
    yield from _first(text, language, "indicators")


def rules(said: str, language: Language) -> Iterator[Reworded]:
    """A rule as the grammar reads it: what is done, and then when."""
    text = _plain(said)
    if whole := list(_first(text, language, "rules")):
        yield from whole
        return
    for deed, pattern in _deeds(language):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        when = found["before"] or found["after"] or ""
        when = HANGING[language].sub("", when.strip(" ,;:.!?=")).strip()
        when = ALLOWING.sub("", when) if deed in ONLY else when
        if len(when.split()) < 2:
            continue
        for condition in _conditions(when, language):
            said = f"{deed} {condition}" if TIMELY.match(condition) else f"{deed} {IF[language]} {condition}"
            yield Reworded(said, sure=len(DENIAL.findall(text)) < 2)
        return


def _first(text: str, language: Language, kind: str) -> Iterator[Reworded]:
    """What the first pattern of a kind makes of a text."""
    for pattern, written, sure in _patterns(language, kind):
        if (found := pattern.fullmatch(text)) is not None:
            yield Reworded(found.expand(written), sure)
            return


def _conditions(when: str, language: Language) -> Iterator[str]:
    for pattern, written, _ in _patterns(language, "conditions"):
        if written and (found := pattern.fullmatch(when)) is not None:
            yield found.expand(written)
            return
    yield when


def _plain(said: str) -> str:
    text = OWN.sub("", LEAD.sub("", fold(said).strip(" .!,;")))
    while (shorter := TAIL.sub("", text)) != text:
        text = shorter
    return text


@cache
def _patterns(language: Language, kind: str) -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    content: dict[str, Any] = tomllib.loads((FOLDER / "rewording.toml").read_text(encoding="utf-8"))
    rows = content[language.value][kind]
    return tuple((_compiled(pattern), written, _keeps_all(pattern)) for pattern, written in rows)


def _keeps_all(pattern: str) -> bool:
    """Whether no word that it takes in is lost: what may be any word or number stands in a group that is written."""
    return LOSING.search(GROUP.sub("", pattern)) is None


def _compiled(pattern: str) -> re.Pattern[str]:
    for part, written in PARTS.items():
        pattern = pattern.replace(part, written)
    return re.compile(ANYTHING.sub(_straight().replace("\\", r"\\"), pattern))


@cache
def _straight() -> str:
    """Any character that begins no word which turns a sentence."""
    turning = tomllib.loads((FOLDER / "rewording.toml").read_text(encoding="utf-8"))["turning"]
    return rf"(?:(?!\b(?:{'|'.join(turning)})\b).)"


@cache
def _deeds(language: Language) -> tuple[tuple[str, re.Pattern[str]], ...]:
    content: dict[str, Any] = tomllib.loads((FOLDER / "deeds.toml").read_text(encoding="utf-8"))
    found = []
    for deed, patterns in content[language.value].items():
        done = "|".join(patterns)
        found.append((deed, re.compile(rf"(?P<before>.+?){LINK}(?:{done})|(?:{done}){LINK}(?P<after>.+)")))
    return tuple(found)


def prepare() -> None:
    """Compile the patterns, which the first sentence of a process would wait for."""
    for language in Language:
        _deeds(language)
        for kind in ("settings", "rules", "indicators", "conditions"):
            _patterns(language, kind)
