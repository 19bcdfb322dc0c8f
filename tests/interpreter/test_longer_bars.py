"""Indicators on longer bars, with three numbers, or of an average that is not named: added, spoken of, asked about."""

from __future__ import annotations

import pytest

from core.contracts import AddIndicator, AddRule, EditPlan, RemoveIndicator, Situation, Status
from core.strategy import Source
from core.symbols import Symbols
from services.editor import edit
from services.interpreter.interpret import interpret

MINUTES = Situation(timeframe="1m")
PLANS = {
    "adiciona uma EMA de 200 no diário e só compra acima dela": ("ema_200_1d", "price > ema_200_1d"),
    "add a 200 EMA on the daily and only buy above it": ("ema_200_1d", "price > ema_200_1d"),
    "só compra acima da ema de 200 dias": ("ema_200_1d", "price > ema_200_1d"),
    "only buy above the 20-week EMA": ("ema_20_1w", "price > ema_20_1w"),
    "só compra se o RSI de 1h estiver abaixo de 40": ("rsi_14_1h", "rsi_14_1h < 40"),
    "only buy when the RSI on the 4h is below 40": ("rsi_14_4h", "rsi_14_4h < 40"),
    "compra se o rsi h4 < 30": ("rsi_14_4h", "rsi_14_4h < 30"),
    "só compra se o RSI estiver abaixo de 40 no gráfico de 15 minutos": ("rsi_14_15m", "rsi_14_15m < 40"),
    "no 4h, só compra se o rsi estiver abaixo de 40": ("rsi_14_4h", "rsi_14_4h < 40"),
    "do not buy when the hourly RSI is above 70": ("rsi_14_1h", "rsi_14_1h > 70"),
    "só opera se o ATR de 4h for maior que 100": ("atr_14_4h", "atr_14_4h > 100"),
    "buy if stochastic 14 on the 4h is below 20": ("stochastic_14_4h", "stochastic_14_4h < 20"),
    "compra quando a ema de 9 cruzar a de 21 pra cima no 4h": ("ema_9_4h ema_21_4h", "ema_9_4h above ema_21_4h"),
    "sell when the 9 EMA crosses below the 21 EMA on the 1-hour chart": (
        "ema_9_1h ema_21_1h",
        "ema_9_1h below ema_21_1h",
    ),
    "só compra se a EMA 20 de 1h estiver acima da EMA 50 de 4h": ("ema_20_1h ema_50_4h", "ema_20_1h > ema_50_4h"),
    "só compra se o macd no 4h cruzar acima da linha de sinal": (
        "macd_12_26_9_4h",
        "macd_12_26_9_4h above macd_12_26_9_4h_signal",
    ),
    "sell when the macd 8 21 5 crosses below its signal line": ("macd_8_21_5", "macd_8_21_5 below macd_8_21_5_signal"),
    "compra quando a média rápida cruzar acima da lenta no diário": (
        "ema_12_1d ema_26_1d",
        "ema_12_1d above ema_26_1d",
    ),
    "only buy while ema_fast is above ema_slow on the 4h": ("ema_12_4h ema_26_4h", "ema_12_4h > ema_26_4h"),
    "adiciona macd 8 21 5": ("macd_8_21_5", ""),
    "add a MACD 12/26/9 on the 4h": ("macd_12_26_9_4h", ""),
    "add a macd (8, 21, 5)": ("macd_8_21_5", ""),
    "adiciona o RSI no gráfico de 15 minutos": ("rsi_14_15m", ""),
    "bota um rsi 14 de 4h": ("rsi_14_4h", ""),
    "adiciona bollinger de 20 no diário": ("bollinger_20_1d", ""),
    "adiciona EMA 50 1h": ("ema_50_1h", ""),
    "adiciona ema 9 e ema 21 no 4h": ("ema_9_4h ema_21_4h", ""),
    "adiciona EMA de 200 no diário e RSI de 14 no 4h": ("ema_200_1d rsi_14_4h", ""),
    "add macd 8 21 5 and a 200 EMA on the daily": ("macd_8_21_5 ema_200_1d", ""),
}
ASKED = (
    *(
        "muda ema_fast para 9 no 4h",
        "ema rápida 9 no 4h",
    ),  # the order of the words says it of other things, or not of which
    *("aumenta o rsi_oversold pra 35 no 4h", "set rsi oversold to 25 on the daily", "stop de 3% no diário"),
    *("rsi diário em 70", "aumenta o stop para 3% no gráfico de 4h", "vende se perder 3% em 4h"),
    *("vende se o rsi passar de 70 em 1 hora", "compra se o RSI às 4h estiver abaixo de 30"),
    *("buy if RSI is below 30 in 1 hour", "use RSI on the daily instead of 1m", "põe o período do RSI do 4h em 21"),
    *("só compra se o RSI estiver abaixo de 40 no diário e no 4h", "adiciona macd 8 21", "add macd 8 21 5 3"),
)
NOT_DONE = (
    *("não adiciona uma EMA de 200 no diário", "should I add a daily 200 EMA?", "nunca adiciona EMA no diário"),
    *(
        "meu amigo disse pra comprar quando o rsi de 4h cair abaixo de 30",
        "se o RSI diário passar de 70 o que acontece?",
    ),
    *("não compra amanhã se o RSI no 4h estiver acima de 70", "só compra BTC se o RSI de 4h estiver abaixo de 40"),
)
AVERAGES = {
    **dict.fromkeys(
        (
            *("média de 200", "a média de 200", "média móvel de 200 períodos", "põe uma média de 200", "MM200"),
            *("quero uma média de 200", "usa a média de 200", "coloca uma média móvel de 200 barras", "200 MA"),
            *("200 moving average", "add the 200 moving average", "MA 200", "i want a 200 period moving average"),
        ),
        "200",
    ),
    **dict.fromkeys(("média de 200 dias", "200-day moving average", "a média de 200 no diário"), "200_1d"),
    **dict.fromkeys(("só compra acima da média de 200", "only buy above the 200 MA"), "200"),
    "sell if price drops below the 200 average on the 4h": "200_4h",
}


