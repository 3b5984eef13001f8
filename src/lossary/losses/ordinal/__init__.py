"""Losses for classes that have an order."""
