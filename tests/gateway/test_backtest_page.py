"""The page of a backtest: one file, whole without scripts, no more bars than a chart takes, each trade in its place."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from typer.testing import CliRunner

from cli.main import app
from core.errors import ConfigurationError
from services.gateway.backtests.buckets import AROUND, starts_of
from services.gateway.backtests.page import check_page
from services.gateway.backtests.series import _clock_seconds
from tests.core.test_backtest_command import START, write_bars
from tests.gateway.web.browsing import chromium, needs_chromium
from tests.sampling import many


class Words(HTMLParser):
    """What is read of a page without scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.links, self._within = "", [], ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        self.links += [value for name, value in attrs if name in ("src", "href", "action") and value]

    def handle_data(self, data: str) -> None:
        if self._within not in ("script", "style"):
            self.said += " " + data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """A page of two pairs, what `--json` said of the run, and its trades."""
    folder = tmp_path_factory.mktemp("page")
    files = [str(write_bars(folder / f"{symbol}-1h.csv", seed)) for seed, symbol in enumerate(("BTCUSDT", "ETHUSDT"))]
    words = ["backtest", "--data", ",".join(files), "--html", str(folder / "r.html"), "--json"]
    done = CliRunner().invoke(app, [*words, "--trades", str(folder / "t.json"), "--zone", "America/Sao_Paulo"])
    assert done.exit_code == 0, done.exception
    page = (folder / "r.html").read_text(encoding="utf-8")
    return page, json.loads(done.stdout), json.loads((folder / "t.json").read_text())


def drawn(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_it_fetches_nothing_and_runs_only_its_own_scripts(made: Any) -> None:
    page, _, _ = made
    words = Words()
    words.feed(page)
    assert words.links == []
    assert "default-src 'none'" in page
    assert page.count("'sha256-") == 2
    assert len(page.encode()) < 3_000_000
    assert "TradingView Lightweight Charts" in words.said


def test_without_scripts_it_says_what_the_picture_says(made: Any) -> None:
    page, run, trips = made
    words = Words()
    words.feed(page)
    said = " ".join(words.said.split())
    assert f"Equity went from 10,000.00 to {run['equity']:,.2f} ({run['metrics']['total_return']:+.2%})" in said
    assert f"buying and holding would have made {run['buy_and_hold']:+.2%}" in said
    assert f"Closed trades: {run['metrics']['trades']}" in said
    assert page.count("<tr class=") == len(trips)
    assert all(name in said for name in ("BTCUSDT", "ETHUSDT", "stop_loss", "The charts need JavaScript"))


def test_each_trade_is_drawn_at_its_bar_by_the_owners_clock(made: Any) -> None:
    page, _, trips = made
    pairs = drawn(page)["pairs"]
    lines = {line[0]: line for pair in pairs.values() for line in pair["trips"]}
    assert sorted(lines) == [trip["number"] for trip in trips]
    first = pairs["BTCUSDT"]["time"][0]
    assert first == START - 3 * 3600
    for trip in trips:
        line, times = lines[trip["number"]], pairs[trip["pair"]]["time"]
        assert {line[1], *line[3:4]} <= set(times)
        assert len(line) == (6 if trip["exit_time"] else 3)
        assert line[2] == pytest.approx(trip["entry_price"], rel=1e-6)
        assert len(line) == 3 or line[5] == (trip["profit"] > 0)
    assert np.diff(drawn(page)["worth"]["time"]).min() > 0


def test_a_hostile_name_ends_no_element(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hostile = "</script><img src=x onerror=alert(1)>"
    folder = Path("<b>strategy")
    (tmp_path / folder).symlink_to(Path(__file__).parents[2] / "strategy")
    file = write_bars(tmp_path / "BTCUSDT-1h.csv", 0)
    words = ["backtest", "--data", str(file), "--strategy", str(folder), "--trusted", "--html", "r.html"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.exception
    page = Path("r.html").read_text(encoding="utf-8")
    assert hostile not in page
    assert "&lt;b&gt;strategy" in page
    assert "<b>strategy" not in page


@many(60)
@given(some.integers(1, 60_000), some.lists(some.integers(0, 10**9), max_size=300), some.sampled_from([50, 400, 4_000]))
def test_bars_are_put_together_in_order_and_never_too_many(count: int, fills: list[int], most: int) -> None:
    bars = np.array([fill % count for fill in fills], np.int64)
    starts = starts_of(count, bars, most)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert len(starts) <= most
    if count <= most:
        assert len(starts) == count


def test_around_a_trade_bars_stay_single() -> None:
    starts = set(starts_of(1_000_000, np.array([500_000, 500_010]), 4_000).tolist())
    assert set(range(500_000 - AROUND, 500_010 + AROUND + 1)) <= starts
    assert len(starts) > 3_000


def test_the_clock_never_runs_back_where_it_is_put_back() -> None:
    first = 1_698_535_200  # 2023-10-28T23:20Z; at 01:00Z Lisbon is put back by an hour
    times = (first + np.arange(0, 6 * 3600, 1800)) * 1_000_000_000
    seconds = _clock_seconds(times.astype(np.int64), "Europe/Lisbon")
    assert (np.diff(seconds) > 0).all()
    assert (int(seconds[0]) - first, int(seconds[-1]) - int(times[-1]) // 10**9) == (3600, 0)


@needs_chromium
def test_a_browser_without_a_net_draws_it_zooms_and_complains_of_nothing(made: Any, tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text(made[0], encoding="utf-8")
    complaints: list[str] = []
    with chromium() as browser:
        for scripts in (True, False):
            context = browser.new_context(java_script_enabled=scripts, offline=True)
            tab = context.new_page()
            tab.on("console", lambda message: complaints.append(message.text))
            tab.on("pageerror", lambda error: complaints.append(str(error)))
            tab.goto((tmp_path / "r.html").as_uri())
            assert tab.locator("#worth").is_visible() is scripts
            assert tab.locator("noscript p").is_visible() is not scripts
            assert tab.locator("#trades tbody tr").count() == len(made[2])
            if scripts:
                tab.locator("#price canvas").first.wait_for()
                tab.get_by_role("button", name="ETHUSDT").click()
                assert tab.get_by_role("button", name="ETHUSDT").get_attribute("aria-pressed") == "true"
                row = tab.locator("#trades tbody tr[data-pair=BTCUSDT]").first
                row.press("Enter")
                assert tab.get_by_role("button", name="BTCUSDT").get_attribute("aria-pressed") == "true"
            context.close()
    assert complaints == []


def test_a_page_without_a_place_is_refused_before_the_run(tmp_path: Path) -> None:
    for file, message in ((tmp_path / "x/r.html", "no folder"), (tmp_path / "r.pdf", "no name for a page")):
        with pytest.raises(ConfigurationError, match=message):
            check_page(file)
