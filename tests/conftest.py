"""What every test shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import guard

settings.register_profile("sorte", deadline=None)  # a busy machine is no failing test
settings.load_profile("sorte")
guard.install()


@pytest.fixture(autouse=True)
def owners_folders_stay() -> Iterator[None]:
    """A test that makes or changes a data folder or workspace of this checkout fails; see `tests.guard`."""
    before = guard.touched()
    yield
    assert guard.touched() == before, "a child of this test worked in the checkout's own data folder or workspace"
