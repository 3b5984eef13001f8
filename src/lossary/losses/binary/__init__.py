"""Losses for two classes: on logits, on margins, on probabilities."""
