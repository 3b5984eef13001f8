"""What generated kernels compute with: values and lanes, machine operations, primitives, exact sums, and the compiler.

In go formulas and a kernel's text, out comes machine code: ``translate`` writes LLVM's instructions, by running
formulas and primitives on ``values``, and ``compiler`` has LLVM compile them. Imports ``specs``, ``primitives`` and
``formula``; it is imported only where a kernel is compiled.
"""
