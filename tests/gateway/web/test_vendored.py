"""What others made is in the house as they made it, with their licence beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

VENDOR = Path(__file__).parents[3] / "services/gateway/web/static/vendor"


def test_every_file_is_the_one_that_was_taken_in() -> None:
    listed = dict(reversed(line.split("  ")) for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    found = {str(file.relative_to(VENDOR)): file for file in VENDOR.rglob("*") if file.is_file()}
    del found["SHA256SUMS"]
    assert {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in found.items()} == listed


def test_each_has_its_licence_and_the_charts_their_notice() -> None:
    folders = [each for each in VENDOR.iterdir() if each.is_dir()]
    assert sorted(each.name for each in folders) == ["htmx", "htmx-ext-sse", "lightweight-charts"]
    assert all((each / "LICENSE").stat().st_size > 100 for each in folders)
    assert "TradingView" in (VENDOR / "lightweight-charts" / "NOTICE").read_text(encoding="utf-8")
    assert "tradingview.com" in (VENDOR.parents[1] / "templates/base.html").read_text(encoding="utf-8")
