"""What the target, the features and the residuals of a pilot fit show: findings, and values for losses' parameters.

Imports ``training``, ``table``, ``comparison`` and ``findings``.
"""
