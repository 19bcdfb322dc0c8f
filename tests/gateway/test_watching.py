"""The account's line and its fall, a commander that stays away, the morning's summaries, and what has decayed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from core.contracts.accounts import PairProfit, ProfitShown
from core.contracts.answers import Answer, ChangeBrief, HistoryShown, Shown, StatusShown
from core.contracts.asking import Question
from core.contracts.change import State
from core.contracts.events import Starting
from core.contracts.figures import Trees
from core.contracts.ledger import EquityPoint, EquityShown, PerformanceShown, TripFigures
from core.contracts.road import Box, GateReport, Outcome, Verdict
from core.contracts.told import Watched
from core.errors import SorteError
from core.language import Language
from core.settings import AlertSettings, Settings
from services.gateway.alert import Alert
from services.gateway.alerts.alarm import Alarm
from services.gateway.alerts.picturing import KEPT, Pictured
from services.gateway.alerts.summary import due, summary
from services.gateway.alerts.watching import AWAY_SECONDS, DECAY_NS, Watcher
from services.gateway.outbox.outbox import Outbox
from services.gateway.outbox.parcel import Address
from services.gateway.picture import Picture, Process
from services.gateway.store import Store, opened
from services.gateway.store.samples import MINUTE_NS, Sample
from services.gateway.store.tables import outbox
from tests.commander.rig import STATUS

NINE = 1_795_867_200 * 10**9 - 3 * 3600 * 10**9  # Saturday 2026-11-28 09:00 UTC
DAY = 86_400 * 10**9
SECOND = 10**9


def profit(question: Question, realised: str = "12.50", trades: int = 4) -> ProfitShown:
    return ProfitShown(
        period=question.period,
        from_ns=1,
        until_ns=2,
        account="paper",
        currency="USDT",
        realised=Decimal(realised),
        realised_share=0.01,
        open=None,
        open_share=None,
        fees=Decimal("1.10"),
        trades=trades,
        won=3,
        drawdown=0.021,
        before=Decimal(10_000),
        equity=None,
        pairs=[
            PairProfit(pair="BTCUSDT", realised=Decimal(20), trades=2, won=2),
            PairProfit(pair="ETHUSDT", realised=Decimal("-7.5"), trades=2, won=1),
        ],
    )


def judged(share: float) -> Shown:
    gates = (GateReport("backtest", Outcome.PASSED, 1.0, (), {"usual_win_rate_after": share}),)
    verdict = Verdict("accepted", "tree", "parent", gates, Box("bubblewrap", "0", ""), "", {}, NINE - 9 * DAY)
    return Shown(id="ab12", verdict=verdict, interpretation=None)


class World:
    """A watcher, with a clock and a commander that a test moves."""

    def __init__(self, store: Store, workspace: Path | None = Path("w"), **settings: object) -> None:
        self.now, self.alerts, self.asked, self.away = NINE, list[Alert](), list[str](), False
        self.changes = list[ChangeBrief]()
        self.trips, self.won, self.share = 40, 12, 0.6
        told = AlertSettings(cooldown_seconds=0, **settings)  # type: ignore[arg-type]
        self.outbox = Outbox(store.engine, [Address("telegram", "7")], lambda: self.now)
        self.alarm = alarm = Alarm(
            told, "UTC", Language.EN, self.outbox, shown=self.alerts.append, clock_ns=lambda: self.now
        )
        status = StatusShown(
            main="", live="", trader=STATUS, away=None, subject="", underway=None, change=None, refused=None,
            other_trader=None, paused=False, closing=False, killed=False,
        )  # fmt: skip
        trader = Process("trader", well=True, since_ns=0)
        self.picture = Picture(status=status, deaf=False, processes=(trader,))
        whole = Settings(alerts=told, workspace=workspace)
        self.drawn: list[tuple[str, str]] = []
        self.watcher = Watcher(
            whole, store, self.outbox, alarm, self.look, self.ask, draw=self.draw, clock_ns=lambda: self.now
        )

    async def draw(self, key: str, period: str) -> Path | None:
        self.drawn.append((key, period))
        return Path("picture.png")

    def look(self) -> Picture:
        return replace(self.picture, time_ns=self.now, status_ns=self.now - SECOND)

    async def ask(self, question: Question) -> Answer:
        if self.away:
            raise SorteError("away")
        if question.do == "history":
            return HistoryShown(changes=self.changes)
        self.asked.append(question.period)
        if question.do == "show":
            return judged(self.share)
        if question.do == "performance":
            figures = TripFigures(
                name="tree", trips=self.trips, won=self.won, lost=0, realised=Decimal(-30), fees=Decimal(1),
                share=None, seconds=None, change="ab12",
            )  # fmt: skip
            return PerformanceShown(
                period="all", from_ns=0, until_ns=1, account="paper", currency="USDT", pairs=[], releases=[figures],
                entries=[], exits=[],
            )  # fmt: skip
        return profit(question)

    def worth(self, equity: float) -> None:
        trader = msgspec.structs.replace(STATUS, equity=equity, slots=Trees(blue="tree", green="", previous=""))
        assert self.picture.status is not None
        self.picture = replace(self.picture, status=msgspec.structs.replace(self.picture.status, trader=trader))
        self.step()

    def step(self, seconds: float = 5.0) -> None:
        self.now += int(seconds * SECOND)
        asyncio.run(self.watcher.look())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as made:
        yield made


def titles(store: Store) -> list[str]:
    with store.engine.begin() as connection:
        return [row.title for row in connection.execute(select(outbox.c.title).order_by(outbox.c.id))]


def test_a_fall_is_told_and_a_restart_does_not_tell_it_again(store: Store) -> None:
    world = World(store, daily_at="")
    for equity in (10_000.0, 9_600.0, 9_400.0, 9_380.0):
        world.worth(equity)
        world.step(60.0)
    assert [alert.title for alert in world.alerts] == ["Down 6.0%"]
    again = World(store, daily_at="")
    again.now = world.now
    again.worth(9_380.0)
    assert again.alerts == []
    again.worth(8_900.0)
    assert [alert.title for alert in again.alerts] == ["Down 11.0%"]
    again.watcher.hear(Starting(mode="paper", pairs=(), release="tree", folder="paper", account="new"))
    again.worth(1_000.0)
    assert len(again.alerts) == 1


def test_the_accounts_worth_is_kept_once_a_minute(store: Store) -> None:
    world = World(store, daily_at="")
    for _ in range(30):
        world.worth(10_000.0)
    assert len(store.samples.since(0)) in (3, 4)  # 150 s


def test_a_commander_that_stays_away_is_told_and_one_that_is_back_soon_is_not(store: Store) -> None:
    world = World(store, daily_at="")
    world.picture = replace(world.picture, deaf=True)
    world.step(10.0)
    world.step(AWAY_SECONDS - 5)
    assert world.alerts == []
    world.step(10.0)
    assert [alert.title for alert in world.alerts] == ["The commander is away"]
    world.picture = replace(world.picture, deaf=False)
    world.step()
    world.picture = replace(world.picture, deaf=True)
    world.step(10.0)
    assert len(world.alerts) == 1


def test_where_there_is_no_workspace_no_commander_is_missed(store: Store) -> None:
    world = World(store, workspace=None, daily_at="")
    world.picture = replace(world.picture, deaf=True)
    world.step(10.0)
    world.step(2 * AWAY_SECONDS)
    assert world.alerts == []


def test_a_day_is_summed_up_once_when_its_hour_has_come(store: Store) -> None:
    store.samples.add(Sample(NINE - DAY, 10_000.0, "tree"))
    world = World(store, daily_at="09:30")
    world.step()
    assert titles(store) == []
    world.away = True
    world.step(1800)
    assert titles(store) == []  # nobody could be asked
    world.away = False
    for _ in range(3):
        world.step()
    again = World(store, daily_at="09:30")  # the process after this one
    again.now = world.now
    again.step()
    assert titles(store) == ["2026-11-27: +12.50 USDT"]
    assert world.asked[-1] == "2026-11-27"
    assert world.drawn == [("daily:2026-11-28", "2026-11-27")]
    parcel = world.outbox.take(Address("telegram", "7"))
    assert parcel is not None
    assert parcel.picture == Path("picture.png")


def test_an_account_without_a_yesterday_gets_no_summary(store: Store) -> None:
    world = World(store, daily_at="08:00")
    world.worth(10_000.0)
    world.step(MINUTE_NS / SECOND)
    assert titles(store) == []


def test_a_week_is_its_seven_days() -> None:
    async def ask(question: Question) -> Answer:
        return profit(question)

    monday = datetime(2026, 11, 30, 8, 0)  # noqa: DTZ001 - by his clock
    daily, weekly = due(monday, "08:00", "monday")
    assert (daily.weekly, weekly.weekly, len(weekly.days)) == (False, True, 7)
    assert [len(due(monday, at, day)) for at, day in (("08:01", "monday"), ("", "monday"), ("08:00", "off"))] == [
        0,
        0,
        1,
    ]
    title, text = asyncio.run(summary(weekly, ask, Language.PT))
    assert title == "De 23/11/2026 a 29/11/2026: +87,50 USDT"
    assert text.splitlines()[0].startswith("Resultado realizado +87,50; 28 negócios, 21 com lucro")
    assert "29/11/2026: +12,50 em 4 negócios" in text
    assert text.splitlines()[-2:] == ["Melhor par: BTCUSDT +140,00", "Pior par: ETHUSDT -52,50"]


def test_what_does_not_keep_what_it_promised_is_told_once(store: Store) -> None:
    for trips, won, share, told in ((40, 12, 0.6, 1), (40, 22, 0.6, 0), (20, 2, 0.6, 0), (40, 12, 0.3, 0)):
        world = World(store, daily_at="")
        world.trips, world.won, world.share = trips, won, share
        world.worth(10_000.0)
        for _ in range(2):
            world.step(DECAY_NS / SECOND)
        assert len({alert.text for alert in world.alerts}) == told, (trips, won, share)
    assert len([title for title in titles(store) if "earns less" in title]) == 1


def test_the_picture_of_a_summary_is_a_file_and_old_ones_go(tmp_path: Path) -> None:
    async def drawn(points: int, times: int) -> list[Path | None]:
        async def ask(question: Question) -> Answer:
            worth = [EquityPoint(NINE + step * SECOND, 10_000.0 + step, True) for step in range(points)]
            return EquityShown(
                period=question.period, from_ns=NINE, until_ns=NINE + 60 * SECOND, account="paper", currency="USDT",
                points=worth, drawdown=None, releases=[],
            )  # fmt: skip

        pictured = Pictured(tmp_path, "UTC", ask)
        try:
            return [await pictured.draw(f"daily:{number}", "today") for number in range(times)]
        finally:
            await pictured.close()

    assert asyncio.run(drawn(1, 1)) == [None]
    folder = tmp_path / "summaries"
    folder.mkdir(exist_ok=True)
    for number in range(KEPT + 1):  # of the days before, the oldest first
        (folder / f"weekly-{number}.png").write_bytes(b"")
        os.utime(folder / f"weekly-{number}.png", (number + 1, number + 1))
    files = asyncio.run(drawn(30, 1))
    assert files[-1] == folder / "daily-0.png"
    assert files[-1].read_bytes().startswith(b"\x89PNG")
    assert {each.name for each in folder.iterdir()} == {"daily-0.png", *(f"weekly-{n}.png" for n in range(2, KEPT + 1))}


def test_what_was_taken_back_while_nobody_listened_is_told_once_and_what_is_old_is_not(store: Store) -> None:
    old = change("0001", NINE - DAY, State.ROLLED_BACK, "failed")
    live, owners = change("0002", NINE, State.LIVE, "running"), change("0003", NINE + 1, State.LIVE, "superseded")
    world = World(store)
    world.changes = [owners, live, old]
    world.step()
    assert world.alerts == []
    back = msgspec.structs.replace(live, state=State.ROLLED_BACK, watch="failed", reason="it loses")
    own = msgspec.structs.replace(owners, state=State.ROLLED_BACK, watch="taken back")
    whole = change("0004", NINE + 2, State.ROLLING_BACK, "failed")  # came and went meanwhile
    for told_live in (False, True):
        world = World(store)  # the next process
        world.changes = [whole, own, back, old]
        if told_live:
            world.alarm.hear(Watched(id="0002", state=State.ROLLED_BACK, watch="failed", reason="it loses"))
        for _ in range(2):
            world.step(60)
        assert titles(store) == ["Change 0002 taken back", "Change 0004 taken back"]


def change(name: str, time_ns: int, state: State, watch: str) -> ChangeBrief:
    return ChangeBrief(
        id=name, time_ns=time_ns, owner="ana", text="x", summary="x", state=state, watch=watch, commit="c" * 40,
        target="", reason=None,
    )  # fmt: skip
