"""What the owner set: settings and limits files, the database, the exchange. Only read, and only what is configured."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.checkup.finding import Finding, State

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.settings import Settings

EXCHANGE_SECONDS: Final = 5.0
MS: Final = 1000.0


def settings_files() -> Finding:
    """`sorte.toml` and `limits.toml` of this folder."""
    from core.settings import SETTINGS_FILE
    from core.settings.checking import FileSettings, faults_of
    from services.trader.limits import Limits

    files: dict[Path, type[BaseModel]] = {SETTINGS_FILE: FileSettings, Path("limits.toml"): Limits}
    faults = [str(fault) for file, model in files.items() if file.exists() for fault in faults_of(file, model)]
    if faults:
        return Finding("settings", State.FAIL, "settings_faulty", {"count": len(faults), "first": faults[0]})
    there = [file.name for file in files if file.exists()]
    return Finding("settings", State.OK, "settings" if there else "settings_none", {"files": ", ".join(there)})


def database(settings: Settings) -> Finding:
    """Whether the records can be read; an SQLite file that is not there yet is made by the first start."""
    url = settings.database_url.get_secret_value()
    if url:
        return _server(url)
    file = settings.data_dir / "sorte.sqlite"
    if not file.exists():
        return Finding("database", State.OK, "database_none")
    try:
        with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as opened:
            (told,) = opened.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return Finding("database", State.FAIL, "database_fails", {"why": str(error)})
    if told != "ok":
        return Finding("database", State.FAIL, "database_fails", {"why": told})
    return Finding("database", State.OK, "database", {"kind": "SQLite"})


def _server(url: str) -> Finding:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(url)
        with contextlib.closing(engine.connect()) as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()
    except (SQLAlchemyError, ImportError, ValueError) as error:  # what they say may hold the address
        return Finding("database", State.FAIL, "database_fails", {"why": type(error).__name__})
    return Finding("database", State.OK, "database", {"kind": engine.dialect.name})


def exchange(settings: Settings) -> tuple[Finding, float | None]:
    """Whether the exchange answers, where one is configured; and how far its clock is from ours, in milliseconds."""
    from core.settings import ExchangeSettings

    set_to = settings.exchange
    if set_to.api_key is None and set_to.rest_url == ExchangeSettings().rest_url:
        return Finding("exchange", State.OFF, "exchange_off"), None
    import httpx

    begun = time.time()
    try:
        answer = httpx.get(f"{set_to.rest_url}/api/v3/time", timeout=EXCHANGE_SECONDS, follow_redirects=False)
        answer.raise_for_status()
        theirs = float(answer.json()["serverTime"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        return Finding("exchange", State.FAIL, "exchange_fails", {"why": type(error).__name__}), None
    ended = time.time()
    facts = {"ms": round((ended - begun) * MS)}
    return Finding("exchange", State.OK, "exchange", facts), theirs - (begun + ended) / 2 * MS
