"""Questions of the owner: what was earned, why something was let be, what a name or a trade is about."""

from __future__ import annotations

import asyncio
import datetime
import io
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from core.contracts import Action, EditPlan, Language, RemoveOverride, SetOverride
from core.contracts.accounts import CompareShown, ProfitShown
from core.contracts.answers import Answer, DiffShown, HistoryShown, LogsShown, Said, TradesShown, ValueShown
from core.contracts.asking import Question
from core.contracts.figures import Position
from core.contracts.ledger import TripsShown
from core.contracts.reasons import NameExplained, Reason, TradeExplained, WhyShown
from core.errors import ConfigurationError
from core.settings import Settings
from core.strategy import Source
from core.telemetry.files import MAIN, LogFile
from core.telemetry.lines import encode, stamp
from core.telemetry.process import folder_of
from core.workspace import Workspace
from core.zone import clock
from services.commander.desk.desk import Desk
from services.commander.desk.explaining import name_in
from services.commander.desk.looking import SHOWING, looked
from services.commander.desk.moments import moment_of
from services.commander.desk.spans import period_of
from services.commander.line import away
from services.gateway.console.shown import Shown
from services.trader.journal import Journal
from services.trader.orders import Day, Epoch, Fill, Order, Side
from services.trader.reasons.files import Files
from tests.commander.rig import Rig, rig
from tests.told.scene import journalled

BOUGHT = Decimal(50_000)
RELEASE = "a" * 40


def traded(it: Rig, *, change: str = "", commit: str = "", reason: str = "score", folder: str = "paper") -> int:
    """A purchase and a sale at a loss, a moment ago, in the journal of an account; when that was."""
    now_ns = time.time_ns()
    journal = Journal(it.context.settings.data_dir / folder / "journal")
    journal.append(Epoch(1, RELEASE, now_ns - 3_600_000_000_000))
    journal.append(
        Day(f"{datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=40):%Y-%m-%d}", Decimal(10_000))
    )
    for number, (side, price) in enumerate(((Side.BUY, BOUGHT), (Side.SELL, Decimal(49_000))), start=1):
        name, size, at_ns = f"s1-aaaaaaaa-{number}", Decimal("0.1"), now_ns - (3 - number) * 1_000_000
        limit = price * Decimal("0.99")
        told: tuple[Any, ...] = (1, RELEASE, number, reason, commit, change, "m")
        journal.append(Order(name, "BTCUSDT", side, size, limit, at_ns, *told))
        journal.append(Fill(name, "BTCUSDT", side, number, size, price, Decimal(1), "USDT", at_ns))
    journal.close()
    return now_ns


def reason(**changes: Any) -> Reason:
    usual: dict[str, Any] = {
        "time_ns": time.time_ns(),
        "pair": "BTCUSDT",
        "code": "score",
        "detail": "",
        "held": False,
        "score": 0.12,
        "threshold": 0.3,
        "confidence": 0.7,
        "min_confidence": 0.6,
        "signals": {"technical": 0.1, "orderbook": None, "flow": 0.2, "qlearning": None, "advice": None},
        "trading": "active",
        "release": RELEASE[:12],
    }
    return Reason(**usual | changes)


def kept(it: Rig, *reasons: Reason, folder: str = "paper") -> None:
    """The ledger of reasons, oldest first; the last one is how things stand."""
    ledger = Files(it.context.settings.data_dir / folder)
    for each in reasons:
        ledger.append(each, datetime.datetime.now(datetime.UTC))
    ledger.show([reasons[-1]])


def ask(it: Rig, name: str, text: str = "", **args: Any) -> Answer:
    """What a sentence that was understood as this action is answered with."""
    answer = asyncio.run(looked(it.deployment, Action(name, args), Language.EN, text))
    assert answer is not None
    return answer


