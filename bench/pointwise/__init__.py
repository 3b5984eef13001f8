"""The races of pointwise losses: one number a target, one a prediction."""
