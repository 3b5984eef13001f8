"""Losses for the order of a list of items."""
