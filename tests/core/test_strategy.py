"""The loader: what was hashed is what runs, and a package that cannot be used says why."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StrategyError
from core.kernel import BUY, DECISION, EVENT, HOLD
from core.strategy import Range, Source, git_tree_hash, load, rule_names

SHIPPED = Source.shipped()

TABLE = """
    ema_fast            12      2       200     bars
    ema_slow            26      3       400     bars
    macd_signal         9       2       100     bars
    rsi_period          14      2       100     bars
    rsi_oversold        30      1       50      RSI points
    rsi_overbought      70      50      99      RSI points
    bollinger_period    20      5       200     bars
    bollinger_width     2.0     0.5     5       standard deviations
    volume_period       20      2       200     bars
    atr_period          14      2       100     bars
    weight_technical    0.35    0       1       weight
    weight_orderbook    0.30    0       1       weight
    weight_flow         0.25    0       1       weight
    weight_qlearning    0.10    0       1       weight
    weight_advice       0       0       1       weight
    buy_threshold       0.30    0.01    1       score
    sell_threshold      -0.30   -1      -0.01   score
    min_confidence      0.60    0       1       ratio
    order_fraction      0.10    0.01    0.25    of equity
    stop_loss           0.02    0.001   0.5     of entry price
    take_profit         0.04    0.001   1       of entry price
    trailing_stop       0       0       0.5     of best price
    min_hold_seconds    30      5       90      seconds
    max_hold_seconds    0       0       604800  seconds
    cooldown_seconds    60      0       86400   seconds
