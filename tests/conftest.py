"""What every test shares."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import guard

gc.disable()  # while tests are collected nothing is thrown away: to look for it takes a quarter of that time
settings.register_profile("sorte", deadline=None)  # a busy machine is no failing test
settings.load_profile("sorte")
guard.install()
os.environ.setdefault("SORTE_LANGUAGE", "en")  # whatever this machine speaks
os.environ.setdefault("SORTE_WEB__ENABLED", "false")  # a gateway is started by the tests of it alone


LONGEST = (
    *("tests/road/", "tests/trader/faults/", "tests/guardian/", "tests/gateway/", "tests/upgrade/"),
    *("tests/trader/test_paper.py", "tests/trader/test_run.py", "tests/trader/test_bookkeeping.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: at the end no worker should wait for another's long file."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """What was collected lives to the end; from here on garbage is looked for among the rest."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def compiled_for_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests compile is kept for all their workers, and nothing that was compiled before them is loaded."""
    ours = tmp_path_factory.getbasetemp()
    shared = ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours
    os.environ["SORTE_CACHE"] = str(shared / "compiled")


@pytest.fixture(scope="session")
def shipped_is_compiled(compiled_for_the_tests: None) -> None:  # noqa: ARG001 - the folder for it comes first
    """Hosts of the shipped strategy begin at once; see `tests.prepared`."""
    from tests import prepared

    prepared.shipped_is_compiled()


@pytest.fixture(autouse=True)
def usual_modes() -> Iterator[None]:
    """A command that a test runs in this process keeps what it makes from others; the next test begins as usual."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def owners_folders_stay() -> Iterator[None]:
    """A test that makes or changes a data folder or workspace of this checkout fails; see `tests.guard`."""
    before = guard.touched()
    yield
    assert guard.touched() == before, "a child of this test worked in the checkout's own data folder or workspace"
