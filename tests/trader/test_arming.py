"""The owner's word holds for the limits that he read and the exchange that he meant, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import ExchangeSettings, Settings
from services.trader.arming import ARMED_FILE, arm, armed, disarm

READ = "a" * 64


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_nothing_is_armed_at_first(settings: Settings) -> None:
    assert not armed(settings, READ)


def test_the_word_lasts_until_it_is_taken_back(settings: Settings) -> None:
    arm(settings, READ)
    assert armed(settings, READ)
    disarm(settings)
    assert not armed(settings, READ)
    disarm(settings)  # taking back what was never given is no error


def test_other_limits_are_not_armed(settings: Settings) -> None:
    arm(settings, READ)
    assert not armed(settings, "b" * 64)


@pytest.mark.parametrize("address", [{"rest_url": "https://other.example"}, {"ws_api_url": "wss://other.example"}])
def test_another_exchange_is_not_armed(address: dict[str, str], settings: Settings) -> None:
    arm(settings, READ)
    elsewhere = settings.model_copy(update={"exchange": ExchangeSettings(**address)})
    assert not armed(elsewhere, READ)
    arm(elsewhere, READ)
    assert armed(elsewhere, READ)
    assert not armed(settings, READ)


def test_a_word_that_was_cut_short_arms_nothing(settings: Settings) -> None:
    arm(settings, READ)
    file = settings.data_dir / ARMED_FILE
    file.write_bytes(file.read_bytes()[:-1])
    assert not armed(settings, READ)


def test_arming_leaves_nothing_else_behind(settings: Settings) -> None:
    arm(settings, READ)
    arm(settings, READ)
    assert [file.name for file in settings.data_dir.iterdir()] == [ARMED_FILE]