def printed(answer: Answer, language: Language = Language.PT) -> str:
    """The answer as a person reads it."""
    screen = io.StringIO()
    Shown(Console(file=screen, highlight=False, width=200), "America/Sao_Paulo", language).show(answer)
    return screen.getvalue()


# Money ----------------------------------------------------------------------------------------------------------------


def test_profit_is_of_the_period_that_was_asked_for(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it)
        month, yesterday, all_of_it = (ask(it, "profit", period=each) for each in ("month", "2020-01-01", "all"))
    assert isinstance(month, ProfitShown)
    assert isinstance(yesterday, ProfitShown)
    assert isinstance(all_of_it, ProfitShown)
    assert (month.realised, month.realised_share) == (Decimal(-102), -0.0102)
    assert (month.trades, month.won, month.fees) == (1, 0, Decimal(2))
    assert (month.open, month.equity, month.account) == (None, None, "paper")
    assert (yesterday.realised, yesterday.trades) == (Decimal(0), 0)
    assert all_of_it.realised == month.realised


# Of the owner's calendar, on Saturday the 28th.
PERIODS_SAID = {
    "how much did I make last week?": "2026-11-16..2026-11-22",
    "quanto ganhei no mês passado?": "2026-10-01..2026-10-31",
    "lucro do ano passado": "2025-01-01..2025-12-31",
    "profit of the last 3 days": "2026-11-26..2026-11-28",
    "lucro das últimas 24 horas": "24h",
    "quanto ganhei na sexta?": "2026-11-27",
    "how much did we make in December?": "2025-12-01..2025-12-31",
    "quanto ganhei desde segunda?": "2026-11-23..2026-11-28",
    "quanto ganhei anteontem?": "2026-11-26",
    "what changed 3 days ago?": "2026-11-25",
    "quanto ganhei na segunda operação?": None,
    "may I see this week's profit?": None,
}


def test_a_question_s_words_name_a_stretch_of_the_owners_calendar() -> None:
    zone = clock("America/Sao_Paulo")
    now = zone.time_ns(datetime.datetime(2026, 11, 28, 22, 0))  # noqa: DTZ001 - the clock's own; in UTC it is Sunday
    assert {text: period_of(text, zone.name, now) for text in PERIODS_SAID} == PERIODS_SAID


def test_profit_and_changes_are_of_the_stretch_that_the_question_names(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it)
        last_year = ask(it, "profit", "quanto ganhei no ano passado?", period="year")
        changed = ask(it, "diff", "what changed last year?")
    assert isinstance(last_year, ProfitShown)
    assert isinstance(changed, Said)
    assert (last_year.trades, changed.text.split(".")[0]) == (0, "Nothing changed in that time")
    assert ".." not in printed(last_year)


