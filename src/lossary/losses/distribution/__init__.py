"""Negative log-likelihoods of a location whose scale is given."""
