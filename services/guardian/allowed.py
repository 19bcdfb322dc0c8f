"""The candidate's decisions held against what its own tree allows; see `core.allowed`."""

from __future__ import annotations

from collections.abc import Iterator

from core.allowed import Contract, check_of, contract_of, contracts_for
from core.kernel import BAR, DECISION_WIRE, EVENT, Records
from core.strategy import Source
from services.guardian.tape import Tape


class Allowed:
    """What one tree allows, for each pair."""

    def __init__(self, source: Source) -> None:
        """Raises StrategyError when its files cannot be read."""
        self._files = source.files
        self.contract: Contract | None = contract_of(source.files)

    def find_wrong(self, tape: Tape, events: Records, decisions: Records) -> Iterator[str]:
        """The first decision that may not be, if any. The events are from the beginning of the tape on."""
        contracts = contracts_for(self._files, tape.worn)
        checks = [None if contract is None else check_of(contract) for contract in contracts]
        bars = [0] * len(checks)
        data, width = events.tobytes(), EVENT.itemsize
        rows = zip(
            events["pair"].tolist(),
            (events["kind"] == BAR).tolist(),
            DECISION_WIRE.iter_unpack(decisions.tobytes()),
            strict=True,
        )
        for place, (pair, closed, decision) in enumerate(rows):
            bars[pair] += closed
            check = checks[pair]
            if check is not None and (what := check(data[place * width : (place + 1) * width], decision, bars[pair])):
                yield f"At event {place + 1:,} of the {tape.name} it answers {what}."
                return


def find_lost(candidate: Contract | None, parent: Contract | None) -> Iterator[str]:
    """A candidate of which nothing can be said any more, although something could be of its parent."""
    if candidate is None and parent is not None:
        yield "It has neither thresholds nor a function choose, so nobody can say what its decisions may be."


def find_gaps(candidate: Contract | None, parent: Contract | None) -> Iterator[str]:
    """What of the candidate is held within bounds only, although it was known of its parent: told, not refused."""
    known = parent.gaps if parent is not None else ()
    for gap in candidate.gaps if candidate is not None else ():
        if gap not in known:
            yield f"It makes {gap} in a way of its own: only bounds are held there, here and in trading."
