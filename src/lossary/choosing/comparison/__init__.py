"""What a comparison of losses is: the question, candidates, folds and yardsticks, and the predictions it leaves.

Everything else in ``choosing`` builds on it; it imports only ``evaluate`` and what lies below.
"""
