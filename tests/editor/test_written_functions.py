"""Code that a model wrote: taken as it is, or refused before it costs a judgement."""

from __future__ import annotations

import pytest

from core.contracts import (
    AddFunction,
    AddRule,
    Condition,
    EditPlan,
    RemoveFunction,
    RemoveRule,
    Rename,
    ReplaceFunction,
)
from services.editor import EditRefused, edit, inverse

RULE = '''@kernel
def wide(f: Features) -> int:
    """Buy nothing while the spread is wide."""
    limit = 2 * P.stop_loss  # odd, but his
    return FORBID_ENTRY if f.spread > limit else ALLOW
'''
HELPER = "@kernel\ndef half(x: float) -> float:\n    return 0.5 * clip(x, -1.0, 1.0)"
COOLDOWN = '''@kernel
def cooldown(f: Features) -> int:
    """Rest twice as long."""
    return FORBID_ENTRY if f.rested_seconds < 2.0 * P.cooldown_seconds else ALLOW
'''


def changed(edited, shipped) -> set[str]:
    return {name for name in edited.files if edited.files[name] != shipped.get(name)}


def test_a_function_of_a_rules_shape_becomes_the_last_rule(made, shipped):
    edited = made(AddFunction("wide", f"\n{RULE}\n\n"))
    rules = shipped["rules.py"].decode().replace("        cooldown(f),\n", "        cooldown(f),\n        wide(f),\n")
    assert edited.files["rules.py"].decode() == f"{rules}\n\n{RULE}"
    assert changed(edited, shipped) == {"rules.py", "tests/test_change_7.py"}


def test_only_pythons_line_ends_become_the_files(made, shipped):
    odd = RULE.replace("the spread", "the\x0c spread\u2028, \x85 really,").replace("  # odd", "\x0c  # odd")
    files = {**shipped, "rules.py": shipped["rules.py"].replace(b"\n", b"\r\n")}
    text = made(AddFunction("wide", odd), files=files).files["rules.py"].decode()
    assert text.endswith("\r\n\r\n\r\n" + odd.replace("\n", "\r\n"))


def test_it_goes_as_any_rule_does(made, shipped):
    added = made(AddFunction("wide", RULE))
    removed = made(RemoveRule("wide"), files=added.files, change="8")
    assert removed.files["rules.py"] == shipped["rules.py"]
    assert "tests/test_change_7.py" not in removed.files


def test_any_other_function_is_there_to_be_called(made, shipped):
    edited = made(AddFunction("half", HELPER))
    assert edited.files["signals.py"].decode() == f"{shipped['signals.py'].decode()}\n\n{HELPER}\n"
    assert changed(edited, shipped) == {"signals.py", "tests/test_change_7.py"}


def test_a_function_is_replaced_in_its_place(made, shipped):
    edited = made(ReplaceFunction("cooldown", COOLDOWN))
    old = shipped["rules.py"].decode()
    start = old.index("@kernel\ndef cooldown")
    assert edited.files["rules.py"].decode() == old[:start] + COOLDOWN


def test_a_comment_above_a_replaced_function_stays(made, shipped):
    files = {**shipped, "rules.py": shipped["rules.py"].replace(b"\n@kernel\ndef min", b"\n# Why.\n@kernel\ndef min")}
    new = "@kernel\ndef min_hold(f: Features) -> int:\n    return ALLOW\n"
    text = made(ReplaceFunction("min_hold", new), files=files).files["rules.py"].decode()
    assert f"\n\n\n# Why.\n{new}\n\n@kernel\ndef cooldown" in text


