"""Kernels as builtin functions of Python: what a short call takes to get in and out of machine code.

In goes a loaded kernel and how its call record is laid out, out comes a function of arrays. Imports ``specs``,
``runtime`` and ``cache``.
"""
