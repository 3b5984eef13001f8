"""Entries: kernels as builtin functions, ``entry(y, f, *outputs)``, for arrays of one float dtype without gaps.

Another kind takes addresses, and how many examples there are, for hosts whose memory is in no array.

A call through ctypes takes Python half a dozen steps to find addresses, pack a record and read a tally, 3 us in all; an
entry takes a tenth of that. LLVM, which loads the kernels anyway, makes it out of ``text`` in this process in a few
milliseconds: no compiler is asked of anybody. Where there can be none (another Python than CPython, one without the
global lock, a NumPy whose arrays have other headers) callers take those steps themselves.
"""

from __future__ import annotations

import ctypes
import functools
import os
import re
import struct
import sys
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from lossary.backends.cpu.cache.apart import alone, apart
from lossary.backends.cpu.entries import helpers
from lossary.backends.cpu.entries.enter_text import ENTER
from lossary.backends.cpu.entries.help_text import HELP
from lossary.backends.cpu.entries.helpers import LONGEST_RECORD, Helpers
from lossary.backends.cpu.entries.late import LARGEST, LONG, Entry, are_made, no_entry
from lossary.backends.cpu.entries.share_text import SHARE
from lossary.backends.cpu.entries.text import ENTRY
from lossary.backends.cpu.runtime import array_addresses
from lossary.backends.cpu.runtime.workspaces import Workspace
from lossary.backends.cpu.specs.conventions import BINS, NANS

WORDS = (
    "kernel", "shared", "tally", "record", "first", "arguments", "dtype", "type", "most", "step", "summed",
    "divided", "bytes", "bool", "save", "restore", "buffer", "rows", "width", "y_dtype", "y_step", "y_fewer_axes",
    "scale_word", "y_word", "f_word", "integer", "float", "length", "bins_word", "unit", "rate", "prepare", "invoke",
    "decref",
)  # fmt: skip
"""What each word of an entry's settings is:

kernel           its address
shared           the address of what all entries and their helpers share, first a word that is 1 while an entry runs
tally, record    addresses: what the kernel counts, and its call record, in which stands whatever does not change
first            the word of the record that has the address of the first output, less 2
arguments        how many arrays it takes
dtype, type      the addresses of their dtype, and of numpy.ndarray
most, step       their numbers are fewer than that, and of so many bytes
summed, divided  whether it gives the sum; whether outputs are divided by the number of examples
buffer           the address of room for the sum
rows, width      whether an example is a row of scores, and of how many; else every number is one
y_dtype, y_step, y_fewer_axes   what targets are, bytes for each of the first axis, and how many axes they lack
scale_word, y_word, f_word      where in the record these are
length, bins_word   the words of a record, and in which the address of the sum is
unit             examples of which a piece has a multiple
rate             nanoseconds that 1,024 examples take, as far as is known
prepare          a Python function that has helpers made
bytes, bool, save, restore, integer, float, invoke, decref   functions of Python's stable interface
"""

MOST_ARGUMENTS = 8
"""Arrays that an entry takes, and the number of examples, at most."""

_RECORD = 48
"""The word at which a record begins, behind the settings."""

