"""The numbers of a strategy in its machine code: read from constants that the code brings along.

Nearly all of what compiling takes is typing and lowering, which see what kind of number a parameter is and not which.
So the optimiser is kept from folding them in (measured: no slower to run), and code of the same strategy with other
numbers is made from what was compiled before by replacing those constants: in 0.1 s instead of 2.5.

Such a constant is named by its role and a hash over its values. Where compiled functions are linked into one, or live
in one engine, constants of one name are one; they hold the same.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Sequence
from typing import Any, Final

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_constant
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_getattr_generic, models, register_model, typeof_impl

from core.tunable import PREFIX, Rows, Tunable, Values, symbol_of, words_of

_WORD: Final = ir.IntType(64)
_PLACE: Final = ir.IntType(32)


class ValuesType(types.Type):
    """What Numba takes Values for: fields of int64 and float64 by name, and which values they have."""

    def __init__(self, values: Values) -> None:
        self.fields = values._fields
        self.kinds = tuple(types.int64 if isinstance(value, int) else types.float64 for value in values)
        self.values = values
        super().__init__(name=f"{symbol_of(values)} {' '.join(map('{}:{}'.format, self.fields, self.kinds))}")


class RowsType(types.NamedUniTuple):
    """What Numba takes Rows for: a tuple of tuples like any other, but for where its values come from. Named, because
    an anonymous tuple is taken for its values where it is a global."""


def with_numbers(bitcode: bytes, given: Sequence[Tunable]) -> bytes:
    """The compiled code with these numbers, one for each role, in the place of those that it was compiled with, which
    are as many and of the same kinds.

    Raises ValueError when it has not one constant for each: numbers that are not there may be frozen in.
    """
    module = llvm.parse_bitcode(bitcode)
    by_role = {numbers.role: numbers for numbers in given}
    names = {role_of(each.name): each.name for each in module.global_variables if each.name.startswith(PREFIX)}
    if names.keys() != by_role.keys():
        raise ValueError(f"it brings along {sorted(names)}, not {sorted(by_role)}")
    for role, name in names.items():
        numbers = by_role[role]
        module.link_in(llvm.parse_assembly(_defined(name, words_of(numbers), module)))
        constant = module.get_global_variable(name)
        constant.linkage = llvm.Linkage.weak_any
        constant.name = symbol_of(numbers)
    for function in module.functions:
        if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
            function.linkage = llvm.Linkage.external  # as it was compiled: it is called from Python
    module.verify()
    changed: bytes = module.as_bitcode()
    return changed


def role_of(symbol: str) -> str:
    """Of the constant of this name."""
    return symbol.removeprefix(PREFIX).partition(".")[0]


def _defined(name: str, words: tuple[int, ...], module: Any) -> str:
    values = ", ".join(f"i64 {word}" for word in words)
    head = f'target triple = "{module.triple}"\ntarget datalayout = "{module.data_layout}"\n'
    return f'{head}@"{name}" = constant [{len(words)} x i64] [{values}]\n'


@typeof_impl.register(Values)
def _type_of_values(values: Values, _context: Any) -> ValuesType:
    return ValuesType(values)


@typeof_impl.register(Rows)
def _type_of_rows(rows: Rows, _context: Any) -> RowsType:
    row = types.UniTuple(types.float64, len(rows[0]))  # type: ignore[no-untyped-call]
    return RowsType(row, len(rows), _named(len(rows)))  # type: ignore[no-untyped-call]


@functools.cache
def _named(rows: int) -> type:
    return collections.namedtuple("Rows", [f"row_{row}" for row in range(rows)])


register_model(ValuesType)(models.OpaqueModel)
register_model(RowsType)(models.UniTupleModel)


@infer_getattr
class _Fields(AttributeTemplate):
    key = ValuesType

    def generic_resolve(self, value: Any, attr: str) -> Any:  # type: ignore[override]  # there it is no function
        return dict(zip(value.fields, value.kinds, strict=True)).get(attr)


@lower_constant(ValuesType)  # type: ignore[no-untyped-call, untyped-decorator]  # numba's own has no types
def _values(context: Any, _builder: Any, _type: ValuesType, _values: Values) -> Any:
    return context.get_dummy_value()


@lower_getattr_generic(ValuesType)  # type: ignore[no-untyped-call, untyped-decorator]  # likewise
def _field(_context: Any, builder: Any, kind: ValuesType, _value: Any, name: str) -> Any:
    place = kind.fields.index(name)
    return _read(builder, kind.values, place, whole=kind.kinds[place] is types.int64)


@lower_constant(RowsType)  # type: ignore[no-untyped-call, untyped-decorator]  # likewise
def _rows(_context: Any, builder: Any, _type: RowsType, rows: Rows) -> Any:
    width = len(rows[0])
    read = [_read(builder, rows, place) for place in range(len(rows) * width)]
    pack: Any = cgutils.pack_array
    return pack(builder, [pack(builder, read[at : at + width]) for at in range(0, len(read), width)])


def _read(builder: Any, numbers: Tunable, place: int, *, whole: bool = False) -> Any:
    word = builder.load(builder.gep(_constant(builder.module, numbers), [_PLACE(0), _PLACE(place)]))
    return word if whole else builder.bitcast(word, ir.DoubleType())


def _constant(module: Any, numbers: Tunable) -> Any:
    """Weak, so that no optimiser takes its value for known."""
    symbol, words = symbol_of(numbers), words_of(numbers)
    if symbol in module.globals:
        return module.globals[symbol]
    constant = ir.GlobalVariable(module, ir.ArrayType(_WORD, len(words)), symbol)
    constant.linkage = "weak"
    constant.global_constant = True
    constant.initializer = ir.Constant(constant.value_type, words)
    return constant
