"""What generated kernels compute with: vectors, machine operations, primitives, exact sums, and the compiler.

In go formulas and a kernel's text, out comes machine code. Imports Numba, ``specs``, ``primitives`` and ``formula``; it
is imported only where a kernel is compiled.
"""
