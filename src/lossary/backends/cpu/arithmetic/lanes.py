"""Vectors as numbers: a type that Numba compiles to one LLVM vector, so that a formula runs on several rows at once.

Where a loop is left to LLVM's vectoriser, whether vectors come of it depends on what it can prove about addresses. The
narrow rowwise kernels do not ask it: their numbers are of this type, a formula is compiled for it as for any other, and
a number that is the same for all rows is spread over the lanes where the two meet.
"""

import operator

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import lower_builtin, lower_cast, register_model

from lossary.backends.cpu.specs.conventions import lanes_a_vector

WIDTH = lanes_a_vector()
ELEMENTS = {
    types.float32: ir.FloatType(),
    types.float64: ir.DoubleType(),
    types.int32: ir.IntType(32),
    types.int64: ir.IntType(64),
    types.boolean: ir.IntType(1),
}


class Lanes(types.Type):
    """``WIDTH`` numbers of one kind."""

    def __init__(self, element):
        self.element = element
        super().__init__(name=f"Lanes({element})")

    @property
    def vector(self):
        """The LLVM type."""
        return ir.VectorType(ELEMENTS[self.element], WIDTH)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, fe_type.vector)


def spread(builder, number):
    """The same number in all lanes."""
    kind = ir.VectorType(number.type, WIDTH)
    first, nowhere = ir.Constant(ir.IntType(32), 0), ir.Constant(kind, ir.Undefined)
    single = builder.insert_element(nowhere, number, first)
    return builder.shuffle_vector(single, nowhere, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


@lower_cast(types.Number, Lanes)
@lower_cast(types.Boolean, Lanes)
def _spread(context, builder, source, target, number):
    return spread(builder, context.cast(builder, number, source, target.element))


def _element(kind):
    return kind.element if isinstance(kind, Lanes) else kind


def meeting(a, b):
    """The element type in which two operands meet, at least one of them lanes; None where they cannot.

    A double does not meet lanes of floats: it would lose its digits unseen.
    """
    lanes = [kind for kind in (a, b) if isinstance(kind, Lanes)]
    if not lanes or len({kind.element for kind in lanes}) > 1:
        return None
    element, other = lanes[0].element, _element(b if isinstance(a, Lanes) else a)
    if element == other or (element == types.float64 and isinstance(other, types.Float)):
        return element
    whole = isinstance(element, types.Integer) and isinstance(other, types.Integer)
    return element if whole else None


def _operator(op, emit, result=None, kinds=(types.Float, types.Integer)):
    """Make a binary operator known for lanes; ``emit`` is given the builder, the element type and the operands."""

    @infer_global(op)
    class _Typing(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) != 2:
                return None
            element = meeting(*args)
            if element is None or not isinstance(element, kinds):
                return None
            operand = Lanes(element)
            return (result or operand)(operand, operand)

    @lower_builtin(op, Lanes, Lanes)
    def _lowering(context, builder, signature, args):
        return emit(builder, signature.args[0].element, *args)


def _by_kind(on_floats, on_integers):
    def emit(builder, element, a, b):
        return getattr(builder, on_floats if isinstance(element, types.Float) else on_integers)(a, b)

    return emit


def _comparison(sign):
    def emit(builder, element, a, b):
        if isinstance(element, types.Float):
            # Unequal is true of a NaN, all else false.
            return (builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered)(sign, a, b)
        compare = builder.icmp_unsigned if element == types.boolean else builder.icmp_signed
        return compare(sign, a, b)

    return emit


_operator(operator.add, _by_kind("fadd", "add"))
_operator(operator.sub, _by_kind("fsub", "sub"))
_operator(operator.mul, _by_kind("fmul", "mul"))
_operator(operator.truediv, _by_kind("fdiv", "sdiv"), kinds=types.Float)
for _op, _method in ((operator.and_, "and_"), (operator.or_, "or_"), (operator.xor, "xor")):
    _operator(_op, _by_kind(_method, _method), kinds=(types.Integer, types.Boolean))
for _op, _method in ((operator.lshift, "shl"), (operator.rshift, "ashr")):
    _operator(_op, _by_kind(_method, _method), kinds=types.Integer)
for _op, _sign in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _operator(_op, _comparison(_sign), Lanes(types.boolean), (types.Float, types.Integer, types.Boolean))


def _unary(op, emit, allowed):
    """Make an operator of one operand known for lanes."""

    @infer_global(op)
    class _Typing(AbstractTemplate):
        def generic(self, args, kws):
            fits = len(args) == 1 and isinstance(args[0], Lanes) and isinstance(args[0].element, allowed)
            return args[0](args[0]) if fits else None

    @lower_builtin(op, Lanes)
    def _lowering(context, builder, signature, args):
        return emit(builder, signature.return_type.element, args[0])


def _negated(builder, element, x):
    return builder.fneg(x) if isinstance(element, types.Float) else builder.neg(x)


_unary(operator.neg, _negated, (types.Float, types.Integer))
_unary(operator.invert, lambda builder, element, x: builder.not_(x), (types.Integer, types.Boolean))
