"""Exact sums of a block in two or three parts, as LLVM instructions."""

import functools

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lossary.backends.cpu.arithmetic.loads_and_stores import DOUBLE, FLOAT, INT, LONG, element_address

LANES = 8
DOUBLES, LONGS = ir.VectorType(DOUBLE, LANES), ir.VectorType(LONG, LANES)


def _split_sum(builder, levels, number, buffer, lines, rounders):
    """Emit the loop of ``split_sum`` and ``split_sum_finer`` over lines of 8 numbers, doubles or floats."""
    places = [ir.Constant(LONG, i) for i in range(2 * levels + 1)]
    first, lane_zero = ir.Constant(INT, 0), ir.Constant(ir.VectorType(INT, LANES), [0] * LANES)
    starts = []
    for i in range(levels):
        rounder = builder.load(element_address(builder, rounders, places[i], DOUBLE))
        single = builder.insert_element(ir.Constant(DOUBLES, ir.Undefined), rounder, first)
        starts.append(builder.shuffle_vector(single, single, lane_zero))
    sums = [cgutils.alloca_once_value(builder, start) for start in starts]
    left = cgutils.alloca_once_value(builder, ir.Constant(LONGS, [0] * LANES))
    with cgutils.for_range(builder, lines) as loop:
        x = builder.load(element_address(builder, buffer, loop.index, ir.VectorType(number, LANES)), align=4)
        x = builder.fpext(x, DOUBLES) if number is FLOAT else x
        for place in sums:
            before = builder.load(place)
            after = builder.fadd(before, x)
            builder.store(after, place)
            x = builder.fsub(x, builder.fsub(after, before))
        builder.store(builder.or_(builder.load(left), builder.bitcast(x, LONGS)), left)
    for i, (place, start) in enumerate(zip(sums, starts, strict=True)):
        units = builder.sub(builder.bitcast(builder.load(place), LONGS), builder.bitcast(start, LONGS))
        total = functools.reduce(builder.add, _lanes(builder, units))
        builder.store(total, element_address(builder, rounders, places[levels + i], LONG))
    # The sign of a zero is no remainder: shift it out.
    remainder = functools.reduce(builder.or_, _lanes(builder, builder.load(left)))
    builder.store(builder.shl(remainder, places[1]), element_address(builder, rounders, places[2 * levels], LONG))


@intrinsic
def split_sum(typingctx, buffer, lines, rounders):
    """Sum ``lines`` of 8 doubles exactly, in two parts; LLVM would not vectorise this recurrence by itself.

    ``rounders`` holds two doubles 1.5 * 2**52 u, the first with |x| < 2**44 u, the second with u at least 2**-44 of
    that, and room for three integers behind. To each lane of an accumulator that starts at a rounder, x is added and so
    rounded to a multiple of u; what was lost is exactly x - (after - before), and goes to the next. Left behind
    ``rounders``: the two sums in their units u, and zero if and only if nothing was lost in the end. At most 128 lines.
    """

    def generate(context, builder, signature, args):
        _split_sum(builder, 2, DOUBLE, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def split_sum_finer(typingctx, buffer, lines, rounders):
    """The same in three parts, for numbers further apart."""

    def generate(context, builder, signature, args):
        _split_sum(builder, 3, DOUBLE, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def split_sum_32(typingctx, buffer, lines, rounders):
    """``split_sum`` of floats."""

    def generate(context, builder, signature, args):
        _split_sum(builder, 2, FLOAT, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _lanes(builder, vector):
    return [builder.extract_element(vector, ir.Constant(INT, i)) for i in range(LANES)]
