"""Reading and writing single numbers at an address."""

from llvmlite import ir

from lossary.backends.cpu.arithmetic.values import FLOAT32, FLOAT64, INT64, Value, builder, converted

LINE = ir.VectorType(INT64.llvm, 8)
"""The 64 bytes that processors move at a time."""


def integer(number):
    """The instruction behind a 64-bit integer."""
    return converted(number, INT64).ir


def element_address(base, index, of):
    """The address of element ``index``: a pointer plus an offset, which LLVM can follow through a loop."""
    return builder().gep(builder().inttoptr(integer(base), of.as_pointer()), [integer(index)])


def _loaded(base, index, kind):
    return Value(builder().load(element_address(base, index, kind.llvm)), kind)


def _stored(base, index, number, kind):
    builder().store(converted(number, kind).ir, element_address(base, index, kind.llvm))


def load_f64(base, index):
    """Element ``index`` of the doubles at ``base``."""
    return _loaded(base, index, FLOAT64)


def load_f32(base, index):
    """Element ``index`` of the floats at ``base``."""
    return _loaded(base, index, FLOAT32)


def load_i64(base, index):
    """Element ``index`` of the 64-bit integers at ``base``."""
    return _loaded(base, index, INT64)


def store_f64(base, index, number):
    """Write a double to element ``index``."""
    _stored(base, index, number, FLOAT64)


def store_f32(base, index, number):
    """Write a float, or a double rounded to float, to element ``index``."""
    _stored(base, index, number, FLOAT32)


def store_i64(base, index, number):
    """Write a 64-bit integer to element ``index``."""
    _stored(base, index, number, INT64)


def copy_line(target, source, index):
    """Copy line ``index`` of 64 bytes, from and to any multiples of 4."""
    line = builder().load(element_address(source, index, LINE), align=4)
    builder().store(line, element_address(target, index, LINE), align=4)


def stream(target, source, index):
    """Copy line ``index`` of 64 bytes past the caches; ``target`` must be a multiple of 64."""
    line = builder().load(element_address(source, index, LINE), align=8)
    written = builder().store(line, element_address(target, index, LINE), align=64)
    written.set_metadata("nontemporal", builder().module.add_metadata([ir.Constant(ir.IntType(32), 1)]))


def fence():
    """Make streamed stores visible to other threads."""
    builder().fence("seq_cst")
