"""`fecha o BTC`, `close my ETH position`: one position is to be closed.

The whole sentence has to be that, and to name a pair or what it trades; it is asked about before anything is sold. What
is half of a rule (`sell BTC when ...`), a question, or names nothing goes on to the grammar.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from core.contracts import Language
from core.errors import DataError
from core.names import normalise_symbol

NAMES: Final = {
    **dict.fromkeys(("bitcoin", "bitcoins", "btc"), "BTC"),
    **dict.fromkeys(("ethereum", "ether", "eth"), "ETH"),
    **dict.fromkeys(("binance coin", "binance", "bnb"), "BNB"),
    **dict.fromkeys(("solana", "sol"), "SOL"),
    **dict.fromkeys(("ripple", "xrp"), "XRP"),
    **dict.fromkeys(("cardano", "ada"), "ADA"),
    **dict.fromkeys(("dogecoin", "doge"), "DOGE"),
    **dict.fromkeys(("chainlink", "link"), "LINK"),
    **dict.fromkeys(("litecoin", "ltc"), "LTC"),
    **dict.fromkeys(("polkadot", "dot"), "DOT"),
    **dict.fromkeys(("avalanche", "avax"), "AVAX"),
    **dict.fromkeys(("polygon", "pol", "matic"), "POL"),
    **dict.fromkeys(("tron", "trx"), "TRX"),
    **dict.fromkeys(("stellar", "xlm"), "XLM"),
    **dict.fromkeys(("shiba", "shiba inu", "shib"), "SHIB"),
    **dict.fromkeys(("uniswap", "uni"), "UNI"),
    **{name.lower(): name for name in ("ATOM", "NEAR", "APT", "ARB", "FIL", "ETC", "BCH", "ICP", "PEPE", "SUI", "TON")},
}
"""What people call what they hold, without a quote currency."""
QUOTES: Final = "usdt|usdc|fdusd|busd|tusd|btc|eth|bnb|brl|usd|eur|try"
PAIR: Final = rf"[a-z0-9]{{2,12}}[/_-](?:{QUOTES})|[a-z0-9]{{2,12}}(?:{QUOTES})"
TICKER: Final = re.compile(r"[A-Z][A-Z0-9]{1,9}")
"""Written in capitals in a sentence that is not, a word of no language is what an exchange calls it."""
NO_TICKERS: Final = frozenset(
    {"TUDO", "ALL", "NOW", "AGORA", "JA", "IT", "ME", "OUT", "THE", "MY", "POSICAO", "POSITION"}
)

_WHAT: Final = rf"(?P<what>{PAIR}|[a-z][a-z0-9]{{1,9}}(?: (?:coin|inu))?)"
_PT: Final = re.compile(
    r"(?:por favor,? )?(?:(?:fech|encerr|zer|liquid)(?:a|e|ar)|vend(?:e|a|er)|sai(?:a|r)?)(?: (?:agora|ja|logo))?"
    r"(?: (?:a|o|as|os|toda|todo|todas|todos|minha|meu|minhas|meus|essa|esse|tudo))*"
    r"(?: (?:posicao|posicoes|operacao|trade|posse|saldo))?(?: (?:de|do|da|dos|em|no|na|com|que tenho em))?"
    rf"(?: (?:o|a))? {_WHAT}"
    r"(?:,? (?:agora|ja|inteir[oa]|todinh[oa]|tod[oa]|por favor|a mercado|imediatamente))*"
)
_EN: Final = re.compile(
    r"(?:please,? )?(?:close|exit|sell|flatten|liquidate|dump|unload|get out of|get me out of|get rid of|close out)"
    r"(?: (?:out|off|of|down))?(?: (?:my|the|our|all|whole|entire|of))*"
    r"(?: (?:positions?|trades?|holdings?)(?: (?:in|of|on|for))?)?"
    rf"(?: (?:the|my))? {_WHAT}"
    r"(?:,? (?:positions?|trades?|holdings?|long|now|please|right (?:now|away)|at (?:market|once)|immediately))*"
)


_UNNAMED: Final = re.compile(
    r"(?:por favor,? )?(?:fech|encerr|liquid)(?:a|e|ar)(?: (?:a|o|essa|esse|esta|este|minha|meu))?"
    r"(?: (?:posicao|operacao|trade|negocio|isso))?(?:,? (?:ai|agora|ja|logo|por favor|pf))*"
    r"|(?:please,? )?close(?: out)?(?: (?:it|this|that|one))?(?: (?:the|my|that|this))?(?: (?:position|trade|deal))?"
    r"(?: (?:now|please|out|right now|right away))*"
)
"""One position, and nobody says whose."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose position: a symbol (BTCUSDT), or what it trades (BTC). `asked`: as a question that orders nothing."""

    pair: str
    language: Language
    asked: bool = False


def heard(text: str, spoken: Language | None = None) -> Wanted | None:
    """The position that the whole of `text` wants closed; None when it is no such sentence."""
    words = " ".join(text.split()).strip(" .!")
    asked = words.endswith("?")
    words = words.strip(" .!?")
    folded = plain(words)
    for language, pattern in ((Language.PT, _PT), (Language.EN, _EN)):
        found = pattern.fullmatch(folded)
        if found is not None and (pair := _pair(found["what"], words[slice(*found.span("what"))], words)):
            return Wanted(pair, spoken or language, asked=asked)
    return None


def unnamed(text: str) -> bool:
    """Whether the whole of `text` wants a position closed without saying which."""
    return _UNNAMED.fullmatch(plain(" ".join(text.split()).strip(" .!"))) is not None


def _pair(what: str, written: str, words: str) -> str:
    """What is meant by a word; empty when it may be any word."""
    if what in NAMES:
        return NAMES[what]
    if re.fullmatch(PAIR, what):
        try:
            return normalise_symbol(what)
        except DataError:
            return ""
    shouts = words.isupper()
    return written if TICKER.fullmatch(written) and not shouts and written not in NO_TICKERS else ""


def plain(text: str) -> str:
    """Small letters without accents, each in its place: as long as what it was made of."""
    return "".join(_letter(char) for char in text)


def _letter(char: str) -> str:
    small = unicodedata.normalize("NFD", char)[0].lower()
    return small if len(small) == 1 else char
