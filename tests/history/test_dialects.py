"""Files of many makers: each is read as it was meant, or refused with the reason; none is stored wrong."""

from __future__ import annotations

from pathlib import Path

from bench.files.catalogue import all_samples, tried
from core.contracts import Language
from core.history.importing.dialects import DIALECTS
from core.retelling import retold


def test_forty_files_in_twenty_dialects_are_read_or_refused_with_the_reason(tmp_path: Path) -> None:
    results = [tried(sample, tmp_path) for sample in all_samples()]
    wrong = [f"{t.sample.dialect}, {t.sample.name}: {t.outcome}: {t.told}" for t in results if "wrongly" in t.outcome]
    assert not wrong, "\n".join(wrong)
    read = [result.sample for result in results if result.outcome == "read"]
    assert len(read) >= 40
    assert len({sample.dialect for sample in read}) >= 20
    english = {said for result in results for said in result.said if retold(said, Language.PT) == said}
    assert not english, "say these in Portuguese too: " + "\n".join(sorted(english))


def test_the_last_dialect_takes_what_no_other_does() -> None:
    assert DIALECTS[-1].begins(b"anything")
    assert not any(dialect.begins(b"time,open,high,low,close\n") for dialect in DIALECTS[:-1])
