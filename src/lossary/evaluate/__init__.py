"""From a user's arrays to an answer: arguments are made ready, a kernel runs, the cost is an exact sum.

In come NumPy arrays and keywords; out come numbers and arrays of the user's shapes and dtypes. ``base`` has what all
kinds of loss do alike, ``call`` one call made ready; ``pointwise`` and ``rows`` are the kinds, and ``registry`` finds a
loss by its name. It may import formulas, primitives, losses, discovery, back ends and ``definition``; within it,
imports lead from the top of this list to the bottom:

    warming, linear, predictions
    registry
    pointwise, rows
    base, call, signatures
    accumulate, settings, pickling, description, links
    arrays
"""
