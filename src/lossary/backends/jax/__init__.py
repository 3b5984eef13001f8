"""Formulas on JAX arrays: primitives on jax.numpy, and functions whose derivatives are the loss's own formulas."""
