"""A real model, asked for code where no rule can say what is wanted: what is offered, passes every gate, and is right.

    python -m bench.model_code MODEL.gguf [SET ...]

Each offer is edited in and judged as on the road; whether it is right, markets tell that were written down before.
"""

from __future__ import annotations

import datetime
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.language.code_requests import SETS, Wish, wishes, wrong
from bench.language.with_code import Row, WithCode, keep, told
from core.contracts import EditPlan, Interpretation, Situation
from core.llm.asking import Models, models_of
from core.llm.chain import Attempt
from core.llm.request import Request
from core.settings import GuardianSettings, ModelSettings, Settings
from core.strategy import Source
from core.symbols import Symbols
from services.commander.vetting import vet
from services.editor.editing import edit
from services.guardian.evidence import gather
from services.guardian.judge import judge
from services.guardian.parents import Parents
from services.interpreter import interpret
from services.interpreter.model.writing.asking import warming, written

PATIENT_SECONDS: Final = 600.0
CONTEXT_TOKENS: Final = 4096
SHIPPED: Final = Source.shipped()
SYMBOLS: Final = Symbols.of(SHIPPED.files)


def main() -> None:
    """A line for each request, then the part of the page."""
    file, sets = Path(sys.argv[1]), sys.argv[2:] or SETS
    settings = ModelSettings(chain=("llama",), llama_file=file, seconds=PATIENT_SECONDS)
    parents = Parents()
    with models_of(settings) as models:
        models.ask(warming(SYMBOLS, PATIENT_SECONDS, CONTEXT_TOKENS))
        for of in sets:
            rows = list[Row]()
            for wish in wishes(of):
                rows.append(_row(wish, models, parents))
                print(f"{rows[-1]}\n", flush=True)
            keep(_whole(of, file.stem, rows))
    print("\n".join(told()))


def _whole(of: str, model: str, rows: Sequence[Row]) -> WithCode:
    return WithCode(
        of=of,
        model=model,
        day=datetime.datetime.now(datetime.UTC).date().isoformat(),
        median_seconds=round(statistics.median(row.seconds for row in rows if row.tries), 1),
        load=round(os.getloadavg()[0], 1),
        rows=tuple(rows),
    )


def _row(wish: Wish, models: Models, parents: Parents) -> Row:
    asked: list[Request] = []

    def ask(request: Request) -> Sequence[Attempt]:
        asked.append(request)
        return models.ask(request)

    alone, begun = interpret(wish.say, SYMBOLS, situation=Situation()), time.monotonic()
    meant = written(alone, wish.say, SYMBOLS, ask, vet, PATIENT_SECONDS, CONTEXT_TOKENS)
    seconds = round(time.monotonic() - begun, 1)
    plan = next((offer.plan for offer in meant.offers if offer not in alone.offers), None)
    if plan is None:
        came = "refused" if meant != alone else "declined" if asked else "not asked"
        return Row(wish.say, came, len(asked), seconds, "", False, "", _added(alone, meant))
    (operation,) = plan.operations
    source, name = getattr(operation, "source", ""), getattr(operation, "name", "")
    files = edit(SHIPPED.files, plan, "1").files
    fault = wrong(wish, files, name)
    return Row(wish.say, "offered", len(asked), seconds, _judged(plan, parents), not fault, source, fault)


def _added(alone: Interpretation, meant: Interpretation) -> str:
    return (meant.question or "").removeprefix(alone.question or "").strip()


def _judged(plan: EditPlan, parents: Parents) -> str:
    edited = edit(SHIPPED.files, plan, "1")
    settings = Settings(guardian=GuardianSettings(gate_seconds=PATIENT_SECONDS))  # a busy machine refuses nothing
    source = Source.of(edited.files)
    verdict = judge(
        None,
        source,
        SHIPPED,
        plan=plan,
        evidence=gather(settings),
        settings=settings,
        added_tests=edited.tests,
        parents=parents,
    )
    if verdict.accepted:
        return "passed"
    found = next((gate for gate in verdict.gates if gate.outcome != "passed"), None)
    print(found)
    return f"{found.name if found is not None else verdict.refused_by}"


if __name__ == "__main__":
    main()
