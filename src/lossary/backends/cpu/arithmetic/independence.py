"""The word that a loop's rounds are independent, in LLVM's metadata: it makes vectors of them without any doubt."""

from __future__ import annotations

from llvmlite import ir
from llvmlite.ir.instructions import AllocaInstr
from llvmlite.ir.values import MDValue


class _Distinct(MDValue):
    """A node that is no other's equal, and the first of its own operands if it is a loop's."""

    def __init__(self, module, operands=(), loop=False):
        super().__init__(module, operands, name=str(len(module.metadata)))
        self._loop = loop

    def descr(self, buf):
        operands = [self, *self.operands] if self._loop else self.operands
        buf += (f"distinct !{{ {', '.join(each.get_reference() for each in operands)} }}", "\n")

    __hash__ = object.__hash__


def declared_independent(again, body):
    """Declare it of the loop that the branch ``again`` closes, whose rounds are the one block ``body``.

    Names that the text assigns are places in memory too, until LLVM keeps them in registers: they are left out.
    """
    module = body.parent.module
    accesses = _Distinct(module)
    for each in body.instructions:
        if isinstance(each, ir.LoadInstr | ir.StoreInstr) and not isinstance(_address(each), AllocaInstr):
            each.set_metadata("llvm.access.group", accesses)
    said = module.add_metadata([ir.MetaDataString(module, "llvm.loop.parallel_accesses"), accesses])
    again.set_metadata("llvm.loop", _Distinct(module, [said], loop=True))


def _address(access):
    return access.operands[-1]
