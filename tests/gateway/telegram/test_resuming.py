"""What a restart cut short, from the row that it left: done where it surely was not, shown or waited for, else told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from core.contracts import State
from core.contracts.answers import Answer, HeldShown, HistoryShown, Shown
from core.contracts.asking import Question
from core.contracts.told import TellStep
from core.errors import SorteError
from core.owner import OwnersWord
from services.gateway.approvals import Approval, Deed, Press
from services.gateway.telegram.asked_first import GOING_ON, shown_hash
from tests.gateway.telegram.rig import OWNER, Rig, rigged, usual
from tests.gateway.telegram.samples import BRIEF, HELD
from tests.gateway.telegram.test_bot import ended
from tests.gateway.warped import warped

TEXT, CUT = "stop de 1%", "I was restarted in the middle"
HOUR_NS = 3600 * 10**9


class Records:
    """A commander that knows what reached it, and walks a change that was said yes to before."""

    def __init__(self, *, reached: bool = False, held: bool = False, walks: int = 0) -> None:
        self.reached, self.held, self.walks = reached, held, walks
        self.message = ""

    async def __call__(self, question: Question, tell: TellStep) -> Answer:
        match question.do:
            case "history":
                brief = msgspec.structs.replace(BRIEF, text=TEXT, time_ns=1 << 62)
                return HistoryShown(changes=[brief] if self.reached else [])
            case "held":
                return HeldShown(held=[msgspec.structs.replace(HELD, message=self.message)] if self.held else [])
            case "show":
                return Shown(id=question.id, state=State.JUDGING, interpretation=None)
            case "approve":
                self.walks -= 1
                if self.walks >= 0:
                    raise SorteError("Change 1a2b3c4d has been answered already, and is under way.", "")
                return ended(State.LIVE, "Operando desde o evento 9.")
        return await usual(question, tell)


def cut(rig: Rig, update: dict[str, Any], age: float = 0.0) -> None:
    """That update was written down, and the bot died."""
    raw = msgspec.json.encode({"update_id": 9, **update}).decode()
    rig.house.store.updates.take(9, int((rig.now() - age) * 1e9), raw)


def pressed(rig: Rig, approval: Approval, verb: str = "g") -> dict[str, Any]:
    """A press on its button, as Telegram tells it."""
    sent = rig.api.chats.put(OWNER, "Apply?", "Apply?")
    press = rig.api.chats.press(sent, f"{verb}:{approval.token}", OWNER)
    assert press
    update = rig.api.chats.updates.pop()
    return {"callback_query": update["callback_query"]}


def approval(rig: Rig, deed: Deed, *, used: bool = True) -> Approval:
    """One that was said yes to, by him whose it is."""
    now_ns = int(rig.now() * 1e9)
    going_on = deed in GOING_ON
    shown = shown_hash(rig.house.settings.data_dir, deed, HELD.id) if going_on else HELD.hash
    made = rig.house.store.approvals.make(
        deed, change=HELD.id, hash=shown, user=str(OWNER), chat=str(OWNER), surface="telegram",
        expires_ns=now_ns + HOUR_NS,
    )  # fmt: skip
    if used:
        rig.house.store.approvals.press(Press(made.token, str(OWNER), str(OWNER), "telegram"), now_ns)
    return made


def after_a_restart(folder: Path, records: Records, prepare: Callable[[Rig], None], seconds: float = 10.0) -> Rig:
    """The rig, so long after a bot began that finds what `prepare` left."""

    async def body() -> Rig:
        async with rigged(folder, start=False) as rig:
            rig.line.script = records
            prepare(rig)
            rig.start()
            await asyncio.sleep(seconds)
            return rig

    return warped(body)


def test_a_sentence_is_said_where_it_did_not_reach_the_commander_shown_where_it_waits_else_told(tmp_path: Path) -> None:
    for name, records, asked, shown in (
        ("never", Records(), 1, "answer to change"),
        ("reached", Records(reached=True), 0, CUT),
        ("held", Records(reached=True, held=True), 0, HELD.text[:20]),
    ):

        def prepare(rig: Rig, records: Records = records) -> None:
            message = rig.api.chats.message(OWNER, OWNER, TEXT)
            records.message = f"telegram:{OWNER}:{message['message_id']}"
            cut(rig, {"message": message})

        rig = after_a_restart(tmp_path / name, records, prepare)
        assert rig.asked.count("change") == asked, name
        assert [shown in each.text for each in rig.sent] == [True], (name, rig.sent)
        assert bool(rig.sent[0].buttons) == (name == "held")


def test_a_yes_to_a_change_is_said_again_and_its_end_is_waited_for_and_told(tmp_path: Path) -> None:
    rig = after_a_restart(tmp_path, Records(walks=3), lambda rig: cut(rig, pressed(rig, approval(rig, "approve"))))
    assert rig.asked.count("approve") == 4
    assert all(each.hash == HELD.hash and each.id == HELD.id for each in rig.line.asked if each.do == "approve")
    assert any("Operando desde o evento 9." in each.text for each in rig.sent)


def test_a_yes_to_a_deed_is_done_once_where_it_was_not_handed_over_and_told_where_it_was(tmp_path: Path) -> None:
    def handed_and_paused(rig: Rig) -> None:
        (rig.house.settings.data_dir / "PAUSED").touch()
        handed(rig)

    def closed_since(rig: Rig) -> None:
        cut(rig, pressed(rig, approval(rig, "resume")))
        OwnersWord(rig.house.settings.data_dir).panic()

    def handed(rig: Rig) -> None:
        made = approval(rig, "resume")
        rig.house.store.notes.set(f"telegram.handed.{made.token}", "resume")
        cut(rig, pressed(rig, made))

    for name, prepare, asked in (
        ("not yet", lambda rig: cut(rig, pressed(rig, approval(rig, "resume", used=False))), 1),
        ("used", lambda rig: cut(rig, pressed(rig, approval(rig, "resume"))), 1),
        ("used, and everything was closed since", closed_since, 0),
        ("handed, and it is so", handed, 0),
        ("handed, and it is not so", handed_and_paused, 0),
    ):
        rig = after_a_restart(tmp_path / name, Records(), prepare)
        assert rig.asked.count("resume") == asked, name
        told = [each.text for each in rig.sent if CUT in each.text]
        assert [("It is done." in text) for text in told] == [name.endswith("it is so")] * name.startswith("handed"), (
            name
        )


def test_what_is_old_foreign_or_was_dropped_is_not_done_after_a_restart(tmp_path: Path) -> None:
    def dropped(rig: Rig) -> None:
        made = approval(rig, "resume", used=False)
        rig.house.store.approvals.drop(made.token, int(rig.now() * 1e9))
        cut(rig, pressed(rig, made))

    def foreign(rig: Rig) -> None:
        update = pressed(rig, approval(rig, "resume"))
        update["callback_query"]["from"]["id"] = 666
        cut(rig, update)

    for name, prepare in (
        ("old", lambda rig: cut(rig, pressed(rig, approval(rig, "resume")), 61.0)),
        ("dropped", dropped),
        ("foreign", foreign),
    ):
        rig = after_a_restart(tmp_path / name, Records(), prepare)
        assert "resume" not in rig.asked, name
        assert any(CUT in each.text for each in rig.sent) == (name == "old"), name
