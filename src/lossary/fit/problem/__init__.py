"""What is minimised: data, design, penalty and loss as one function of the unknowns, and how near its least a fit is.

Solvers see a ``Problem`` and hand back a ``Solved`` with its certificate. Imports ``evaluate``.
"""
