"""From a study to a decision: scores, tests of significance, the verdict and its findings. Nothing is fitted.

Imports ``comparison`` and ``findings``.
"""
