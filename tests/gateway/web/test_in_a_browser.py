"""The page in a real browser: it is alive, it loses nothing, it works without scripts, and nothing in it runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Error, expect
from playwright.sync_api import Page as Tab

from core.contracts import State
from core.contracts.answers import Said
from core.contracts.asking import Question
from core.contracts.events import FaultTold, Filled
from core.contracts.told import Note
from tests.gateway.web import samples
from tests.gateway.web.browsing import PHONE, Owner, Wire, chromium, needs_chromium
from tests.gateway.web.commander import Script
from tests.gateway.web.house import Page, until
from tests.gateway.web.samples import brief, trader

pytestmark = needs_chromium
ONE = Decimal(1)
FILLED = Filled(pair="BTCUSDT", side="BUY", quantity=ONE, price=ONE, fee=ONE, fee_asset="USDT", order="s1-1-abc")
expect.set_options(timeout=15_000)  # of a machine that does other things too
PAYLOADS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "'-window.hit-'",
    "</textarea><iframe srcdoc='<script>parent.hit=1</script>'>",
    "javascript:window.hit=1",
    "{{ 7*7 }} ${7*7} <%= 7*7 %>",
    '<div hx-get="/x" hx-trigger="load" hx-on:load="window.hit=1">',
    "]]><!--<math><mi//xlink:href='data:x,<script>window.hit=1</script>'>",
    "\u202egnp.exe\u0000\u001b[31m",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page(tmp_path_factory.mktemp("data")) as served:
        yield served


@pytest.fixture
def owner(browser: Chromium, page: Page) -> Iterator[Owner]:
    came = Owner(browser, page, viewport={"width": 1280, "height": 900})
    yield came
    came.close()
    assert came.heard == []


def test_a_sentence_goes_from_the_page_to_live_without_a_reload(owner: Owner, page: Page) -> None:
    owner.say("aumente o stop para 3%")
    held = owner.tab.locator(".held")
    expect(held).to_contain_text("stop_loss: 2% → 3%")
    expect(owner.tab.locator("#change .diff .added").last).to_contain_text("0.03")
    held.get_by_role("button", name="Aplicar").click()
    expect(owner.tab.locator("#change .end")).to_contain_text("opera desde agora")
    told = owner.tab.locator("#change")
    for said in ("testes", "3,1 s", "histórico", "Sharpe", "1,45", "0 eventos perdidos"):
        expect(told).to_contain_text(said)
    assert page.script.approved == [("held0001", samples.HASH)]
    expect(owner.tab.locator("#history")).to_contain_text("em observação")


def test_what_a_gate_finds_is_on_the_page(owner: Owner) -> None:
    owner.say("4 vezes: stop para 3%")
    owner.tab.locator(".held").get_by_role("button", name="Aplicar").click()
    expect(owner.tab.locator("#change .end")).to_contain_text("os testes não passaram")
    expect(owner.tab.locator("#change .findings")).to_contain_text("test_exit failed")


def test_a_yes_to_what_has_changed_meanwhile_does_nothing(owner: Owner, page: Page) -> None:
    """The change was held anew in another place: the button that is still on the screen is of the old one."""
    owner.say("aumente o stop para 3%")
    button = owner.tab.locator(".held").get_by_role("button", name="Aplicar")
    old = str(button.get_attribute("value"))
    again = replace(page.script.held["held0001"], hash="77" * 32)
    page.script.held["held0001"] = again
    page.tell(again)
    expect(button).not_to_have_attribute("value", old)
    client = page.client()
    refused = client.act("/changes/held0001/approve", token=old)
    assert refused.status_code == 409
    assert "não é mais o que seria aplicado" in refused.text or "What you saw" in refused.text
    assert page.script.approved == []
    button.click()
    until(lambda: page.script.approved == [("held0001", "77" * 32)])


def test_what_gives_the_agent_more_to_do_with_is_asked_twice(owner: Owner, page: Page) -> None:
    page.script.twice = True
    owner.say("aumente o stop para 3%")
    button = owner.tab.locator(".held").get_by_role("button", name="Aplicar")
    token = str(button.get_attribute("value"))
    skipped = page.client().act("/changes/held0001/approve", token=token, sure="yes")
    assert skipped.status_code == 409  # nobody was shown the second question
    button.click()
    owner.tab.get_by_role("button", name="Sim, aplicar").click()
    until(lambda: len(page.script.approved) == 1)


def test_a_second_press_on_the_same_button_does_nothing(owner: Owner, page: Page) -> None:
    owner.say("aumente o stop para 3%")
    token = str(owner.tab.locator(".held").get_by_role("button", name="Aplicar").get_attribute("value"))
    client = page.client()
    answers = [client.act("/changes/held0001/approve", token=token).status_code for _ in range(2)]
    assert answers == [303, 409]
    assert page.client().act("/changes/held0001/approve", token=token).status_code == 409
    until(lambda: len(page.script.approved) == 1)


def test_what_waits_at_another_place_can_be_declined_here(owner: Owner, page: Page) -> None:
    """The sentence was said in the chat, and the page shows it all the same."""
    question = Question(do="change", text="stop 3%", owner="ana", message="telegram:1:2", holds=True)
    page.do(lambda: page.site.line.ask(question, lambda _: None))
    held = owner.tab.locator(".held")
    expect(held).to_contain_text("stop_loss: 2% → 3%")
    held.get_by_role("button", name="Recusar").click()
    until(lambda: page.script.acts("reject"))
    expect(owner.tab.locator(".held")).to_have_count(0)


def test_a_question_offers_its_readings_as_buttons(owner: Owner, page: Page) -> None:
    owner.say("aumente o stop em 1%")
    owner.tab.get_by_role("button", name="Opção 2").click()
    until(lambda: [asked.text for asked in page.script.acts("change")] == ["aumente o stop em 1%", "2"])


def test_a_rollback_is_shown_before_it_is_done(owner: Owner, page: Page) -> None:
    owner.tab.get_by_role("button", name="Voltar atrás").first.click()
    held = owner.tab.locator(".held")
    expect(held).to_contain_text("desfaz 1a2b3c4d")
    assert page.script.approved == []
    held.get_by_role("button", name="Aplicar").click()
    until(lambda: page.script.approved)


def test_panic_asks_first_and_a_pause_does_not(owner: Owner, page: Page) -> None:
    owner.tab.get_by_role("button", name="Pausar").click()
    expect(owner.tab.locator("#head")).to_contain_text("PAUSADO")
    owner.tab.get_by_role("link", name="Pânico").click()
    assert page.script.acts("panic") == []
    owner.tab.get_by_role("button", name="Sim, fechar tudo").click()
    expect(owner.tab.locator("#head")).to_contain_text("FECHANDO TUDO")
    owner.tab.get_by_role("link", name="Retomar").click()
    owner.tab.get_by_role("button", name="Sim, retomar").click()
    expect(owner.tab.locator("#head")).not_to_contain_text("PAUSADO")
    assert [len(page.script.acts(do)) for do in ("pause", "panic", "resume")] == [1, 1, 1]


def test_figures_move_by_themselves(owner: Owner, page: Page) -> None:
    expect(owner.tab.locator("#head")).to_contain_text("10.234,56")
    page.script.trader = trader(equity=11_111.5)
    expect(owner.tab.locator("#head")).to_contain_text("11.111,50")


def test_an_event_is_seen_within_half_a_second_and_moves_the_figures(browser: Chromium, tmp_path: Path) -> None:
    """Nothing beats here, so that it is the events which do it; what else the machine does slows some of the tries."""
    with Page(tmp_path, beat_seconds=3600) as page, contextlib.closing(Owner(browser, page)) as owner:
        expect(owner.tab.locator("#head")).to_contain_text("10.234,56")
        until(lambda: len(page.script.acts("status")) >= 2 and not page.pictures.current.deaf)  # it knows that he looks
        page.script.trader = trader(equity=11_111.5)
        page.tell(FILLED)
        expect(owner.tab.locator("#head")).to_contain_text("11.111,50")
        took = []
        for number in range(7):
            began = time.monotonic()
            page.tell(Note(text=f"uma nota {number}"))
            owner.tab.wait_for_selector(f"#told li:has-text('uma nota {number}')")
            took.append(time.monotonic() - began)
        assert min(took) < 0.5, took
        assert owner.heard == []


def test_the_log_goes_on_by_itself_and_over_a_cut_without_a_hole(browser: Chromium, page: Page) -> None:
    page.log("first_0000")
    wire = Wire(page)
    reader = Owner(browser, page, address=wire.address)
    reader.tab.goto(f"{wire.address}/logs")
    expect(reader.tab.locator("#log li")).to_have_count(1)
    page.log("second_0000", detail=PAYLOADS[1])
    reader.tab.wait_for_selector("#log li:has-text('second_0000')")
    wire.cut()
    expect(reader.tab.locator("#connection")).to_contain_text("Sem conexão")
    for number in range(1, 31):
        page.log(f"second_{number:04d}")
    wire.mend()
    reader.tab.wait_for_selector("#log li:has-text('second_0030')")
    told = reader.tab.locator("#log li").all_inner_texts()
    assert [text.split()[4][-4:] for text in told] == [f"{number:04d}" for number in range(30, -1, -1)] + ["0000"]
    assert reader.tab.evaluate("window.hit") is None
    wire.cut()
    reader.close()


def test_nothing_is_lost_while_the_network_is_away(browser: Chromium, page: Page) -> None:
    """It goes away for 250 events; then all of them are there, once, in their order."""
    wire = Wire(page)
    far = Owner(browser, page, address=wire.address)
    page.tell(Note(text="nota 0000"))
    far.tab.wait_for_selector("#told li:has-text('nota 0000')")
    wire.cut()
    page.tell(*(Note(text=f"nota {number:04d}") for number in range(1, 251)))
    expect(far.tab.locator("#connection")).to_contain_text("Sem conexão")
    wire.mend()
    far.tab.wait_for_selector("#told li:has-text('nota 0250')")
    notes = [text[-4:] for text in far.tab.locator("#told li").all_inner_texts() if "nota" in text]
    assert notes == [f"{number:04d}" for number in range(250, -1, -1)]
    expect(far.tab.locator("#connection")).to_be_hidden()
    wire.cut()
    far.close()


def test_a_tab_that_slept_for_ten_minutes_has_lost_nothing(owner: Owner, page: Page) -> None:
    """A hidden tab is frozen by the browser; what came meanwhile is there when it wakes."""
    page.tell(Note(text="sono 0000"))
    owner.tab.wait_for_selector("#told li:has-text('sono 0000')")
    wire = owner.context.new_cdp_session(owner.tab)
    wire.send("Page.setWebLifecycleState", {"state": "frozen"})
    page.clock.ahead_ns = 600 * 10**9
    page.tell(*(Note(text=f"sono {number:04d}") for number in range(1, 201)))
    page.clock.ahead_ns = 0
    wire.send("Page.setWebLifecycleState", {"state": "active"})
    owner.tab.wait_for_selector("#told li:has-text('sono 0200')")
    notes = [text[-4:] for text in owner.tab.locator("#told li").all_inner_texts() if "sono" in text]
    assert notes == [f"{number:04d}" for number in range(200, -1, -1)]


def test_logged_out_is_told_apart_from_offline(browser: Chromium, page: Page) -> None:
    wire = Wire(page)
    gone = Owner(browser, page, address=wire.address)
    gone.tab.wait_for_selector("#head .badge")
    page.store.entering.leave_everywhere()
    wire.cut()
    wire.mend()
    expect(gone.tab.locator("#connection")).to_contain_text("sessão terminou")
    wire.cut()
    gone.close()


def loaded_anew(tab: Tab) -> str:
    """What it shows; nothing where its own loading, which comes by itself every few seconds, met ours."""
    try:
        tab.reload()
        return tab.content()
    except Error:
        return ""


def test_it_works_without_scripts(browser: Chromium, page: Page) -> None:
    plain = Owner(browser, page, java_script_enabled=False)
    plain.say("aumente o stop para 3%")
    until(lambda: page.script.held)
    until(lambda: "Aplicar" in loaded_anew(plain.tab))
    plain.tab.locator(".held").get_by_role("button", name="Aplicar").click()
    until(lambda: page.script.approved)
    until(lambda: "opera desde agora" in loaded_anew(plain.tab))
    plain.tab.get_by_role("link", name="Mudanças").click()
    expect(plain.tab.get_by_role("heading", level=1)).to_have_text("Mudanças")
    plain.tab.get_by_role("link", name="aumente o stop").last.click()
    expect(plain.tab.get_by_role("heading", name="A edição")).to_be_visible()
    plain.close()


def test_words_of_strangers_are_text_and_nothing_else(
    browser: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Rule names, commit texts, sentences, findings, log lines and the exchange's words: none of them is markup."""
    script = Script(
        trader=trader(bare={"ETHUSDT": PAYLOADS[0]}, pairs=["BTCUSDT", *PAYLOADS]), subject=PAYLOADS[1],
        changes=[brief(f"1a2b3c4{place}", payload, State.REJECTED, reason=payload, owner=payload, summary=payload)
                 for place, payload in enumerate(PAYLOADS)],
        reasons=[samples.reason("BTCUSDT", "rule", payload) for payload in PAYLOADS],
    )  # fmt: skip
    with Page(tmp_path_factory.mktemp("data"), script) as page:
        stranger = Owner(browser, page)
        for payload in PAYLOADS:
            page.client().act("/say", text=payload.replace("\u0000", ""))
            said = (
                FaultTold(cause="feed_lost", subject=payload, detail=payload),
                Said(text=payload),
                Note(text=payload),
            )
            page.tell(*said)
        stranger.tab.wait_for_selector(f"#told li:nth-child({3 * len(PAYLOADS)})")
        for path in (
            "",
            "history",
            "changes/1a2b3c40",
            "changes/1a2b3c42",
            "why",
            "orders/s1-1-abc",
            "backtests",
            "logs",
        ):
            stranger.tab.goto(f"{page.address}/{path}")
            assert stranger.tab.evaluate("window.hit") is None, path
            assert stranger.tab.locator("main :is(iframe, svg, img, math, script, [hx-get])").count() == 0, path
            assert "\u202e" not in stranger.tab.content()
        assert stranger.heard == []
        stranger.close()


