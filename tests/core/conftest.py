"""What several tests of the core need: the shipped strategy, loaded once."""

from __future__ import annotations

import pytest

from core.strategy import Source, Strategy, load


@pytest.fixture(scope="session")
def shipped() -> Strategy:
    return load(Source.shipped())
