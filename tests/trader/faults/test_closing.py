"""One position is closed by its owner's word, with everything real around it; the others go on as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.owner import CLOSE_PAIR, OwnersWord
from services.trader.control import Control, RefusedError
from services.trader.timing import Timing
from tests.trader.harness import BUY, PAIRS, Rig, in_loop, rig, trading, until


def words(it: Rig) -> list[str]:
    """The files of single pairs that lie in the data folder."""
    folder = it.trader.settings.data_dir
    return [file.name for file in folder.glob(f"{CLOSE_PAIR}*")]


def sides(it: Rig) -> list[tuple[str, str]]:
    return [(order.symbol, "buy" if order.is_buy else "sell") for order in it.orders]


@in_loop
async def test_a_word_closes_that_position_and_no_other_and_trading_goes_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        await it.buys(1)
        it.trader.obeying.close_pair("BTCUSDT")
        assert words(it) == ["CLOSE.BTCUSDT"]
        it.trade(1, pair=0)
        it.trade(1, pair=1)
        await until(lambda: it.holding(0).size == 0.0, "closed")
        await it.orders_settled()
        assert it.holding(1).size > 0.0
        it.trade(1, pair=0)
        dust = (await it.hears("closed", pair="BTCUSDT"))["left"]
        assert dust == it.sim.exchange.balances["BTC"].total < PAIRS[0].lot
        assert it.trader.portfolio.dust() == {"BTC": f"{dust.normalize():f}"}
        assert words(it) == []
        assert it.trader.ledger.portfolio.holdings["BTCUSDT"].exit_ns > 0  # by which a strategy knows its cooldown
        await it.buys(0)  # what is bought later is not closed
        await it.round_trip(1)
        assert it.holding(0).size > 0.0
        assert it.orders[2].client_order_id.endswith("x")
        assert sides(it)[2] == ("BTCUSDT", "sell")
        await it.check()


@in_loop
async def test_a_word_left_in_the_folder_is_heard_without_a_commander(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        OwnersWord(it.trader.settings.data_dir).close("BTCUSDT")
        await it.hears("closing", pair="BTCUSDT")
        it.trade(1)
        await until(lambda: it.holding(0).size == 0.0, "closed")
        await it.hears("closed", pair="BTCUSDT")  # by the clock of the house: no other event is needed
        assert words(it) == []
        await it.check()


@in_loop
async def test_what_rests_to_protect_the_position_goes_with_it(tmp_path: Path) -> None:
    async with rig(tmp_path, protect_paper=True) as it:
        await it.buys(0)
        await it.protected(0)
        it.trader.obeying.close_pair("BTCUSDT")
        it.trade(1)
        await until(lambda: it.holding(0).size == 0.0, "closed")
        await until(lambda: not it.resting(0), "nothing rests")
        assert it.sim.exchange.balances["BTC"].locked == 0


@in_loop
async def test_a_word_stands_over_a_restart(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        it.trader.obeying.close_pair("BTCUSDT")
        await it.trader.close()
        async with trading(it.sim, tmp_path) as again:
            await again.hears("closing", pair="BTCUSDT")
            again.trade(1)
            await until(lambda: again.holding(0).size == 0.0, "closed")
            await again.hears("closed")


@in_loop
async def test_a_word_about_what_is_not_held_is_told_taken_away_and_closes_nothing_later(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, timing=Timing(heard_seconds=0.5)) as it:
        OwnersWord(it.trader.settings.data_dir).close("ETHUSDT")
        await it.hears("closed", pair="ETHUSDT", left=0)
        assert words(it) == []
        await it.buys(1)
        await it.round_trip(1, pair=1)
        assert it.holding(1).size > 0.0
        await it.check()


@in_loop
async def test_paused_or_not_stays_as_it_was(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        it.trader.obeying.pause(on=True)
        it.trader.obeying.close_pair("BTCUSDT")
        it.trade(1)
        await until(lambda: it.holding(0).size == 0.0, "closed")
        await it.hears("closed")
        assert it.trader.obeying.owner.paused
        it.trade(BUY)
        assert (await it.hears("denied"))["code"] == "reducing"


@in_loop
async def test_resume_takes_an_open_word_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        owner = OwnersWord(it.trader.settings.data_dir)
        owner.close("BTCUSDT")
        owner.resume()
        assert owner.closing_pairs() == {}


@in_loop
async def test_resume_takes_a_word_back_that_was_heard_already(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        it.trader.obeying.close_pair("BTCUSDT")
        it.trader.obeying.pause(on=False)
        assert words(it) == []
        await it.round_trip(1)
        await it.orders_settled()
        assert it.holding(0).size > 0.0
        await it.check()


@in_loop
async def test_a_word_that_cannot_be_written_or_taken_away_is_obeyed_once_and_stops_no_trading(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        (it.trader.settings.data_dir / "CLOSE.BTCUSDT").mkdir()  # as one of root's: it stays where it is
        await it.hears("closing", pair="BTCUSDT")
        it.trade(1)
        await until(lambda: it.holding(0).size == 0.0, "closed")
        await it.hears("closed", pair="BTCUSDT")
        await it.buys(0)
        it.trader.obeying.look()
        await it.round_trip(1)
        await it.orders_settled()
        assert it.holding(0).size > 0.0
        assert len(it.heard("closing")) == 1
        await it.check("word_stays")


@pytest.mark.parametrize("why", ["not held", "halted", "unknown pair"])
def test_the_control_refuses_what_cannot_be_closed(why: str, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        async with rig(tmp_path) as it:
            pair = PAIRS[0].symbol
            if why == "halted":
                await it.buys(0)
                it.trader.obeying.owner.kill()
            if why == "unknown pair":
                pair = "DOGEUSDT"
            control = Control(it.trader, None, None)  # type: ignore[arg-type]
            told = "kill switch" if why == "halted" else f"nothing of {pair} is held that can be sold"
            with pytest.raises(RefusedError, match=told):
                control._close(pair)
            assert words(it) == []

    test()
