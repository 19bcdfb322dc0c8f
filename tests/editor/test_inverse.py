"""An edit that is taken back leaves every byte of every file as it was, tests included, whatever was edited before."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.contracts import (
    AddRule,
    Condition,
    DisableRule,
    EditPlan,
    EnableRule,
    Operation,
    RemoveRule,
    Rename,
    SetParameter,
)
from core.strategy import Source
from core.symbols import Symbols
from services.editor import EditRefused, edit, inverse

SHIPPED = dict(Source.shipped().files)
NAMES = ("volume_only", "calm", "late_exit", "max_loss", "quick", "stop_loss", "cooldown")
FLOATS = ("rsi", "price", "volume", "profit", "score", "spread", "atr")

number = st.one_of(st.integers(1, 99), st.floats(0.001, 99, allow_nan=False).map(lambda value: round(value, 4)))
comparison = st.sampled_from(("<", "<=", ">", ">="))
leaf = st.one_of(
    st.builds(
        lambda feature, op, value: Condition(feature=feature, op=op, value=value),
        st.sampled_from(FLOATS),
        comparison,
        number,
    ),
    st.builds(
        lambda pair, op, factor: Condition(feature=pair[0], op=op, other=pair[1], factor=factor),
        st.permutations(("volume", "volume_average", "price", "ema_slow")),
        comparison,
        st.one_of(st.none(), number),
    ),
)
condition = st.one_of(
    leaf,
    st.lists(leaf, min_size=2, max_size=4).map(lambda parts: Condition(all=tuple(parts))),
    st.lists(leaf, min_size=2, max_size=4).map(lambda parts: Condition(any=tuple(parts))),
)


@st.composite
def operation(draw, files) -> Operation:
    """An operation that may well apply to these files."""
    symbols = Symbols.of(files)
    kind = draw(st.sampled_from(("set", "set", "add", "remove", "switch", "switch", "rename")))
    if kind == "set":
        known = draw(st.sampled_from(sorted(symbols.parameters.values(), key=lambda p: p.name)))
        low, high, _ = known.range
        whole = st.integers(int(low) + 1, max(int(low) + 1, int(high)))
        inside = (
            whole
            if known.kind is int
            else st.one_of(st.floats(low, high), st.floats(low, high).map(lambda v: round(v, 2)))
        )
        return SetParameter(known.name, value=draw(inside), was=known.value)
    if kind == "add":
        return AddRule(
            side=draw(st.sampled_from(("entry", "exit"))),
            effect=draw(st.sampled_from(("require", "forbid", "force"))),
            when=draw(condition),
            name=draw(st.sampled_from(NAMES)),
        )
    name = draw(st.sampled_from(sorted(symbols.rules) or ["nothing"]))
    if kind == "remove":
        return RemoveRule(name)
    if kind == "switch":
        return DisableRule(name) if name in symbols.rules and symbols.rules[name].enabled else EnableRule(name)
    what = draw(st.sampled_from(("parameter", "rule")))
    old = draw(st.sampled_from(sorted(symbols.parameters))) if what == "parameter" else name
    return Rename(what, old=old, new=draw(st.sampled_from(NAMES)))


class Changes(RuleBasedStateMachine):
    """Change after change; each one is tried, taken back, and then kept."""

    def __init__(self) -> None:
        super().__init__()
        self.files = SHIPPED
        self.number = 0

    @rule(data=st.data())
    def change(self, data) -> None:
        first = data.draw(operation(self.files))
        operations: tuple[Operation, ...] = (first,)
        self.number += 1
        try:
            one = edit(self.files, EditPlan(operations), f"c{self.number}")
            if data.draw(st.booleans()):
                operations = (first, data.draw(operation(one.files)))
            edited = edit(self.files, EditPlan(operations), f"c{self.number}")
        except EditRefused as refusal:
            event(f"refused: {refusal.reason}")
            return
        event("+".join(type(op).__name__ for op in operations[:1]))
        back = inverse(EditPlan(operations), self.files)
        event(f"taken back: {back is not None}")
        if back is None:  # no plan can say a rule that no plan has written
            assert any(isinstance(op, RemoveRule | Rename) for op in operations), operations
        else:
            undone = edit(edited.files, back, f"c{self.number}")
            assert dict(undone.files) == dict(self.files)
            assert undone.tests == ()
        self.files = dict(edited.files)

    @invariant()
    def there_is_one_claim_for_each_thing(self) -> None:
        tests = [
            line
            for name, data in self.files.items()
            if name.startswith("tests/test_change_")
            for line in data.decode().splitlines()
            if line.startswith("def test_")
        ]
        assert len(tests) == len(set(tests))


TestChanges = Changes.TestCase
TestChanges.settings = settings(
    max_examples=4, stateful_step_count=6, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_an_edit_touches_just_its_file_and_the_tests_of_changes(data):
    one = data.draw(operation(SHIPPED).filter(lambda made: not isinstance(made, Rename)))
    try:
        edited = edit(SHIPPED, EditPlan((one,)), "7")
    except EditRefused:
        return
    changed = {name for name in edited.files.keys() | SHIPPED.keys() if edited.files.get(name) != SHIPPED.get(name)}
    own = "parameters.py" if isinstance(one, SetParameter) else "rules.py"
    assert changed == {own, "tests/test_change_7.py"}


@pytest.mark.parametrize(
    "operation",
    [
        SetParameter("weight_orderbook", value=0.5, was=0.3),
        SetParameter("rsi_oversold", value=35.5, was=30),
        DisableRule("stop_loss"),
        DisableRule("cooldown"),
        Rename("rule", old="stop_loss", new="max_loss"),
        Rename("parameter", old="stop_loss", new="max_loss"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_the_shipped_strategy_can_take_back(operation):
    plan = EditPlan((operation,))
    back = inverse(plan, SHIPPED)
    assert back is not None
    assert edit(edit(SHIPPED, plan, "7").files, back, "7").files == SHIPPED


def test_a_removed_rule_comes_back_with_its_tests_in_the_change_that_wrote_them():
    volume = AddRule(
        side="entry",
        effect="require",
        when=Condition(
            all=(
                Condition(feature="volume", op=">", other="volume_average", factor=1.5),
                Condition(feature="rsi", op="<", value=70.0),
            )
        ),
        name="volume_only",
    )
    added = edit(SHIPPED, EditPlan((volume, SetParameter("stop_loss", value=0.03, was=0.02))), "7").files
    disabled = edit(added, EditPlan((DisableRule("volume_only"),)), "8").files
    plan = EditPlan((RemoveRule("volume_only"),))
    back = inverse(plan, disabled)
    assert back == EditPlan((volume, DisableRule("volume_only")))
    assert edit(edit(disabled, plan, "9").files, back, "9").files == disabled


def test_a_shipped_rule_cannot_be_said_by_a_plan():
    assert inverse(EditPlan((RemoveRule("stop_loss"),)), SHIPPED) is None
