"""What a fit hands back, and its standard errors.

Comes in: a solver's answer in the units of the data. Goes out: a ``LinearFit``. Imports ``problem``
and ``nonconvex``.
"""
