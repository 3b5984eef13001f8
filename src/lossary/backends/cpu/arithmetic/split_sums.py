"""Exact sums of a block in two or three parts, as LLVM instructions."""

import functools

from llvmlite import ir

from lossary.backends.cpu.arithmetic.control import loop, place_for
from lossary.backends.cpu.arithmetic.loads_and_stores import element_address, store_i64
from lossary.backends.cpu.arithmetic.values import FLOAT32, FLOAT64, INT32, INT64, Value, builder

LANES = 8
DOUBLES, LONGS = ir.VectorType(FLOAT64.llvm, LANES), ir.VectorType(INT64.llvm, LANES)


def split_sum(buffer, lines, rounders):
    """Sum ``lines`` of 8 doubles exactly, in two parts; LLVM would not vectorise this recurrence by itself.

    ``rounders`` holds two doubles 1.5 * 2**52 u, the first with |x| < 2**44 u, the second with u at least 2**-44 of
    that, and room for three integers behind. To each lane of an accumulator that starts at a rounder, x is added and so
    rounded to a multiple of u; what was lost is exactly x - (after - before), and goes to the next. Left behind
    ``rounders``: the two sums in their units u, and zero if and only if nothing was lost in the end. At most 128 lines.
    """
    _split_sum(2, FLOAT64, buffer, lines, rounders)


def split_sum_finer(buffer, lines, rounders):
    """The same in three parts, for numbers further apart."""
    _split_sum(3, FLOAT64, buffer, lines, rounders)


def split_sum_32(buffer, lines, rounders):
    """``split_sum`` of floats."""
    _split_sum(2, FLOAT32, buffer, lines, rounders)


def split_sum_32_whole(buffer, lines, rounders):
    """``split_sum_32`` of multiples of the second u: nothing can be lost, and whether it was is not looked at."""
    _split_sum(2, FLOAT32, buffer, lines, rounders, whole=True)


def close_sum_32(buffer, lines, scale):
    """Sum ``lines`` of 32 floats as they are, where no addition of doubles rounds, in units of 1 / ``scale``.

    That is so if all are multiples of one unit and less than 2**48 of it: a lane then adds 32 of them at most, and has
    53 bits.
    """
    emit = builder()
    sums = [_holding(ir.Constant(DOUBLES, [0.0] * LANES)) for _ in range(4)]
    for line in loop(0, lines):
        for i, place in enumerate(sums):
            x = emit.load(element_address(buffer, line * 4 + i, ir.VectorType(FLOAT32.llvm, LANES)), align=4)
            emit.store(emit.fadd(emit.load(place), emit.fpext(x, DOUBLES)), place)
    scales = _eight(scale.ir)
    units = [emit.fptosi(emit.fmul(emit.load(place), scales), LONGS) for place in sums]
    return _over_lanes(emit.add, functools.reduce(emit.add, units))


def _split_sum(levels, kind, buffer, lines, rounders, whole=False):
    emit = builder()
    starts = [_eight(emit.load(element_address(rounders, i, FLOAT64.llvm))) for i in range(levels)]
    sums = [_holding(start) for start in starts]
    left = _holding(ir.Constant(LONGS, [0] * LANES))
    for line in loop(0, lines):
        x = emit.load(element_address(buffer, line, ir.VectorType(kind.llvm, LANES)), align=4)
        x = emit.fpext(x, DOUBLES) if kind is FLOAT32 else x
        for place in sums:
            before = emit.load(place)
            after = emit.fadd(before, x)
            emit.store(after, place)
            if whole and place is sums[-1]:
                break
            x = emit.fsub(x, emit.fsub(after, before))
        if not whole:
            emit.store(emit.or_(emit.load(left), emit.bitcast(x, LONGS)), left)
    for i, (place, start) in enumerate(zip(sums, starts, strict=True)):
        units = emit.sub(emit.bitcast(emit.load(place), LONGS), emit.bitcast(start, LONGS))
        store_i64(rounders, levels + i, _over_lanes(emit.add, units))
    # The sign of a zero is no remainder: shift it out.
    store_i64(rounders, 2 * levels, _over_lanes(emit.or_, emit.load(left)) << 1)


def _eight(number):
    """The same number in all lanes."""
    single = builder().insert_element(ir.Constant(DOUBLES, ir.Undefined), number, ir.Constant(INT32.llvm, 0))
    return builder().shuffle_vector(single, single, ir.Constant(ir.VectorType(INT32.llvm, LANES), [0] * LANES))


def _holding(vector):
    """A place that holds a vector."""
    place = place_for(vector.type)
    builder().store(vector, place)
    return place


def _over_lanes(combine, vector):
    lanes = [builder().extract_element(vector, ir.Constant(INT32.llvm, i)) for i in range(LANES)]
    return Value(functools.reduce(combine, lanes), INT64)
