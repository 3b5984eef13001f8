"""Symbolic derivatives, and rewritings that keep digits.

In goes an ``Expression``, out comes another. Imports ``trace.expression`` and ``primitives``.
"""
