"""The allow-list, family by family: what no strategy may be written with, in whatever bytes it comes."""

from __future__ import annotations

# ruff: noqa: E501 - tables of cases, a line each
import ast

import pytest

from core.strategy import Source
from services.guardian.gates import policy
from services.guardian.gates.tests import test_functions as functions_of
from services.guardian.policy.annotations import Annotation
from services.guardian.policy.body import Body, Target
from services.guardian.policy.code import Top
from services.guardian.policy.place import Place
from services.guardian.scope.byhand import check_own_tests

from .conftest import SHIPPED, appended, changed

KERNEL = "\n\n@kernel\ndef trick(f: Features) -> int:\n    {}\n    return ALLOW\n"


def refusals(source: Source) -> list[str]:
    return list(policy.findings(source.files, SHIPPED.files))


def test_the_shipped_strategy_is_written_with_what_is_allowed() -> None:
    assert refusals(SHIPPED) == []
    code = {name: data for name, data in SHIPPED.files.items() if "/" not in name}
    assert list(policy.findings(code, {})) == [], "judged from nothing, its code passes too"


GOOD = {
    "a rule": "if f.rsi > 70.0 and f.profit > 0.01:\n        return FORCE_EXIT",
    "a loop": "total = 0.0\n    for i in range(3):\n        total += f.rsi * i\n    if total > 1.0:\n        return FORCE_EXIT",
    "mathematics": "x = math.sqrt(abs(f.profit)) if not math.isnan(f.rsi) else math.nan\n    if x > 1.0:\n        return FORCE_EXIT",
    "a tuple": "low, high = (f.bollinger_lower, f.bollinger_upper)\n    if low > high:\n        return FORCE_EXIT",
    "another rule": "if stop_loss(f) == FORCE_EXIT:\n        return FORCE_EXIT",
    "days that are named": "if f.weekday in (5, 6) or f.hour not in range(8, 20):\n        return FORBID_ENTRY",
    "two questions as for a table": "if (f.rsi > 70.0) & (f.profit > 0.01) | (f.flow < 0.0):\n        return FORCE_EXIT",
    "arguments by their names": "if stop_loss(f=f) == FORCE_EXIT:\n        return FORCE_EXIT",
    "accents in a text": '"""Só compra se o preço estiver abaixo da média."""',
}  # fmt: skip


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_what_a_rule_needs_is_allowed(body: str) -> None:
    imports = changed(rules=("from typing import Final\n", "import math\nfrom typing import Final\n"))
    assert refusals(appended("rules.py", KERNEL.format(body), imports)) == []


IN_A_FUNCTION = {
    "a member of what is not written there": "if f.hour in f:\n        return FORBID_ENTRY",
    "a member of a tuple in a tuple": "if f.hour in ((1, 2), 3):\n        return FORBID_ENTRY",
    "two memberships at once": "if f.hour in (1, 2) in (3, 4):\n        return FORBID_ENTRY",
    "an argument that the function has not": "if stop_loss(nothing=f) == FORCE_EXIT:\n        return FORCE_EXIT",
    "eval": "eval('1')",
    "exec": "exec('1')",
    "open": "open('/etc/passwd')",
    "compile": "compile('1', '', 'eval')",
    "getattr": "getattr(f, 'rsi')",
    "setattr": "setattr(f, 'rsi', 1)",
    "globals": "x = globals()",
    "vars": "x = vars(f)",
    "type": "x = type(f)",
    "print": "print(1)",
    "input": "input()",
    "breakpoint": "breakpoint()",
    "__import__": "__import__('os')",
    "import inside": "import os",
    "dunder attribute": "x = f.__class__",
    "dunder walk": "x = ().__class__.__bases__[0].__subclasses__()",
    "dunder name": "x = __builtins__",
    "frame walk": "x = f.gi_frame.f_back.f_globals",
    "function's attributes": "x = stop_loss.py_func",
    "class's attributes": "x = Features.mro",
    "private": "x = f._replace",
    "string": "x = 'text'",
    "bytes": "x = b'text'",
    "format by method": "x = '{0.__class__}'.format(f)",
    "format by percent": "x = '%s' % f",
    "f-string": "x = f'{f}'",
    "method": "x = f.count(1)",
    "lambda": "x = lambda: 1",
    "comprehension": "x = [i for i in range(3)]",
    "generator": "x = sum(i for i in range(3))",
    "list": "x = [1]",
    "dict": "x = {1: 2}",
    "set": "x = {1}",
    "slice": "x = (1, 2)[0:1]",
    "walrus": "x = (y := 1)",
    "try": "try:\n        pass\n    except Exception:\n        pass",
    "try star": "try:\n        pass\n    except* Exception:\n        pass",
    "with": "with f:\n        pass",
    "match": "match f:\n        case _:\n            pass",
    "while": "while True:\n        pass",
    "raise": "raise ValueError",
    "assert": "assert f",
    "global": "global ALLOW",
    "del": "del f",
    "nested function": "def g():\n        pass",
    "nested class": "class G:\n        pass",
    "yield": "yield 1",
    "bare expression": "f.rsi",
    "call of a parameter": "f()",
    "call of a result": "stop_loss(f)(f)",
    "unpacked keywords": "x = Features(**f)",
    "unpacked arguments": "x = max(*f)",
    "write to a parameter's table": "P.stop_loss = 1.0",
    "write to a module": "math.pi = 3.0",
    "shadow a builtin": "max = min",
    "shadow kernel": "kernel = 1",
    "bit shift bomb": "x = 1 << 1000000000",
    "matrix product": "x = f @ f",
    "identity": "x = f is None",
    "complex": "x = 1j",
    "huge integer": "x = " + "9" * 60,
    "infinity in disguise": "x = 1e999",
    "ellipsis": "x = ...",
    "unknown field": "x = f.tomorrow",
    "unknown name": "x = tomorrow",
    "math that is none": "x = math.factorial(9)",
}  # fmt: skip


