"""Rules come, go, and are switched off and on: a function, a line of the list, and what tests say of them."""

from __future__ import annotations

import itertools

import pytest

from core.contracts import AddRule, Condition, DisableRule, EnableRule, RemoveRule
from services.editor import EditRefused

RULES = """\
\"\"\"Rules.\"\"\"
ALLOW = 0
FORBID_ENTRY = 1


@kernel
def verdicts(f: Features) -> tuple[int, ...]:
    '''In force.'''
    return (
        first(f),  # the first
        # about the second
        second(f),
        third(f)  ,   # the last
        # and no more
    )


# A rule.
@kernel
def first(f: Features) -> int:
    return FORBID_ENTRY if f.rsi > 1 else ALLOW


@kernel

# A strange place for a comment.
def second(f: Features) -> int:
    return FORBID_ENTRY if f.rsi > 2 else ALLOW   # ;)
@kernel
def third(f: Features) -> int:
    return FORBID_ENTRY if f.rsi > 3 else ALLOW


def helper(f):
    pass
# the end"""
PARAMETERS = b"class Parameters(NamedTuple):\n    pass\n"
STATE = b"class Features(NamedTuple):\n    rsi: float\n    volume: float\n    volume_average: float\n    hour: int\n"
FILES = {"parameters.py": PARAMETERS, "rules.py": RULES.encode(), "state.py": STATE}
HIGH = Condition(feature="rsi", op=">", value=70)
NEW = '''@kernel
def calm(f: Features) -> int:
    """Open no position while rsi is above 70."""
    return FORBID_ENTRY if f.rsi > 70 else ALLOW
'''


def calm(**fields) -> AddRule:
    return AddRule(**{"side": "entry", "effect": "forbid", "when": HIGH, "name": "calm"} | fields)


def rules(edited) -> str:
    return edited.files["rules.py"].decode()


def listing(*entries: str) -> dict[str, bytes]:
    """The program with another tuple."""
    start, end = RULES.index("(\n        first"), RULES.index("    )\n") + 5
    return {**FILES, "rules.py": (RULES[:start] + "".join(entries) + RULES[end:]).encode()}


def returned(edited) -> str:
    text = rules(edited)
    return text[text.index("    return ") + 11 : text.index("\n\n\n# A rule.")]


# Adding ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_rule_goes_after_the_last_one_and_everything_else_stays(made, ends):
    program = RULES.replace("\n", ends)
    edited = made(calm(), files={**FILES, "rules.py": program.encode()})
    expected = RULES.replace("third(f)  ,   # the last\n", "third(f)  ,   # the last\n        calm(f),\n").replace(
        "rsi > 3 else ALLOW\n", f"rsi > 3 else ALLOW\n\n\n{NEW}"
    )
    assert rules(edited) == expected.replace("\n", ends)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("()", "(calm(f),)"),
        ("(first(f),)", "(first(f), calm(f))"),
        ("(first(f), second(f))", "(first(f), second(f), calm(f))"),
        ("first(f), second(f)", "first(f), second(f), calm(f)"),
        ("(\n    )", "(\n        calm(f),\n    )"),
        ("(\n        first(f),\n    )", "(\n        first(f),\n        calm(f),\n    )"),
        ("(first(f),\n            second(f))", "(first(f),\n            second(f),\n            calm(f))"),
    ],
)
def test_however_the_list_is_written_it_stays_a_tuple(made, before, after):
    assert returned(made(calm(), files=listing(before))) == after


def test_an_entry_is_given_what_the_list_is_given(made):
    start, end = RULES.index("def verdicts"), RULES.index("# A rule.")
    listed = RULES[start:end].replace("(f: Features)", "(market: Features)").replace("(f)", "(market)")
    files = {**FILES, "rules.py": (RULES[:start] + listed + RULES[end:]).encode()}
    assert "        calm(market),\n" in rules(made(calm(), files=files))


def test_without_any_rule_it_goes_below_the_list(made):
    program = b"@kernel\ndef verdicts(f: Features) -> tuple[int, ...]:\n    return ()"
    edited = made(calm(), files={**FILES, "rules.py": program})
    assert rules(edited) == program.decode().replace("()", "(calm(f),)") + "\n\n\n" + NEW.rstrip("\n")


