"""What is minimised: data, design, penalty and loss as one function of the unknowns, and how near its minimum a fit is.

Comes in: a user's features, targets, weights and offset. Goes out: a ``Problem`` for solvers, the ``Rules`` by which
they stop, and the ``Solved`` with its certificate that they hand back. Imports ``evaluate``, and the CPU back end for
its threads.
"""
