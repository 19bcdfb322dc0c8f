"""From what somebody typed to tokens: nothing invisible survives, and every token knows where it stood.

Words are compared by their `key`: case and accents folded, so that `Não` and `nao` are one word. An identifier falls
into its words (`rsi_oversold` is two), and so does a number with what is glued to it (`22h`, `ema200`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

MOST_CHARACTERS: Final = 1000
"""Longer than any command that a person would want to check before confirming it."""

MOST_TOKENS: Final = 120
"""Words, numbers and marks: twice what five changes take."""

TOKEN: Final = re.compile(
    r"(?P<hash>(?<![\w.,])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,40}(?![\w.,]))"  # a commit
    r"|(?P<number>\d+(?:[.,]\d+)*|\.\d+)"  # `.5` is half of one
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<mark><=|>=|->|=>|[^\w\s])"
)
QUOTE_MARKS: Final = (
    "\"'`\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u300c\u300d\u300e\u300f"
)
DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")
"""A letter three times or more in a row, as in `siiim` and `stoppp`."""
LINES: Final = re.compile(r"[\r\n\u2028\u2029]+")
SMILEY: Final = re.compile(r"(?:^|(?<=\s))[:;]['-]?[)(dpo/*|]+(?=\s|$)")
CURRENCY: Final = re.compile(r"(?:\bus|(?<!\w))\$\s?(?=\d)")
"""Prices are in dollars or in a coin that stands for one; other signs are left, and asked about."""
PLUS: Final = re.compile(r"(?<=\b(?:to|em|at) )\+(?=\d)|(?<=\b(?:para) )\+(?=\d)|(?<=\b(?:pra) )\+(?=\d)")
"""After `to` a plus says nothing: `ema_fast +2` says by how much, `set it to +2` the value."""
PICTURES: Final = ("So", "Sk", "Mn", "Me")
"""Categories of emoji and what belongs to them."""
HYPHEN: Final = re.compile(r"[^\W_]-[^\W\d_]")
"""Inside a word, as in `stop-loss`, `segunda-feira` and `21-bar`, where it says no more than a blank."""
ITSELF: Final = re.compile(r"\b((?!cham)\w{2,}[aei])-se\b")
"""`Reduza-se o stop` orders what `reduza o stop` does; it is no `if`."""
LETTERS: Final = re.compile(
    r"\b(?:r\.? s\.? i|m\.? a\.? c\.? d|e\.? m\.? a|s\.? m\.? a|a\.? t\.? r|a\.? d\.? x|i\.? f\.? r)\b\.?"
)
"""Letter by letter, as they are dictated."""
INVERTED: Final = re.compile(
    r"(?<!why )(?<!how )(?<!what )(?<!when )(?<!where )(?<!which )(?<!who )"
    r"\bshould (?=(?:the|it|its|price|prices|rsi|macd|spread|volume|flow|adx|atr|there|that|any|a|we|my|you) )(?!.*\?)"
)
"""`Sell should the price fall` says `if`."""
INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})
CURLY: Final = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u00b4": "'",
        "\u2212": "-",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u2192": "->",
        "\u21d2": "->",
        "\u2794": "->",
        "\u27a1": "->",
    }
)
RAISED: Final = dict.fromkeys((0xB2, 0xB3, 0xB9, *range(0x2070, 0x208A)), "^")
"""Digits above and below the line, which NFKC would make digits of the number before them: 3\u00b2 % is not 32 %."""
CONTRACTIONS: Final = {
    "can't": "can not",
    "won't": "will not",
    "cannot": "can not",
    "ain't": "is not",
    "let's": "lets",
}
ENDING: Final = re.compile(r"\b(\w+)n't\b")
SHORTENED: Final = re.compile(r"\b(\w+)'(s|d|re|ll|ve|m)\b")
LONG_FORM: Final = {"s": "is", "d": "would", "re": "are", "ll": "will", "ve": "have", "m": "am"}


class Kind(StrEnum):
    """What a token is made of."""

    WORD = "word"
    NUMBER = "number"
    HASH = "hash"
    MARK = "mark"


AMOUNTS: Final = {"M": 1_000_000, "B": 1_000_000_000}
OVER: Final = (
    r"above|over|below|under|than|exceeds?|(?:acima|abaixo|passar?|mais|menos) de|maior que|menor que|"
    r"(?:super|ultrapass)ar?"
)
"""Words that compare, as the signs do."""
AMOUNT: Final = re.compile(
    r"(?P<before>[<>=] ?\$?)(?P<number>\d{1,6}(?:[.,]\d{1,2})?)(?P<letter>[MB])\b"
    rf"|(?P<words>\b(?:{OVER}) \$?)(?P<counted>\d{{1,6}}(?:[.,]\d{{1,2}})?)(?P<of>[MB])(?= *(?:[,.;!?]|$))"
)
"""As screens of prices write amounts: behind a sign that compares, and behind such words where nothing follows;
elsewhere 5M may be minutes, or a timeframe."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark. `raw` is as written after cleaning, `key` its folded form."""

    key: str
    raw: str
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    """A cleaned sentence. `lower` is `clean` in small letters, with English contractions written out."""

    clean: str
    lower: str
    tokens: tuple[Token, ...]


