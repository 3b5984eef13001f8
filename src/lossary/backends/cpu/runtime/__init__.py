"""What every call needs while it runs: addresses of arrays, scratch, threads, and totals.

In go a user's arrays and a kernel that is loaded; out come results in place, and exact sums. Imports ``specs`` and
nothing else of the library.
"""