@pytest.mark.parametrize(
    ("side", "effect", "line"),
    [
        ("entry", "require", "return ALLOW if f.rsi > 70 else FORBID_ENTRY"),
        ("entry", "forbid", "return FORBID_ENTRY if f.rsi > 70 else ALLOW"),
        ("entry", "force", "return FORCE_ENTRY if f.rsi > 70 else ALLOW"),
        ("exit", "require", "return ALLOW if f.rsi > 70 else FORBID_EXIT"),
        ("exit", "forbid", "return FORBID_EXIT if f.rsi > 70 else ALLOW"),
        ("exit", "force", "return FORCE_EXIT if f.rsi > 70 else ALLOW"),
    ],
)
def test_side_and_effect_choose_the_answer(made, side, effect, line):
    assert f"    {line}\n" in rules(made(calm(side=side, effect=effect)))


@pytest.mark.parametrize(
    ("when", "code"),
    [
        (Condition(feature="rsi", op="<=", value=29.5), "f.rsi <= 29.5"),
        (Condition(feature="profit", op="<", value=-0.00001), "f.profit < -0.00001"),
        (Condition(feature="volume", op=">", other="volume_average"), "f.volume > f.volume_average"),
        (
            Condition(feature="volume", op=">=", other="volume_average", factor=1.5),
            "f.volume >= 1.5 * f.volume_average",
        ),
        (Condition(all=(HIGH, Condition(feature="hour", op="<", value=9))), "f.rsi > 70 and f.hour < 9"),
        (
            Condition(any=(HIGH, Condition(all=(Condition(feature="hour", op="<", value=9), HIGH)))),
            "f.rsi > 70 or (f.hour < 9 and f.rsi > 70)",
        ),
    ],
)
def test_a_condition_becomes_its_code(made, when, code):
    try:
        edited = made(calm(when=when))
    except EditRefused as refusal:  # what is true whenever another part is cannot be shown at work
        pytest.fail(str(refusal))
    assert f"    return FORBID_ENTRY if {code} else ALLOW\n" in rules(edited)


def test_a_long_condition_stands_on_several_lines(made):
    many = tuple(
        Condition(feature=feature, op=">", value=1000.125)
        for feature in ("price", "ema_fast", "ema_slow", "volume", "volume_average", "atr")
    )
    text = rules(made(calm(when=Condition(all=many))))
    assert (
        '    """Open no position while its 6 comparisons say so."""\n    speaks = (\n        f.price > 1000.125\n'
        in text
    )
    assert "        and f.ema_fast > 1000.125\n" in text
    assert text.endswith("        and f.atr > 1000.125\n    )\n    return FORBID_ENTRY if speaks else ALLOW\n")
    assert max(map(len, text.splitlines())) <= 120


def test_what_is_not_touched_is_not_even_parsed(made):
    edited = made(
        calm(), files={**FILES, "notes.txt": b"\xff\x00", "tests/test_x.py": b"(", "tests/conftest.py": b"\xff"}
    )
    assert edited.files["notes.txt"] == b"\xff\x00"
    assert edited.files["tests/test_x.py"] == b"("


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "cooldown"}, "rule_exists"),
        ({"name": "verdicts"}, "name_taken"),
        ({"name": "f"}, "name_taken"),
        ({"name": "kernel"}, "name_taken"),
        ({"name": "rsi"}, "name_taken"),
        ({"name": "class"}, "bad_name"),
        ({"name": "match"}, "bad_name"),
        ({"name": "max"}, "bad_name"),
        ({"name": "ALLOW"}, "bad_name"),
        ({"name": "a b"}, "bad_name"),
        ({"name": "x\n"}, "bad_name"),
        ({"name": "ação"}, "bad_name"),
        ({"name": ""}, "bad_name"),
        ({"when": Condition(feature="rsy", op=">", value=70)}, "unknown_feature"),
        ({"when": Condition(feature="rsi", op=">", other="rsy")}, "unknown_feature"),
        ({"when": Condition(feature="rsi", op=">", other="rsi", factor=2)}, "with_itself"),
        ({"when": Condition(feature="rsi", op=">", value=1e300)}, "odd_number"),
        ({"when": Condition(feature="rsi", op=">", value=5e-324)}, "odd_number"),
        ({"when": Condition(feature="rsi", op=">", value=100)}, "never_true"),
        ({"when": Condition(feature="rsi", op=">=", value=0)}, "always_true"),
        ({"when": Condition(feature="hour", op=">", value=23.5)}, "never_true"),
        ({"when": Condition(all=(HIGH, Condition(feature="rsi", op="<", value=70)))}, "never_true"),
        ({"when": Condition(any=(HIGH, Condition(feature="rsi", op="<=", value=70)))}, "always_true"),
        ({"when": Condition(any=(HIGH, Condition(feature="hour", op=">", value=30)))}, "never_true"),
    ],
)
def test_what_cannot_become_a_rule_is_refused(made, fields, reason):
    with pytest.raises(EditRefused) as told:
        made(calm(**fields))
    assert told.value.reason == reason


