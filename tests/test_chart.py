"""The picture is a PNG of the agreed size, and what happened is seen where it happened."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.chart import look, thin
from core.chart.naming import pages_beside
from core.chart.picture import draw, picture
from core.chart.run import Line, Run
from core.errors import ConfigurationError
from core.kernel import BAR_ROW, BUY, FILL, NANOSECONDS, SELL
from core.metrics import measure

pytest.importorskip("matplotlib")

from matplotlib import colors, image

START = 1_704_067_200 * NANOSECONDS
MINUTE = 60 * NANOSECONDS


def wave(count: int) -> np.ndarray:
    """Bars of a slow sine between 90 and 110."""
    bars = np.zeros(count, BAR_ROW)
    bars["time_ns"] = START + MINUTE * np.arange(count)
    bars["open"] = bars["close"] = 100 + 10 * np.sin(np.arange(count) / count * 4 * math.pi)
    bars["high"], bars["low"] = bars["close"] + 0.5, bars["close"] - 0.5
    return bars


def trades(bars: np.ndarray, pair: int, at: list[int]) -> np.ndarray:
    """A buy and a sell in turn, at the close of these bars."""
    fills = np.zeros(len(at), FILL)
    fills["time_ns"], fills["price"], fills["pair"] = bars["time_ns"][at], bars["close"][at], pair
    fills["side"] = [BUY if i % 2 == 0 else SELL for i in range(len(at))]
    fills["quantity"] = 1
    return fills


def run(count: int = 2_000, pairs: int = 1, at: tuple[int, ...] = (200, 600, 1_100, 1_700), **changes: Any) -> Run:
    bars = wave(count)
    names = tuple(f"PAIR{i}" for i in range(pairs))
    fills = np.concatenate([trades(bars, i, list(at)) for i in range(pairs)])
    equity = 1_000 + np.cumsum(np.random.default_rng(1).normal(0, 1, count))
    figures = measure(bars["time_ns"], equity, fills, 0)
    lines = [
        Line(name, bars["time_ns"][one], bars["close"][one], bars["time_ns"][other], bars["close"][other], profit=won)
        for name in names
        for one, other, won in zip(at[::2], at[1::2], (5.0, -5.0), strict=False)
    ]
    made = Run(
        "A run",
        "of a day",
        bars["time_ns"],
        equity,
        equity * 1.1,
        dict.fromkeys(names, bars),
        fills,
        names,
        lines,
        figures,
    )
    return replace(made, **changes)


def drawn(path: Path, options: Run) -> np.ndarray:
    """The pixels as (row, column, RGB), each from 0 to 1."""
    draw(path, options)
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    return np.asarray(image.imread(path))[:, :, :3]


def has_colour(pixels: np.ndarray, row: float, column: float, colour: str, reach: int = 2) -> bool:
    near = pixels[round(row) - reach : round(row) + reach + 1, round(column) - reach : round(column) + reach + 1]
    return bool((np.abs(near - np.array(colors.to_rgb(colour))).max(axis=2) < 0.06).any())


@pytest.mark.parametrize("pairs", [1, 2, 3, 4])
def test_fills_are_seen_at_their_time_and_price(pairs: int, tmp_path: Path) -> None:
    options = run(pairs=pairs)
    pixels = drawn(tmp_path / "run.png", options)
    assert pixels.shape == (720, 1280, 3)
    figure = picture(options, options.shown)
    figure.canvas.draw()
    for fill in options.fills:
        axes = figure.axes[fill["pair"]]
        column, height = axes.transData.transform((fill["time_ns"] / look.DAY_NS, fill["price"]))
        own, other = (look.BUY_COLOUR, look.SELL_COLOUR) if fill["side"] == BUY else (look.SELL_COLOUR, look.BUY_COLOUR)
        assert has_colour(pixels, 720 - height, column, own)
        assert not has_colour(pixels, 720 - height, column, other)


def test_without_fills_no_marker_is_seen_in_the_plot(tmp_path: Path) -> None:
    options = run(at=())
    pixels = drawn(tmp_path / "run.png", options)
    left_of_the_legend = pixels[110:640, 90:1_050]
    assert not (np.abs(left_of_the_legend - np.array(colors.to_rgb(look.BUY_COLOUR))).max(axis=2) < 0.06).any()


def test_equity_and_drawdown_are_seen(tmp_path: Path) -> None:
    pixels = drawn(tmp_path / "run.png", run())
    for colour in (look.EQUITY, look.LOSS, look.PRICE, look.HOLD):
        assert (np.abs(pixels - np.array(colors.to_rgb(colour))).max(axis=2) < 0.06).sum() > 300


def test_a_long_series_is_thinned_and_keeps_its_only_spike(tmp_path: Path) -> None:
    options = run(count=3_000_000, at=())
    options.equity[1_234_567] = 1e6
    drawn(tmp_path / "run.png", options)
    kept = thin.extremes(options.equity)
    assert len(kept) < 4 * thin.COLUMNS
    assert 1_234_567 in kept
    assert (np.diff(kept) > 0).all()


@pytest.mark.parametrize("count", [1, 2, 1_199, 1_200, 1_201, 2_400, 2_401, 12_345])
def test_thinning_keeps_edges_and_extremes(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    kept = values[thin.extremes(values)]
    assert (kept[0], kept[-1], kept.min(), kept.max()) == (values[0], values[-1], values.min(), values.max())


def test_runs_without_bars_or_with_one_sample_are_drawn_too(tmp_path: Path) -> None:
    assert drawn(tmp_path / "none.png", run(at=(), bars_by_pair={})).shape == (720, 1280, 3)
    one = run(count=1, at=())
    assert drawn(tmp_path / "one.png", one).shape == (720, 1280, 3)


def test_of_many_pairs_one_picture_sums_up_and_each_has_its_own(tmp_path: Path) -> None:
    options = run(pairs=9)
    draw(tmp_path / "run.png", options)
    assert [file.name for file in pages_beside(tmp_path / "run.png", options.pairs)] == [
        f"run-PAIR{place}.png" for place in range(9)
    ]
    assert len(list(tmp_path.glob("*.png"))) == 10
    whole = picture(options, [])
    assert [text.get_text() for text in whole.axes[0].get_xticklabels()] == list(options.pairs)
    assert len(picture(options, ["PAIR7"]).axes) == 3 + 1  # its volume
    assert pages_beside(tmp_path / "run.png", run(pairs=4).pairs) == []


def test_won_and_lost_trips_differ_by_more_than_their_colour() -> None:
    figure = picture(run(), ["PAIR0"])
    won, lost = [drawn for drawn in figure.axes[0].collections if drawn.get_label() in ("1 won", "1 lost")]
    assert won.get_linestyle() != lost.get_linestyle()
    assert [len(each.get_segments()) for each in (won, lost)] == [1, 1]


@pytest.mark.parametrize(("days", "wanted"), [(2, "-03 "), (90, "2024-"), (3_000, "2024-")])
def test_dates_say_their_year_or_their_hours(days: int, wanted: str) -> None:
    bars = wave(500)
    bars["time_ns"] = START + look.DAY_NS * days // 500 * np.arange(500)
    figure = picture(run(500, at=(), bars_by_pair={"PAIR0": bars}, times_ns=bars["time_ns"]), ["PAIR0"])
    figure.canvas.draw()
    labels = [text.get_text() for text in figure.axes[2].get_xticklabels()]
    assert any(wanted in label for label in labels), labels


def test_title_and_period_are_told() -> None:
    texts = [text.get_text() for text in picture(run(title="A $run", subtitle="from \x1b[2J here"), ["PAIR0"]).texts]
    assert "A \\$run" in texts
    assert not any("\x1b" in text for text in texts)


def test_a_failed_drawing_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = run()
    (tmp_path / "run.png").write_bytes(b"old")

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        draw(tmp_path / "run.png", options)
    assert [file.name for file in tmp_path.iterdir()] == ["run.png"]
    assert (tmp_path / "run.png").read_bytes() == b"old"


def test_without_matplotlib_the_owner_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError) as refused:
        draw(tmp_path / "run.png", run())
    assert refused.value.hint == 'Install it: pip install "sorte[charts]"'


def test_the_picture_of_one_pair_of_many_tells_figures_of_that_pair() -> None:
    options = run(pairs=5, timeframe="1m")
    words = [text.get_text() for text in picture(options, ["PAIR2"]).texts]
    assert words[0] == "PAIR2 1m"
    assert words[1].startswith("one of 5 pairs")
    assert words[2:6] == ["profit", "+0.00", "trades", "2"]
    assert words[-1].startswith("UTC. The figures above are of this pair")
    assert not any("Sharpe" in each for each in words)


def test_an_axis_tells_small_prices_without_an_exponent() -> None:
    assert [look.on_axis(value) for value in (0.00006, 0.52, 2_000_000.0, -200.0, 0.0)] == [
        *("0.00006", "0.52", "2,000,000", "-200", "0"),
    ]
