"""The real bot before a simulated Telegram, from an update to what is asked of the commander and what is shown."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import msgspec
import pytest

from core.contracts import GateReport, Interpretation, State, Status
from core.contracts.answers import Answer, ChangeEnded, HeldShown, HistoryShown, Said, Shown
from core.contracts.asking import Question
from core.contracts.ledger import EquityPoint, EquityShown, JudgedShown
from core.contracts.plan import Action, EditPlan, Offer, SetParameter
from core.contracts.road import Outcome
from core.contracts.told import Committed, GateHeld, HostStaged, Received, Shadowed, Switched, TellStep, Understood
from core.errors import SorteError
from core.language import Language
from core.owner import OwnersWord
from services.commander.road.authority import gives_more
from services.gateway.telegram.commands import ABSENT, BY_NAME, COMMANDS, FREQTRADE, MENU
from services.gateway.telegram.texts import WORDING
from services.simulator.telegram.refusing import ApiRefusal, bad
from tests.gateway.telegram.rig import OWNER, START, STRANGER, rigged, usual
from tests.gateway.telegram.samples import BRIEF, FIGURES, HELD
from tests.gateway.warped import warped

NARROWER = EditPlan((SetParameter("stop_loss", 0.01, 0.02),))
WIDER = EditPlan((SetParameter("stop_loss", 0.03, 0.02),))
GATES = ("scope", "tests", "backtest")


def understood(status: Status, **more: object) -> Interpretation:
    return Interpretation(status, Language.PT, "grammar", 1.0, **more)  # type: ignore[arg-type]


def ended(state: State, reason: str | None = None) -> ChangeEnded:
    return ChangeEnded(
        id=HELD.id, state=state, language=Language.PT, plan=NARROWER, verdict=None, commit="c" * 40, returned="",
        seconds={"total": 12.5}, events_lost=0, events_doubled=0, watch="running", reason=reason,
    )  # fmt: skip


class Road:
    """A commander that holds a change and walks it when it is approved."""

    def __init__(self, plan: EditPlan) -> None:
        self.plan, self.approved = plan, list[Question]()
        self.stale, self.expires = False, START + 1e8

    async def __call__(self, question: Question, tell: TellStep) -> Answer:
        match question.do:
            case "change":
                tell(Received(id=HELD.id))
                plan = understood(Status.PLAN, plan=self.plan)
                tell(Understood(id=HELD.id, interpretation=plan, lines=["stop_loss: 2% -> 3%"], seconds=0.01))
                return msgspec.structs.replace(
                    HELD,
                    expires_ns=int(self.expires * 1e9),
                    question="Aplicar?",
                    text=question.text,
                    twice=gives_more(self.plan),
                )
            case "approve":
                if self.stale:
                    raise SorteError("O que opera mudou desde então: Set take_profit to 0.05.", "")
                assert question.sure
                self.approved.append(question)
                for name in GATES:
                    figures = FIGURES if name == "backtest" else {}
                    tell(GateHeld(id=HELD.id, gate=GateReport(name, Outcome.PASSED, 1.5, figures=figures)))
                    await asyncio.sleep(2)
                tell(Committed(id=HELD.id, commit="c" * 40))
                tell(HostStaged(id=HELD.id, ready_seconds=1.2, compile_seconds=0.5, warmed_until=7))
                tell(Shadowed(id=HELD.id, events=200, differing=0, changed=3))
                tell(Switched(id=HELD.id, epoch=2, first=9, events_lost=0, events_doubled=0))
                return ended(State.LIVE, "Operando desde o evento 9.")
            case "reject":
                return ended(State.REJECTED, "Você não quis.")
            case "held":
                return HeldShown(held=[HELD])
        return await usual(question, tell)


def test_a_command_is_answered_and_its_figures_can_be_shown_anew(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            status = await rig.say("/status")
            assert "10,234.56" in status.text
            assert rig.line.asked[-1].owner == "ana"
            assert rig.line.asked[-1].message.startswith(f"telegram:{OWNER}:")
            await rig.press(status, "Reload")
            await rig.until(lambda: rig.asked.count("status") == 2)
            await asyncio.sleep(5)
            assert len(rig.sent) == 1, "what has not changed stays where it is"


def test_what_telegram_cannot_read_is_sent_without_markup(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.api.script = lambda method, given: (
                bad("can't parse entities: Unsupported start tag")
                if method == "sendMessage" and given.get("parse_mode")
                else None
            )
            assert "10,234.56" in (await rig.say("/status")).text


def test_what_is_refused_for_good_is_given_up_and_the_bot_goes_on(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.api.script = lambda method, _: (
                ApiRefusal(403, "Forbidden: blocked") if method == "sendMessage" else None
            )
            rig.api.chats.says(OWNER, OWNER, "/status")
            rig.house.outbox.put("fault", "nobody reads this", "critical")
            await rig.until(lambda: rig.house.outbox.waiting() == 0)
            rig.api.script = lambda _, __: None
            assert "10,234.56" in (await rig.say("/status")).text


def test_a_sentence_walks_to_its_diff_and_one_message_goes_through_the_gates(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.line.script = road = Road(NARROWER)
            asked = await rig.say("stop de 1%")
            assert rig.line.asked[-1].holds
            assert "stop_loss: 2% → 3%" in asked.text
            assert "language-diff" in asked.source
            assert list(asked.buttons) == ["Aplicar", "Cancelar"]
            assert await rig.press(asked, "Aplicar") == "Done."
            await rig.until(lambda: road.approved and len(rig.sent) == 2)
            assert road.approved[0].hash == HELD.hash
            assert all("stop de 1%" in edit for edit in asked.edits)
            gates = [edit for edit in (*asked.edits, asked.text) if "tests" in edit or "testes" in edit]
            assert gates, asked.edits
            assert len(asked.edits) >= 3, "it was edited stage by stage"
            assert "200" in asked.text
            result = rig.sent[-1]
            assert "Operando desde o evento 9." in result.text
            assert "2.34%" in result.text, "before and after"
            assert not asked.buttons
            # a second tap on what is done does nothing
            again = rig.api.chats.press(asked, "g:" + "x" * 16, OWNER)
            await rig.until(lambda: rig.api.chats.presses[again] is not None)
            assert len(road.approved) == 1


def test_a_press_on_what_was_done_expired_or_somebody_elses_does_nothing(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path, users=(OWNER, 43), chats=(OWNER, -1001)) as rig:
            rig.line.script = road = Road(NARROWER)
            asked = await rig.say("stop de 1%")
            button = asked.buttons["Aplicar"]
            foreign = rig.api.chats.put(-1001, "x", "x", rows=asked.rows)
            for user, where in ((43, foreign), (STRANGER, asked), (STRANGER, foreign), (OWNER, foreign)):
                press = rig.api.chats.press(where, button, user)
                await asyncio.sleep(3)
                assert not road.approved, (user, where.chat)
                told = rig.api.chats.presses[press]
                assert (
                    told is None if user == STRANGER else told == "This button is somebody else's, or another chat's."
                )
            taps = [rig.api.chats.press(asked, button, OWNER) for _ in range(5)]
            await rig.until(lambda: all(rig.api.chats.presses[tap] is not None for tap in taps))
            await rig.until(lambda: len(rig.sent) == 2)
            assert len(road.approved) == 1
            assert sorted(str(rig.api.chats.presses[tap])[:4] for tap in taps) == [
                "Done",
                "It w",
                "It w",
                "It w",
                "It w",
            ]
            road.expires = rig.now() + 100
            later = await rig.say("stop de 1%")
            await asyncio.sleep(150)
            assert "over" in await rig.press(later, "Aplicar")
            assert len(road.approved) == 1


def test_what_gives_more_to_do_with_asks_twice_and_what_takes_it_away_once(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.line.script = road = Road(WIDER)
            asked = await rig.say("stop de 3%")
            assert "more to do with" in asked.text or "mais liberdade" in asked.text
            assert "once more" in await rig.press(asked, "Aplicar")
            await rig.until(lambda: len(rig.sent) == 2)
            assert not road.approved
            assert not asked.buttons
            sure = rig.sent[-1]
            await rig.press(sure, "Yes, I am sure")
            await rig.until(lambda: road.approved)
            # a second button that nobody was shown is refused
            fresh = await rig.say("stop de 3%")
            skipped = fresh.buttons["Aplicar"].replace("g:", "y:")
            press = rig.api.chats.press(fresh, skipped, OWNER)
            await rig.until(lambda: rig.api.chats.presses[press] is not None)
            assert "first" in str(rig.api.chats.presses[press])
            assert len(road.approved) == 1


def test_resuming_after_a_panic_is_asked_twice_and_panic_and_pause_are_not_asked_about(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            for text, do in (("/panic", "panic"), ("/pause", "pause"), ("/stopentry", "pause"), ("/stop", "pause"),
                             ("fecha tudo!", "panic"), ("pausa", "pause"), ("STOP", "pause")):  # fmt: skip
                await rig.say(text)
                assert rig.asked[-1] == do, text
            once = await rig.say("/resume")
            await rig.press(once, "Resume")
            assert rig.asked[-1] == "resume"
            (tmp_path / "PAUSED").touch()
            (tmp_path / "CLOSE").touch()
            before = rig.asked.count("resume")
            twice = await rig.say("/resume")
            await rig.press(twice, "Resume")
            await rig.until(lambda: "Are you sure?" in rig.sent[-1].text)
            assert rig.asked.count("resume") == before
            await rig.press(rig.sent[-1], "Cancel")
            await rig.until(lambda: "Nothing changed" in rig.sent[-1].text)
            assert rig.asked.count("resume") == before


def test_a_sentence_that_goes_on_asks_as_the_command_does_and_a_yes_is_for_what_was_stopped_then(
    tmp_path: Path,
) -> None:
    """An owner pauses, is asked whether to go on, closes everything, and his thumb finds the button of before."""

    async def going_on(question: Question, tell: TellStep) -> Answer:
        if question.do == "change" and question.text == "resume":
            return Said(text="Trade again?", done=False, action=Action("resume"))
        return await usual(question, tell)

    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.line.script = going_on
            word = OwnersWord(tmp_path)
            for text in ("/resume", "resume"):
                word.pause()
                asked = await rig.say(text)
                assert list(asked.buttons) == ["Resume", "Cancel"], text
                word.panic()
                assert "Nothing was done" in str(await rig.press(asked, "Resume")), text
                await rig.until(lambda asked=asked: not asked.rows)
                asked = await rig.say(text)
                assert await rig.press(asked, "Resume") == "I ask once more, right below.", text
                await rig.until(lambda: "Are you sure?" in rig.sent[-1].text)
                word.kill()  # between the first yes and the second
                assert "Nothing was done" in str(await rig.press(rig.sent[-1], "Yes, I am sure")), text
                assert "resume" not in rig.asked, text
                word.unkill()
                word.resume()


def test_with_the_commander_dead_panic_and_pause_are_left_in_the_folder(tmp_path: Path) -> None:
    """The line is the real one; nobody listens at the socket."""

    @warped
    async def body() -> None:
        from services.gateway.line import Line

        async with rigged(tmp_path) as rig:
            real = Line(rig.house.settings, "gateway", "gateway")

            async def ask(question: Question, tell: TellStep) -> Answer:
                return await real.ask(question, tell)

            rig.line.script = ask
            await rig.say("/pause")
            assert (tmp_path / "PAUSED").exists()
            assert not (tmp_path / "CLOSE").exists()
            await rig.say("/panic")
            assert (tmp_path / "CLOSE").exists()
            told = await rig.say("/profit")
            assert "sorte run" in told.text


def test_an_offer_of_a_question_is_taken_by_its_button_while_it_is_asked(tmp_path: Path) -> None:
    code = "Qual?\n  max(f.rsi, 1) > 2) or f.rsi"  # nothing in the question itself is an offer
    question = f"{code} 1) stop_loss: 2% -> 3%; 2) stop_loss: 2% -> 2.02%"
    offers = (Offer(plan=WIDER), Offer(action=Action("status")))

    async def ask(asked: Question, tell: TellStep) -> Answer:
        if asked.do == "change" and not asked.text.isdigit():
            return msgspec.structs.replace(ended(State.ASK, question), id="feed0001")
        meant = understood(Status.ASK, question=code, offers=offers)
        return Shown(id="feed0001", interpretation=meant) if asked.do == "show" else await usual(asked, tell)

    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.line.script = ask
            asked = await rig.say("aumenta o stop em 1")
            assert list(asked.buttons) == ["stop_loss: 2% → 3%", "stop_loss: 2% → 2.02%"]
            data = asked.buttons["stop_loss: 2% → 3%"]
            await rig.press(asked, "stop_loss: 2% → 3%")
            await rig.until(lambda: rig.line.asked[-1].text == "1")
            await rig.until(lambda: not asked.buttons)
            press = rig.api.chats.press(asked, data, OWNER)
            await rig.until(lambda: rig.api.chats.presses[press] is not None)
            assert "answered" in str(rig.api.chats.presses[press])
            changes = [each.text for each in rig.line.asked if each.do == "change"]
            assert changes == ["aumenta o stop em 1", "1"]


def test_a_stale_approval_is_told_with_what_changed(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.line.script = road = Road(NARROWER)
            asked = await rig.say("stop de 1%")
            road.stale = True
            await rig.press(asked, "Aplicar")
            await rig.until(lambda: len(rig.sent) == 2)
            assert "take_profit" in rig.sent[-1].text
            assert not road.approved


def test_a_closed_position_and_a_cancelled_change(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            which = await rig.say("/fx")
            label = next(label for label in which.buttons if label.startswith("BTCUSDT"))
            await rig.press(which, label)
            await rig.until(lambda: "BTCUSDT" in rig.sent[-1].text and "Close" in rig.sent[-1].buttons)
            await rig.press(rig.sent[-1], "Close")
            await rig.until(lambda: rig.asked[-1] == "close")
            assert (rig.line.asked[-1].pair, rig.line.asked[-1].yes) == ("BTCUSDT", True)
            rig.line.script = Road(NARROWER)
            asked = await rig.say("stop de 1%")
            await rig.press(asked, "Cancelar")
            await rig.until(lambda: "reject" in rig.asked)
            await rig.until(lambda: "Você não quis." in asked.text)


def test_every_command_is_answered_whatever_the_commander_says(tmp_path: Path) -> None:
    async def ask(asked: Question, tell: TellStep) -> Answer:
        if asked.do == "history":
            return HistoryShown(changes=[BRIEF])
        return Said(text="well") if asked.do in ("show", "diff", "rollback") else await usual(asked, tell)

    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.line.script = ask
            said = [f"/{name}{more}" for name in (*BY_NAME, *ABSENT, "nonsense") for more in ("", " <b>x & y</b> z")]
            for text in said:
                rig.api.chats.says(OWNER, OWNER, text)
            await rig.until(lambda: len(rig.sent) == len(said), 600)
            assert all(each.text.strip() for each in rig.sent)
            assert "/positions" in (await rig.say("/postions")).text


def test_the_names_of_freqtrade_are_here_or_told_why_not() -> None:
    assert len(FREQTRADE) == len(set(FREQTRADE)) == 51
    assert set(FREQTRADE) - set(BY_NAME) == set(ABSENT)
    assert all(f"absent.{name}" in WORDING.texts for name in ABSENT)
    assert len(MENU) == 15
    assert all(f"does.{each.name}" in WORDING.texts for each in MENU)
    assert len(BY_NAME) == len(COMMANDS) + sum(len(each.aliases) for each in COMMANDS)


def test_the_menu_is_there_in_each_language_and_short_for_strangers(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            await rig.until(lambda: len(rig.api.chats.menus) == 6)
            menus = rig.api.chats.menus
            assert [len(menus["default::", language]) for language in ("", "en", "pt")] == [2, 2, 2]
            assert [len(menus[f"chat:{OWNER}:", language]) for language in ("", "en", "pt")] == [15, 15, 15]
            assert menus[f"chat:{OWNER}:", "pt"][0]["description"] == "o que opera, e como vai"


def test_each_owner_is_spoken_to_in_his_language(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            assert "equity" in (await rig.say("/status")).text
            assert "português" in (await rig.say("/lang pt")).text
            assert "10.234,56" in (await rig.say("/status")).text
            assert rig.line.asked[-1].language is Language.PT


def test_a_link_to_the_page_works_once(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            link = (await rig.say("/web")).text.split("code=")[1].split()[0]
            entering, now = rig.house.store.entering, int(rig.now() * 1e9)
            assert entering.enter(link, now) is not None
            assert entering.enter(link, now) is None


def test_a_group_is_told_no_link(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path, chats=(OWNER, -1001)) as rig:
            rig.api.chats.says(-1001, OWNER, "/web")
            await rig.until(lambda: rig.api.chats.in_chat(-1001))
            assert "code" not in rig.api.chats.in_chat(-1001)[0].text


def test_a_stranger_is_not_answered_his_owner_is_told_once_and_a_code_pairs(tmp_path: Path) -> None:
    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            for text in ("/start", "/panic", "hello", "ABCDEFGH"):
                rig.api.chats.says(STRANGER, STRANGER, text)
            await rig.until(lambda: len(rig.sent) == 1)
            assert "stranger" in rig.sent[0].text
            assert str(STRANGER) in rig.sent[0].text
            code = rig.house.store.pairing.make(int(rig.now() * 1e9))
            rig.api.chats.says(STRANGER, STRANGER, code, forward_date=1)
            rig.api.chats.says(STRANGER, STRANGER, f"/start {code.lower()}")
            await rig.until(lambda: rig.api.chats.in_chat(STRANGER))
            paired = rig.house.store.pairing.paired(code)
            assert paired is not None
            assert (paired.user, paired.chat) == (STRANGER, STRANGER)
            assert not rig.asked


def test_a_chart_is_a_picture_with_its_sentence_and_a_result_comes_with_before_and_after(tmp_path: Path) -> None:
    curve = EquityShown(
        period="week", from_ns=START * 10**9, until_ns=(START + 90_000) * 10**9, account="paper", currency="USDT",
        points=[EquityPoint((START + 3600 * hour) * 10**9, 10_000.0 + hour, exact=True) for hour in range(24)],
        drawdown=0.01, releases=[],
    )  # fmt: skip
    times = [(START + 60 * minute) * 10**9 for minute in range(50)]
    judged = JudgedShown(
        change=HELD.id, pairs=["BTCUSDT"], begin_ns=times[0], times_ns=times, before=[1e4] * 50, after=[1.01e4] * 50
    )
    road = Road(NARROWER)

    async def ask(asked: Question, tell: TellStep) -> Answer:
        ledger: dict[str, Answer] = {"equity": curve, "judged": judged}
        return ledger[asked.do] if asked.do in ledger else await road(asked, tell)

    @warped
    async def body() -> None:
        async with rigged(tmp_path) as rig:
            rig.line.script = ask
            chart = await rig.say("/chart month")
            assert (chart.kind, chart.content) == ("photo", b"\x89PNGEquityShown")
            assert chart.text.strip()
            assert "Reload" in chart.buttons
            asked = await rig.say("stop de 1%")
            await rig.press(asked, "Aplicar")
            await rig.until(lambda: len(rig.sent) == 3)
            assert rig.sent[-1].content == b"\x89PNGJudgedShown"
            assert "Operando desde o evento 9." in rig.sent[-1].text


@pytest.mark.parametrize("page", ["docs/telegram.md", "docs/pt-BR/telegram.md"])
def test_the_page_names_every_command_and_every_name_that_is_not_here(page: str) -> None:
    named = set(re.findall(r"`/(\w+)", (Path(__file__).parents[3] / page).read_text(encoding="utf-8")))
    assert named == {*BY_NAME, *ABSENT}