def test_profit_counts_what_is_open_while_a_trader_tells_the_prices(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        traded(it)
        assert it.trader is not None
        held = {"quantity": 2.0, "entry_price": 100.0, "price": 110.0, "profit": 0.1, "protected": None}
        it.trader.positions.append(Position(pair="ETHUSDT", **held))  # type: ignore[arg-type]
        today, past = ask(it, "profit"), ask(it, "profit", period="2020-01-01")
    assert isinstance(today, ProfitShown)
    assert isinstance(past, ProfitShown)
    assert (today.period, today.open, today.open_share) == ("today", Decimal(20), 0.002)
    assert past.open is None  # it is over


def test_profit_is_told_in_the_owners_language_with_his_numbers_and_days(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it)
        said = printed(ask(it, "profit", period="all"))
    assert "desde o começo, conta simulada: realizado -102,00 USDT (-1,02%)" in said
    assert "vendas: 1, com lucro 0 (0%)" in said


def test_a_word_that_is_no_period_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with rig(tmp_path) as it, pytest.raises(ConfigurationError, match="is no period") as refused:
        ask(it, "profit", period="fortnight")
    assert "yesterday" in refused.value.hint


def test_where_nothing_was_traded_the_profit_is_nothing(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        answer = ask(it, "profit")
    assert isinstance(answer, ProfitShown)
    assert (answer.realised, answer.before) == (Decimal(0), None)
    assert "nenhuma venda" in printed(answer)


def test_releases_that_traded_are_compared(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it)
        answer = ask(it, "compare")
    assert isinstance(answer, CompareShown)
    assert [(each.release, each.realised, each.trades) for each in answer.releases] == [(RELEASE, Decimal(-102), 1)]
    assert RELEASE[:12] in printed(answer)


# Why ------------------------------------------------------------------------------------------------------------------


def test_why_tells_how_a_pair_stands_and_what_came_before(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it)
        denied = reason(code="limit", detail="open_positions: 3 pairs are held", score=0.4)
        kept(it, denied, reason(pair="ETHUSDT"), reason(code="rule", detail="cooldown", score=0.5))
        answer, all_pairs = ask(it, "why", pair="btc"), ask(it, "why")
    assert isinstance(answer, WhyShown)
    assert isinstance(all_pairs, WhyShown)
    assert (answer.pair, answer.runs) == ("BTCUSDT", False)
    assert [each.code for each in answer.now] == ["rule"]
    assert [each.code for each in answer.reasons] == ["rule", "limit"]
    assert not all_pairs.reasons
    said = printed(answer)
    assert "a regra cooldown proíbe" in said
    assert "score +0,500 (limiar +0,30), confiança 70% (mínima 60%)" in said
    assert "limits.toml, chave open_positions" in said
    assert "Nenhum trader está rodando" in said


def test_why_of_a_moment_is_what_held_then(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it)
        kept(it, reason(time_ns=10), reason(time_ns=20, code="confidence"), reason(time_ns=30, code="warming"))
        desk = Desk(it.deployment)

        async def no(_: object) -> bool:
            return False

        question = Question(do="why", pair="BTCUSDT", at_ns=25)
        answer = asyncio.run(desk.answer(question, lambda _: None, no))
    assert isinstance(answer, WhyShown)
    assert ([each.code for each in answer.now], [each.code for each in answer.reasons]) == (["confidence"], ["score"])


def test_why_of_a_time_that_is_said_is_what_held_then(tmp_path: Path) -> None:
    now, hour = time.time_ns(), 3600 * 10**9
    with rig(tmp_path) as it:
        traded(it)
        old, then = reason(time_ns=now - 4 * hour, code="warming"), reason(time_ns=now - 2 * hour, code="confidence")
        kept(it, old, then, reason(time_ns=now))
        answer = ask(it, "why", "por que não comprou btc há uma hora?", pair="btc")
        never = ask(it, "explain", "why did you not buy 9 days ago?", what="hold")
        last_month = ask(it, "why", "why did you not buy last month?")
    assert isinstance(answer, WhyShown)
    assert ([each.code for each in answer.now], [each.code for each in answer.reasons]) == (["confidence"], ["warming"])
    assert isinstance(last_month, WhyShown)
    assert (last_month.now, last_month.at_ns is not None) == ([], True)
    assert "Nenhuma decisão foi guardada até" in printed(never)


# Of the owner's clock, where it is 10:00 on the 28th.
MOMENTS = {
    "why did you not buy BTC yesterday?": "28 00:00",
    "por que não comprou anteontem?": "27 00:00",
    "why did you not buy at 3pm?": "27 15:00",
    "why did you not buy at 9:30am": "28 09:30",
    "por que não comprou ontem às 15h?": "27 15:00",
    "por que não comprou ETH às 8h15?": "28 08:15",
    "why did you not buy half an hour ago": "28 09:30",
    "pq não comprou faz 2 horas": "28 08:00",
    "why did nothing happen last night?": "28 06:00",
    "por que não comprou hoje de manhã?": "28 10:00",
    "why did you not buy BTC?": None,
    "por que o rsi 14 não deixou?": None,
}


def test_a_question_s_words_name_a_moment_of_the_owners_clock() -> None:
    zone = clock("America/Sao_Paulo")
    now = zone.time_ns(datetime.datetime(2026, 11, 28, 10, 0))  # noqa: DTZ001 - the clock's own
    found = {text: moment_of(text, zone.name, now) for text in MOMENTS}
    assert {text: None if at is None else f"{zone.local(at):%d %H:%M}" for text, at in found.items()} == MOMENTS


@pytest.mark.parametrize("code", ["score", "confidence", "warming", "kept", "refused", "unfilled", "buys", "sells"])
@pytest.mark.parametrize("held", [True, False])
def test_every_reason_has_words_in_both_languages(code: str, held: bool) -> None:
    shown = WhyShown(pair="BTCUSDT", at_ns=None, now=[reason(code=code, held=held)], reasons=[], runs=True)
    assert printed(shown, Language.PT) != printed(shown, Language.EN)


def test_why_of_a_pair_that_nobody_looked_at_names_where_pairs_are_chosen(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        said = printed(ask(it, "why", pair="DOGE"))
    assert "--pairs" in said


def test_the_trades_of_a_day_are_those_of_that_day_only(tmp_path: Path) -> None:
    for text, shows in (("the fills", TradesShown), ("mostra as execuções", TradesShown), ("operações", TripsShown)):
        with rig(tmp_path / text) as it:
            traded(it)
            every, none, last = (ask(it, "trades", text, period=each) for each in ("all", "2020-01-01", ""))
        shown = [each.fills if isinstance(each, TradesShown) else each.trips for each in (every, none, last)]
        assert (text, *map(type, (every, none, last))) == (text, shows, shows, shows)
        assert [bool(each) for each in shown] == [True, False, True]


# Trades and names -----------------------------------------------------------------------------------------------------


def test_the_last_sale_is_explained_with_its_price_result_signals_and_sentence(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        change = asyncio.run(it.say("stop_loss 0.03"))
        traded(it, change=change.id, commit=change.commit, reason="stop_loss")
        kept(it, reason(code="sells", detail="stop_loss", sequence=2, score=-0.4, held=True))
        answer = ask(it, "explain", what="sell", pair="BTC")
        bought = ask(it, "explain", what="buy")
        none = ask(it, "explain", what="sell", pair="ETH")
    assert isinstance(answer, TradeExplained)
    assert isinstance(bought, TradeExplained)
    assert (answer.price, answer.limit, answer.profit) == (Decimal(49_000), Decimal(48_510), Decimal(-102))
    assert (answer.reason, answer.about) == ("stop_loss", "Close a position that has lost too much.")
    assert (answer.change, answer.text, answer.owner) == (change.id, "stop_loss 0.03", "ana")
    assert answer.why is not None
    assert answer.why.score == -0.4
    assert (bought.side, bought.profit) == ("BUY", None)
    assert isinstance(none, Said)
    assert none.done is False
    said = printed(answer)
    assert "vendeu 0,1 de BTCUSDT a 49000" in said
    assert "a regra stop_loss: Fecha uma posição que perdeu demais." in said


def test_a_parameter_is_explained_with_its_range_places_and_the_measured_effect_of_its_changes(tmp_path: Path) -> None:
    with rig(tmp_path, returns=(0.02, 0.03)) as it:
        change = asyncio.run(it.say("stop_loss 0.03"))
        asyncio.run(it.say("stop_loss 0.04", yes=False))  # declined: it was never in force
        answer = ask(it, "explain", what="stop_loss")
    assert isinstance(answer, NameExplained)
    assert (answer.sort, answer.value, answer.low, answer.high) == ("parameter", 0.03, 0.001, 0.5)
    assert [(place.file, place.function) for place in answer.used] == [("rules.py", "stop_loss")]
    assert [(each.change, each.old, each.new) for each in answer.history] == [(change.id, 0.02, 0.03)]
    assert [(each.figure, each.before, each.after) for each in answer.history[0].effect] == [
        ("total_return", 0.02, 0.03)
    ]
    assert "retorno 2,00% -> 3,00%" in printed(answer)


def test_values_of_a_pair_s_own_are_told_with_their_history(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        change = asyncio.run(it.say("stop_loss 0.03"))
    assert change.candidate is not None
    gone = RemoveOverride("stop_loss", "ETHUSDT", 0.01)
    plan = EditPlan((SetOverride("stop_loss", "BTCUSDT", 0.05, 0.02), gone))
    candidate = msgspec.structs.replace(change.candidate, plan=plan)
    change = msgspec.structs.replace(change, candidate=candidate)
    files = Source.shipped().files
    own = b'\nOVERRIDES = {\n    "BTCUSDT": Parameters(stop_loss=0.05),\n}\n'
    source = Source.of({**files, "parameters.py": files["parameters.py"] + own})
    answer = name_in(source, [change], "stop_loss")
    assert answer is not None
    assert (answer.value, answer.own) == (0.02, {"BTCUSDT": 0.05})
    assert [(each.pair, each.old, each.new) for each in answer.history] == [
        ("BTCUSDT", 0.02, 0.05),
        ("ETHUSDT", 0.01, None),
    ]
    said = printed(answer)
    for told in ("só em BTCUSDT vale 0,05", "BTCUSDT: 0,02 -> 0,05", "ETHUSDT: 0,01 -> o de todos"):
        assert told in said
    shown = ValueShown(what="stop_loss", value=0.02, low=0.001, high=0.5, unit="x", about="y", own={"BTCUSDT": 0.05})
    assert "só em BTCUSDT: stop_loss = 0,05" in printed(shown)
    every = ValueShown(what="", parameters={"stop_loss": 0.02}, rules={}, pairs={"BTCUSDT": {"stop_loss": 0.05}})
    assert "só em BTCUSDT: stop_loss = 0,05" in printed(every)


def test_a_rule_and_a_feature_are_explained_and_an_unknown_name_lists_those_that_exist(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        rule, feature, unknown = (ask(it, "explain", what=each) for each in ("cooldown", "rsi", "nonsense"))
    assert isinstance(rule, NameExplained)
    assert isinstance(feature, NameExplained)
    assert (rule.sort, rule.enabled) == ("rule", True)
    assert feature.sort == "feature"
    assert "índice de força relativa" in printed(feature)
    assert isinstance(unknown, Said)
    assert "stop_loss" in unknown.text


def test_every_feature_of_the_shipped_strategy_has_words() -> None:
    from core.strategy import Source
    from core.symbols import Symbols
    from services.gateway.console.texts import WORDING

    symbols = Symbols.of(Source.shipped().files)
    missing = {name for name in symbols.features if f"feature.{name}" not in WORDING.texts}
    assert missing <= set(symbols.parameters)  # what is a parameter too is explained as that


def test_the_newest_lines_of_the_log_are_shown(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        folder = folder_of(it.context.settings.data_dir)
        file = LogFile(folder, MAIN)
        for number in range(3):
            told = {"level": "info", "component": "trader", "event": f"event_{number}"}
            file.append(encode({"time": stamp(number * 10**9)} | told), number * 10**9)
        answer = ask(it, "logs", limit=2)
    assert isinstance(answer, LogsShown)
    assert [line["event"] for line in answer.lines] == ["event_1", "event_2"]
    assert "event_2" in printed(answer)


# Where things are changed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "says"), [("open_positions", "limits.toml"), ("pairs", "--pairs"), ("time_zone", "config explain")]
)
def test_what_no_sentence_changes_is_told_where_it_is_changed(key: str, says: str, tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        answers = [ask(it, "setting", key=key), ask(it, "explain", what=key), ask(it, "show", what=key)]
    assert all(isinstance(answer, Said) and says in answer.text for answer in answers)


def test_the_changes_of_a_day_are_those_of_the_owners_day(tmp_path: Path) -> None:
    with rig(tmp_path, returns=(0.02, 0.03)) as it:
        change = asyncio.run(it.say("stop_loss 0.03"))
        today, yesterday = (ask(it, "history", period=each) for each in ("today", "yesterday"))
    assert isinstance(today, HistoryShown)
    assert isinstance(yesterday, Said)
    assert [each.id for each in today.changes] == [change.id]
    assert yesterday.text.startswith("Nothing changed in that time")


def test_what_edits_or_stops_is_not_looked_at(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        for name in ("pause", "panic", "close", "rollback"):
            assert name not in SHOWING
            assert asyncio.run(looked(it.deployment, Action(name), Language.EN)) is None


def test_questions_are_answered_while_the_commander_is_away(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        journalled(it.context.settings.data_dir, "unknown")
    settings = Settings.model_construct(data_dir=tmp_path / "data", workspace=tmp_path / "w")
    with Workspace(tmp_path / "w"):
        answer = asyncio.run(away.read(Question(do="profit", period="all"), settings, 1))
    assert isinstance(answer, ProfitShown)
    assert msgspec.structs.asdict(answer)["account"] == "exchange"


# In short -------------------------------------------------------------------------------------------------------------


def test_what_a_sentence_asks_of_the_status_is_answered_alone(tmp_path: Path) -> None:
    held = Position(pair="BTCUSDT", quantity=0.1, entry_price=50_000, price=51_000, profit=0.02, protected=None)
    with rig(tmp_path, trader=True) as it:
        none = printed(ask(it, "positions"), Language.EN)
        it.trader.positions = [held]
        answers = {name: printed(ask(it, name)) for name in ("positions", "balance", "health", "status")}
    assert none == "No open positions.\n"
    assert answers["positions"].split()[0] == "BTCUSDT"
    assert answers["positions"].count("\n") == 1
    assert answers["balance"].startswith("Patrimônio (")
    assert answers["health"].startswith(("Tudo funcionando", "O trader roda"))
    assert answers["status"].startswith("operando")


def test_without_a_trader_that_is_said_alone(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        told = {printed(ask(it, name)) for name in ("positions", "balance", "health")}
    assert told == {"nenhum trader está rodando\n"}


def test_the_limits_in_force_are_told_with_their_file(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        told = printed(ask(it, "show", what="limits"), Language.EN)
    assert "loss_per_day" in told
    assert "limits.toml" in told


def test_a_test_on_history_is_answered_with_its_command(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        told = printed(ask(it, "backtest", days=30, symbols=["ETHUSDT"]), Language.EN)
    since = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=30)
    assert "sorte backtest --data ETHUSDT --from " in told
    assert f"--from {since}" in told


def test_the_diff_of_no_change_in_particular_is_that_of_the_last(tmp_path: Path) -> None:
    with rig(tmp_path, returns=(0.02, 0.03)) as it:
        none = ask(it, "diff")
        asyncio.run(it.say("stop_loss 0.03"))
        last = ask(it, "diff")
    assert isinstance(none, Said)
    assert isinstance(last, DiffShown)


def test_rules_and_weights_are_shown_without_the_others(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        rules, weights, feature = (ask(it, "show", what=each) for each in ("rules", "weights", "spread"))
    assert isinstance(rules, ValueShown)
    assert isinstance(weights, ValueShown)
    assert rules.parameters == {}
    assert weights.rules == {}
    assert isinstance(feature, NameExplained)


def test_who_greets_is_greeted_and_told_what_can_be_said(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        for language, hello in ((Language.PT, "Olá! Diga"), (Language.EN, "Hello! Say")):
            told = asyncio.run(looked(it.deployment, Action("help", {"greets": "yes"}), language))
            asked = asyncio.run(looked(it.deployment, Action("help"), language))
            assert isinstance(told, Said)
            assert isinstance(asked, Said)
            assert (told.text or "").startswith(hello)
            assert (told.text or "").endswith(asked.text or "-")