"""


def edited(**changes: str) -> Source:
    """The shipped strategy with other text in some of its files: `edited(rules=...)`."""
    return Source.of({**SHIPPED.files, **{f"{name}.py": text.encode() for name, text in changes.items()}})


def text(name: str) -> str:
    return SHIPPED.files[f"{name}.py"].decode()


def git(folder: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def tree_hash_of_git(folder: Path, files: dict[str, bytes]) -> str:
    folder.mkdir(parents=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    return git(folder, "write-tree")


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a.py": b""}, id="an empty file"),
        pytest.param({"a.py": b"x = 1\r\n\0\xff"}, id="bytes as they are"),
        pytest.param({"a/b/c/d.py": b"deep", "a/b.py": b"", "z": b""}, id="folders in folders"),
        pytest.param(
            {"a": b"1", "a.py": b"2", "a-b": b"3", "ab/c": b"4", "a0": b"5"}, id="a folder sorts as if it ended in /"
        ),
        pytest.param({"x.py": b"", "x/y": b"", "x-": b"", "x0/y": b"", "X": b""}, id="- . / 0 around a folder's name"),
        pytest.param({"ä.py": b"1", "z.py": b"2", "日本/é": b"3", "with space": b"4"}, id="names beyond ASCII"),
    ],
)
def test_the_tree_hash_is_gits(files, tmp_path):
    assert git_tree_hash(files) == tree_hash_of_git(tmp_path / "repository", files)


def test_the_tree_hash_of_the_shipped_strategy_is_gits(tmp_path):
    assert SHIPPED.tree_hash == tree_hash_of_git(tmp_path / "repository", dict(SHIPPED.files))


names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8
)


@given(st.dictionaries(names, st.binary(max_size=20), min_size=2, max_size=5))
def test_each_byte_and_each_name_counts(files):
    first = next(iter(files))
    assert git_tree_hash(files) != git_tree_hash({**files, first: files[first] + b"x"})
    assert git_tree_hash(files) != git_tree_hash({name: data for name, data in files.items() if name != first})
    assert git_tree_hash(files) == git_tree_hash(dict(reversed(files.items())))


def test_a_folder_is_read_without_bytecode_and_hidden_folders(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(Path(__file__).parents[2] / "strategy", copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    clean = Source.read(copy)
    for folder in ("__pycache__", ".git/objects", "tests/.pytest_cache", ".hypothesis"):
        (copy / folder).mkdir(parents=True)
        (copy / folder / "file.py").write_text("x", encoding="utf-8")
    assert Source.read(copy) == clean
    (copy / ".gitignore").write_text("x", encoding="utf-8")
    assert Source.read(copy).tree_hash != clean.tree_hash


def test_the_parameter_table_is_the_designs(shipped):
    table = {}
    for line in TABLE.strip().splitlines():
        name, default, low, high, unit = line.split(maxsplit=4)
        table[name] = (float(default), Range(float(low), float(high), unit))
    ours = {name: (getattr(shipped.parameters, name), shipped.ranges[name]) for name in shipped.parameters._fields}
    assert ours == table


def test_rule_names_follow_the_verdicts():
    assert load(SHIPPED).rule_names == ("stop_loss", "take_profit", "trailing_stop", "max_hold", "min_hold", "cooldown")
    swapped = text("rules").replace("stop_loss(f),\n        take_profit(f),", "take_profit(f),\n        stop_loss(f),")
    assert load(edited(rules=swapped)).rule_names[:2] == ("take_profit", "stop_loss")


def test_a_rule_is_named_by_its_index_and_the_score_is_none(shipped):
    assert [shipped.rule_name(index) for index in (-1, 0, 5, 6)] == [None, "stop_loss", "cooldown", None]


@pytest.mark.parametrize(
    "source", ["", "def verdicts(f):\n    return 1", "def verdicts(f):\n    pass", "verdicts = None"]
)
def test_rules_that_are_no_tuple_are_refused(source):
    with pytest.raises(StrategyError, match="verdicts"):
        rule_names(source)


def decision_of(strategy, price=97.0):
    """What it does with a position bought at 100."""
    event, decision = np.zeros(1, EVENT), np.zeros(1, DECISION)
    event["price"], event["position"], event["entry_price"], event["best_price"] = price, 1.0, 100.0, 100.0
    event["time_ns"] = 10**12
    strategy.decide(event, np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape), decision)
    return decision[0]


def test_two_versions_live_side_by_side():
    tight, loose = load(SHIPPED, {"stop_loss": 0.01}), load(SHIPPED, {"stop_loss": 0.05})
    assert tight.rule_name(decision_of(tight).rule) == "stop_loss"
    assert decision_of(loose).action == HOLD
    assert tight.rule_name(decision_of(tight).rule) == "stop_loss"
    assert (tight.parameters.stop_loss, loose.parameters.stop_loss) == (0.01, 0.05)


def test_a_period_is_as_long_as_it_was_set_to():
    assert load(SHIPPED, {"bollinger_period": 7}).state_dtype["closes"].shape == (7,)


def test_an_edit_of_the_same_size_and_time_is_the_code_that_runs(tmp_path):
    copy = tmp_path / "strategy"
    shutil.copytree(Path(__file__).parents[2] / "strategy", copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    path = copy / "parameters.py"
    stamp = path.stat()
    before = load(copy)
    path.write_text(
        path.read_text(encoding="utf-8").replace('"of entry price")] = 0.02', '"of entry price")] = 0.09'),
        encoding="utf-8",
    )
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (stamp.st_size, stamp.st_mtime_ns)
    after = load(copy)
    assert (before.parameters.stop_loss, after.parameters.stop_loss) == (0.02, 0.09)
    assert before.tree_hash != after.tree_hash
    assert not list(copy.rglob("__pycache__"))


@pytest.mark.parametrize("name", [b"\xff.py", b"a\nb.py", "\u202e.py".encode()])
def test_a_file_whose_name_cannot_be_said_is_refused_in_words(tmp_path, name):
    """Git's tree would have it; no finding, no diff and no JSON could name it."""
    for file, data in Source.shipped().files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(data)
    (tmp_path / os.fsdecode(name)).write_text("", encoding="utf-8")
    with pytest.raises(StrategyError, match="has a file of the name") as caught:
        Source.read(tmp_path)
    assert caught.value.message.isprintable()


def test_the_folder_may_vanish_after_it_was_read(tmp_path):
    copy = tmp_path / "strategy"
    shutil.copytree(Path(__file__).parents[2] / "strategy", copy)
    source = Source.read(copy)
    shutil.rmtree(copy)
    assert decision_of(load(source)).rule == 0


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"stop_los": 0.1},
            r"There is no parameter stop_los\. Did you mean stop_loss\?.*Known: atr_period, .*weight_technical",
        ),
        ({"": 1}, "There is no parameter .*Known: atr_period"),
        ({"stop_loss": 0.6}, "stop_loss = 0.6 is outside 0.001 to 0.5 of entry price"),
        ({"stop_loss": float("nan")}, "stop_loss = nan is outside"),
        ({"take_profit": float("inf")}, "take_profit = inf is outside"),
        ({"ema_fast": 12.5}, "ema_fast = 12.5 must be a whole number of bars"),
        ({"ema_fast": 1}, "ema_fast = 1 is outside 2 to 200 bars"),
    ],
)
def test_an_override_is_refused_with_what_would_do(overrides, message):
    with pytest.raises(StrategyError, match=message):
        load(SHIPPED, overrides)


