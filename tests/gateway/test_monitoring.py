"""Dashboard and alert rules, read by a real PromQL parser: each asks for what /metrics has, by labels that it has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.gateway.test_metrics import expressions, loaded, samples, whole

promql = pytest.importorskip("promql_parser", reason="`pip install promql-parser`")

SCRAPED = {"job", "instance"}
"""Labels that Prometheus puts on whatever it scrapes."""
COUNTED = ("rate", "irate", "increase", "resets")
COUNTER = re.compile(r"_(total|bucket|count|sum)$")
OF_GRAFANA = re.compile(r"^label_values\((?P<expression>.+), (?P<label>\w+)\)$")
UP = {"up": set[str]()}


@cache
def known() -> dict[str, set[str]]:
    """The labels of each metric that can be asked for."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, labels in samples(whole()[1]):
        found[name] |= {label for label, _ in labels}
    return found | UP


def queries() -> Iterator[tuple[str, str]]:
    """Where each query stands, and what it is; a list of a label's values is the query that it lists them of."""
    for file, content in loaded():
        for expression in expressions(content):
            listed = OF_GRAFANA.match(expression)
            yield file, listed["expression"] if listed is not None else expression


def nodes(expression: str) -> list[Any]:
    found: list[Any] = []
    promql.walk(promql.parse(expression), pre_visit=found.append)
    return found


def faults(expression: str) -> Iterator[str]:
    """What is wrong with a query that can be read."""
    every = nodes(expression)
    selectors = [each for each in every if isinstance(each, promql.VectorSelector)]
    labels = set(SCRAPED)
    for selector in selectors:
        if selector.name not in known():
            yield f"no metric {selector.name}"
            continue
        labels |= known()[selector.name]
        for matcher in selector.matchers.matchers:
            if matcher.name not in known()[selector.name] | SCRAPED:
                yield f"{selector.name} has no label {matcher.name}"
    for each in every:
        if isinstance(each, promql.AggregateExpr) and each.modifier is not None:
            yield from (f"no label {label} to sum by" for label in each.modifier.labels if label not in labels)
        if isinstance(each, promql.Call):
            yield from _misused(each)
    if not selectors:
        yield "asks for nothing"


def _misused(call: Any) -> Iterator[str]:
    """A rate of what does not only grow, and a quantile of what has no buckets."""
    name = call.func.name
    for selector in (each for each in nodes(str(call)) if isinstance(each, promql.VectorSelector)):
        if name in COUNTED and not COUNTER.search(selector.name):
            yield f"{name} of {selector.name}, which is no counter"
        if name == "histogram_quantile" and not selector.name.endswith("_bucket"):
            yield f"a quantile of {selector.name}, which has no buckets"


def test_every_query_is_whole_and_asks_for_what_is_there() -> None:
    asked = list(queries())
    assert [(file, query, fault) for file, query in asked for fault in faults(query)] == []
    assert len(asked) > 50


def test_a_legend_names_labels_that_its_query_leaves() -> None:
    wrong = []
    for panel in dict(loaded())["grafana.json"]["panels"]:
        for target in panel.get("targets", []):
            every = nodes(target["expr"])
            left = [each.modifier.labels if each.modifier is not None else () for each in every
                    if isinstance(each, promql.AggregateExpr)]  # fmt: skip
            names = [each.name for each in every if isinstance(each, promql.VectorSelector)]
            labels = set(left[0]) if left else set().union(*(known()[name] for name in names)) | SCRAPED
            said = set(re.findall(r"{{\s*(\w+)\s*}}", target.get("legendFormat", "")))
            wrong += [(panel["title"], label) for label in said - labels]
    assert wrong == []


def test_the_reader_of_queries_finds_what_is_wrong_with_one() -> None:
    for query, fault in (
        ("sorte_nothing", "no metric sorte_nothing"),
        ('sorte_up{proces="trader"} == 0', "sorte_up has no label proces"),
        ("sum by (cuase) (increase(sorte_faults_told_total[1h]))", "no label cuase to sum by"),
        ("rate(sorte_equity[5m])", "rate of sorte_equity, which is no counter"),
        ("histogram_quantile(0.9, sorte_up)", "a quantile of sorte_up, which has no buckets"),
        ("1 + 1", "asks for nothing"),
    ):
        assert list(faults(query)) == [fault]
    with pytest.raises(ValueError, match=r"unclosed|expected|unexpected"):
        nodes("sum(sorte_up")
