"""The records say in one word that they cannot be used, whatever the database calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.contracts import Change, State
from core.database import changes as table
from core.database import open_store, sqlite_url
from services.commander.records import Changes, RecordsUnusable
from services.commander.road.context import rollback_utterance

USES: dict[str, Callable[[Changes], object]] = {
    "save": lambda changes: changes.save(Change(id="c1", utterance=rollback_utterance("ana", "m"))),
    "get": lambda changes: changes.get("c1"),
    "latest": lambda changes: changes.latest(1),
    "judged": lambda changes: changes.latest(1, judged=True),
    "unfinished": lambda changes: changes.unfinished(),
    "of_state": lambda changes: changes.of_state(State.LIVE),
}


@pytest.mark.parametrize("use", USES)
def test_a_database_that_refuses_is_one_word_with_what_to_do_next(use: str, tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path / "sorte.sqlite"))
    USES[use](Changes(engine))
    table.drop(engine)
    with pytest.raises(RecordsUnusable, match="The database cannot be used: no such table") as refused:
        USES[use](Changes(engine))
    assert "What trades is in git" in refused.value.hint
    engine.dispose()
