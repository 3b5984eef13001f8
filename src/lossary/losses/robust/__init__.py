"""Losses of a residual that forgive outliers: bounded or slowly growing far out."""
