"""A host is not heard whose decisions its own tree does not allow, although each figure is within its range."""

from __future__ import annotations

from pathlib import Path

from core.kernel import BAR, EVENT, EVENT_WIRE
from core.releases import Release, lay_out
from core.strategy import Source
from services.trader.allowance import Allowance, checks_of
from tests.trader.harness import BAD, in_loop, rig, strategy

PARAMETERS = '''from __future__ import annotations

from typing import Annotated, NamedTuple

from core.strategy import Range


class Parameters(NamedTuple):
    """The numbers."""

    # One.
    buy_threshold: Annotated[float, Range(0.01, 1, "score")] = 0.3
    # Two.
    sell_threshold: Annotated[float, Range(-1, -0.01, "score")] = -0.3
    # Three.
    min_confidence: Annotated[float, Range(0, 1, "ratio")] = 0.6
    # Four.
    order_fraction: Annotated[float, Range(0.01, 0.25, "of equity")] = 0.1
    # Five.
    min_hold_seconds: Annotated[float, Range(5, 90, "seconds")] = 5


P = Parameters()
'''
STATE = '''from __future__ import annotations

from typing import NamedTuple

from core.kernel import record_dtype

STATE = record_dtype([("seen", "i8")])


class Features(NamedTuple):
    """The world."""

    price: float
'''
SOUND = "d.technical = d.score"
FORBIDDEN = {
    "more than an order may spend": ("d.size, d.action, d.score, d.confidence = 0.2, 1, 1.0, 1.0", "a size of 0.2"),
    "a purchase without a score": ("d.action = 1", "buy by a score of 0"),
    "a purchase without agreement": ("d.action, d.score, d.confidence = 1, 1.0, 0.5", "buy by a score of 1"),
    "a sale of what is not there": (
        "d.action, d.score, d.confidence = 2, -1.0, 1.0",
        "sell, where no position is open",
    ),
    "a reason that is none": ("d.rule = 3", "rule 3 as its reason"),
    "another time to hold": ("d.min_hold_seconds = 60.0", "a least time of 60"),
}


def of_our_make(act: str) -> Source:
    """The obedient strategy with thresholds, so that something can be said of its decisions."""
    files = dict(strategy(f"{act}\n{SOUND}").files)
    return Source.of(files | {"parameters.py": PARAMETERS.encode(), "state.py": STATE.encode()})


@in_loop
async def test_what_its_own_tree_does_not_allow_is_not_heard(tmp_path: Path) -> None:
    async with rig(tmp_path, of_our_make("pass"), host_restarts=20) as it:
        await it.buys()
        await it.sells()
        before = len(it.orders)
        for number, (name, (act, said)) in enumerate(FORBIDDEN.items(), start=1):
            await it.goes_live(of_our_make(f"if lots == BAD: {act}"))
            await it.round_trip(BAD)
            fault = await it.hears("fault", cause="host_nonsense", times=number)
            assert said in fault["detail"], name
            await it.two_warm_hosts()
        assert len(it.orders) == before
        await it.check(*["host_nonsense"] * len(FORBIDDEN))


def test_bars_are_counted_and_a_tree_that_is_not_the_release_s_allows_nothing(tmp_path: Path) -> None:
    shipped = lay_out(Source.shipped(), tmp_path)
    allowance = Allowance(2)
    allowance.checks = checks_of(shipped, ["BTCUSDT", "ETHUSDT"])
    nan, up = float("nan"), (0.3 * 0.8 + 0.25 * 0.4) / 0.55
    fields = dict.fromkeys(EVENT.names or (), 0) | {
        "pair": 1,
        "kind": BAR,
        "time_ns": 10**18,
        "price": 1,
        "advice": nan,
    }
    bar = EVENT_WIRE.pack(*fields.values())
    buy = (1, 1, 1, -1, up, 1.0, 0.1, 30.0, nan, nan, nan, 0.8, 0.4, nan, nan)
    allowance.warm_up([(number, bar) for number in range(33)])
    assert "after 34 bars" in allowance.wrong(1, bar, buy)
    assert allowance.wrong(1, bar, buy) == ""
    (shipped.folder / "decide.py").write_bytes(b"# touched\n")
    touched = Release("0" * 40, shipped.folder, shipped.rule_names)
    assert "nobody can hold it to" in checks_of(touched, ["BTCUSDT"])[0](bar, buy, 100)  # type: ignore[misc]
