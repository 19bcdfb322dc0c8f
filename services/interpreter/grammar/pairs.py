"""Which pairs a sentence is only about: `só no btc`, `for ETH only`, `do par BTC/USDT`, `DOGE's`.

Only pairs that are traded are known, by their symbol or by what people call what they trade. What is left of the
sentence without that phrase is read as any other. A phrase that may mean more than a place is none: `menos no btc`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from services.interpreter.grammar.closing import NAMES, QUOTES, plain

ONLY: Final = r"(?:(?:mas |e |but |and )?(?:so|apenas|somente|exclusivamente|only|just|solely) )?"
PLACE: Final = r"(?:no|na|nos|nas|em|do|da|dos|das|de|para|pra|pro|por|on|in|for|of)"
WHAT: Final = r"(?: (?:o|a|os|as|the|par|pares|pair|pairs|moeda|moedas|coin|coins))*"
AFTER: Final = r"(?: (?:only|apenas|somente|so|alone|pair|pairs))?"
POLITE: Final = re.compile(r"(?:[\s.,!:;-]|please|pls|por favor|pf|ok|agora|now|thanks|obrigado|valeu)*")
WORD: Final = re.compile(r"[a-z]+")
FILE: Final = Path(__file__).with_name("pairs.toml")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a sentence says of pairs, and the sentence without it."""

    pairs: tuple[str, ...]
    rest: str
    place: str  # start, middle or end
    bare: bool  # no word says that it is a place
    sure: bool  # no word beside it may mean other pairs


def scope(cleaned: str, traded: tuple[str, ...]) -> Scope | None:
    """The pairs that a sentence is about; None when it names none that is traded, or names some in several places."""
    if not traded:
        return None
    known, patterns = _patterns(traded)
    folded = plain(cleaned)
    named = [found.span() for found in patterns[0].finditer(folded)]
    if not named:
        return None
    for number, pattern in enumerate(patterns[1:]):
        for found in pattern.finditer(folded):
            first, last = found.span()
            if all(first <= begin and end <= last for begin, end in named):
                return _scope(cleaned, folded, found, tuple(known[folded[a:b]] for a, b in named), bare=number == 3)
    return None


def _scope(cleaned: str, folded: str, found: re.Match[str], pairs: tuple[str, ...], *, bare: bool) -> Scope:
    first, last = found.span()
    before, after = folded[:first], folded[last:]
    place = "start" if POLITE.fullmatch(before) else "end" if POLITE.fullmatch(after) else "middle"
    rest = " ".join(f"{cleaned[:first]} {cleaned[last:]}".split()).strip(" ,:;-")
    sure = not words("elsewhere").intersection(WORD.findall(f"{before} {after}"))
    return Scope(tuple(dict.fromkeys(pairs)), rest, place, bare, sure)


def named(cleaned: str, traded: tuple[str, ...]) -> bool:
    """Whether a sentence names any pair that is traded, wherever it does."""
    return bool(traded) and _patterns(traded)[1][0].search(plain(cleaned)) is not None


@cache
def words(kind: str) -> frozenset[str]:
    """A list of `pairs.toml`."""
    found: list[str] = tomllib.loads(FILE.read_text(encoding="utf-8"))[kind]
    return frozenset(found)


@lru_cache(maxsize=8)
def _patterns(traded: tuple[str, ...]) -> tuple[dict[str, str], tuple[re.Pattern[str], ...]]:
    """What each traded pair is called, and the patterns: its name, then the phrases with it, the clearest first."""
    known = dict(_called(traded))
    coin = rf"(?:{'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})"
    further = rf"(?:{PLACE}{WHAT} )?{coin}"
    coins = rf"{coin}(?:(?:, ?{further})*(?:,? (?:e|and) | & ){further})?"  # `no btc, no eth` may be a correction
    phrases = (
        rf"(?<![\w/])({coin})(?![\w/])",
        rf"(?<!\w){ONLY}{PLACE}{WHAT} {coins}{AFTER}(?!\w)",
        rf"(?<!\w)(?:the )?{coin}['\u2019]s(?!\w)",
        rf"^{ONLY}(?:(?:o|a|the) )?{coins}{AFTER} ?[:,](?= )",
        rf"(?<!\w){ONLY}{coins}{AFTER}(?!\w)",
    )
    return known, tuple(map(re.compile, phrases))


def _called(traded: Iterable[str]) -> Iterable[tuple[str, str]]:
    bases: dict[str, list[str]] = {}
    for symbol in traded:
        found = re.fullmatch(rf"([a-z0-9]{{2,12}}?)({QUOTES})", symbol.lower())
        yield symbol.lower(), symbol
        if found:
            bases.setdefault(found[1].upper(), []).append(symbol)
            yield from ((f"{found[1]}{sign}{found[2]}", symbol) for sign in "/-_")
    for base, symbols in bases.items():
        if len(symbols) == 1:  # of two pairs of one coin the coin says neither
            yield base.lower(), symbols[0]
            yield from ((name, symbols[0]) for name, ticker in NAMES.items() if ticker == base)