@pytest.mark.parametrize(
    "features",
    [
        ("ema_fast", "ema_slow", "price"),
        ("price", "bollinger_upper", "bollinger_middle", "bollinger_lower"),
        ("macd", "macd_signal"),
    ],
)
@pytest.mark.parametrize("limit", [None, 50000.0, 0.0, -3.0])
def test_a_row_of_features_has_its_world(made, features, limit):
    row = [Condition(feature=a, op=">", other=b) for a, b in itertools.pairwise(features)]
    if limit is not None:
        op, feature = ("<", features[0]) if limit <= 0 and features[0] == "macd" else (">", features[-1])
        row.append(Condition(feature=feature, op=op, value=max(limit, 0.0) if op == ">" else limit))
    when = row[0] if len(row) == 1 else Condition(all=tuple(row))
    edited = made(calm(when=when))
    answers = edited.files["tests/test_change_7.py"].decode()
    assert "== rules.FORBID_ENTRY" in answers
    assert answers.count("== rules.ALLOW") >= len(row)


def test_a_range_may_end_where_its_feature_does(made):
    monday = Condition(
        all=(Condition(feature="weekday", op=">=", value=0), Condition(feature="weekday", op="<=", value=0))
    )
    edited = made(calm(when=monday))
    assert "    return FORBID_ENTRY if f.weekday >= 0 and f.weekday <= 0 else ALLOW\n" in rules(edited)
    shown = edited.files["tests/test_change_7.py"].decode()
    assert "package.world(weekday=0)) == rules.FORBID_ENTRY" in shown
    assert "package.world(weekday=1)) == rules.ALLOW" in shown


def test_a_tangle_is_refused_in_time_rather_than_searched_for_ever(made):
    features = (
        "price",
        "ema_fast",
        "ema_slow",
        "volume",
        "volume_average",
        "atr",
        "bollinger_upper",
        "bollinger_lower",
    )
    ring = [
        Condition(feature=feature, op=">", other=features[(i + 1) % len(features)], factor=1.5)
        for i, feature in enumerate(features)
    ]
    with pytest.raises(EditRefused) as told:
        made(calm(when=Condition(all=tuple(ring))))
    assert told.value.reason in ("tangled_condition", "never_true")


# Disabling and enabling -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("first", "        first(f),  # the first\n        # about", "        # about"),
        ("second", "        second(f),\n", ""),
        ("third", "        third(f)  ,   # the last\n", ""),
    ],
)
def test_disabling_takes_one_line_out_of_the_list(made, name, before, after):
    assert RULES.count(before) == 1
    assert rules(made(DisableRule(name), files=FILES)) == RULES.replace(before, after)


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("(first(f),)", "first", "()"),
        ("(first(f), second(f))", "first", "(second(f),)"),
        ("(first(f), second(f))", "second", "(first(f),)"),
        ("(first(f), second(f), third(f))", "second", "(first(f), third(f))"),
        ("first(f), second(f)", "first", "second(f),"),
        ("first(f),", "first", "()"),
        ("(\n        first(f),\n    )", "first", "(\n    )"),
        ("(first(f), # one\n     second(f))", "second", "(first(f), # one\n     )"),
    ],
)
def test_however_the_list_is_written_it_stays_a_tuple_with_less(made, before, name, after):
    assert returned(made(DisableRule(name), files=listing(before))) == after


def test_enabling_puts_it_where_its_function_stands(made):
    files = listing("(\n        first(f),\n        second(f),\n        third(f),\n    )\n")
    off = made(DisableRule("second"), DisableRule("first"), files=files)
    on = made(EnableRule("second"), files=off.files, change="8")
    assert rules(on) == rules(made(DisableRule("first"), files=files))