def clean(text: str) -> str:
    """NFKC, without control, direction and zero-width characters; every run of white space is one blank.

    Lines are joined by commas: what stands on two lines are two requests.
    """
    whole = ", ".join(filter(str.strip, LINES.split(text))) if LINES.search(text) else text
    composed = unicodedata.normalize("NFKC", whole.replace("\u00b4", "'").translate(RAISED))
    spaced = "".join(" " if character.isspace() else character for character in composed)
    visible = "".join(character for character in spaced if unicodedata.category(character) not in INVISIBLE)
    return " ".join(visible.split())


def fold(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


@lru_cache(maxsize=256)
def read(text: str) -> Text:
    """The sentence as tokens. Spans count in `lower`. One message is read several times, and its parts too."""
    cleaned = clean(text)
    small = AMOUNT.sub(_written_out, cleaned).lower().translate(CURLY)
    lower = _plain(_spell_out(INVERTED.sub("if ", ITSELF.sub(r"\1", small))))
    tokens = tuple(
        Token(fold(found[0]), found[0], Kind(found.lastgroup), found.start(), found.end())
        for found in TOKEN.finditer(lower)
        if found.lastgroup is not None and not HYPHEN.match(lower, found.start() - 1)
    )
    return Text(cleaned, lower, tokens)


def _written_out(amount: re.Match[str]) -> str:
    """`1M` as 1000000."""
    before, number, letter = (part for part in amount.groups() if part is not None)
    whole = Decimal(number.replace(",", ".")) * AMOUNTS[letter]
    return f"{before}{whole.normalize():f}"


def _plain(lower: str) -> str:
    """Without smileys and the pictures at its edges, and with signs before numbers as they are said."""
    if "$" in lower or "+" in lower:
        lower = PLUS.sub("", CURRENCY.sub("", lower))
    if ":" in lower or ";" in lower:
        lower = SMILEY.sub("", lower)
    first, last = 0, len(lower)
    while first < last and _is_picture(lower[first]):
        first += 1
    while last > first and _is_picture(lower[last - 1]):
        last -= 1
    return lower[first:last]


def _is_picture(character: str) -> bool:
    return character.isspace() or (character > "\x7f" and unicodedata.category(character) in PICTURES)


def _spell_out(lower: str) -> str:
    lower = LETTERS.sub(lambda found: found[0].replace(".", "").replace(" ", ""), lower)
    if "'" not in lower:
        return lower
    for short, long in CONTRACTIONS.items():
        lower = lower.replace(short, long)
    lower = ENDING.sub(r"\1 not", lower)
    return SHORTENED.sub(lambda found: f"{found[1]} {LONG_FORM[found[2]]}", lower)
