"""Named histories of deaths: who decides after each, whose turns fall to whom, and what is started."""

from __future__ import annotations

import itertools

import pytest

from services.trader.succession import Death, Roles, Succession, after_death

FAILED, RETIRED, UNFIT = Death.FAILED, Death.RETIRED, Death.UNFIT


class Host:
    """One that is nothing but itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


A, B, C, D = map(Host, "ABCD")


# The deaths of blue ---------------------------------------------------------------------------------------------------


def test_the_previous_host_takes_blues_slot_and_turns_and_gets_a_spare_of_its_own_release() -> None:
    after = after_death(Roles(blue=A, previous=B), A, FAILED)
    assert after == Succession(Roles(blue=B), decides=B, falls_to=B, starts=B)


def test_a_blue_host_that_dies_alone_is_started_again_and_until_then_nobody_decides() -> None:
    assert after_death(Roles(blue=A), A, FAILED) == Succession(Roles(), starts=A)


def test_what_was_gone_back_from_decides_nothing_when_blue_dies_beside_it() -> None:
    after = after_death(Roles(blue=A, previous=B, left=B), A, FAILED)
    assert after == Succession(Roles(previous=B, left=B), starts=A)


def test_a_blue_host_that_does_not_compile_is_followed_and_not_started_again() -> None:
    after = after_death(Roles(blue=A, previous=B), A, UNFIT)
    assert after == Succession(Roles(blue=B), decides=B, falls_to=B, gives_up=True)


def test_a_blue_host_that_is_retired_is_followed_without_another_epoch_or_start() -> None:
    after = after_death(Roles(blue=A, previous=B), A, RETIRED)
    assert after == Succession(Roles(blue=B), falls_to=B)


def test_a_retired_blue_host_leaves_its_slot_even_to_what_was_gone_back_from() -> None:
    after = after_death(Roles(blue=A, previous=B, left=B), A, RETIRED)
    assert after == Succession(Roles(blue=B, left=B), falls_to=B)


def test_green_stays_staged_when_blue_dies() -> None:
    after = after_death(Roles(blue=A, green=C, previous=B), A, FAILED)
    assert after.roles == Roles(blue=B, green=C)


# The deaths of the others ---------------------------------------------------------------------------------------------


def test_the_previous_host_is_started_again() -> None:
    assert after_death(Roles(blue=A, previous=B), B, FAILED) == Succession(Roles(blue=A), starts=B)


def test_what_was_gone_back_from_is_followed_by_a_spare_of_what_decides() -> None:
    after = after_death(Roles(blue=A, previous=B, left=B), B, FAILED)
    assert after == Succession(Roles(blue=A, left=B), starts=A)


def test_what_was_gone_back_from_is_started_again_while_nobody_decides() -> None:
    after = after_death(Roles(previous=B, left=B), B, FAILED)
    assert after == Succession(Roles(left=B), starts=B)


@pytest.mark.parametrize("death", Death)
def test_the_death_of_green_changes_nothing_but_its_slot(death: Death) -> None:
    after = after_death(Roles(blue=A, green=C, previous=B, left=B), C, death)
    assert after == Succession(Roles(blue=A, previous=B, left=B))


def test_a_host_without_a_slot_that_fails_is_asked_for_again_where_there_is_room() -> None:
    """`Slots` starts nothing while both slots are taken; a retry that waited may have filled one."""
    assert after_death(Roles(blue=A, previous=B), D, FAILED) == Succession(Roles(blue=A, previous=B), starts=D)


def test_a_host_without_a_slot_that_was_retired_leaves_nothing_behind() -> None:
    assert after_death(Roles(blue=A, previous=B), D, RETIRED) == Succession(Roles(blue=A, previous=B))


# Histories ------------------------------------------------------------------------------------------------------------


def history(roles: Roles[Host], *deaths: Host) -> list[tuple[Host | None, str]]:
    """Who decides after each failure, and what was started; it is warm before the next one dies."""
    found = []
    for dead in deaths:
        after = after_death(roles, dead, FAILED)
        spare = Host(f"another {after.starts}")
        found.append((after.roles.blue, str(spare)))
        blue, previous = after.roles.blue or spare, spare if after.roles.blue else after.roles.previous
        roles = Roles(blue, after.roles.green, previous, after.roles.left)
    return found


def test_a_release_that_is_switched_to_and_dies_gives_way_to_the_one_before_for_good() -> None:
    """B traded, A was switched to. A dies: B decides, and its spare is another B. Then B dies: the spare decides."""
    first, second = history(Roles(blue=A, previous=B), A, B)
    assert first == (B, "another B")
    assert str(second[0]) == "another B"
    assert second[1] == "another another B"


def test_a_rollback_whose_target_dies_waits_for_it_and_never_returns_to_what_was_left() -> None:
    """The owner went back from B to A. A dies twice: each time A is started again, and B decides nothing."""
    roles = Roles(blue=A, previous=B, left=B)
    after = after_death(roles, A, FAILED)
    assert (after.roles.blue, after.starts) == (None, A)
    again = Host("A'")
    after = after_death(Roles(blue=again, previous=B, left=B), again, FAILED)
    assert (after.roles.blue, after.starts) == (None, again)


def test_a_shadow_run_that_ends_in_a_switch_retires_the_release_before_the_last() -> None:
    """A traded, B was switched to, C is: A is retired when C takes over, and nothing is started for it."""
    after = after_death(Roles(blue=C, previous=B), A, RETIRED)
    assert after == Succession(Roles(blue=C, previous=B))


# Whatever happens -----------------------------------------------------------------------------------------------------


ALL_ROLES = [
    Roles(blue, green, previous, left)
    for blue, green, previous, left in itertools.product((None, A), (None, C), (None, B), (None, A, B))
]


@pytest.mark.parametrize("death", Death)
@pytest.mark.parametrize("dead", [A, B, C, D])
def test_the_dead_hold_no_slot_and_what_was_left_never_decides_after_a_failure(dead: Host, death: Death) -> None:
    for roles in ALL_ROLES:
        after = after_death(roles, dead, death)
        assert dead not in (after.roles.blue, after.roles.green, after.roles.previous)
        assert after.decides in (None, after.roles.blue)
        assert not (after.gives_up and after.starts)
        if death is not RETIRED and after.roles.blue is not roles.blue:
            assert after.roles.blue is None or after.roles.blue is not roles.left
        if death is not FAILED:
            assert after.starts is None
