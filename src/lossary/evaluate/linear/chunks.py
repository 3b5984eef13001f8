"""The walk of ``linear_cross_entropy`` over its rows: as many at a time as the memory allows, each product to BLAS.

A chunk of rows gets its scores in a buffer that all chunks share; the kernel turns them into their own gradient, in
place; two more products bring that to the inputs and to the weights. Weights of another dtype than the arithmetic's are
converted a block of classes at a time.

Gradients by half precision weights are summed in float32. Where those sums do not fit the budget, they are taken for
one *group* of classes after another, and the scores are computed anew for each: a budget is kept by taking longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lossary.backends.cpu.runtime.total import ZERO, Total
from lossary.evaluate.arrays import inputs
from lossary.evaluate.arrays.memory import fresh
from lossary.evaluate.rows.pair import RowPair, columns_together

LARGEST_BLOCK = 8 << 20
"""Bytes of a block of classes: a product with fewer is slower, one with more no faster."""

Rows = slice | np.ndarray
Kernel = Callable[[RowPair, np.ndarray | None, slice], Total]


@dataclass(frozen=True)
class Layer:
    """A linear layer's inputs, as they were given but for their shape: ``x`` is (n, d), ``weight`` (k, d).

    ``y`` is (n,) of int64, or (n, k); ``opened`` is true for the classes that take part, (k,) or (n, k). ``slack`` is
    how far from one the sums of targets may be that were rounded in half precision, 0 for others.
    """

    x: np.ndarray
    weight: np.ndarray
    bias: np.ndarray | None
    y: np.ndarray
    opened: np.ndarray | None
    leading: tuple[int, ...]
    dtype: np.dtype
    slack: float = 0.0

    @property
    def indexed(self) -> bool:
        return self.y.ndim == 1

    @property
    def classes(self) -> int:
        return int(self.weight.shape[0])

    @cached_property
    def arithmetic(self) -> np.dtype:
        """The dtype computed in: float32 for half precision."""
        return np.dtype(np.float64 if self.dtype.char == "d" else np.float32)

    @cached_property
    def converted(self) -> bool:
        """Whether the weights must be copied before they are multiplied."""
        return not _for_blas(self.weight, self.arithmetic)

    @cached_property
    def summed_apart(self) -> bool:
        """Whether the gradient by the weights cannot be summed where it is returned."""
        return self.dtype != self.arithmetic

    def targets(self, rows: Rows) -> np.ndarray:
        """The targets of some rows, as a kernel takes them."""
        y = self.y[rows]
        return y if self.indexed else columns_together(inputs.kernel_dtype(y, "y_true"))

    def moved(self, picked: bool) -> bool:
        """Whether rows of ``x`` must be copied before they are multiplied; ``picked``: whether some do not count."""
        return picked or not _for_blas(self.x, self.arithmetic)

    def row_bytes(self, picked: bool) -> int:
        """The most that a row takes while its chunk is at work."""
        k, d, size = self.classes, self.x.shape[1], self.arithmetic.itemsize
        scores = k * size
        x = d * (size + self.x.itemsize) * self.moved(picked)
        gradient = d * size * ((picked or self.summed_apart) + self.converted)
        targets = 0 if self.indexed else k * (self.y.itemsize + 8)
        opened = 2 * k if self.opened is not None and self.opened.ndim == 2 else 0
        return scores + x + gradient + targets + opened


def _for_blas(array: np.ndarray, dtype: np.dtype) -> bool:
    """Whether a matrix product can take the array as it lies."""
    if array.dtype != dtype or not array.dtype.isnative or not array.flags.aligned:
        return False
    if 1 in array.shape:  # BLAS takes a vector with gaps by another way, whose last digits differ
        return bool(array.flags.c_contiguous)
    size, (rows, columns) = array.itemsize, array.strides
    by_rows = columns == size and rows >= size * array.shape[1] and rows % size == 0
    by_columns = rows == size and columns >= size * array.shape[0] and columns % size == 0
    return bool(by_rows or by_columns)


@dataclass(frozen=True)
class Plan:
    """How many rows are computed at a time, how many classes a product takes, how many are summed before storing."""

    rows: int
    block: int
    group: int


def plan(layer: Layer, count: int, picked: bool, gradient: bool, budget: int) -> Plan:
    """The largest plan for ``count`` rows within so many bytes; ValueError if it has no room for one row."""
    k = layer.classes
    class_bytes = layer.x.shape[1] * layer.arithmetic.itemsize
    a_row = layer.row_bytes(picked)
    buffers = layer.converted + gradient
    least = a_row + class_bytes * (buffers + (gradient and layer.summed_apart))
    if budget < least:
        raise ValueError(
            f"linear_cross_entropy: memory_budget of {budget} bytes is too small: one row of {k} scores and what it "
            f"is multiplied with take {least} bytes"
        )
    block = _whole(min(LARGEST_BLOCK, (budget - least) // 8), class_bytes * buffers, k)
    left = budget - block * class_bytes * buffers
    group = k
    if gradient and layer.summed_apart:
        # All rows in one chunk need no second look at a class; else the sums of many classes spare second looks.
        at_once = (left - block * class_bytes) // a_row >= count
        group = block if at_once else _whole((left - a_row) // 2, class_bytes, k)
        left -= group * class_bytes
    rows = max(1, left // a_row)
    chunks = max(1, -(-count // rows))
    return Plan(-(-count // chunks), block, group)


def _whole(room: int, each: int, most: int) -> int:
    """How many of ``each`` bytes there is room for: at least one."""
    return most if each == 0 else max(1, min(most, room // each))


@dataclass(frozen=True)
class Chunk:
    """Rows computed together: their places among those that count, and among all."""

    where: slice
    rows: Rows

    @property
    def size(self) -> int:
        return int(self.where.stop - self.where.start)


class Walk:
    """One call's buffers, and the loops over its rows and classes.

    ``kept`` are the rows that count, or None for all; ``weight`` is what each of them weighs. The kernel is called with
    a chunk's targets and scores, its weights, and its place among the rows that count.
    """

    def __init__(
        self, layer: Layer, kept: np.ndarray | None, weight: np.ndarray | None, sizes: Plan, kernel: Kernel
    ) -> None:
        self.layer, self.weight, self.kernel = layer, weight, kernel
        k, d = layer.weight.shape
        count = layer.x.shape[0] if kept is None else kept.size
        starts = range(0, count, sizes.rows) if count else ()
        places = [slice(start, min(start + sizes.rows, count)) for start in starts]
        self.chunks = [Chunk(place, place if kept is None else kept[place]) for place in places]
        self.groups = _blocks(0, k, sizes.group)
        self.block = sizes.block
        self.weight_blocks = _blocks(0, k, sizes.block) if layer.converted else [slice(0, k)]
        self.picked = kept is not None
        self.scores = fresh((sizes.rows, k), layer.arithmetic)
        self.x = np.empty((sizes.rows if layer.moved(self.picked) else 0, d), layer.arithmetic)
        self.weights = np.empty((sizes.block if layer.converted else 0, d), layer.arithmetic)

    def total(self) -> Total:
        """The exact sum of the losses; whatever else the kernel gives, it writes itself."""
        total = ZERO
        for chunk in self.chunks:
            total = total.plus(self._fill(chunk))
        return total

    def gradients(self, by_x: np.ndarray, by_weight: np.ndarray, by_bias: np.ndarray | None) -> Total:
        """The exact sum of the losses, and its gradients: written by ``x`` and weight, added up by the bias."""
        layer, total, held = self.layer, ZERO, None
        self._make_room(by_x)
        sums = np.empty((self.groups[0].stop, by_weight.shape[1]), layer.arithmetic) if layer.summed_apart else None
        for group in self.groups:
            target = by_weight if sums is None else sums[: group.stop - group.start]
            for chunk in self.chunks:
                # A single chunk's gradient still lies in the buffer when the next group comes.
                if chunk is not held:
                    added, held = self._fill(chunk), chunk
                    if group is self.groups[0]:
                        total = total.plus(added)
                        self._add_to_bias(chunk, by_bias)
                        self._write_x(chunk, by_x)
                self._add_to_weight(chunk, group, target)
            if sums is not None and self.chunks:
                by_weight[group] = target
        return total

    def _fill(self, chunk: Chunk) -> Total:
        """Compute a chunk's scores, and let the kernel do what it does to them."""
        layer, scores, x = self.layer, self.scores[: chunk.size], self._inputs(chunk)
        if self.x.shape[0]:
            np.copyto(x, layer.x[chunk.rows], casting="unsafe")
        for block in self.weight_blocks:
            np.matmul(x, self._weights(block).T, out=scores[:, block])
        if layer.bias is not None:
            scores += layer.bias
        if layer.opened is not None:
            opened = layer.opened if layer.opened.ndim == 1 else layer.opened[chunk.rows]
            np.copyto(scores, -np.inf, where=~opened)
        pair = RowPair(layer.targets(chunk.rows), scores, (chunk.size,), layer.arithmetic, (layer.slack, 0.0))
        return self.kernel(pair, None if self.weight is None else self.weight[chunk.where], chunk.where)

    def _inputs(self, chunk: Chunk) -> np.ndarray:
        """A chunk's rows of ``x``, where a product can take them: in the buffer if they were copied."""
        return self.x[: chunk.size] if self.x.shape[0] else self.layer.x[chunk.rows]

    def _weights(self, block: slice) -> np.ndarray:
        """The weights of a block of classes, where a product can take them."""
        weight = self.layer.weight[block]
        if not self.layer.converted:
            return weight
        ready = self.weights[: weight.shape[0]]
        np.copyto(ready, weight, casting="unsafe")
        return ready

    def _make_room(self, by_x: np.ndarray) -> None:
        """Room for gradients that cannot be written where they belong, and for products that are to be added."""
        rows, d, dtype = self.scores.shape[0], by_x.shape[1], self.layer.arithmetic
        self.x_apart = np.empty((rows if self.picked or by_x.dtype != dtype else 0, d), dtype)
        self.x_spare = np.empty((rows if len(self.weight_blocks) > 1 else 0, d), dtype)
        self.weight_spare = np.empty((self.block if len(self.chunks) > 1 else 0, d), dtype)

    def _add_to_bias(self, chunk: Chunk, by_bias: np.ndarray | None) -> None:
        if by_bias is not None:
            by_bias += np.add.reduce(self.scores[: chunk.size], axis=0, dtype=np.float64)

    def _write_x(self, chunk: Chunk, by_x: np.ndarray) -> None:
        apart = self.x_apart.shape[0] > 0
        target = self.x_apart[: chunk.size] if apart else by_x[chunk.rows]
        for block in self.weight_blocks:
            gradient = self.scores[: chunk.size, block]
            _multiply(gradient, self._weights(block), target, self.x_spare, block.start == 0)
        if apart:
            by_x[chunk.rows] = target

    def _add_to_weight(self, chunk: Chunk, group: slice, target: np.ndarray) -> None:
        x, first = self._inputs(chunk), chunk is self.chunks[0]
        # The first product may be written whole; the others are added up in blocks, to keep the spare room small.
        step = group.stop - group.start if first else self.block
        for block in _blocks(group.start, group.stop, step):
            gradient = self.scores[: chunk.size, block].T
            place = target[block.start - group.start : block.stop - group.start]
            _multiply(gradient, x, place, self.weight_spare, first)


def _multiply(a: np.ndarray, b: np.ndarray, target: np.ndarray, spare: np.ndarray, first: bool) -> None:
    """``target = a @ b`` the first time, then ``target += a @ b``."""
    if first:
        np.matmul(a, b, out=target)
    else:
        product = spare[: target.shape[0]]
        np.matmul(a, b, out=product)
        np.add(target, product, out=target)


def _blocks(start: int, stop: int, step: int) -> list[slice]:
    return [slice(at, min(at + step, stop)) for at in range(start, stop, step)]
