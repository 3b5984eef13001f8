"""Numbers of a kernel while its code is written: Python's operators on them append LLVM instructions.

A primitive or a formula is a plain Python function. Called with values instead of numbers it leaves its instructions
behind, in the function under construction (``builder``), and returns the value they compute. A value is one number, or
*lanes*: a vector with a number for each of ``WIDTH`` rows or scores, so that the same formula runs on all of them at
once. A number that meets lanes is spread over them.

Where two numbers of different kinds meet, floats become doubles and 32-bit integers become 64-bit ones; a Python
integer takes the kind of the integer it meets. Nothing is contracted, reordered or approximated.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
from llvmlite import ir

from lossary.backends.cpu.specs.conventions import lanes_a_vector

WIDTH = lanes_a_vector()


class Kind:
    """What a number is: its LLVM type, and whether that is of floating point."""

    def __init__(self, name, llvm, bits, floating=False):
        self.name, self.llvm, self.bits, self.floating = name, llvm, bits, floating

    def __repr__(self):
        return self.name


BOOLEAN = Kind("boolean", ir.IntType(1), 1)
INT32 = Kind("int32", ir.IntType(32), 32)
INT64 = Kind("int64", ir.IntType(64), 64)
FLOAT32 = Kind("float32", ir.FloatType(), 32, floating=True)
FLOAT64 = Kind("float64", ir.DoubleType(), 64, floating=True)

_builders: list[ir.IRBuilder] = []


def builder():
    """Where instructions are appended now. Kernels are written one at a time, under the lock of ``cache.apart``."""
    return _builders[-1]


@contextmanager
def building(another):
    """Append instructions there."""
    _builders.append(another)
    try:
        yield
    finally:
        _builders.pop()


class Value:
    """A number of a kernel, or lanes of them."""

    __slots__ = ("ir", "kind", "lanes")
    __array_ufunc__ = None  # NumPy's numbers leave the operators to us
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value, kind, lanes=False):
        self.ir, self.kind, self.lanes = value, kind, lanes

    def __repr__(self):
        return f"{'lanes of ' if self.lanes else ''}{self.kind}"

    def __bool__(self):
        raise TypeError("whether a condition holds is not known before a kernel runs: use select, or a kernel's if")

    def __add__(self, other):
        return _computed("fadd", "add", self, other)

    def __radd__(self, other):
        return _computed("fadd", "add", other, self)

    def __sub__(self, other):
        return _computed("fsub", "sub", self, other)

    def __rsub__(self, other):
        return _computed("fsub", "sub", other, self)

    def __mul__(self, other):
        return _computed("fmul", "mul", self, other)

    def __rmul__(self, other):
        return _computed("fmul", "mul", other, self)

    def __truediv__(self, other):
        return _divided(self, other)

    def __rtruediv__(self, other):
        return _divided(other, self)

    def __and__(self, other):
        return _computed(None, "and_", self, other)

    __rand__ = __and__

    def __or__(self, other):
        return _computed(None, "or_", self, other)

    __ror__ = __or__

    def __xor__(self, other):
        return _computed(None, "xor", self, other)

    __rxor__ = __xor__

    def __lshift__(self, other):
        return _computed(None, "shl", self, other)

    def __rlshift__(self, other):
        return _computed(None, "shl", other, self)

    def __rshift__(self, other):
        return _computed(None, "ashr", self, other)

    def __neg__(self):
        negated = builder().fneg(self.ir) if self.kind.floating else builder().neg(self.ir)
        return Value(negated, self.kind, self.lanes)

    def __pos__(self):
        return self

    def __invert__(self):
        return Value(builder().not_(self.ir), self.kind, self.lanes)

    def __lt__(self, other):
        return _compared("<", self, other)

    def __le__(self, other):
        return _compared("<=", self, other)

    def __gt__(self, other):
        return _compared(">", self, other)

    def __ge__(self, other):
        return _compared(">=", self, other)

    def __eq__(self, other):
        return _compared("==", self, other)

    def __ne__(self, other):
        return _compared("!=", self, other)


def constant(number, kind):
    """A constant of a kind."""
    if kind.floating:
        return Value(ir.Constant(kind.llvm, float(number)), kind)
    return Value(ir.Constant(kind.llvm, int(number)), kind)


def lifted(number, beside=None):
    """A number as a value; ``beside`` is the kind of an integer that a Python integer goes with."""
    match number:
        case Value():
            return number
        case bool() | np.bool_():
            return constant(number, BOOLEAN)
        case np.float32():
            return constant(number, FLOAT32)
        case float():
            return constant(number, FLOAT64)
        case np.int32():
            return constant(number, INT32)
        case int() | np.int64():
            return constant(number, beside if beside in (INT32, INT64) else INT64)
    raise TypeError(f"a kernel cannot compute with {number!r}, of type {type(number).__name__}")


def met(a, b):
    """Two numbers as values of one kind, both lanes if either is."""
    a = lifted(a, b.kind if isinstance(b, Value) else None)
    b = lifted(b, a.kind)
    kind = _meeting(a, b)
    a, b = converted(a, kind), converted(b, kind)
    if a.lanes == b.lanes:
        return a, b
    return (a, spread(b)) if a.lanes else (spread(a), b)


def _meeting(a, b):
    if a.kind is b.kind:
        return a.kind
    floating = a.kind.floating or b.kind.floating
    kind = FLOAT64 if floating else (INT64 if INT64 in (a.kind, b.kind) else INT32)
    # Beside lanes a double would lose its digits, or halve the vectors, unseen.
    for lanes, other in ((a, b), (b, a)):
        if lanes.lanes and (other.lanes or (lanes.kind is not kind and floating)):
            raise TypeError(f"{a!r} and {b!r} do not meet: convert one of them")
        if lanes.lanes and not floating:
            return lanes.kind
    return kind


def spread(x):
    """The same number in all lanes; lanes stay what they are."""
    if x.lanes:
        return x
    kind = ir.VectorType(x.kind.llvm, WIDTH)
    if isinstance(x.ir, ir.Constant):
        return Value(ir.Constant(kind, [x.ir.constant] * WIDTH), x.kind, True)
    first, nowhere = ir.Constant(ir.IntType(32), 0), ir.Constant(kind, ir.Undefined)
    single = builder().insert_element(nowhere, x.ir, first)
    places = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return Value(builder().shuffle_vector(single, nowhere, places), x.kind, True)


def llvm_type(kind, lanes):
    """The LLVM type of a number, or of lanes."""
    return ir.VectorType(kind.llvm, WIDTH) if lanes else kind.llvm


def converted(x, kind):
    """A number, or each of the lanes, in another kind."""
    x = lifted(x, kind)
    if x.kind is kind:
        return x
    return Value(_conversion(x.kind, kind)(x.ir, llvm_type(kind, x.lanes)), kind, x.lanes)


def _conversion(source, target):
    emit = builder()
    if source.floating and target.floating:
        return emit.fpext if target.bits > source.bits else emit.fptrunc
    if source.floating:
        return emit.fptosi
    if target.floating:
        return emit.uitofp if source is BOOLEAN else emit.sitofp
    if target.bits < source.bits:
        return emit.trunc
    return emit.zext if source is BOOLEAN else emit.sext


def _computed(on_floats, on_integers, a, b):
    a, b = met(a, b)
    method = on_floats if a.kind.floating else on_integers
    if method is None:
        raise TypeError(f"there is no such operation on {a.kind}")
    return Value(getattr(builder(), method)(a.ir, b.ir), a.kind, a.lanes)


def _divided(a, b):
    a, b = met(a, b)
    if not a.kind.floating:
        a, b = converted(a, FLOAT64), converted(b, FLOAT64)
    return Value(builder().fdiv(a.ir, b.ir), a.kind, a.lanes)


def _compared(sign, a, b):
    a, b = met(a, b)
    if a.kind.floating:
        # Unequal is true of a NaN, all else false.
        compare = builder().fcmp_unordered if sign == "!=" else builder().fcmp_ordered
    else:
        compare = builder().icmp_unsigned if a.kind is BOOLEAN else builder().icmp_signed
    return Value(compare(sign, a.ir, b.ir), BOOLEAN, a.lanes)


def quotient(a, n):
    """How often the Python integer ``n`` goes into an integer that is not negative."""
    return Value(builder().udiv(a.ir, ir.Constant(a.kind.llvm, n)), a.kind)


def remainder(a, n):
    """What is left of it then."""
    return Value(builder().urem(a.ir, ir.Constant(a.kind.llvm, n)), a.kind)