@pytest.fixture(scope="module")
def grown() -> Symbols:
    """With two indicators that were added."""
    macd = AddIndicator("macd", "macd_12_26_9", {"fast": 12, "slow": 26, "signal": 9})
    rsi = AddIndicator("rsi", "rsi_14_4h", {"period": 14}, "4h")
    return Symbols.of(edit(Source.shipped().files, EditPlan((macd, rsi)), "7").files)


def said(plan: EditPlan | None) -> tuple[str, str]:
    """The indicators that a plan adds, and what its rule compares."""
    operations = plan.operations if plan else ()
    added = " ".join(each.name for each in operations if isinstance(each, AddIndicator))
    rules = (each.when for each in operations if isinstance(each, AddRule))
    return added, " ".join(f"{w.feature} {w.op or w.cross} {w.other or w.value}" for w in rules)


def test_they_are_added_and_rules_speak_of_them(symbols: Symbols) -> None:
    plans: dict[str, EditPlan] = {}
    for text, wanted in PLANS.items():
        meant = interpret(text, symbols, situation=MINUTES)
        assert said(meant.plan) == wanted, text
        plans[repr(meant.plan)] = meant.plan
    for plan in plans.values():  # many sentences have one plan
        edit(Source.shipped().files, plan, "7")
    both = interpret("só compra se o rsi de 4h estiver abaixo de 40 e o de 1d abaixo de 50", symbols, situation=MINUTES)
    assert both.status is not Status.PLAN