@pytest.mark.parametrize("body", IN_A_FUNCTION.values(), ids=IN_A_FUNCTION)
def test_a_function_may_not_hold(body: str) -> None:
    found = refusals(appended("rules.py", KERNEL.format(body)))
    assert found
    assert all(finding.startswith("rules.py:") for finding in found)


AT_THE_TOP = {
    "import": "import os",
    "import numpy": "import numpy as np",
    "from os": "from os import system",
    "from core": "from core.kernel import wire_format",
    "from core.strategy": "from core.strategy import load",
    "everything": "from core.kernel import *",
    "another name": "from core.kernel import record_dtype as k",
    "the parent package": "from ..x import y",
    "tests": "from .tests.conftest import SOURCE",
    "call": "X = stop_loss(1)",
    "code": "for i in range(3):\n    pass",
    "if": "if True:\n    X = 1",
    "no decorator": "def f1(f: Features) -> int:\n    return 0",
    "another decorator": "@staticmethod\ndef f1(f: Features) -> int:\n    return 0",
    "two decorators": "@kernel\n@kernel\ndef f1(f: Features) -> int:\n    return 0",
    "decorator by call": "@kernel(1)\ndef f1(f: Features) -> int:\n    return 0",
    "default argument": "@kernel\ndef f1(f: Features, x: int = 1) -> int:\n    return 0",
    "mutable default": "@kernel\ndef f1(f: Features, x: int = {}) -> int:\n    return 0",
    "star arguments": "@kernel\ndef f1(*f: Features) -> int:\n    return 0",
    "keyword arguments": "@kernel\ndef f1(**f: Features) -> int:\n    return 0",
    "keyword only": "@kernel\ndef f1(*, f: Features) -> int:\n    return 0",
    "async": "async def f1() -> int:\n    return 0",
    "annotation by call": "@kernel\ndef f1(f: print(1)) -> int:\n    return 0",
    "annotation by text": "@kernel\ndef f1(f: 'print(1)') -> int:\n    return 0",
    "class": "class C:\n    pass",
    "metaclass": "class C(metaclass=type):\n    pass",
    "class with a method": "class C(NamedTuple):\n    x: int\n    def y(self): pass",
    "class with a hook": "class C(NamedTuple):\n    __class_getitem__ = eval",
    "twice": "ALLOW: Final = 1",
    "module hook": "__getattr__ = print",
    "power bomb": "X: Final = 10**10**10",
    "order to pylint": "X: Final = 1  # pylint: disable=all",
    "order to bandit": "X: Final = 1  # nosec",
    "strategy's own kernel": "@kernel\ndef kernel(f: Features) -> int:\n    return 0",
    "name with a double underscore": "a__b: Final = 1",
    "name that is not ASCII": "\u0430bs: Final = 1",
    "name that Python reads as another": "@\uff4bernel\ndef f1(f: Features) -> int:\n    return 0",
    "field that Python reads as another": "@kernel\ndef f1(f: Features) -> int:\n    return f.\uff52si > 1.0",
}  # fmt: skip


@pytest.mark.parametrize("text", AT_THE_TOP.values(), ids=AT_THE_TOP)
def test_a_file_may_not_hold(text: str) -> None:
    assert refusals(appended("rules.py", f"\n\n{text}\n"))