_METH_FASTCALL = 0x0080


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("code", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


@dataclass(frozen=True)
class Layout:
    """What an entry's arrays are, and where their addresses belong in the kernel's call record.

    record          its words as integers; those of addresses that change, at its end of outputs, may be anything
    dtype, outputs  that of predictions and outputs, and how many of these
    scale, y, f     the words of the scale, and of the addresses of targets and predictions
    bins            the word of the address of the sum
    unit            examples of which a piece has a multiple
    width           the scores of a row; 0 where every number is an example
    y_dtype, y_step, y_fewer_axes   as in ``WORDS``
    """

    record: np.ndarray
    dtype: np.dtype
    outputs: int
    scale: int
    y: int
    f: int
    bins: int
    unit: int
    y_dtype: np.dtype
    y_step: int
    width: int = 0
    y_fewer_axes: int = 0


class Entries:
    """What the entries of a kind of kernel share: machine code, a workspace, and Python's functions.

    ``scratch`` is how many bytes a kernel may use.
    """

    def __init__(self, scratch: int) -> None:
        self._engine, of_arrays, of_addresses, of_records, help_code = _code()
        self._of_arrays = _Method(b"lossary_entry", of_arrays, _METH_FASTCALL, None)
        self._of_addresses = _Method(b"lossary_entry_at", of_addresses, _METH_FASTCALL, None)
        self._of_records = _Method(b"lossary_shared", of_records, _METH_FASTCALL, None)
        self.workspace = workspace = Workspace(scratch)
        """Where kernels work; theirs while a word says so."""
        self._sum = np.zeros(64, np.int64)
        self.helpers = Helpers(help_code, scratch)
        self._prepare = self.helpers.prepare
        self._shared = {
            "shared": self.helpers.shared,
            "buffer": array_addresses.dense(self._sum, self._sum.dtype, self._sum.size),
            "tally": workspace.bins,
            "type": id(np.ndarray),
            "bytes": _address_of(ctypes.pythonapi.PyBytes_FromStringAndSize),
            "bool": _address_of(ctypes.pythonapi.PyBool_FromLong),
            "save": _address_of(ctypes.pythonapi.PyEval_SaveThread),
            "restore": _address_of(ctypes.pythonapi.PyEval_RestoreThread),
            "float": _address_of(ctypes.pythonapi.PyFloat_FromDouble),
            "integer": _address_of(ctypes.pythonapi.PyLong_AsLongLong),
            "prepare": id(self._prepare),
            "invoke": _address_of(ctypes.pythonapi.PyObject_CallNoArgs),
            "decref": _address_of(ctypes.pythonapi.Py_DecRef),
        }
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.helpers.forget)

    def entry(self, kernel: int, layout: Layout, most: int, summed: bool, divided: bool, addresses: bool) -> Entry:
        """A kernel, by its address, as a function of two arrays and as many more as it writes.

        It takes fewer than ``most`` numbers, or where there are helpers, who share large calls out, ``LARGEST``.
        With ``addresses`` it is one of theirs, and of the number of examples. Whoever calls that has made sure that it
        is memory of the right dtypes, without gaps and apart, and holds it.
        """
        if 2 + layout.outputs >= MOST_ARGUMENTS or len(layout.record) > LONGEST_RECORD:
            return no_entry
        words = np.zeros(_RECORD + len(layout.record), np.int64)
        record = array_addresses.dense(words, words.dtype, words.size) + 8 * _RECORD
        dtype = layout.dtype
        settings = {
            **self._shared,
            "kernel": kernel,
            "record": record,
            "first": len(layout.record) - layout.outputs - 2,
            "arguments": 2 + layout.outputs,
            "dtype": id(dtype),
            "most": max(most, LARGEST) if self.helpers.possible else most,
            "step": dtype.itemsize,
            "summed": summed,
            "divided": divided,
            "rows": layout.width > 0,
            "width": layout.width,
            "y_dtype": id(layout.y_dtype),
            "y_step": layout.y_step,
            "y_fewer_axes": layout.y_fewer_axes,
            "scale_word": layout.scale,
            "y_word": layout.y,
            "f_word": layout.f,
            "length": len(layout.record),
            "bins_word": layout.bins,
            "unit": layout.unit,
            "rate": 0,
        }
        words[: len(WORDS)] = [settings[word] for word in WORDS]
        words[_RECORD:] = layout.record
        method = self._of_addresses if addresses else self._of_arrays
        made: Entry = _new_function(ctypes.byref(method), words, None)
        return made

    def shared(self, kernel: int, length: int, bins: int, unit: int) -> Entry:
        """A kernel as a function of a packed record, its tally (both by address) and the number of examples.

        Whoever calls it holds all memory meanwhile. ``length`` are the words of the record, ``bins`` the one in which
        the tally's address stands. Where helpers take no part it gives False, and has done nothing.
        """
        if not self.helpers.possible or length > LONGEST_RECORD:
            return no_entry
        words = np.zeros(len(WORDS), np.int64)
        settings = {**self._shared, "kernel": kernel, "length": length, "bins_word": bins, "unit": unit}
        words[:] = [settings.get(word, 0) for word in WORDS]
        made: Entry = _new_function(ctypes.byref(self._of_records), words, None)
        return made


_new_function = ctypes.pythonapi.PyCFunction_NewEx
_new_function.argtypes, _new_function.restype = (ctypes.c_void_p, ctypes.py_object, ctypes.py_object), ctypes.py_object


@functools.cache
def entries(scratch: int) -> Entries | None:
    """The entries of this process; None where there can be none."""
    suits = (
        sys.implementation.name == "cpython"
        and getattr(sys, "_is_gil_enabled", lambda: True)()
        and sys.byteorder == "little"
        and struct.calcsize("P") == 8
        and array_addresses.has_usual_headers()
    )
    return apart(lambda: _made(scratch)) if suits else None


@functools.cache
def _code() -> tuple[llvm.ExecutionEngine, int, int, int, int]:
    """The machine code of entries, and where that for arrays is, for addresses, for records, and that of helpers."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(reloc="pic")
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_text()), machine)
    engine.finalize_object()
    are_made()
    # Helpers never leave it: it must outlive the interpreter.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    names = ("lossary_entry", "lossary_entry_at", "lossary_shared", "lossary_help")
    entry, entry_at, shared, help_code = map(engine.get_function_address, names)
    return engine, entry, entry_at, shared, help_code


_all: dict[int, Entries] = {}
"""Never let go: entries hold addresses in them."""


def _made(scratch: int) -> Entries:
    with alone():  # or two threads would make two, and ``functools.cache`` keep one
        if scratch not in _all:
            _all[scratch] = Entries(scratch)
        return _all[scratch]


def _address_of(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _text() -> str:
    numbers: dict[str, int | str] = {
        **{word: i for i, word in enumerate(WORDS)},
        **helpers.numbers(),
        "readable": array_addresses.READABLE,
        "writable": array_addresses.WRITABLE,
        "long": LONG,
        "bins": NANS,
        "last": NANS - 1,
        "flags": BINS,
        "words_of_tally": BINS + 1,
        "most_arguments": MOST_ARGUMENTS,
    }
    return (
        re.sub(r"\{(\w+)\}", lambda name: str(numbers[name[1]]), ENTRY + ENTER + HELP + SHARE) + helpers.PAUSE_DECLARED
    )
