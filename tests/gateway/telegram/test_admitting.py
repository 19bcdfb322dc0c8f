"""Only a listed person in a listed chat is heard, by what he wrote himself, as he first sent it, and not long ago."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.telegram.admitting import Access, Command, Heard, Ignored, Pressed, Unheard, Words, admit
from services.gateway.telegram.buttons import Button, Verb, read_data
from services.gateway.telegram.updates import read_update
from tests.gateway.telegram.forged import (
    ACCESS,
    ELSEWHERE,
    GROUP,
    HOME,
    NAME,
    NOW,
    OWNER,
    PARTNER,
    STRANGER,
    forged,
    message,
    press,
)


def heard(update: dict[str, Any], access: Access = ACCESS, **more: Any) -> Heard:
    return admit(read_update({"update_id": 1, **update}), access, NAME, NOW, **more)


def test_nothing_forged_second_hand_or_stale_is_heard() -> None:
    cases = list(forged())
    accepted = [name for name, update in cases if not isinstance(heard(update), Ignored)]
    assert not accepted
    assert len(cases) >= 200


def test_with_a_list_empty_nobody_is_heard() -> None:
    for users, chats in (((), (HOME,)), ((OWNER,), ()), ((), ())):
        access = Access(frozenset(users), frozenset(chats))
        assert isinstance(heard({"message": message()}, access), Ignored)
        assert isinstance(heard({"callback_query": press()}, access), Ignored)


def test_who_is_listed_is_heard() -> None:
    match heard({"message": message(text="/Status now please")}):
        case Command(place, "status", "now please"):
            assert (place.user, place.chat, place.message) == (OWNER, HOME, 7)
        case other:
            pytest.fail(str(other))
    assert isinstance(heard({"message": message(PARTNER, GROUP, "stop 3%")}), Words)
    assert heard({"message": message(text=f"/why@{NAME.upper()} BTC")}) == heard({"message": message(text="/why BTC")})
    assert heard({"message": message(text="/why@other_bot")}) == Ignored(Unheard.ELSEWHERE)
    for age in (0, 60, -60):
        assert isinstance(heard({"message": message(date=NOW - age)}), Command)


def test_one_of_ours_is_told_why_and_a_stranger_is_not() -> None:
    for odd, why in (
        ({"date": NOW - 61}, Unheard.STALE),
        ({"edit_date": NOW}, Unheard.EDITED),
        ({"forward_date": NOW - 9}, Unheard.FORWARDED),
        ({"via_bot": {"id": 9}}, Unheard.VIA_BOT),
        ({"text": ""}, Unheard.EMPTY),
    ):
        match heard({"message": message(**odd)}):
            case Ignored(found, place):
                assert found is why
                assert place is not None
            case other:
                pytest.fail(f"{odd}: {other}")
        assert heard({"message": message(STRANGER, **odd)}) == Ignored(Unheard.STRANGER, user=STRANGER)
    assert heard({"message": message(chat=ELSEWHERE)}) == Ignored(Unheard.STRANGER, user=OWNER)


def test_a_press_that_may_be_old_is_not_believed() -> None:
    assert isinstance(heard({"callback_query": press()}, deaf_seconds=60), Pressed)
    match heard({"callback_query": press()}, deaf_seconds=61):
        case Ignored(Unheard.STALE, press="p"):
            pass
        case other:
            pytest.fail(str(other))


def test_a_topic_of_a_forum_is_kept_and_the_thread_of_a_reply_is_not() -> None:
    for topic, thread in ((True, 5), (False, None)):
        place = heard({"message": message(chat=GROUP, message_thread_id=5, is_topic_message=topic)})
        assert isinstance(place, Command)
        assert place.place.thread == thread


def test_an_update_without_a_number_is_refused_and_no_other_is_lost() -> None:
    with pytest.raises(ValueError, match="no update"):
        read_update({"message": message()})
    assert read_update({"update_id": 5, "message": "nonsense"}).message is None


def test_what_a_button_carries_is_read_back_and_nothing_else_is() -> None:
    for verb in Verb:
        for argument in ("0123456789abcdef", "profit week", "x" * 62):
            assert read_data(Button("b", verb, argument).data) == (verb, argument)
    for data in (
        "",
        "s",
        "s:",
        "x:status",
        "g:" + "x" * 63,
        "s: status",
        "s:st\natus",
        "s:ação",
        "S:status",
        ":status",
    ):
        assert read_data(data) is None, data
    for argument in ("", "x" * 63, "linha\n", "ação"):
        with pytest.raises(ValueError, match="cannot carry"):
            Button("b", Verb.SHOW, argument)