RULES = SHIPPED.files["rules.py"]
BYTES = {
    "not UTF-8": RULES + b"# \xff\n",
    "a byte order mark": b"\xef\xbb\xbf" + RULES,
    "a coding cookie": b"# -*- coding: utf-7 -*-\n" + RULES,
    "a coding cookie in the second line": b"#!/x\n# vim: set fileencoding=latin-1 :\n" + RULES,
    "a NUL": RULES + b"\x00",
    "a form feed": RULES + b"\x0c\nX: Final = 1\n",
    "a carriage return": RULES.replace(b"\n", b"\r\n", 1),
    "a right-to-left override": RULES + "# \u202e\n".encode(),
    "a zero-width space": RULES + "# \u200b\n".encode(),
    "a line separator": RULES + "# \u2028\n".encode(),
    "a private letter": RULES + "# \ue000\n".encode(),
    "a syntax error": RULES + b"def\n",
    "deep nesting": RULES + b"X: Final = " + b"(" * 90 + b"1" + b")" * 90 + b"\n",
    "deep arithmetic": RULES + b"X: Final = " + b"-" * 500 + b"1\n",
    "nesting without end": RULES + b"X: Final = " + b"[" * 100_000 + b"\n",
    "too long": RULES + b"# " + b"x" * 300_000 + b"\n",
    "a zip behind it": RULES + b"PK\x05\x06" + b"\x00" * 18,
}