def test_the_standing_of_a_rule_has_one_test_the_latest(made):
    off = made(DisableRule("cooldown"))
    assert off.tests == ("tests/test_change_7.py::test_rule_cooldown_is_as_asked",)
    on = made(EnableRule("cooldown"), files=off.files, change="8")
    assert on.superseded == off.tests
    assert "tests/test_change_7.py" not in on.files
    assert b"Now in force; before, disabled (change 7), in force." in on.files["tests/test_change_8.py"]


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (DisableRule("cooldwn"), "unknown_rule"),
        (EnableRule("verdicts"), "unknown_rule"),
        (RemoveRule("ALLOW"), "unknown_rule"),
        (EnableRule("cooldown"), "rule_enabled"),
    ],
)
def test_there_is_nothing_to_switch(made, operation, reason):
    with pytest.raises(EditRefused) as told:
        made(operation)
    assert told.value.reason == reason


def test_a_rule_is_disabled_once(made):
    with pytest.raises(EditRefused, match="disabled already"):
        made(DisableRule("cooldown"), DisableRule("cooldown"))


# Removing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "entry", "function"),
    [
        (
            "first",
            "        first(f),  # the first\n",
            "\n\n# A rule.\n@kernel\ndef first(f: Features) -> int:\n    return FORBID_ENTRY if f.rsi > 1 else ALLOW\n",
        ),
        (
            "third",
            "        third(f)  ,   # the last\n",
            "@kernel\ndef third(f: Features) -> int:\n    return FORBID_ENTRY if f.rsi > 3 else ALLOW\n",
        ),
    ],
)
def test_removing_takes_function_and_entry(made, name, entry, function):
    assert RULES.count(entry) == RULES.count(function) == 1
    assert rules(made(RemoveRule(name), files=FILES)) == RULES.replace(entry, "").replace(function, "")


def test_removing_takes_the_tests_of_this_rule_and_leaves_the_others(made):
    added = made(calm(), calm(name="calmer"), DisableRule("cooldown"))
    removed = made(RemoveRule("calm"), files=added.files, change="8")
    assert removed.superseded == (
        "tests/test_change_7.py::test_rule_calm_answers",
        "tests/test_change_7.py::test_rule_calm_is_as_asked",
    )
    without = made(calm(name="calmer"), DisableRule("cooldown"))
    assert removed.files["tests/test_change_7.py"] == without.files["tests/test_change_7.py"]
    assert removed.tests == ("tests/test_change_8.py::test_rule_calm_is_as_asked",)


def test_a_rule_that_another_one_calls_stays(made):
    program = RULES.replace("if f.rsi > 2", "if first(f) == ALLOW")
    with pytest.raises(EditRefused, match="second calls the rule first"):
        made(RemoveRule("first"), files={**FILES, "rules.py": program.encode()})


@pytest.mark.parametrize("operation", [DisableRule("first"), RemoveRule("first")], ids=["disabled", "removed"])
def test_a_rule_that_is_listed_twice_leaves_the_list_altogether(made, operation):
    files = listing("(\n        first(f),\n        second(f),\n        first(f),\n    )\n")
    left = rules(made(operation, files=files))
    assert "    return (\n        second(f),\n    )\n" in left
    assert "first(f),\n" not in left


def test_a_rule_that_the_list_calls_in_another_way_stays(made):
    files = listing("(\n        first(f) if f.hour > 3 else ALLOW,\n        second(f),\n    )\n")
    with pytest.raises(EditRefused, match="verdicts calls the rule first"):
        made(RemoveRule("first"), files=files)


def test_of_a_rule_that_hides_another_of_its_name_nothing_is_left(made):
    files = {
        **FILES,
        "rules.py": (RULES + "\n\n\n@kernel\ndef first(f: Features) -> int:\n    return ALLOW\n").encode(),
    }
    assert "first(" not in rules(made(RemoveRule("first"), files=files))


def test_a_rule_that_was_removed_can_come_back_as_another(made):
    removed = made(RemoveRule("cooldown"))
    added = made(calm(name="cooldown"), files=removed.files, change="8")
    assert "tests/test_change_7.py" not in added.files
    assert b"Now in force; before, not there (change 7), in force." in added.files["tests/test_change_8.py"]
