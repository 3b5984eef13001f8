"""From a table of any make to targets and one matrix of features, with the task that the target sets.

Imports ``comparison``.
"""
