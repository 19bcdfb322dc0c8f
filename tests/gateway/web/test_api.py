"""The JSON interface keeps what its OpenAPI document says, and does what the page does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from services.gateway.telegram.commands import COMMANDS
from tests.gateway.web.house import TLS, Page, post, request

AS = {"show": "changes", "gates": "changes", "chart": "equity", "forceexit": "close", "locks": "status",
      "whitelist": "status", "blacklist": "status", "backtest": "say"}  # fmt: skip
"""Verbs of the chat that have another name here."""
DOES = {"restore": "unkill"}
ONLY_THERE = {"help", "start", "lang", "tg_info", "web", "reload_config"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page(tmp_path_factory.mktemp("data")) as served:
        yield served


def program(page: Page, role: str = "owner") -> httpx.Client:
    """One that has logged in with a link."""
    entered = post(f"{page.address}/api/v1/session", json={"code": page.link(role)})
    assert entered.status_code == 200, entered.text
    token = entered.json()["token"]
    return httpx.Client(verify=TLS, base_url=page.address, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def documented(owner: httpx.Client) -> dict[str, Any]:
    """The document as a program reads it."""
    answer = owner.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def try_all(page: Page, examples: int) -> list[str]:
    """What the document promises and the interface does not keep, with so many requests to each address."""
    import schemathesis  # here, because each worker reads this file and one runs it: a second of its time
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    kept = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.negative_data_rejection,
    ]
    owner = program(page)
    schema, wrong = schemathesis.openapi.from_dict(documented(owner)), []
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("/session/end"):
            continue  # the token of this test

        @settings(max_examples=examples, deadline=None, database=None, derandomize=True,
                  phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy())
        def keeps(case: Any) -> None:
            page.site.failures.__init__()  # type: ignore[misc]
            case.call_and_validate(base_url=page.address, headers=dict(owner.headers), checks=kept)

        try:
            keeps()
        except (AssertionError, BaseExceptionGroup) as error:
            wrong.append(f"{operation.label}: {error}"[:2000])
    return wrong


def test_every_address_keeps_what_the_document_says(page: Page) -> None:
    assert try_all(page, examples=2) == []


@pytest.mark.long
def test_every_address_keeps_it_for_many_requests(page: Page) -> None:
    assert try_all(page, examples=300) == []


def test_no_address_answers_who_has_not_logged_in(page: Page) -> None:
    said, kept = documented(program(page)), []
    for path, methods in said["paths"].items():
        for method in methods:
            place = page.address + re.sub(r"{\w+}", "1", path)
            body = {"sure": True, "pair": "BTCUSDT", "text": "a", "hash": "0" * 64, "code": "x"}
            for token in ("", "Bearer", "Bearer x", "Basic eDp4"):
                page.site.failures.__init__()  # type: ignore[misc]
                headers = {"Authorization": token, "Origin": page.address}
                kept.append(request(method, place, headers=headers, json=body).status_code in (401, 403, 422))
    assert all(kept)
    assert len(kept) > 100


def test_every_name_in_the_document_is_defined_in_it(page: Page) -> None:
    said = documented(program(page))
    named = set(re.findall(r'#/components/schemas/([^"]+)', json.dumps(said)))
    assert named <= set(said["components"]["schemas"])
    assert len(said["paths"]) >= 40


def test_each_verb_of_the_chat_has_an_address(page: Page) -> None:
    said = documented(program(page))["paths"]
    verbs = {re.split("/", path.removeprefix("/api/v1/"))[0] for path in said}
    verbs |= {path.rpartition("/")[2] for path in said if "{change}" in path}
    missing = {each.name for each in COMMANDS} - verbs - AS.keys() - ONLY_THERE
    assert missing == set()
    assert set(AS.values()) <= verbs


def test_what_the_process_knows_by_itself_is_told_with_the_commander_away(page: Page) -> None:
    owner = program(page)
    for path, has in (("health", "processes"), ("settings", "settings"), ("logs", "lines"), ("version", "version")):
        told = owner.get(f"/api/v1/{path}")
        assert (told.status_code, told.json()["kind"], has in told.json()) == (200, path, True), path
    shown = owner.get("/api/v1/settings").text
    assert "web.port" in shown
    assert owner.get("/api/v1/positions").json()["kind"] == "positions"


def test_a_program_says_a_sentence_and_lets_it_go_on(page: Page) -> None:
    owner = program(page)
    held = owner.post("/api/v1/say", json={"text": "aumente o stop para 3%"}).json()["answer"]
    assert (held["kind"], held["lines"]) == ("held", ["stop_loss: 2% -> 3%"])
    stale = owner.post(f"/api/v1/changes/{held['id']}/approve", json={"hash": "0" * 64})
    assert (stale.status_code, page.script.approved) == (409, [])
    done = owner.post(f"/api/v1/changes/{held['id']}/approve", json={"hash": held["hash"]}).json()
    assert (done["answer"]["state"], page.script.approved) == ("live", [(held["id"], held["hash"])])
    assert [step["kind"] for step in done["steps"]][-3:] == ["staged", "shadow", "switch"]
    again = owner.post(f"/api/v1/changes/{held['id']}/approve", json={"hash": held["hash"]})
    assert (again.status_code, len(page.script.approved)) == (409, 1)


def test_what_cannot_be_taken_back_is_said_twice(page: Page) -> None:
    owner = program(page)
    for deed in ("panic", "resume", "restore"):
        before = len(page.script.acts(DOES.get(deed, deed)))
        assert [owner.post(f"/api/v1/{deed}", json=said).status_code for said in ({}, {"sure": False})] == [422, 422]
        assert len(page.script.acts(DOES.get(deed, deed))) == before
        assert owner.post(f"/api/v1/{deed}", json={"sure": True}).status_code == 200


def test_a_reader_looks_and_does_nothing(page: Page) -> None:
    reader = program(page, "reader")
    assert reader.get("/api/v1/status").json()["kind"] == "status"
    assert reader.post("/api/v1/pause", json={}).status_code == 403
    assert reader.post("/api/v1/say", json={"text": "pausa"}).status_code == 403
    assert reader.post("/api/v1/session/end", json={}).json() == {"left": True}
    assert reader.get("/api/v1/status").status_code == 401


def test_a_cookie_alone_does_nothing(page: Page) -> None:
    """A script of another site can make a browser send the cookie, and never the token."""
    browser = page.client()
    headers = {"Origin": page.address}
    assert browser.http.post("/api/v1/pause", json={}, headers=headers).status_code == 403
    assert browser.http.post("/api/v1/pause", json={}).status_code == 403
    with_token = headers | {"X-CSRF-Token": browser.csrf}
    assert browser.http.post("/api/v1/pause", json={}, headers=with_token).status_code == 200


def test_the_list_of_addresses_can_be_read_without_a_script(page: Page) -> None:
    text = page.client().get("/api/v1/docs").text
    assert "/api/v1/changes/{change}/approve" in text
