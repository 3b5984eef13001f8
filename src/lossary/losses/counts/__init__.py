"""Losses for counts, amounts and other positive targets, on the log link and as deviances."""
