"""Losses of a residual f - y, for a number to be predicted."""
