"""A yes between two places and two lives of the page: it is for what was shown, and is given once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from core.contracts.answers import Said
from core.contracts.plan import Action
from tests.gateway.web.commander import Script
from tests.gateway.web.house import Browser, Page, until

TOKEN = re.compile(r'formaction="/changes/held0001/approve" name="token" value="([^"]+)"')
SENTENCE = "aumente o stop para 3%"


def token_on(owner: Browser) -> str:
    """Of the button that its page has."""
    return str(until(lambda: TOKEN.findall(owner.get("/").text))[0])


def test_a_form_is_answered_once_the_commander_has_it(tmp_path: Path) -> None:
    """Else a gateway that is killed in between loses what its owner was told is done."""
    with Page(tmp_path) as page:
        owner = page.client()
        for number in range(8):
            text = f"quanto é {number}?"
            assert owner.act("/say", text=text).status_code == 303
            assert [asked.text for asked in page.script.acts("change")][-1] == text


def test_a_yes_of_before_a_restart_is_for_what_was_shown_then(tmp_path: Path) -> None:
    script = Script()
    with Page(tmp_path, script) as page:
        owner = page.client()
        owner.act("/say", text=SENTENCE)
        cookie, token = owner.http.cookies["sorte_session"], token_on(owner)
    script.held["held0001"] = shown = msgspec.structs.replace(script.held["held0001"], hash="77" * 32)
    with Page(tmp_path, script) as page:
        owner = Browser(page)
        owner.http.cookies.set("sorte_session", cookie, domain="127.0.0.1")
        owner.act("/changes/held0001/approve", token=token)  # at once: nobody has looked at the new page yet
        until(lambda: script.acts("approve"))
        assert script.acts("approve")[0].hash != shown.hash  # which the commander refuses
        assert script.approved == []
        assert owner.act("/changes/held0001/approve", token=token).status_code == 409
        assert owner.act("/changes/held0001/approve", token=token_on(owner)).status_code == 303
        until(lambda: script.approved == [("held0001", shown.hash)])


def test_of_many_who_press_at_once_in_two_places_one_is_heard(tmp_path: Path) -> None:
    with Page(tmp_path) as page:
        owner = page.client()
        owner.act("/say", text=SENTENCE)
        token, browsers = token_on(owner), [page.client() for _ in range(6)]
        with ThreadPoolExecutor(len(browsers)) as pool:
            press = lambda each: each.act("/changes/held0001/approve", token=token).status_code  # noqa: E731
            answers = list(pool.map(press, browsers))
        assert sorted(answers) == [303] + [409] * 5
        until(lambda: page.script.approved)
        assert len(page.script.acts("approve")) == 1


def test_a_reader_is_shown_nothing_that_acts(tmp_path: Path) -> None:
    with Page(tmp_path) as page:
        owner, reader = page.client(), page.client("reader")
        owner.act("/say", text=SENTENCE)
        token = token_on(owner)
        for path in ("/", "/changes/1a2b3c4d", "/history", "/api/v1/held", "/api/v1/health", "/settings"):
            assert token not in reader.get(path).text, path
        assert reader.get("/changes/held0001/sure").status_code == 403
        for path, said in (("say", {"text": "pausa"}), ("changes/held0001/approve", {"hash": "5f" * 32})):
            headers = {"Origin": page.address, "X-CSRF-Token": reader.csrf}
            assert reader.http.post(f"/api/v1/{path}", json=said, headers=headers).status_code == 403, path
        assert page.script.approved == []


def test_a_deed_in_a_sentence_is_asked_about_on_a_page_of_its_own(tmp_path: Path) -> None:
    with Page(tmp_path) as page:
        owner = page.client()
        for args, place in (({}, "/sure/resume"), ({"pair": 'BTC"><b>'}, "/sure/close?pair=BTC%22%3E%3Cb%3E")):
            name = "resume" if place.endswith("resume") else "close"
            page.script.said = Said(text="Mesmo?", done=False, action=Action(name, args))
            owner.act("/say", text=f"faça {name}")
            until(lambda place=place: f'href="{place}"' in owner.get("/").text)
        assert page.script.acts("resume") == page.script.acts("close") == []
