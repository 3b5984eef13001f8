"""Interior-point methods for losses made of straight pieces, and the exact vertex at their end.

Comes in: a ``Problem`` and ``Rules``. Goes out: a ``Solved`` whose certificate is a duality gap. Imports ``problem``.
"""
