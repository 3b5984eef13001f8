"""The CPU back end: one pass over memory per call, exact sums, any number of threads.

In go one-dimensional arrays or rows of scores, as ``runtime.array_addresses`` takes them; out come results in the
caller's arrays, flags, and an exact total. Imports point one way: specs < arithmetic, runtime,
cache < entries < pointwise, rows.
"""
