"""Losses for one class of many: on scores of all classes, or on their probabilities."""
