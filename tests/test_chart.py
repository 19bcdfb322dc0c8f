"""The picture is a PNG of the agreed size, and what happened is seen where it happened."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import chart
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


def run(count: int = 2_000, pairs: int = 1, at: tuple[int, ...] = (200, 600, 1_100, 1_700)) -> dict[str, Any]:
    bars = wave(count)
    names = tuple(f"PAIR{i}" for i in range(pairs))
    fills = np.concatenate([trades(bars, i, list(at)) for i in range(pairs)])
    equity = 1_000 + np.cumsum(np.random.default_rng(1).normal(0, 1, count))
    figures = measure(bars["time_ns"], equity, fills, 0)
    return {
        "title": "A run",
        "times_ns": bars["time_ns"],
        "equity": equity,
        "bars_by_pair": dict.fromkeys(names, bars),
        "fills": fills,
        "pairs": names,
        "metrics": figures,
    }


def drawn(path: Path, **options: Any) -> np.ndarray:
    """The pixels as (row, column, RGB), each from 0 to 1."""
    chart.draw(path, **options)
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    return np.asarray(image.imread(path))[:, :, :3]


def has_colour(pixels: np.ndarray, row: float, column: float, colour: str, reach: int = 2) -> bool:
    near = pixels[round(row) - reach : round(row) + reach + 1, round(column) - reach : round(column) + reach + 1]
    return bool((np.abs(near - np.array(colors.to_rgb(colour))).max(axis=2) < 0.06).any())


@pytest.mark.parametrize("pairs", [1, 2, 3, 4])
def test_fills_are_seen_at_their_time_and_price(pairs: int, tmp_path: Path) -> None:
    options = run(pairs=pairs)
    pixels = drawn(tmp_path / "run.png", **options)
    assert pixels.shape == (720, 1280, 3)
    figure = chart.picture(*options.values())
    figure.canvas.draw()
    for fill in options["fills"]:
        axes = figure.axes[fill["pair"]]
        column, height = axes.transData.transform((fill["time_ns"] / chart.DAY_NS, fill["price"]))
        own, other = (
            (chart.BUY_COLOUR, chart.SELL_COLOUR) if fill["side"] == BUY else (chart.SELL_COLOUR, chart.BUY_COLOUR)
        )
        assert has_colour(pixels, 720 - height, column, own)
        assert not has_colour(pixels, 720 - height, column, other)


def test_without_fills_no_marker_is_seen_in_the_plot(tmp_path: Path) -> None:
    options = run(at=())
    pixels = drawn(tmp_path / "run.png", **options)
    left_of_the_legend = pixels[110:640, 90:1_050]
    assert not (np.abs(left_of_the_legend - np.array(colors.to_rgb(chart.BUY_COLOUR))).max(axis=2) < 0.06).any()


def test_equity_and_drawdown_are_seen(tmp_path: Path) -> None:
    pixels = drawn(tmp_path / "run.png", **run())
    for colour in (chart.EQUITY, chart.LOSS, chart.PRICE):
        assert (np.abs(pixels - np.array(colors.to_rgb(colour))).max(axis=2) < 0.06).sum() > 300


def test_a_long_series_is_thinned_and_keeps_its_only_spike(tmp_path: Path) -> None:
    options = run(count=3_000_000, at=())
    options["equity"][1_234_567] = 1e6
    drawn(tmp_path / "run.png", **options)
    kept = chart.extremes(options["equity"])
    assert len(kept) < 4 * chart.COLUMNS
    assert 1_234_567 in kept
    assert (np.diff(kept) > 0).all()


@pytest.mark.parametrize("count", [1, 2, 1_199, 1_200, 1_201, 2_400, 2_401, 12_345])
def test_thinning_keeps_edges_and_extremes(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    kept = values[chart.extremes(values)]
    assert (kept[0], kept[-1], kept.min(), kept.max()) == (values[0], values[-1], values.min(), values.max())


def test_runs_without_bars_or_with_one_sample_are_drawn_too(tmp_path: Path) -> None:
    nothing = run(at=())
    nothing["bars_by_pair"] = {}
    assert drawn(tmp_path / "none.png", **nothing).shape == (720, 1280, 3)
    one = run(count=1, at=())
    assert drawn(tmp_path / "one.png", **one).shape == (720, 1280, 3)


def test_a_fifth_pair_is_named_below_instead_of_drawn() -> None:
    figure = chart.picture(*run(pairs=5).values())
    assert len(figure.axes) == 4 + 2
    assert any("No panel: PAIR4" in text.get_text() for text in figure.texts)


def test_a_failed_drawing_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = run()
    (tmp_path / "run.png").write_bytes(b"old")

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        chart.draw(tmp_path / "run.png", **options)
    assert [file.name for file in tmp_path.iterdir()] == ["run.png"]
    assert (tmp_path / "run.png").read_bytes() == b"old"


def test_without_matplotlib_the_owner_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError) as refused:
        chart.draw(tmp_path / "run.png", **run())
    assert refused.value.hint == 'Install it: pip install "sorte[charts]"'
