"""Loops, branches and functions of a kernel while its code is written."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import NamedTuple

from llvmlite import ir

from lossary.backends.cpu.arithmetic.independence import declared_independent
from lossary.backends.cpu.arithmetic.values import INT64, Value, builder, building, converted, lifted


class Exits(NamedTuple):
    """Where a loop goes on with its next round, and where it is over."""

    onward: ir.Block
    over: ir.Block


def place_for(of):
    """Room for a number of an LLVM type, which LLVM then keeps in a register."""
    with builder().goto_entry_block():
        return builder().alloca(of)


@contextmanager
def when(condition):
    """What is written meanwhile happens only where the condition holds."""
    with builder().if_then(lifted(condition).ir):
        yield


def loop(start, stop, step=1):
    """A loop over ``range(start, stop, step)``: its body is what is written between its one round and the next.

    Names that the body binds anew are not carried from round to round; memory is.
    """
    with rounds(start, stop, step) as (index, _):
        yield index


@contextmanager
def rounds(start, stop, step=1, independent=False):
    """The body of a loop: its index and its exits. Downwards if ``step`` is a negative number of Python's.

    ``independent`` declares that no round reads what another writes.
    """
    emit = builder()
    downwards = isinstance(step, int) and step < 0
    start, stop, step = (converted(each, INT64) for each in (start, stop, step))
    count = place_for(INT64.llvm)
    emit.store(start.ir, count)
    head, body, onward, over = (emit.append_basic_block(name) for name in ("head", "body", "onward", "over"))
    emit.branch(head)
    emit.position_at_end(head)
    index = emit.load(count)
    emit.cbranch(emit.icmp_signed(">" if downwards else "<", index, stop.ir), body, over)
    emit.position_at_end(body)
    yield Value(index, INT64), Exits(onward, over)
    if not emit.block.is_terminated:
        emit.branch(onward)
    emit.position_at_end(onward)
    emit.store(emit.add(index, step.ir, flags=["nsw"]), count)
    again = emit.branch(head)
    if independent:
        declared_independent(again, body)
    emit.position_at_end(over)


def function(body):
    """Make a function of the kernel's own of what ``body`` writes, once for each kind of arguments; it returns nothing.

    For what is called once a block: elsewhere everything stands where it is used. Its loops are small, or written for
    vectors, so LLVM is told not to make more of them (``optsize``): that would take half the time of compiling.
    """

    @functools.wraps(body)
    def called(*numbers):
        arguments = [lifted(number) for number in numbers]
        name = "_".join([body.__name__, *(each.kind.name for each in arguments)])
        module = builder().module
        written = module.globals.get(name) or _written(body, name, arguments, module)
        builder().call(written, [each.ir for each in arguments])

    return called


def _written(body, name, arguments, module):
    kind = ir.FunctionType(ir.VoidType(), [each.kind.llvm for each in arguments])
    written = ir.Function(module, kind, name)
    written.linkage = "internal"
    written.attributes.add("noinline")
    written.attributes.add("optsize")
    with building(ir.IRBuilder(written.append_basic_block("entry"))):
        body(*(Value(given, each.kind) for given, each in zip(written.args, arguments, strict=True)))
        builder().ret_void()
    return written
