"""Expressions and losses for readers: LaTeX and plain text.

In goes an ``Expression`` or a loss's record, out comes a string. ``readable`` takes the numerics out, ``forms`` spells
primitives out, ``factors`` and ``display`` arrange what ``latex`` and ``text`` write. Imports ``trace.expression``,
``formula``, ``primitives`` and ``rowwise``.
"""
