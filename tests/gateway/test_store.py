"""What the gateway keeps is there after a restart, works once where it should, and is nobody else's to read."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from services.gateway.store import Store, opened
from services.gateway.store.entering import LINK_NS, SESSION_NS
from services.gateway.store.opening import NAME
from services.gateway.store.pairing import CODE_NS, Paired, Pairing
from services.gateway.store.samples import KEPT_NS, MINUTE_NS, Sample

NOW = 10**18


def test_an_update_is_taken_once_over_restarts_and_its_answer_is_known_to_be_missing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert (store.updates.take(41, NOW), store.updates.take(41, NOW), store.updates.take(42, NOW)) == (
            True,
            False,
            True,
        )
        store.updates.done(41, NOW)
    with opened(tmp_path) as store:
        assert (store.updates.newest, list(store.updates.undone()), store.updates.take(42, NOW)) == (42, [42], False)


def test_of_many_who_take_an_update_at_once_one_does(tmp_path: Path) -> None:
    with opened(tmp_path) as store, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: store.updates.take(7, NOW), range(24))).count(True) == 1


def test_a_login_link_works_once_and_not_for_long(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        token = store.entering.make_link(NOW, owner="ana")
        session = store.entering.enter(token, NOW)
        assert session is not None
        assert store.entering.enter(token, NOW) is None
        late = store.entering.make_link(NOW, owner="ana")
        assert store.entering.enter(late, NOW + LINK_NS) is None
        assert store.entering.enter(late, NOW) is None  # and not any more after that
        assert store.entering.enter("guessed", NOW) is None
    with opened(tmp_path) as store:
        found = store.entering.session(session, NOW)
        assert found is not None
        assert (found.role, found.owner) == ("owner", "ana")
        assert store.entering.session(session, NOW + SESSION_NS) is None
        assert store.entering.session(session, NOW) is None


def test_who_leaves_is_out_and_no_token_lies_in_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        link = store.entering.make_link(NOW, owner="ana", role="reader")
        session = store.entering.enter(store.entering.make_link(NOW, owner="ana"), NOW)
        assert session is not None
        kept = b"".join(file.read_bytes() for file in tmp_path.glob(f"{NAME}*"))
        assert link.encode() not in kept
        assert session.encode() not in kept
        store.entering.leave(session)
        assert store.entering.session(session, NOW) is None
        other = store.entering.enter(link, NOW)
        assert store.entering.leave_everywhere() == 1
        assert store.entering.session(other or "", NOW) is None


def test_a_pairing_code_is_typed_once(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        now = NOW

        store.pairing = Pairing(store.engine, lambda: now)
        assert not store.pairing.waits
        code = store.pairing.make(NOW)
        assert store.pairing.waits
        assert not store.pairing.typed("WRONG", Paired(7, "Ana", 7), NOW)
        assert not store.pairing.typed(code, Paired(7, "Ana", 7), NOW + CODE_NS)
        now += CODE_NS
        assert not store.pairing.waits
        now = NOW
        assert store.pairing.paired(code) is None
        assert store.pairing.typed(f" {code.lower()} ", Paired(7, "Ana", 7), NOW)
        assert not store.pairing.typed(code, Paired(8, "Eve", 8), NOW)
        assert store.pairing.paired(code) == Paired(7, "Ana", 7)
        assert not store.pairing.waits


def test_the_accounts_worth_is_kept_by_the_minute(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        start = NOW - NOW % MINUTE_NS
        for step, equity in enumerate((100.0, 101.0, 99.0)):
            store.samples.add(Sample(start + step * MINUTE_NS // 2, equity, "tree"))
        assert store.samples.since(0) == [Sample(start, 101.0, "tree"), Sample(start + MINUTE_NS, 99.0, "tree")]
        store.samples.add(Sample(start + KEPT_NS + 2 * MINUTE_NS, 1.0, "tree"))
        assert len(store.samples.since(0)) == 1


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    with opened(tmp_path):
        assert not stat.S_IMODE((tmp_path / NAME).stat().st_mode) & 0o077


def test_a_file_that_is_no_database_is_set_aside_and_a_newer_one_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"this is no database, but it is long enough to be looked at" * 100)
    with opened(tmp_path) as store:
        assert store.updates.take(1, NOW)
        store.engine.dispose()
        assert len(list(tmp_path.glob(f"damaged-*-{NAME}"))) == 1
        with store.engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA user_version = 99")
    with pytest.raises(ConfigurationError, match="newer Sorte"):
        Store(tmp_path)