def test_the_behaviour_of_a_rule_that_is_replaced_is_no_longer_tested(made):
    calm = AddRule(side="entry", effect="forbid", when=Condition(feature="rsi", op=">", value=70), name="calm")
    added = made(calm)
    new = "@kernel\ndef calm(f: Features) -> int:\n    return FORBID_ENTRY if f.rsi > 80 else ALLOW\n"
    replaced = made(ReplaceFunction("calm", new), files=added.files, change="8")
    assert replaced.superseded == ("tests/test_change_7.py::test_rule_calm_answers",)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("", "function_shape", id="nothing"),
        pytest.param("def wide(f: Features) -> int:\n    return ALLOW\n", "function_shape", id="no kernel"),
        pytest.param(RULE.replace("@kernel", "@kernel()"), "function_shape", id="a call of kernel"),
        pytest.param(RULE.replace("@kernel", "@kernel\n@kernel"), "function_shape", id="two decorators"),
        pytest.param(RULE.replace("wide", "narrow"), "function_shape", id="another name"),
        pytest.param(RULE + "\n" + RULE, "function_shape", id="two functions"),
        pytest.param("import os\n" + RULE, "function_shape", id="an import above"),
        pytest.param(RULE.replace("    limit", "    import os\n    limit"), "function_shape", id="an import inside"),
        pytest.param(RULE.replace("2 * P", "(lambda: 2)() * P"), "function_shape", id="a function inside"),
        pytest.param(RULE.replace("f: Features", "f: Features = 1"), "function_shape", id="a default"),
        pytest.param(RULE.replace("f: Features", "*f: Features"), "function_shape", id="any arguments"),
        pytest.param(RULE.replace("def", "async def"), "function_shape", id="async"),
        pytest.param(RULE.replace("return", "retrun it"), "function_shape", id="no Python"),
        pytest.param(RULE.replace("limit = 2", "limit = np.e"), "function_stranger", id="a module that is not there"),
        pytest.param(RULE.replace("limit = 2", "limit = open(2)"), "function_stranger", id="a builtin"),
        pytest.param(RULE.replace("P.stop_loss", "P.stop_los"), "function_stranger", id="a parameter that is none"),
        pytest.param(RULE.replace("f.spread", "f.spred"), "function_stranger", id="a feature that is none"),
    ],
)
def test_what_is_not_one_function_of_the_strategy_is_refused(made, source, reason):
    with pytest.raises(EditRefused) as told:
        made(AddFunction("wide", source))
    assert told.value.reason == reason


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (AddFunction("cooldown", COOLDOWN), "rule_exists"),
        (AddFunction("clip", HELPER.replace("half", "clip")), "name_taken"),
        (ReplaceFunction("cooldwn", COOLDOWN.replace("cooldown(", "cooldwn(")), "unknown_function"),
        (ReplaceFunction("decide", RULE.replace("wide", "decide")), "protected"),
        (ReplaceFunction("verdicts", RULE.replace("wide", "verdicts")), "protected"),
        (ReplaceFunction("cooldown", COOLDOWN.replace("-> int", "-> float")), "function_signature"),
        (ReplaceFunction("cooldown", COOLDOWN.replace("f: F", "g: F").replace("f.r", "g.r")), "function_signature"),
    ],
)
def test_names_and_signatures_are_kept(made, operation, reason):
    with pytest.raises(EditRefused) as told:
        made(operation)
    assert told.value.reason == reason


def test_a_rewritten_rule_goes_with_what_was_said_of_it(made):
    replaced = made(ReplaceFunction("cooldown", COOLDOWN))
    removed = made(RemoveRule("cooldown"), files=replaced.files, change="8")
    assert removed.superseded == ("tests/test_change_7.py::test_function_cooldown_answers",)
    renamed = made(Rename("rule", old="cooldown", new="rest"), files=replaced.files, change="8")
    assert b"def test_function_rest_answers(package):" in renamed.files["tests/test_change_7.py"]
    assert b"package.rules.rest" in renamed.files["tests/test_change_7.py"]


@pytest.mark.parametrize(
    "operation",
    [AddFunction("half", HELPER), AddFunction("wide", RULE), ReplaceFunction("cooldown", COOLDOWN)],
    ids=["a helper", "a rule", "another text"],
)
def test_it_can_be_taken_back_to_the_last_byte(shipped, operation):
    plan = EditPlan((operation,))
    back = inverse(plan, shipped)
    assert back is not None
    assert edit(edit(shipped, plan, "7").files, back, "7").files == shipped


def test_a_helper_goes_when_nothing_calls_it_and_comes_back_with_its_test(made):
    added = made(AddFunction("half", HELPER)).files
    gone = made(RemoveFunction("half"), files=added, change="8")
    assert gone.superseded == ("tests/test_change_7.py::test_function_half_answers",)
    back = inverse(EditPlan((RemoveFunction("half"),)), added)
    assert back is not None
    assert made(*back.operations, files=gone.files, change="8").files == added
    caller = HELPER.replace("half", "quarter").replace("clip(x", "half(clip(x").replace("1.0)", "1.0))")
    used = made(AddFunction("quarter", caller), files=added, change="8").files
    for name, reason in (("half", "function_used"), ("clip_", "unknown_function"), ("decide", "protected")):
        with pytest.raises(EditRefused) as told:
            made(RemoveFunction(name), files=used, change="9")
        assert told.value.reason == reason
