"""Kernels of rows of scores: a row is read once, everything else happens in cache.

In goes a ``RowSpec``, out comes a ``RowRunner``. ``text`` and ``inputs`` are what both layouts have in common,
``narrow`` and ``wide`` are the layouts. ``kernels`` imports these and ``arithmetic``, and only to compile; ``runner``
imports ``runtime`` and ``cache``.
"""
