"""The page: first paint, how soon an event is seen, what a hundred open pages cost the trader, and memory."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import time

from bench.figure import Figure, at_most
from bench.gateway.browsing import live
from bench.gateway.world import World, between, percentile, resident_mb
from core.contracts.asking import Question

LOADS = 15
PAUSES = 10
OPEN_PAGES = 100
PAIRS = 8
PAIR_SECONDS = 6.0
CHROMIUM = shutil.which("chromium")
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


async def measure(world: World) -> list[Figure]:
    """All of them, on one world."""
    figures = [await _answered(world), *await _painted(world), await _seen(world)]
    figures.append(Figure("gateway, with a bot and a page", resident_mb(world.gateway), "MB", at_most(150)))
    figures.append(await _crowd(world))
    note = f"after {OPEN_PAGES} pages were open {PAIRS} times"
    figures.append(Figure("and in the end", resident_mb(world.gateway), "MB", at_most(150), note))
    return figures


async def _answered(world: World) -> Figure:
    times = []
    for _ in range(LOADS):
        began = time.perf_counter()
        answer = await world.page.get("/")
        times.append((time.perf_counter() - began) * 1e3)
        answer.raise_for_status()
    return Figure("the page is answered", statistics.median(times), "ms", note=f"median of {LOADS}")


async def _painted(world: World) -> list[Figure]:
    """In a real browser, where the system has one."""
    if CHROMIUM is None:
        return []
    from playwright.async_api import async_playwright

    times = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(base_url=str(world.page.base_url))
        cookies = [
            {"name": name, "value": value, "url": str(world.page.base_url)}
            for name, value in world.page.cookies.items()
        ]
        await context.add_cookies(cookies)  # type: ignore[arg-type]  # a list of its typed dictionaries
        for _ in range(LOADS):
            page = await context.new_page()
            await page.goto("/")
            await page.wait_for_function(PAINTED)
            times.append(float(await page.evaluate(PAINTED)))
            await page.close()
        await browser.close()
    return [Figure("first paint", statistics.median(times), "ms", at_most(300), f"Chromium, median of {LOADS}")]


async def _seen(world: World) -> Figure:
    """A pause is said on the command line's road; until an open page is told that trading is paused."""
    times = []
    async with live(world.page) as page:
        for turn in range(PAUSES):
            await _quiet(page.lines)
            began = time.perf_counter()
            await world.line.ask(Question(do="resume" if turn % 2 else "pause"), lambda _: None)
            await asyncio.wait_for(page.lines.get(), 10.0)
            times.append((time.perf_counter() - began) * 1e3)
    return Figure("an event is seen on an open page", statistics.median(times), "ms", at_most(500), f"of {PAUSES}")


async def _quiet(lines: asyncio.Queue[str]) -> None:
    """Until nothing has come for a moment."""
    with contextlib.suppress(TimeoutError):
        while True:
            await asyncio.wait_for(lines.get(), 0.4)


async def _crowd(world: World) -> Figure:
    """The trader's p99 with a hundred open pages over that without one, in turns."""
    ratios = []
    for _ in range(PAIRS):
        alone = await _p99(world)
        async with contextlib.AsyncExitStack() as pages:
            for _ in range(OPEN_PAGES):
                await pages.enter_async_context(live(world.page))
            ratios.append(await _p99(world) / alone)
    note = f"median of {PAIRS} pairs in turns, {min(ratios):.2f} to {max(ratios):.2f}"
    return Figure("trader's p99 with 100 open pages", statistics.median(ratios), "x", at_most(1.25), note)


async def _p99(world: World) -> float:
    before = await world.trader()
    await asyncio.sleep(PAIR_SECONDS)
    after = await world.trader()
    return percentile(between(before.latency_counts, after.latency_counts), 0.99)
