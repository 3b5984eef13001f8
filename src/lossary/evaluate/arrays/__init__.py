"""A user's arrays on their way to a kernel and back, without any loss at work.

In come targets, predictions, weights, masks and parameters as users hand them over; out come flat arrays of a kernel's
dtypes (``inputs``), one weight an example (``weights``, ``missing``), memory for results and the results in the user's
shape (``memory``, ``results``), and costs (``reduction``, ``extremes``). ``refusals`` says what is wrong with numbers.
It may import formulas, records and the CPU back end, and nothing else of ``evaluate``.
"""