@pytest.mark.parametrize(
    ("overrides", "value"), [({"ema_fast": 2}, 2), ({"ema_fast": 200.0}, 200), ({"stop_loss": 0.5}, 0.5)]
)
def test_both_ends_of_a_range_are_allowed_and_bars_stay_whole(overrides, value):
    (name,) = overrides
    ours = getattr(load(SHIPPED, overrides).parameters, name)
    assert ours == value
    assert type(ours) is type(value)


def test_whole_numbers_are_told_by_their_type_and_not_by_their_unit():
    rests = "    # How long a pair rests"
    trades = '    # How many trades a day.\n    trades: Annotated[int, Range(1, 9, "trades")] = 3\n'
    parameters = text("parameters").replace(rests, trades + rests)
    assert type(load(edited(parameters=parameters), {"trades": 4.0}).parameters.trades) is int
    with pytest.raises(StrategyError, match=r"trades = 4\.5 must be a whole number of trades"):
        load(edited(parameters=parameters), {"trades": 4.5})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({"decide": "def decide(:"}, "does not import: SyntaxError", id="syntax error"),
        pytest.param({"rules": "import nowhere"}, "does not import: ModuleNotFoundError.*nowhere", id="import error"),
        pytest.param(
            {"state": "from .parameters import Q"}, "does not import: ImportError.*'Q'", id="a name that is not there"
        ),
        pytest.param({"signals": "1 / 0"}, "does not import: ZeroDivisionError", id="it fails at import"),
        pytest.param({"decide": "decided = 1"}, "does not import: AttributeError.*decide", id="no decide"),
        pytest.param({"parameters": "P = 1"}, "does not import: .*Parameters", id="no Parameters"),
        pytest.param(
            {
                "parameters": text("parameters").replace(
                    'Annotated[float, Range(0, 1, "weight")] = 0.35', "float = 0.35"
                )
            },
            "weight_technical declares no range",
            id="a parameter without a range",
        ),
    ],
)
def test_a_package_that_does_not_import_says_why(files, message):
    with pytest.raises(StrategyError, match=message):
        load(edited(**files))


@pytest.mark.parametrize("missing", ["__init__.py", "parameters.py", "rules.py", "decide.py"])
def test_a_missing_file_is_named(missing):
    with pytest.raises(StrategyError, match=f"has no {missing}"):
        Source.of({name: data for name, data in SHIPPED.files.items() if name != missing})


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StrategyError, match=r"There is no strategy folder .*nowhere"):
        load(tmp_path / "nowhere")


def test_an_error_in_a_kernel_quotes_its_line():
    broken = text("rules").replace("return FORCE_EXIT if f.profit <= -P.stop_loss else ALLOW", "return f.nonsense")
    with pytest.raises(Exception, match=r"nonsense") as caught:
        decision_of(load(edited(rules=broken)))
    assert "return f.nonsense" in str(caught.value)


def test_the_last_rule_may_be_removed():
    start, end = text("rules").index("    return (\n"), text("rules").index("\n    )\n") + len("\n    )\n")
    none = load(edited(rules=text("rules")[:start] + "    return ()\n" + text("rules")[end:]))
    assert none.rule_names == ()
    assert decision_of(none).action == HOLD


def test_a_rule_may_force_an_entry_but_not_of_a_cold_strategy():
    always = text("rules") + "\n\n@kernel\ndef always(f: Features) -> int:\n    return FORCE_ENTRY\n"
    strategy = load(edited(rules=always.replace("cooldown(f),", "cooldown(f),\n        always(f),")))
    event, decision, state = np.zeros(1, EVENT), np.zeros(1, DECISION), np.zeros(1, strategy.state_dtype)
    event["price"], event["advice"] = 100.0, np.nan
    strategy.decide(event, state, np.zeros(strategy.table_shape), decision)
    assert decision[0].action == HOLD
    state["bars"] = 10_000
    strategy.decide(event, state, np.zeros(strategy.table_shape), decision)
    assert decision[0].action == BUY
    assert strategy.rule_name(decision[0].rule) == "always"
    event["exit_ns"], event["time_ns"] = 1, 2  # closed a nanosecond ago: to forbid beats to force
    strategy.decide(event, state, np.zeros(strategy.table_shape), decision)
    assert decision[0].action == HOLD
    assert strategy.rule_name(decision[0].rule) == "cooldown"
