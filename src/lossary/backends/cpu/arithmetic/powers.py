"""Powers whose exponent is a parameter: nearly always 0, 1 or 2, which take no logarithm."""

from __future__ import annotations

import functools

from lossary.backends.cpu.arithmetic.control import place_for, when
from lossary.backends.cpu.arithmetic.double import NAN
from lossary.backends.cpu.arithmetic.operations import select
from lossary.backends.cpu.arithmetic.values import Value, builder, converted, lifted


def by_parameter(power):
    """``power`` with a branch for an exponent that is the same for all lanes; x**1 and x**2 are then rounded right.

    Kernels whose vectors LLVM makes of a loop would gain nothing: they compute both arms of a branch.
    """

    @functools.wraps(power)
    def chosen(x, a):
        if not isinstance(a, Value) or a.lanes:
            return power(x, a)
        x = lifted(x)
        usual = (a != 0.0) & (a != 1.0) & (a != 2.0)
        with when(usual):
            result = power(x, a)
            place = place_for(result.ir.type)
            builder().store(result.ir, place)
        with when(~usual):
            x = converted(x, result.kind) + converted(0.0, result.kind)  # which makes zero of a negative zero
            easy = select(a == 2.0, x * x, select(a == 1.0, x, converted(1.0, result.kind)))
            builder().store(select(x >= converted(0.0, result.kind), easy, converted(NAN, result.kind)).ir, place)
        return Value(builder().load(place), result.kind, result.lanes)

    return chosen
