"""What a rule that came by hand says of itself is held against what it does, where both say it for certain."""

from __future__ import annotations

from core.language import Language
from core.retelling import retold
from core.strategy import Source
from services.guardian.scope.sayings import check_sayings
from tests.each import each

from .edits import SHIPPED, edited, with_rule

OTHERWISE: dict[tuple[str, str], str] = {
    (
        "Close at a loss of 1 %.",
        "FORCE_EXIT if f.profit <= -0.1 else ALLOW",
    ): "which is 0.01, and compares profit with -0.1",
    ("No purchases at a spread above 0.5 %.", "FORBID_ENTRY if f.spread > 0.5 else ALLOW"): "compares spread with 0.5",
    ("Close after 24 hours.", "FORCE_EXIT if f.held_seconds > 24.0 else ALLOW"): "which is 86400",
    ("Close after 3 days.", "FORCE_EXIT if f.held_seconds >= 3.0 * 3600.0 else ALLOW"): "with 10800",
    ("No purchases when the RSI is above 70.", "FORBID_ENTRY if f.rsi > 0.7 else ALLOW"): "compares rsi with 0.7",
    ("Sell when the drawdown is above 15 %.", "FORCE_ENTRY if f.drawdown > 0.15 else ALLOW"): "answers FORCE_ENTRY",
    ("No purchases when the RSI is high.", "FORBID_ENTRY if f.hour > 5 else ALLOW"): "never looks at rsi",
    ("Never buy on Mondays.", "FORCE_ENTRY if f.weekday == 0 else ALLOW"): "answers FORCE_ENTRY",
    ("Buy on Mondays.", "FORBID_EXIT if f.weekday == 0 else ALLOW"): "answers FORBID_EXIT",
    (
        "No purchases when the RSI is above 65.",
        "FORBID_ENTRY if f.rsi < 65.0 else ALLOW",
    ): "answers FORBID_ENTRY below it",
    ("Buy only when the RSI is above 65.", "FORBID_ENTRY if 65.0 < f.rsi else ALLOW"): "answers FORBID_ENTRY above it",
    (
        "Buy only with volume.",
        "FORBID_ENTRY if f.volume > f.volume_average else ALLOW",
    ): "answers FORBID_ENTRY above it",
    (
        "Close when the fast average falls below the slow.",
        "FORCE_EXIT if f.ema_slow < f.ema_fast else ALLOW",
    ): "FORCE_EXIT above",
    ("Open no position unless rsi is below 40.", "FORBID_ENTRY if f.rsi < 40 else ALLOW"): "FORBID_ENTRY below it",
}
FITTING: list[tuple[str, str]] = [
    ("Close at a loss of 1 %.", "FORCE_EXIT if f.profit <= -0.01 else ALLOW"),
    ("Close after 1.5 hours.", "FORCE_EXIT if f.held_seconds >= 1.5 * 3600.0 else ALLOW"),
    ("Close after 24 hours.", "FORCE_EXIT if f.held_seconds / 3600.0 >= 24.0 else ALLOW"),
    ("Close when 95 % sure.", "FORCE_EXIT if f.profit > 0.01 else ALLOW"),
    ("Rest for 3 days of 20 minutes.", "FORBID_ENTRY if f.rested_seconds < 3600.0 else ALLOW"),
    ("No purchases when the RSI of 14 bars is above 70.", "FORBID_ENTRY if f.rsi > 70.0 else ALLOW"),
    ("Buy only with volume.", "ALLOW if f.volume > f.volume_average else FORBID_ENTRY"),
    ("Buy when the RSI is below 20.", "FORCE_ENTRY if f.rsi < 20.0 else ALLOW"),
    ("Buy when the RSI is below 20.", "FORBID_ENTRY if f.rsi >= 20.0 else ALLOW"),
    ("Open no position unless rsi is below 40.", "ALLOW if f.rsi < 40 else FORBID_ENTRY"),
    ("Sell when the price lost more than 5 %.", "FORCE_EXIT if f.price < 0.95 * f.ema_slow else ALLOW"),
    ("Close only when the score is not above zero.", "FORBID_EXIT if f.score > 0.0 else ALLOW"),
    ("No purchases when the RSI is high.", "FORBID_ENTRY if f.hot > 70.0 else ALLOW"),
    ("A wide market opens nothing.", "FORBID_ENTRY if f.spread > 0.01 else ALLOW"),
    ("As the owner asked.", "FORCE_EXIT if f.profit > 0.5 else ALLOW"),
]


def saying(sentence: str, answer: str) -> Source:
    files = with_rule("more", answer).files
    text = files["rules.py"].decode().replace("As the owner asked.", sentence)
    return Source.of({**files, "rules.py": text.encode()})


def told(sentence: str, answer: str) -> list[str]:
    return list(check_sayings(SHIPPED.files, saying(sentence, answer).files))


def test_a_rule_that_does_another_thing_than_it_says_is_told() -> None:
    def is_told(sentence: str, answer: str) -> None:
        (finding,) = told(sentence, answer)
        assert OTHERWISE[sentence, answer] in finding
        assert retold(finding, Language.PT) != finding

    each(OTHERWISE, is_told)


def test_a_rule_that_does_what_it_says_or_says_nothing_certain_is_fine() -> None:
    def passes(sentence: str, answer: str) -> None:
        assert told(sentence, answer) == []

    each(FITTING, passes)


def test_what_was_there_is_not_asked_again() -> None:
    files = saying("Close after 24 hours.", "FORCE_EXIT if f.held_seconds > 24.0 else ALLOW").files
    assert list(check_sayings(files, {**files, "signals.py": edited().files["signals.py"]})) == []
