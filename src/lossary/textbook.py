"""Words for a loss as a textbook has it: sums over the classes, the softmax, and what else a row of scores needs.

A record's ``textbook`` is a plain function ``(y, f, *parameters)``. For a loss of one prediction ``y`` and ``f`` are
numbers. For a loss of a row they are rows, and arithmetic and primitives go class by class; the words below make
numbers of rows, or rows of rows. In ``xlogy`` and ``product0`` nothing times anything is nothing.

It is read, and held against the value that is computed, never used in its place: digits are not its business. As it
stands this module is for NumPy (one row); the referee and the tracer have their own of each word.
"""

from __future__ import annotations

import math

import numpy as np

WORDS = (
    *("total", "largest", "running", "running_back", "softmax", "threshold", "previous", "extended", "classes"),
    *("named", "lgamma", "PI"),
)

PI = math.pi


def total(x):
    """The sum over the classes."""
    return np.sum(x)


def largest(x):
    """The largest over the classes."""
    return np.max(x)


def running(x):
    """For each class the sum over the classes up to it."""
    return np.cumsum(x)


def running_back(x):
    """For each class the sum over it and the classes after it."""
    return np.cumsum(x[::-1])[::-1]


def softmax(x):
    """Shares of one in proportion to e**x."""
    e = np.exp(x)
    return e / np.sum(e)


def threshold(x, a):
    """The number tau at which max(x - tau, 0)**a sums to one."""
    tau = np.max(x) - 1.0
    for _ in range(200):
        over = np.maximum(x - tau, 0.0)
        # From the left, Newton's steps on a convex function that falls never lead beyond its root.
        tau = tau + (np.sum(over**a) - 1.0) / (a * np.sum(np.where(over > 0.0, over, 1.0) ** (a - 1.0) * (over > 0.0)))
    return tau


def previous(x, first):
    """The row moved by one class: ``first``, then all of x."""
    return np.concatenate([[first], x])


def extended(x, last):
    """The row and one class more: all of x, then ``last``."""
    return np.concatenate([x, [last]])


def classes(x):
    """How many there are in the row."""
    return float(np.size(x))


def named(x, letter):
    """x, which the printed formula calls by this letter and explains at its end."""
    return x


def lgamma(x):
    """The logarithm of the gamma function."""
    return math.lgamma(x)
