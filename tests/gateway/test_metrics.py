"""`/metrics`: each figure by its name, what nobody knows left out; dashboard and alerts ask for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from core.contracts import State
from core.contracts.answers import ChangeEnded
from core.contracts.events import Event
from core.contracts.figures import Percentiles
from core.contracts.told import Step, Telling
from services.gateway.metrics import Metrics
from services.gateway.picture import Picture, Process
from services.gateway.pictures import Pictures
from tests.gateway.telegram.samples import STATUS, TRADER

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "told" / "golden"
MONITORING = ROOT / "docs" / "monitoring"
NAME = re.compile(r"\bsorte_\w+")
EVER_THERE = {"up"}
"""Made by Prometheus itself."""
NS = 1_800_000_000_000_000_000
ENDED = ChangeEnded(
    id="1a2b3c4d", state=State.ROLLED_BACK, language=None, plan=None, verdict=None, commit="", returned="",
    seconds={"total": 7.5}, events_lost=0, events_doubled=0, watch="", reason=None,
)  # fmt: skip


class Gallery:
    """Stands where pictures are made: a picture that a test sets, and who hears."""

    def __init__(self, picture: Picture) -> None:
        self.current = picture
        self.hearers: list[Any] = []

    def hear(self, hear: Any) -> None:
        self.hearers.append(hear)

    def tell(self, told: Telling) -> None:
        for hear in self.hearers:
            hear(told)


def told() -> Iterator[Telling]:
    """Every kind of line that the commander has ever told, once."""
    decoder = msgspec.json.Decoder(Event | Step)  # type: ignore[arg-type]
    for name in ("events", "socket_with_a_trader"):
        for line in (GOLDEN / f"{name}.jsonl").read_bytes().splitlines():
            try:
                yield decoder.decode(line)
            except msgspec.ValidationError:  # an answer
                continue
    yield ENDED


def whole() -> tuple[Gallery, Metrics]:
    """A picture with everything on it, and everything told."""
    trader = msgspec.structs.replace(
        TRADER,
        drawdown=0.02,
        feed_age_seconds={"BTCUSDT": 0.5, "ETHUSDT": 90.0},
        order_latency_us=Percentiles(p50=120, p99=400),
    )
    processes = (Process("trader", True, NS, pid=7), Process("commander", False, NS, said="away"))
    picture = Picture(
        number=1, time_ns=NS + 2 * 10**9, status=msgspec.structs.replace(STATUS, trader=trader), status_ns=NS,
        deaf=False, processes=processes, events_per_second=12.5, decisions_per_second=0.5, paused=True,
    )  # fmt: skip
    gallery = Gallery(picture)
    metrics = Metrics(cast(Pictures, gallery))
    for each in told():
        gallery.tell(each)
    metrics.text()
    gallery.current = replace(picture, processes=(Process("trader", True, NS, pid=8), *processes[1:]))
    return gallery, metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_picture_is_shown_figure_by_figure() -> None:
    found = samples(whole()[1])
    expected = {
        ("sorte_equity", ()): 10234.56,
        ("sorte_cash", ()): 8000.0,
        ("sorte_drawdown_ratio", ()): 0.02,
        ("sorte_events_total", ()): 123456,
        ("sorte_status_age_seconds", ()): 2.0,
        ("sorte_paused", ()): 1,
        ("sorte_deaf", ()): 0,
        ("sorte_events_per_second", ()): 12.5,
        ("sorte_open_positions", ()): 2,
        ("sorte_feed_age_seconds", (("pair", "ETHUSDT"),)): 92.0,  # and the figures are two seconds old
        ("sorte_position_protected", (("pair", "1000SATSUSDT"),)): 0,
        ("sorte_position_value", (("pair", "BTCUSDT"),)): pytest.approx(653.215),
        ("sorte_trading", (("state", "active"),)): 1,
        ("sorte_trading", (("state", "halted"),)): 0,
        ("sorte_up", (("process", "commander"),)): 0,
        ("sorte_up", (("process", "trader"),)): 1,
        ("sorte_release_info", (("commit", "a" * 12), ("mode", "paper"), ("tree", "a" * 12))): 1,
        ("sorte_decision_latency_seconds_bucket", (("le", "5e-05"),)): 0,
        ("sorte_decision_latency_seconds_bucket", (("le", "0.0001"),)): 3,
        ("sorte_decision_latency_seconds_count", ()): 3,
        ("sorte_decision_latency_seconds_sum", ()): pytest.approx(255e-6),
    }
    assert {key: found.get(key) for key in expected} == expected


def test_what_is_told_is_counted() -> None:
    gallery, metrics = whole()
    before = samples(metrics)
    for each in told():
        gallery.tell(each)
    after = samples(metrics)
    counted = {name for (name, labels), value in after.items() if value > before.get((name, labels), 0.0)}
    assert counted >= {
        *("sorte_sentences_total", "sorte_changes_total", "sorte_rollbacks_total", "sorte_releases_total"),
        *("sorte_switches_total", "sorte_gates_total", "sorte_gate_seconds_count", "sorte_builds_total"),
        *("sorte_inferences_total", "sorte_inference_seconds_count", "sorte_faults_told_total"),
        *("sorte_orders_denied_total", "sorte_orders_rejected_total", "sorte_trades_total"),
    }
    assert after["sorte_restarts_total", (("process", "trader"),)] == 1
    assert after["sorte_rollbacks_total", (("by", "owner"),)] == 2


def test_what_nobody_knows_is_left_out() -> None:
    metrics = Metrics(cast(Pictures, Gallery(Picture(time_ns=NS))))
    names = {name for name, _ in samples(metrics)}
    assert "sorte_deaf" in names
    assert not names & {"sorte_equity", "sorte_events_total", "sorte_status_age_seconds", "sorte_feed_age_seconds"}


def exposed() -> set[str]:
    """Every name that can be asked for."""
    return {name for name, _ in samples(whole()[1])}


def expressions(found: Any) -> Iterator[str]:
    """Every query of a file, wherever it stands."""
    if isinstance(found, dict):
        for name, value in found.items():
            if name in ("expr", "query") and isinstance(value, str) and value != "prometheus":
                yield value
            else:
                yield from expressions(value)
    elif isinstance(found, list):
        for each in found:
            yield from expressions(each)


def loaded() -> Iterator[tuple[str, Any]]:
    yield "grafana.json", json.loads((MONITORING / "grafana.json").read_text(encoding="utf-8"))
    for name in ("alerts.yml", "prometheus.yml"):
        yield name, yaml.safe_load((MONITORING / name).read_text(encoding="utf-8"))


def test_dashboard_and_alert_rules_ask_only_for_what_is_there() -> None:
    names, asked = exposed(), 0
    for file, content in loaded():
        for expression in expressions(content):
            wanted = set(NAME.findall(expression))
            assert wanted or EVER_THERE & set(re.findall(r"\w+", expression)), f"{file}: {expression}"
            assert wanted <= names, f"{file}: {expression} asks for {wanted - names}"
            assert expression.count("(") == expression.count(")"), f"{file}: {expression}"
            asked += 1
    assert asked > 30


def test_each_alert_says_how_bad_it_is_and_what_to_do() -> None:
    rules = [rule for group in dict(loaded())["alerts.yml"]["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"].keys() == {"summary", "action"}


def test_no_panel_covers_another_and_each_says_what_it_shows() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dict(loaded())["grafana.json"]["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + column, place["y"] + row) for column in range(place["w"]) for row in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        assert panel["description"]
        taken |= cells


NOT_EXPLAINED = {"sorte_orders_decided", "sorte_trades", "sorte_shadow_decisions_changed", "sorte_unreconciled"}
PARTS = re.compile(r"_(bucket|count|sum|created|total)$")


def test_the_pages_name_every_metric_and_no_other() -> None:
    """A family by its name, without what a histogram or a counter adds to it."""
    families = {PARTS.sub("", name) for name in exposed() if not name.startswith("sorte_gateway_process")}
    for page in (ROOT / "docs" / "monitoring.md", ROOT / "docs" / "pt-BR" / "monitoring.md"):
        said = {PARTS.sub("", name) for name in NAME.findall(page.read_text(encoding="utf-8"))}
        named = {name for name in said if not name.startswith("sorte_gateway") and name != "sorte_"}
        assert named == {name for name in families if name.startswith("sorte_")} - NOT_EXPLAINED
