"""What the page makes of what it is told: lines of the story, and the readings of a question."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.contracts.events import Decided, Filled
from core.language import Language
from services.gateway.web.doing import readings
from services.gateway.web.rendering import environment
from services.gateway.web.views.lines import story_line


def test_each_reading_of_a_question_is_on_its_button_when_the_question_lists_them_all() -> None:
    question = "Qual? Diga qual: “em 3%” ou “em 2,02%”. 1) stop_loss: 2% -> 3%; 2) stop_loss: 2% -> 2,02%"
    assert readings(question, 2) == ("stop_loss: 2% -> 3%", "stop_loss: 2% -> 2,02%")
    assert readings("Um só: 1) nova regra a; b; c", 1) == ("nova regra a; b; c",)
    for said, count in ((question, 3), ("Qual?", 2), ("2) b; 1) a", 2), ("1) ; 2) b", 2)):
        assert readings(said, count) == ("",) * count
    assert readings(question, 0) == ()


def test_what_is_traded_is_told_in_words() -> None:
    given: dict[str, Any] = {
        "quantity": Decimal("0.01465000"),
        "price": Decimal("65748.020"),
        "fee": Decimal("0.00001465"),
    }
    fill = Filled(pair="BTCUSDT", side="BUY", fee_asset="BTC", order="s1", **given)
    weighed: dict[str, Any] = {"score": -0.3063, "confidence": 0.6111, "signals": {}, "sequence": 7}
    decision = Decided(pair="ADAUSDT", action="sell", reason="stop", **weighed)
    told = [
        story_line(each, "UTC", language)[1] for each in (fill, decision) for language in (Language.PT, Language.EN)
    ]
    assert told == [
        "comprou 0,01465 de BTCUSDT a 65748,02; taxa 0,00001465 BTC",
        "bought 0.01465 of BTCUSDT at 65748.02; fee 0.00001465 BTC",
        "quer vender ADAUSDT: stop; score -0,31, confiança 61%",
        "wants to sell ADAUSDT: stop; score -0.31, confidence 61%",
    ]


def test_what_our_words_say_to_type_stands_out_and_nothing_of_anybody_elses_does() -> None:
    worded = environment(Language.EN, "UTC").filters["worded"]
    assert worded("until `sorte resume`: 2% -> 3%") == "until <code>sorte resume</code>: 2% → 3%"
    assert worded("`<img src=x>` <b>") == "<code>&lt;img src=x&gt;</code> &lt;b&gt;"
