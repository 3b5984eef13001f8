"""One candidate on one fold: from encoded rows to out-of-fold predictions of what was asked for.

Imports ``comparison`` and ``table``, and of the library ``fit`` and the boosters.
"""
