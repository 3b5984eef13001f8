"""All candidates on all folds: in parallel, within a time budget, and resumed where a run was cut off.

What comes out is a ``Study``. Imports ``training`` and ``comparison``.
"""
