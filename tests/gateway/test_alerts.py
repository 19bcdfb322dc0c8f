"""What is worth an alert becomes one, by the owner's levels, hours and cooldown; what is no news does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import select

from core.contracts.answers import ChangeEnded
from core.contracts.change import State
from core.contracts.events import Denied, FaultTold, HeardAgain, ProtectionTold, Rejected, TradingIs
from core.contracts.told import Telling, Watched
from core.language import Language
from core.settings import AlertSettings
from services.gateway.alert import Alert, Kind
from services.gateway.alerts.alarm import Alarm
from services.gateway.alerts.falling import Fall, fallen
from services.gateway.alerts.notice import Notice
from services.gateway.alerts.noticing import CRITICAL, USUAL_DENIALS, noticed
from services.gateway.alerts.quiet import is_quiet
from services.gateway.alerts.texts import WORDING
from services.gateway.outbox.outbox import Outbox
from services.gateway.outbox.parcel import Address
from services.gateway.store import opened
from services.gateway.store.tables import outbox

CHAT = Address("telegram", "7")
NOON = 1_795_867_200 * 10**9  # 2026-11-28 12:00 UTC
MINUTE = 60 * 10**9
NEWS: list[tuple[Telling, str, str]] = [
    (FaultTold(cause="host_late", subject="blue", detail="lost 3 turns"), "fault", "normal"),
    (FaultTold(cause="host_given_up", subject="hosts", detail="5 within an hour"), "fault", "critical"),
    (FaultTold(cause="pair_silent", subject="BTCUSDT", detail="no news for 12 s"), "silent_pair", "normal"),
    (HeardAgain(pair="BTCUSDT", detail="after 14 s"), "silent_pair", "info"),
    (Denied(pair="BTCUSDT", side="BUY", code="order_value", detail="900 is above 500"), "limit", "normal"),
    (Rejected(pair="BTCUSDT", side="SELL", order="s1", detail="insufficient balance"), "refusal", "normal"),
    (ProtectionTold(pair="BTCUSDT", state="none", detail="the exchange refused it"), "fault", "normal"),
    (TradingIs(state="halted"), "fault", "critical"),
    (Watched(id="ab12", state=State.ROLLED_BACK, watch="failed", reason="drawdown"), "rollback", "critical"),
    (Watched(id="ab12", state=State.LIVE, watch="passed", reason="it stays"), "watch_ended", "info"),
]


class Time:
    now = NOON


@pytest.fixture
def alerts() -> list[Alert]:
    return []


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    with opened(tmp_path) as store:
        yield Outbox(store.engine, [CHAT])


def alarm(box: Outbox, alerts: list[Alert], clock: Time, language: Language = Language.EN, **settings: object) -> Alarm:
    told = AlertSettings(**settings)  # type: ignore[arg-type]
    return Alarm(told, "America/Sao_Paulo", language, box, shown=alerts.append, clock_ns=lambda: clock.now)


def sounds(box: Outbox) -> list[bool]:
    with box._engine.begin() as connection:
        return [row.sound for row in connection.execute(select(outbox.c.sound).order_by(outbox.c.id))]


def test_each_kind_of_news_is_an_alert_in_both_languages(box: Outbox, alerts: list[Alert], clock: Time) -> None:
    for language in Language:
        alarmed = alarm(box, alerts, clock, language)
        for told, _, _ in NEWS:
            alarmed.hear(told)
    assert [(alert.kind, alert.urgency) for alert in alerts] == [(kind, weight) for _, kind, weight in NEWS] * 2
    for alert in alerts:
        assert "{" not in alert.title + alert.text + alert.next
    portuguese, english = alerts[: len(NEWS)], alerts[len(NEWS) :]
    assert english[4].text == "BTCUSDT: an order to buy was forbidden. 900 is above 500"
    assert portuguese[4].text.startswith("BTCUSDT: uma ordem de compra foi proibida.")
    assert "Without a strategy host nothing is traded" in english[1].next
    assert "A versão anterior opera" in portuguese[8].next


def test_what_is_no_news_is_none(box: Outbox, alerts: list[Alert], clock: Time) -> None:
    alarmed = alarm(box, alerts, clock)
    for code in USUAL_DENIALS:
        alarmed.hear(Denied(pair="BTCUSDT", side="BUY", code=code, detail="x"))
    alarmed.hear(TradingIs(state="active"))
    alarmed.hear(ProtectionTold(pair="BTCUSDT", state="rests"))
    alarmed.hear(Watched(id="ab12", state=State.LIVE, watch="running", reason=""))
    assert alerts == []


def test_levels_hours_and_weight_decide_over_sound(box: Outbox, alerts: list[Alert], clock: Time) -> None:
    night = NOON + 14 * 60 * MINUTE  # 23:00 in São Paulo
    alarmed = alarm(box, alerts, clock, limit="off", refusal="silent", quiet_from="22:30", quiet_to="07:00")
    for told, _, _ in NEWS[:6]:
        alarmed.hear(told)
    assert sounds(box) == [True, True, True, False, False]  # news that is back, and what is silent; no limit
    clock.now = night
    alarmed.hear(NEWS[0][0])
    alarmed.hear(FaultTold(cause="banned", subject="exchange", detail="for 60 s"))
    assert sounds(box)[5:] == [False, True]  # what is critical wakes him


def test_the_same_is_told_once_within_the_cooldown_and_counted(box: Outbox, alerts: list[Alert], clock: Time) -> None:
    alarmed = alarm(box, alerts, clock, cooldown_seconds=300)
    for _ in range(5):
        alarmed.hear(NEWS[0][0])
    alarmed.hear(FaultTold(cause="host_late", subject="green", detail="another one"))
    assert len(alerts) == 2
    clock.now += 5 * MINUTE
    alarmed.hear(NEWS[0][0])
    assert "4 more times" in alerts[-1].text


def test_every_kind_can_be_told_and_every_critical_fault_is(box: Outbox, alerts: list[Alert], clock: Time) -> None:
    assert set(get_args(Kind)) <= set(AlertSettings.model_fields)
    notices = {
        "drawdown": {"equity": 9_000.0, "lost": 0.1, "best": 10_000.0},
        "decayed": {"days": 9.0, "trades": 40, "realised": -12.0, "won": 0.3, "judged": 0.6},
        "stranger": {"name": "Eve", "user": 8},
        "login": {"where": "127.0.0.1"},
        "commander_away": {"seconds": 31.0},
        "trader_gone": {},
        "part_died": {"part": "web", "detail": "it ended"},
        "setting_refused": {"detail": "x"},
        "change_refused": {"id": "ab", "detail": "x"},
        "change_failed": {"id": "ab", "detail": "x"},
    }
    kinds = {"drawdown", "decayed", "stranger", "login"}
    for text, values in notices.items():
        kind = text if text in kinds else "fault"
        assert alarm(box, alerts, clock).raise_(Notice(kind, text, text, values)) is not None  # type: ignore[arg-type]
    for cause in CRITICAL:
        notice = noticed(FaultTold(cause=cause, subject="x", detail="y"))
        assert notice is not None
        assert notice.urgency == "critical"
    named = {name.partition(".next_")[2] for name in WORDING.texts if ".next_" in name}
    assert named <= CRITICAL


def test_a_refusal_by_the_guardian_is_told_and_the_owners_own_no_is_not() -> None:
    fields = {"language": None, "plan": None, "commit": "", "returned": "", "seconds": {}, "watch": "", "reason": "r"}
    counts = {"events_lost": 0, "events_doubled": 0}
    declined = ChangeEnded(id="ab", state=State.REJECTED, verdict=None, **fields, **counts)  # type: ignore[arg-type]
    assert noticed(declined) is None
    failed = ChangeEnded(id="ab", state=State.FAILED, verdict=None, **fields, **counts)  # type: ignore[arg-type]
    told = noticed(failed)
    assert told is not None
    assert told.kind == "fault"


def test_quiet_hours_may_span_midnight() -> None:
    def at(hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 11, 28, hour, minute)  # noqa: DTZ001 - a moment of his own clock

    assert [is_quiet("22:30", "07:00", at(*when)) for when in ((22, 29), (22, 30), (3,), (7,))] == [
        False,
        True,
        True,
        False,
    ]
    assert [is_quiet("13:00", "14:00", at(hour)) for hour in (12, 13, 14)] == [False, True, False]
    assert not is_quiet("", "", at(3))


def test_each_step_of_a_fall_is_told_once_on_the_way_down() -> None:
    fall, told = Fall(), []
    for equity in (100, 98, 94.9, 94, 96, 94.9, 89, 84, 101, 95, 0):
        fall, lost = fallen(fall, equity, 0.05)
        told.append(round(lost, 3) if lost is not None else None)
    assert told == [None, None, 0.051, None, None, None, 0.11, 0.16, None, 0.059, None]
