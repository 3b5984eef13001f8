"""Expressions: what a formula becomes when it is run on names, and the way back to a function.

In goes a formula (``table``) or a user's own function (``execute``, ``numpy_calls``); out comes an ``Expression``
(``symbols``), and from one a Python function (``source``). Imports ``formula`` and ``primitives``.
"""