@pytest.mark.parametrize("data", BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_source(data: bytes) -> None:
    found = refusals(Source.of({**SHIPPED.files, "rules.py": data}))
    if data.startswith(RULES + b"X: Final = ((("):  # parentheses are no nodes, and so nothing deep
        return
    assert found


def test_functions_that_call_themselves_are_refused_and_others_may_call_what_they_like() -> None:
    def calls(name: str, other: str) -> str:
        return f"\n\n@kernel\ndef {name}(x: int) -> int:\n    return {other}(x)\n"

    itself = refusals(appended("rules.py", calls("again", "again")))
    assert [finding.partition(": ")[2] for finding in itself] == ["again calls itself"]
    two = appended("rules.py", f"\n\nfrom .signals import back\n{calls('there', 'back')}")
    both = refusals(appended("signals.py", f"\n\nfrom .rules import there\n{calls('back', 'there')}", two))
    assert [finding.partition(": ")[2] for finding in both] in (
        ["there calls itself over back"],
        ["back calls itself over there"],
    )
    down = appended("signals.py", calls("last", "abs"), appended("rules.py", "\n\nfrom .signals import last\n"))
    assert refusals(appended("rules.py", calls("first", "last"), down)) == []


ALLOWED: dict[type[Place], str] = {
    Top: "AnnAssign Assign ClassDef Expr FunctionDef Import ImportFrom",
    Annotation: "Constant Name Subscript",
    Body: "AnnAssign Assign AugAssign Break Continue Expr For If Pass Return"
    " Attribute BinOp BoolOp Call Compare Constant IfExp List Name Subscript Tuple UnaryOp",
    Target: "Attribute Name Subscript Tuple",
}


@pytest.mark.parametrize("place", ALLOWED, ids=lambda place: place.__name__)
def test_a_kind_of_node_that_is_not_on_the_list_of_its_place_is_refused(place: type[Place]) -> None:
    """Whatever kinds a later Python has: `ast.NodeVisitor` knows no other way to let one pass."""
    known = {name.removeprefix("visit_") for name in vars(place) if name.startswith("visit_")}
    assert known == set(ALLOWED[place].split())
    assert place.visit is ast.NodeVisitor.visit
    assert place.generic_visit is Place.generic_visit


PLACES = [
    "helper.txt",
    "x.pth",
    "sub/module.py",
    "tests/sub/test_x.py",
    "tests/data.npz",
    "Upper.py",
    "conftest.py",
    "test_x.py",
    "rules.pyc",
    ".git/x",
]


@pytest.mark.parametrize("name", PLACES)
def test_files_that_have_no_place_in_a_strategy(name: str) -> None:
    assert refusals(changed({name: ""})) == [f"{name!a}:1: a file that has no place in a strategy"]


def test_annotations_of_parameters_are_code_that_is_run() -> None:
    for evil in ("Range(1, 50, print(1))", "Range(1, 50, 'x'), print(1)", "Range(*(1, 2, 3))"):
        source = changed(parameters=('Range(1, 50, "RSI points")', evil))
        assert refusals(source)


IN_TESTS = {
    "os": "import os\n",
    "subprocess": "from subprocess import run\n",
    "everything": "from math import *\n",
    "a hook": "def pytest_runtest_makereport(item, call):\n    return None\n",
    "plugins": "pytest_plugins = ['x']\n",
    "skip": "import pytest\ndef test_a():\n    pytest.skip()\n",
    "xfail": "import pytest\n@pytest.mark.xfail\ndef test_a():\n    assert False\n",
    "exit": "import pytest\ndef test_a():\n    pytest.exit('x', 0)\n",
    "eval": "def test_a():\n    eval('1')\n",
    "open": "def test_a():\n    open('/etc/passwd')\n",
    "setattr": "def test_a(package):\n    setattr(package, 'rule', None)\n",
    "attribute": "def test_a(package):\n    package.rule = None\n",
    "dunder": "def test_a():\n    ().__class__\n",
    "except": "def test_a():\n    try:\n        assert False\n    except AssertionError:\n        pass\n",
    "a package of one's own": "def test_a(package):\n    package = None\n    assert package is None\n",
    "a fixture of ours": "import pytest\n@pytest.fixture\ndef package():\n    return None\n",
    "class with a base": "class TestA(list):\n    def test_a(self):\n        assert True\n",
    "class of another name": "class Helper:\n    def test_a(self):\n        assert True\n",
    "class with a decorator": "@given\nclass TestA:\n    def test_a(self):\n        assert True\n",
    "class with a value": "class TestA:\n    pytestmark = ()\n    def test_a(self):\n        assert True\n",
    "class with a special method": "class TestA:\n    def __eq__(self, other):\n        return True\n",
    "class with a constructor": "class TestA:\n    def __init__(self):\n        self.a = 1\n",
    "class that is set up as a class": "class TestA:\n    def setup_class(self):\n        self.a = 1\n",
    "class that is shown its test": "class TestA:\n    def setup_method(self, method):\n        self.a = method\n",
    "class in a class": "class TestA:\n    class TestB:\n        def test_a(self):\n            assert True\n",
    "class in a function": "def test_a():\n    class TestB:\n        def test_a(self):\n            assert True\n",
    "class with a package of its own": "class TestA:\n    def package(self):\n        return None\n",
    "class with a hook": "class TestA:\n    def pytest_runtest_call(self):\n        return None\n",
    "class without self": "class TestA:\n    def test_a(package):\n        assert package\n",
    "class that looks into pytest": "class TestA:\n    def test_a(self):\n        assert self._pyfuncitem\n",
    "class that looks into Python": "class TestA:\n    def test_a(self):\n        assert self.__class__\n",
    "class whose name is looked into": "class TestA:\n    def test_a(self):\n        assert TestA.mro\n",
    "self that is another": "class TestA:\n    def config(self):\n        return 1\n"
    "    def test_a(self, package):\n        self = package\n        assert self.config\n",
    "self of a function": "class TestA:\n    def config(self):\n        return 1\n"
    "def test_a(self):\n    assert self.config\n",
    "self of a function inside": "class TestA:\n    def config(self):\n        return 1\n"
    "    def test_a(self, package):\n        def b(self):\n            return self.config\n        assert b(package)\n",
    "self as a value": "class TestA:\n    def test_a(self):\n        assert list((self,))\n",
    "what self holds is set": "class TestA:\n    def test_a(self, desk):\n        self.desk = desk\n"
    "        self.desk.state = 1\n",
    "a module by way of another": "import statistics\nx = statistics.sys.modules\n",
    "a module out of another": "from core.strategy import sys\n",
    "a module out of conftest": "from .conftest import sys\n",
    "what the tests are pinned to": "from .conftest import PINNED\nPINNED.clear()\n",
    "skip under another name": "from pytest import skip as fine\nfine('x')\n",
    "pytest under another name": "import pytest as p\np.exit('x')\n",
    "pytest as a value": "import pytest\nx = (pytest,)\n",
    "a fixture of pytest's": "def test_a(monkeypatch):\n    monkeypatch.setattr('os.path', 1)\n",
    "the session": "def test_a(request):\n    request.session.items.clear()\n",
    "a generator's frame": "g = (i for i in (1,))\nx = g.gi_frame.f_builtins['x']\n",
    "a format": "x = '{0.gi_frame}'.format(1)\n",
    "a name in a text": "def test_a(package):\n    getattr(package, 'a' + 'b')\n",
    "the globals of a module": "def test_a(package):\n    vars(package.rules)['ALLOW'] = 1\n",
    "numpy's ways to C": "import numpy as np\nnp.ctypeslib.as_array(1)\n",
    "a hook that is imported": "from functools import partial as pytest_runtest_call\n",
    "raise": "raise SystemExit(0)\n",
    "a shadow of a builtin": "def test_a(setattr):\n    setattr(1, 2, 3)\n",
}


@pytest.mark.parametrize("text", IN_TESTS.values(), ids=IN_TESTS)
def test_a_new_test_may_not_hold(text: str) -> None:
    found = refusals(changed({"tests/test_change_1.py": text}))
    assert found
    assert all(finding.startswith("tests/test_change_1.py:") for finding in found)


def test_a_plain_class_may_group_tests_and_put_by_what_they_need() -> None:
    text = (
        '"""More."""\n\nfrom __future__ import annotations\n\nimport pytest\n\n\n'
        'class TestStop:\n    """Of the stop."""\n\n    def setup_method(self):\n        self.loss = -0.5\n\n'
        "    @pytest.fixture\n    def stop(self, package):\n        return package.rule('stop_loss')\n\n"
        "    def of(self, package, loss):\n        return package.world(profit=loss)\n\n"
        "    @pytest.mark.parametrize('more', [0.0, 0.1])\n    def test_it(self, package, stop, more):\n"
        "        assert stop(self.of(package, self.loss - more)) == package.rules.FORCE_EXIT\n"
        "\n    def test_b(self):\n        assert self.loss\n"
    )
    assert refusals(changed({"tests/test_more.py": text})) == []
    assert list(functions_of(text.encode())) == [("TestStop::test_it", True), ("TestStop::test_b", False)]
    weaker = text.replace("        assert self.loss\n", "        pass\n")
    found = list(
        check_own_tests(
            "tests/test_more.py", {"tests/test_more.py": text.encode()}, changed({"tests/test_more.py": weaker}).files
        )
    )
    assert found == ["tests/test_more.py: TestStop.test_b asserts less than before, or is gone"]


def test_a_field_of_the_strategy_opens_no_way_into_python_for_tests() -> None:
    fields = appended("state.py", '\nMORE = record_dtype([("gi_frame", "f8"), ("f_back", "f8"), ("mine", "f8")])\n')
    text = (
        "def test_a(package):\n    x = (i for i in ())\n    assert x.gi_frame.f_back\n    assert package.state.mine\n"
    )
    found = refusals(Source.of({**fields.files, "tests/test_change_1.py": text.encode()}))
    assert found == [f"tests/test_change_1.py:3: the attribute {name}" for name in ("f_back", "gi_frame")]


def test_a_parent_whose_conftest_is_no_python_lends_no_names_and_is_no_error() -> None:
    parent = changed({"tests/conftest.py": "def\n"})
    text = "def test_a(desk):\n    assert desk.warm_up() is None\n"
    candidate = changed({"tests/test_change_1.py": text})
    found = list(policy.findings(candidate.files, parent.files))
    assert "tests/test_change_1.py:2: the attribute warm_up" in found
    assert list(policy.findings(candidate.files, SHIPPED.files)) == []


def test_a_generated_test_is_allowed() -> None:
    text = (
        '"""What change 1 said."""\n\nfrom __future__ import annotations\n\nimport math\n\n'
        "from core.strategy import load\n\nfrom .conftest import SOURCE\n\n\n"
        "def test_parameter_stop_loss_is_as_set():\n    strategy = load(SOURCE)\n"
        '    low, high, _ = strategy.ranges["stop_loss"]\n'
        "    assert low <= strategy.parameters.stop_loss == 0.02 <= high\n\n\n"
        'def test_rule_x_answers(package):\n    rule, rules = package.rule("stop_loss"), package.rules\n'
        "    assert rule(package.world(profit=math.nextafter(0.1, -math.inf))) == rules.ALLOW\n"
        "    assert vars(package.rules)\n"
        '    code = getattr(rule, "py_func", rule).__code__\n    assert code.co_argcount == 1\n'
    )
    assert refusals(changed({"tests/test_change_1.py": text})) == []


def test_a_test_may_make_its_package_with_other_numbers_as_the_shipped_ones_do() -> None:
    text = (
        "def test_a(package_with):\n    package = package_with(stop_loss=0.05)\n    assert package.rule('stop_loss')\n"
    )
    assert refusals(changed({"tests/test_change_1.py": text})) == []


def test_a_finding_says_where() -> None:
    lines = RULES.count(b"\n")
    assert refusals(appended("rules.py", "import os\n")) == [f"rules.py:{lines + 1}: import of os"]
