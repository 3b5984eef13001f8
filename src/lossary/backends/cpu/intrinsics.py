"""The few machine operations that Numba does not offer by name, as LLVM instructions."""

import functools

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_DOUBLE, _FLOAT, _LONG, _INT = ir.DoubleType(), ir.FloatType(), ir.IntType(64), ir.IntType(32)
LANES = 8
_DOUBLES, _LONGS = ir.VectorType(_DOUBLE, LANES), ir.VectorType(_LONG, LANES)


def _place(builder, base, index, kind):
    """The address of element ``index``: a pointer plus an offset, which LLVM can follow through a loop."""
    return builder.gep(builder.inttoptr(base, kind.as_pointer()), [index])


@intrinsic
def load_f64(typingctx, base, index):
    """Element ``index`` of the doubles at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(_place(builder, *args, _DOUBLE))

    return types.float64(types.int64, types.int64), generate


@intrinsic
def load_f32(typingctx, base, index):
    """Element ``index`` of the floats at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(_place(builder, *args, _FLOAT))

    return types.float32(types.int64, types.int64), generate


@intrinsic
def store_f64(typingctx, base, index, number):
    """Write a double to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], _place(builder, args[0], args[1], _DOUBLE))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate


@intrinsic
def store_f32(typingctx, base, index, number):
    """Write a float, or a double rounded to float, to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], _place(builder, args[0], args[1], _FLOAT))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float32), generate


@intrinsic
def load_i64(typingctx, base, index):
    """Element ``index`` of the 64-bit integers at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(_place(builder, *args, _LONG))

    return types.int64(types.int64, types.int64), generate


@intrinsic
def store_i64(typingctx, base, index, number):
    """Write a 64-bit integer to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], _place(builder, args[0], args[1], _LONG))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def stream(typingctx, target, source, index):
    """Copy line ``index`` of 64 bytes past the caches; ``target`` must be a multiple of 64."""

    def generate(context, builder, signature, args):
        target, source, index = args
        line = builder.load(_place(builder, source, index, _LONGS), align=8)
        written = builder.store(line, _place(builder, target, index, _LONGS), align=64)
        written.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def bits(typingctx, number):
    """The bit pattern of a double, or of a float as a 32-bit integer."""
    kind, pattern = (types.float32, types.int32) if number == types.float32 else (types.float64, types.int64)

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(pattern))

    return pattern(kind), generate


@intrinsic
def from_bits(typingctx, pattern):
    """The double of a 64-bit pattern."""

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], _DOUBLE)

    return types.float64(types.int64), generate


@intrinsic
def from_bits_32(typingctx, pattern):
    """The float of a 32-bit pattern; only the low half of a wider integer counts."""

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], _FLOAT)

    return types.float32(types.int32), generate


def _common(*kinds):
    """Floats stay floats; anything else is computed in double."""
    return types.float32 if all(kind == types.float32 for kind in kinds) else types.float64


@intrinsic
def fma(typingctx, a, b, c):
    """a*b + c with one rounding."""
    kind = _common(a, b, c)

    def generate(context, builder, signature, args):
        return builder.fma(*args)

    return kind(kind, kind, kind), generate


@intrinsic
def root(typingctx, x):
    """The square root, as the one machine instruction."""
    kind = _common(x)

    def generate(context, builder, signature, args):
        return builder.call(builder.module.declare_intrinsic("llvm.sqrt", [args[0].type]), args)

    return kind(kind), generate


@intrinsic
def magnitude(typingctx, x):
    """The absolute value."""
    kind = _common(x)

    def generate(context, builder, signature, args):
        return builder.call(builder.module.declare_intrinsic("llvm.fabs", [args[0].type]), args)

    return kind(kind), generate


@intrinsic
def select(typingctx, condition, a, b):
    """``a`` where the condition holds, else ``b``: one instruction, no branch."""
    kind = _common(a, b)

    def generate(context, builder, signature, args):
        return builder.select(*args)

    return kind(types.boolean, kind, kind), generate


def _split_sum(builder, levels, number, buffer, lines, rounders):
    """Emit the loop of ``split_sum`` and ``split_sum_finer`` over lines of 8 numbers, doubles or floats."""
    places = [ir.Constant(_LONG, i) for i in range(2 * levels + 1)]
    first, lane_zero = ir.Constant(ir.IntType(32), 0), ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    starts = []
    for i in range(levels):
        rounder = builder.load(_place(builder, rounders, places[i], _DOUBLE))
        single = builder.insert_element(ir.Constant(_DOUBLES, ir.Undefined), rounder, first)
        starts.append(builder.shuffle_vector(single, single, lane_zero))
    sums = [cgutils.alloca_once_value(builder, start) for start in starts]
    left = cgutils.alloca_once_value(builder, ir.Constant(_LONGS, [0] * LANES))
    with cgutils.for_range(builder, lines) as loop:
        x = builder.load(_place(builder, buffer, loop.index, ir.VectorType(number, LANES)), align=4)
        x = builder.fpext(x, _DOUBLES) if number is _FLOAT else x
        for place in sums:
            before = builder.load(place)
            after = builder.fadd(before, x)
            builder.store(after, place)
            x = builder.fsub(x, builder.fsub(after, before))
        builder.store(builder.or_(builder.load(left), builder.bitcast(x, _LONGS)), left)
    for i, (place, start) in enumerate(zip(sums, starts, strict=True)):
        units = builder.sub(builder.bitcast(builder.load(place), _LONGS), builder.bitcast(start, _LONGS))
        total = functools.reduce(builder.add, _lanes(builder, units))
        builder.store(total, _place(builder, rounders, places[levels + i], _LONG))
    # The sign of a zero is no remainder: shift it out.
    remainder = functools.reduce(builder.or_, _lanes(builder, builder.load(left)))
    builder.store(builder.shl(remainder, places[1]), _place(builder, rounders, places[2 * levels], _LONG))


@intrinsic
def split_sum(typingctx, buffer, lines, rounders):
    """Sum ``lines`` of 8 doubles exactly, in two parts; LLVM would not vectorise this recurrence by itself.

    ``rounders`` holds two doubles 1.5 * 2**52 u, the first with |x| < 2**44 u, the second with u at least 2**-44 of
    that, and room for three integers behind. To each lane of an accumulator that starts at a rounder, x is added and so
    rounded to a multiple of u; what was lost is exactly x - (after - before), and goes to the next. Left behind
    ``rounders``: the two sums in their units u, and zero if and only if nothing was lost in the end. At most 128 lines.
    """

    def generate(context, builder, signature, args):
        _split_sum(builder, 2, _DOUBLE, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def split_sum_finer(typingctx, buffer, lines, rounders):
    """The same in three parts, for numbers further apart."""

    def generate(context, builder, signature, args):
        _split_sum(builder, 3, _DOUBLE, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def split_sum_32(typingctx, buffer, lines, rounders):
    """``split_sum`` of floats."""

    def generate(context, builder, signature, args):
        _split_sum(builder, 2, _FLOAT, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _lanes(builder, vector):
    return [builder.extract_element(vector, ir.Constant(ir.IntType(32), i)) for i in range(LANES)]


@intrinsic
def fence(typingctx):
    """Make streamed stores visible to other threads."""

    def generate(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate
