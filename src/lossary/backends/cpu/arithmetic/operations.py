"""The few operations on a number, or on vectors of them, that Numba does not offer by name, as LLVM instructions."""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lossary.backends.cpu.arithmetic.lanes import Lanes


def _alike(kind, element):
    """Lanes of ``element`` where ``kind`` is lanes, else ``element`` itself."""
    return Lanes(element) if isinstance(kind, Lanes) else element


def _element(kind):
    return kind.element if isinstance(kind, Lanes) else kind


def _common(*kinds):
    """Integers stay integers and floats floats; anything else is computed in double. Lanes if any are."""
    elements = [types.int64 if isinstance(e, types.IntegerLiteral) else e for e in map(_element, kinds)]
    lanes = [kind for kind in kinds if isinstance(kind, Lanes)]
    if lanes:
        return lanes[0]
    if all(isinstance(element, types.Integer) for element in elements):
        return types.int32 if all(element == types.int32 for element in elements) else types.int64
    return types.float32 if all(element == types.float32 for element in elements) else types.float64


def _reinterpreted(kind, source, target):
    source, target = _alike(kind, source), _alike(kind, target)

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(target))

    return target(source), generate


@intrinsic
def bits(typingctx, number):
    """The bit pattern of a double, or of a float as a 32-bit integer."""
    if _element(number) == types.float32:
        return _reinterpreted(number, types.float32, types.int32)
    return _reinterpreted(number, types.float64, types.int64)


@intrinsic
def from_bits(typingctx, pattern):
    """The double of a 64-bit pattern."""
    return _reinterpreted(pattern, types.int64, types.float64)


@intrinsic
def from_bits_32(typingctx, pattern):
    """The float of a 32-bit pattern; only the low half of a wider integer counts."""
    return _reinterpreted(pattern, types.int32, types.float32)


def _converted(kind, element):
    """A number, or each of the lanes, in another type."""
    source, wanted = _element(kind), _alike(kind, element)

    def generate(context, builder, signature, args):
        target = context.get_value_type(wanted)
        if not isinstance(kind, Lanes):
            return context.cast(builder, args[0], kind, element)
        if source == element:
            return args[0]
        if isinstance(source, types.Float) and isinstance(element, types.Float):
            return (builder.fpext if element == types.float64 else builder.fptrunc)(args[0], target)
        if isinstance(source, types.Integer) and isinstance(element, types.Integer):
            return (builder.sext if element == types.int64 else builder.trunc)(args[0], target)
        return (builder.sitofp if isinstance(element, types.Float) else builder.fptosi)(args[0], target)

    return wanted(kind), generate


@intrinsic
def as_f32(typingctx, x):
    """As a float."""
    return _converted(x, types.float32)


@intrinsic
def as_f64(typingctx, x):
    """As a double."""
    return _converted(x, types.float64)


@intrinsic
def as_i32(typingctx, x):
    """As a 32-bit integer."""
    return _converted(x, types.int32)


def _called(builder, name, args):
    """A call of an LLVM intrinsic whose arguments and result are of one type."""
    kind = args[0].type
    width = f"v{kind.count}" if isinstance(kind, ir.VectorType) else ""
    element = kind.element if width else kind
    full = f"llvm.{name}.{width}{'f32' if element == ir.FloatType() else 'f64'}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * len(args)), full)
    return builder.call(function, args)


@intrinsic
def fma(typingctx, a, b, c):
    """a*b + c with one rounding."""
    kind = _common(a, b, c)

    def generate(context, builder, signature, args):
        return _called(builder, "fma", args)

    return kind(kind, kind, kind), generate


@intrinsic
def root(typingctx, x):
    """The square root, as the one machine instruction."""
    kind = _common(x)

    def generate(context, builder, signature, args):
        return _called(builder, "sqrt", args)

    return kind(kind), generate


@intrinsic
def magnitude(typingctx, x):
    """The absolute value."""
    kind = _common(x)

    def generate(context, builder, signature, args):
        return _called(builder, "fabs", args)

    return kind(kind), generate


@intrinsic
def select(typingctx, condition, a, b):
    """``a`` where the condition holds, else ``b``: one instruction, no branch."""
    kind = _common(a, b)
    if isinstance(condition, Lanes) and not isinstance(kind, Lanes):
        kind = Lanes(kind)
    chosen = _alike(kind, types.boolean)

    def generate(context, builder, signature, args):
        return builder.select(*args)

    return kind(chosen, kind, kind), generate


@intrinsic
def opposite(typingctx, condition):
    """Where a condition does not hold."""

    def generate(context, builder, signature, args):
        return builder.not_(args[0])

    kind = _alike(condition, types.boolean)
    return kind(kind), generate


@intrinsic
def nan_bits(typingctx, x):
    """All bits where a number is NaN, none elsewhere: cheaper to gather over a loop than conditions are."""
    kind = _alike(x, types.int32 if _element(x) == types.float32 else types.int64)

    def generate(context, builder, signature, args):
        return builder.sext(builder.fcmp_unordered("uno", *args, *args), context.get_value_type(kind))

    return kind(x), generate