WIDE = {"viewport": {"width": 1280, "height": 900}}
CHIEF = ("/", "/changes/1a2b3c4d")
OTHERS = ("/trades/1", "/settings", "/login", "/history", "/trades", "/why",
          "/orders/s1-1-abc", "/orders", "/charts", "/backtests", "/backtests/1a2b3c4d",
          "/logs", "/sure/panic", "/nowhere", "/api/v1/docs")  # fmt: skip


def looked_over(browser: Chromium, page: Page, paths: tuple[str, ...], language: str, **how: Any) -> list[Any]:
    """What axe-core finds on those pages, and which of them are wider than the screen."""
    page.do(lambda: page.site.line.ask(Question(do="change", text="stop 3%", holds=True), lambda _: None))
    reader, found = Owner(browser, page, language=language, **how), []
    for path in paths:
        reader.tab.goto(page.address + path)
        if path == "/":
            reader.tab.wait_for_selector(".held")
        told = Axe().run(reader.tab).response["violations"]
        found += [(path, each["impact"], each["id"], each["nodes"][0]["html"][:120]) for each in told]
        if (width := reader.tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")) > 0:
            found.append((path, "too wide", str(width), ""))
    reader.close()
    return found


def test_nobody_is_shut_out(browser: Chromium, page: Page) -> None:
    """The rules of axe-core on the chief pages, wide in the light and on a phone in the dark."""
    found = looked_over(browser, page, CHIEF[:1], "pt", color_scheme="light", **WIDE)
    assert [*found, *looked_over(browser, page, CHIEF, "en", color_scheme="dark", **PHONE)] == []


@pytest.mark.long
@pytest.mark.parametrize("how", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out_of_any_page(browser: Chromium, page: Page, how: dict[str, Any], scheme: str) -> None:
    assert looked_over(browser, page, (*CHIEF, *OTHERS), "pt", color_scheme=scheme, **how) == []


def test_the_keyboard_reaches_everything(owner: Owner) -> None:
    tab = owner.tab
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.textContent.trim()"))
    assert {"Pausar", "Pânico…", "Dizer", "Voltar atrás", "Sair"} <= reached


def test_a_reader_sees_no_button_that_does_something(browser: Chromium, page: Page) -> None:
    reader = Owner(browser, page, role="reader")
    expect(reader.tab.locator("#head .badge").first).to_be_visible()
    assert reader.tab.locator("main button, main form").count() == 0
    assert reader.tab.locator("a[href^='/sure']").count() == 0
    reader.close()
