"""Reading and writing single numbers at an address, as LLVM instructions."""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

DOUBLE, FLOAT, LONG, INT = ir.DoubleType(), ir.FloatType(), ir.IntType(64), ir.IntType(32)
LINE = ir.VectorType(LONG, 8)
"""The 64 bytes that processors move at a time."""


def element_address(builder, base, index, kind):
    """The address of element ``index``: a pointer plus an offset, which LLVM can follow through a loop."""
    return builder.gep(builder.inttoptr(base, kind.as_pointer()), [index])


@intrinsic
def load_f64(typingctx, base, index):
    """Element ``index`` of the doubles at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(element_address(builder, *args, DOUBLE))

    return types.float64(types.int64, types.int64), generate


@intrinsic
def load_f32(typingctx, base, index):
    """Element ``index`` of the floats at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(element_address(builder, *args, FLOAT))

    return types.float32(types.int64, types.int64), generate


@intrinsic
def store_f64(typingctx, base, index, number):
    """Write a double to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], element_address(builder, args[0], args[1], DOUBLE))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate


@intrinsic
def store_f32(typingctx, base, index, number):
    """Write a float, or a double rounded to float, to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], element_address(builder, args[0], args[1], FLOAT))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float32), generate


@intrinsic
def load_i64(typingctx, base, index):
    """Element ``index`` of the 64-bit integers at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(element_address(builder, *args, LONG))

    return types.int64(types.int64, types.int64), generate


@intrinsic
def store_i64(typingctx, base, index, number):
    """Write a 64-bit integer to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], element_address(builder, args[0], args[1], LONG))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def stream(typingctx, target, source, index):
    """Copy line ``index`` of 64 bytes past the caches; ``target`` must be a multiple of 64."""

    def generate(context, builder, signature, args):
        target, source, index = args
        line = builder.load(element_address(builder, source, index, LINE), align=8)
        written = builder.store(line, element_address(builder, target, index, LINE), align=64)
        written.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def fence(typingctx):
    """Make streamed stores visible to other threads."""

    def generate(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate
