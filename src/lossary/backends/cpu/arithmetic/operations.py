"""The few operations on a number, or on vectors of them, that Python has no operator for."""

from llvmlite import ir

from lossary.backends.cpu.arithmetic.values import (
    BOOLEAN,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    Value,
    builder,
    converted,
    lifted,
    llvm_type,
    met,
    spread,
)


def _reinterpreted(number, target):
    return Value(builder().bitcast(number.ir, llvm_type(target, number.lanes)), target, number.lanes)


def bits(number):
    """The bit pattern of a double, or of a float as a 32-bit integer."""
    number = lifted(number)
    return _reinterpreted(number, INT32 if number.kind is FLOAT32 else INT64)


def from_bits(pattern):
    """The double of a 64-bit pattern."""
    return _reinterpreted(converted(pattern, INT64), FLOAT64)


def from_bits_32(pattern):
    """The float of a 32-bit pattern; only the low half of a wider integer counts."""
    return _reinterpreted(converted(pattern, INT32), FLOAT32)


def as_f32(x):
    """As a float."""
    return converted(x, FLOAT32)


def as_f64(x):
    """As a double."""
    return converted(x, FLOAT64)


def as_i32(x):
    """As a 32-bit integer."""
    return converted(x, INT32)


def as_i64(x):
    """As a 64-bit integer."""
    return converted(x, INT64)


def _floating(*numbers):
    """Numbers as values of one floating kind, lanes if any are."""
    values = [lifted(number) for number in numbers]
    lanes = [each for each in values if each.lanes]
    single = lanes[0].kind is FLOAT32 if lanes else all(each.kind is FLOAT32 for each in values)
    kind = FLOAT32 if single else FLOAT64
    values = [converted(each, kind) for each in values]
    return [spread(each) for each in values] if lanes else values


def _called(name, *numbers):
    """A call of an LLVM intrinsic whose arguments and result are of one type."""
    values = _floating(*numbers)
    kind, lanes = values[0].kind, values[0].lanes
    of = llvm_type(kind, lanes)
    full = f"llvm.{name}.{f'v{of.count}' if lanes else ''}f{kind.bits}"
    module = builder().module
    function = module.globals.get(full) or ir.Function(module, ir.FunctionType(of, [of] * len(values)), full)
    return Value(builder().call(function, [each.ir for each in values]), kind, lanes)


def fma(a, b, c):
    """a*b + c with one rounding."""
    return _called("fma", a, b, c)


def root(x):
    """The square root, as the one machine instruction."""
    return _called("sqrt", x)


def magnitude(x):
    """The absolute value."""
    return _called("fabs", x)


def select(condition, a, b):
    """``a`` where the condition holds, else ``b``: one instruction, no branch."""
    condition = lifted(condition)
    a, b = met(a, b)
    if condition.lanes and not a.lanes:
        a, b = spread(a), spread(b)
    if a.lanes:
        condition = spread(condition)
    return Value(builder().select(condition.ir, a.ir, b.ir), a.kind, a.lanes)


def smaller(a, b):
    """The smaller of two integers."""
    return select(_in_order("icmp_signed", a, b), a, b)


def greater(a, b):
    """The greater of two integers."""
    return select(_in_order("icmp_signed", b, a), a, b)


def smaller_unsigned(a, b):
    """The smaller of two integers that are read without a sign."""
    return select(_in_order("icmp_unsigned", a, b), a, b)


def _in_order(compare, a, b):
    a, b = met(a, b)
    return Value(getattr(builder(), compare)("<", a.ir, b.ir), BOOLEAN, a.lanes)


def opposite(condition):
    """Where a condition does not hold."""
    return ~lifted(condition)


def nan_bits(x):
    """All bits where a number is NaN, none elsewhere: cheaper to gather over a loop than conditions are."""
    kind = INT32 if x.kind is FLOAT32 else INT64
    nan = builder().fcmp_unordered("uno", x.ir, x.ir)
    return Value(builder().sext(nan, llvm_type(kind, x.lanes)), kind, x.lanes)