def test_what_else_may_be_meant_is_asked_and_a_trap_has_no_offer(symbols: Symbols) -> None:
    for text in ASKED:
        meant = interpret(text, symbols, situation=MINUTES)
        assert (meant.status, meant.offers) == (Status.ASK, ()), text
    for text in NOT_DONE:
        meant = interpret(text, symbols, situation=MINUTES)
        assert meant.plan is None, text
        assert not meant.offers, text
    beside = interpret("cooldown 4h rsi 21", symbols, situation=MINUTES)
    assert [each.name for each in beside.plan.operations] == ["cooldown_seconds", "rsi_period"]  # type: ignore[union-attr]
    for text, name in (
        ("RSI on the 4h", "rsi_14_4h"),
        ("EMA 200 diária", "ema_200_1d"),
    ):
        (offer,) = interpret(text, symbols, situation=MINUTES).offers
        assert said(offer.plan) == (name, ""), text
    (usual,) = interpret("só compra se o ADX no 4h estiver acima de 25", symbols, situation=MINUTES).offers
    assert said(usual.plan) == ("adx_14_4h", "adx_14_4h > 25")
    for text, name in (("only buy in an uptrend on the daily", "1d"), ("só compra em tendência de alta no 4h", "4h")):
        trend = [said(offer.plan) for offer in interpret(text, symbols, situation=MINUTES).offers]
        assert trend == [
            (f"ema_12_{name} ema_26_{name}", f"ema_12_{name} > ema_26_{name}"),
            (f"ema_26_{name}", f"price > ema_26_{name}"),
        ], text
    either = interpret("buy when rsi is below 30 and price is above the 200 EMA on the daily", symbols)
    assert [said(offer.plan)[0] for offer in either.offers] == ["ema_200_1d", "rsi_14_1d ema_200_1d"]


def test_an_average_that_is_not_named_is_asked_with_both(symbols: Symbols) -> None:
    for text, name in AVERAGES.items():
        meant = interpret(text, symbols, situation=MINUTES)
        assert [said(offer.plan)[0] for offer in meant.offers] == [f"ema_{name}", f"sma_{name}"], text
    assert said(interpret("média em 200", symbols).offers[0].plan) == ("", "")


def test_bars_that_are_not_made_of_the_strategys_own_are_refused_clearly(symbols: Symbols) -> None:
    for own in ("4h", "1d", "7m", "90m"):
        for text in ("adiciona uma ema de 50 no 4h", "only buy above the 50 EMA on the 4h"):
            meant = interpret(text, symbols, situation=Situation(timeframe=own))
            assert meant.status is Status.ASK, (own, text)
            assert f"{own}; " in (meant.question or ""), (own, text)
    for own in ("", "1m", "5m", "2h"):
        assert interpret("add a 50 EMA on the 4h", symbols, situation=Situation(timeframe=own)).plan is not None, own
    odd = interpret("adiciona rsi 14 no gráfico de 45 minutos", symbols, situation=MINUTES)
    assert (odd.question or "").startswith("Não há barras de 45m para um indicador; há de 3m, 5m, 15m")
    days = interpret("only buy above the 50-day EMA", symbols, situation=Situation(timeframe="1d"))
    assert said(days.plan) == ("ema_50", "price > ema_50")


def test_what_is_there_is_spoken_of_and_goes_by_its_name(grown: Symbols) -> None:
    removed = {
        **dict.fromkeys(("remove macd_12_26_9", "tira o macd 12 26 9", "remove the macd 12 26 9"), "macd_12_26_9"),
        **dict.fromkeys(("remove o rsi de 4h", "drop the RSI on the 4h", "apaga rsi_14_4h"), "rsi_14_4h"),
    }
    for text, name in removed.items():
        plan = interpret(text, grown, situation=MINUTES).plan
        assert plan == EditPlan((RemoveIndicator(name.partition("_")[0], name),)), text
    for text in ("só compra se o rsi de 4h estiver abaixo de 40", "only buy if rsi_14_4h is below 40"):
        assert said(interpret(text, grown, situation=MINUTES).plan) == ("", "rsi_14_4h < 40"), text
    for text, name in (("adiciona rsi 14 no 4h", "rsi_14_4h"), ("add macd 12 26 9", "macd_12_26_9")):
        assert name in (interpret(text, grown, situation=MINUTES).question or ""), text
    crossing = interpret("sell when macd_12_26_9 crosses below its signal line", grown, situation=MINUTES).plan
    assert said(crossing) == ("", "macd_12_26_9 below macd_12_26_9_signal")
