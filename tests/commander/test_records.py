"""The records say in one word that they cannot be used, whatever the database calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.contracts import Change, State
from core.database import changes as table
from core.database import open_store, sqlite_url
from core.errors import DataError
from services.commander.records import Changes, RecordsUnusable
from services.commander.road.context import rollback_utterance

USES: dict[str, Callable[[Changes], object]] = {
    "save": lambda changes: changes.save(Change(id="c1", utterance=rollback_utterance("ana", "m"))),
    "get": lambda changes: changes.get("c1"),
    "latest": lambda changes: changes.latest(1),
    "judged": lambda changes: changes.latest(1, judged=True),
    "unfinished": lambda changes: changes.unfinished(),
    "of_state": lambda changes: changes.of_state(State.JUDGING),
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


@pytest.mark.parametrize("use", sorted(USES.keys() - {"save"}))
def test_a_record_that_another_version_wrote_is_refused_with_what_to_do_and_never_misread(
    use: str, tmp_path: Path
) -> None:
    engine = open_store(sqlite_url(tmp_path / "sorte.sqlite"))
    changes = Changes(engine)
    changes.save(Change(id="c1", utterance=rollback_utterance("ana", "m"), state=State.JUDGING))
    with engine.begin() as connection:
        connection.execute(table.update().values(document='{"id": "c1", "said": {"in": "words of its own"}}'))
    with pytest.raises(DataError, match="The records of the changes were written by another version: ") as refused:
        USES[use](changes)
    assert "give this one a data folder of its own" in refused.value.hint
    engine.dispose()
