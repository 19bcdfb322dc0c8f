"""A limits file is either understood to the last key or refused with a sentence that names what is wrong."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from services.trader.limits import PAPER_LIMITS, load_limits

RIGHT = {
    "pairs": '["BTCUSDT"]',
    "order_value": "1000",
    "position_value": "2000",
    "total_exposure": "5000.50",
    "open_positions": "3",
    "loss_per_trade": "100",
    "loss_per_day": "300",
    "orders_per_minute": "10",
    "price_collar": "0.02",
}
MONEY = ("order_value", "position_value", "total_exposure", "loss_per_trade", "loss_per_day")
COUNTS = ("open_positions", "orders_per_minute")
NUMBERS = (*MONEY, *COUNTS, "price_collar")


def written(folder: Path, **changes: str | None) -> Path:
    """A limits file with these keys changed; None leaves one out."""
    path = folder / "limits.toml"
    lines = {key: value for key, value in (RIGHT | changes).items() if value is not None}
    path.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_limits(path)
    return str(caught.value)


def test_a_right_file_gives_its_figures_and_its_hash(tmp_path: Path) -> None:
    path = written(tmp_path)
    limits, digest = load_limits(path)
    assert (limits.pairs, limits.total_exposure, limits.open_positions) == (("BTCUSDT",), Decimal("5000.50"), 3)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert limits.admits("BTCUSDT")
    assert not limits.admits("ETHUSDT")


def test_the_shipped_file_admits_every_pair() -> None:
    limits, _ = load_limits(PAPER_LIMITS)
    assert limits.admits("BTCUSDT")
    assert limits.order_value <= limits.position_value <= limits.total_exposure


@pytest.mark.parametrize("key", RIGHT)
def test_a_missing_key_is_named(key: str, tmp_path: Path) -> None:
    assert refusal(written(tmp_path, **{key: None})).startswith(f"{tmp_path / 'limits.toml'}: {key}: Field required.")


@pytest.mark.parametrize("key", ["order_values", "Order_value", "max_leverage"])
def test_an_unknown_key_is_named(key: str, tmp_path: Path) -> None:
    assert f"{key}: Extra inputs are not permitted" in refusal(written(tmp_path, **{key: "1"}))


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize(
    "value", ["-1", "0", "nan", "inf", "-inf", '"NaN"', '"many"', "true", "[1]", "2026-01-01", "{}"]
)
def test_a_figure_that_limits_nothing_is_refused_and_named(key: str, value: str, tmp_path: Path) -> None:
    assert f"{key}: " in refusal(written(tmp_path, **{key: value}))


@pytest.mark.parametrize("value", ["1e16", '"1e400"', "1e308"])
def test_a_figure_that_no_account_has_limits_nothing_and_is_refused(value: str, tmp_path: Path) -> None:
    assert "order_value: " in refusal(written(tmp_path, order_value=value))


@pytest.mark.parametrize(
    "content",
    [b"x = " + b"[" * 100_000, b"x = " + b"{a=" * 20_000, b"order_value = 1" + b"0" * 4400],
    ids=["lists in lists", "tables in tables", "a number of 4,400 digits"],
)
def test_text_that_no_reader_can_take_in_is_refused_with_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_bytes(content)
    assert f"{path} cannot be read" in refusal(path)


@pytest.mark.parametrize("key", COUNTS)
def test_a_count_is_whole(key: str, tmp_path: Path) -> None:
    assert f"{key}: " in refusal(written(tmp_path, **{key: "2.5"}))


@pytest.mark.parametrize(("value", "right"), [("0.5", True), ("0.50001", False), ("2", False)])
def test_a_collar_is_a_fraction_of_a_half_at_most(value: str, right: bool, tmp_path: Path) -> None:
    path = written(tmp_path, price_collar=value)
    if right:
        assert load_limits(path)[0].price_collar == Decimal("0.5")
    else:
        assert "price_collar: " in refusal(path)


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param('["*", "BTCUSDT"]', id="every pair and one more"),
        pytest.param("[]", id="none"),
        pytest.param('"BTCUSDT"', id="no list"),
        pytest.param("[1]", id="a number"),
        pytest.param('["btcusdt"]', id="lower case would never match an order"),
        pytest.param('["BTC/USDT"]', id="another spelling would never match an order"),
        pytest.param('[""]', id="an empty name"),
    ],
)
def test_pairs_that_do_not_say_what_may_be_traded_are_refused(pairs: str, tmp_path: Path) -> None:
    assert "pairs" in refusal(written(tmp_path, pairs=pairs))


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    said = refusal(written(tmp_path, order_value="-1", loss_per_day=None))
    assert "order_value: " in said
    assert "loss_per_day: " in said


@pytest.mark.parametrize("content", [b"order_value = ", b"order_value == 1", b"\xff\xfe\x00", b"\xef\xbb\xbfpairs = 1"])
def test_what_is_no_toml_or_no_text_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_bytes(content)
    assert f"{path} is not TOML" in refusal(path)


def test_a_missing_file_is_told_with_where_to_start(tmp_path: Path) -> None:
    said = refusal(tmp_path / "none.toml")
    assert f"There is no limits file {tmp_path / 'none.toml'}" in said
    assert str(PAPER_LIMITS) in said


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    assert f"{tmp_path} cannot be read" in refusal(tmp_path)


def test_an_unknown_key_is_told_with_the_one_that_may_be_meant(tmp_path: Path) -> None:
    assert "order_values: Extra inputs are not permitted (did you mean order_value?)" in refusal(
        written(tmp_path, order_values="1")
    )
