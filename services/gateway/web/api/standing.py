"""What this process knows by itself: how everything is, what is set, the newest lines of the log, and its version."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from core.contracts.answers import LogsShown
from core.telemetry.process import folder_of
from core.telemetry.reading import Follower, Wanted
from services.gateway.web.api.answering import answered, answers
from services.gateway.web.pages.looking import in_force
from services.gateway.web.visitor import site_of, visitor

router = APIRouter(prefix="/api/v1", tags=["Look"])
MOST_LINES: Final = 200


class ProcessIs(msgspec.Struct, frozen=True):
    """One process or part of ours."""

    name: str
    well: bool | None  # null while nobody knows
    since_ns: int
    said: str  # a short code; empty while there is nothing to be known


class Health(msgspec.Struct, frozen=True, tag_field="kind", tag="health"):
    """Each process, whether the commander is heard, and how old what is known of each pair is."""

    deaf: bool
    stopped: str  # killed, closing or paused; empty while the owner has stopped nothing
    status_age_seconds: float | None
    feed_age_seconds: dict[str, float]
    processes: list[ProcessIs]


class SettingsShown(msgspec.Struct, frozen=True, tag_field="kind", tag="settings"):
    """Every setting that this process was told of, by its key; secrets are stars."""

    settings: dict[str, str]


class VersionShown(msgspec.Struct, frozen=True, tag_field="kind", tag="version"):
    """Of Sorte."""

    version: str


KINDS: Final = (Health, SettingsShown, VersionShown, LogsShown)
"""Of the answers below."""


@router.get("/health", responses=answers(Health), response_model=None)
async def health(request: Request) -> Response:
    """How each process is; answered with the commander away, too."""
    visitor(request)
    now = site_of(request).pictures.current
    trader = now.status.trader if now.status is not None else None
    ages = trader.feed_age_seconds if trader is not None else msgspec.UNSET
    since = now.age_seconds(now.status_ns)
    processes = [ProcessIs(each.name, each.well, each.since_ns, each.said) for each in now.processes]
    known = {} if isinstance(ages, msgspec.UnsetType) else {pair: age + (since or 0.0) for pair, age in ages.items()}
    return answered(Health(now.deaf, now.stopped, since, known, processes))


@router.get("/settings", responses=answers(SettingsShown), response_model=None)
async def settings(request: Request) -> Response:
    """What is set; secrets are stars."""
    visitor(request)
    return answered(SettingsShown(dict(in_force(site_of(request).settings))))


@router.get("/logs", responses=answers(LogsShown), response_model=None)
async def logs(request: Request, limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 20) -> Response:
    """The newest lines of the log, the oldest of them first; from the files, with the commander away too."""
    visitor(request)
    folder = folder_of(site_of(request).settings.data_dir)
    lines = await asyncio.to_thread(Follower([folder], Wanted(level="info")).newest, limit)
    return answered(LogsShown(lines=lines))


@router.get("/version", responses=answers(VersionShown), response_model=None)
async def its_version(request: Request) -> Response:
    """Which version runs."""
    visitor(request)
    return answered(VersionShown(version("sorte")))
