"""What may be done to scores before any rowwise loss sees them: a soft cap, an offset for each class, a temperature.

The score of a loss is x = (cap tanh(f / cap) + offset) / temperature. A masked class (-inf) stays masked. These are the
formulas of x and of its derivatives by f, from which the chain rule makes gradient and Hessian.
"""

from lossary.primitives import INFINITY, sigmoid_slope, tanh, where


def capped(f, soft_cap):
    """The soft-capped score: f near zero, never beyond the cap."""
    return where(f == -INFINITY, f, soft_cap * tanh(f / soft_cap))


def slope(f, soft_cap):
    """The derivative of ``capped``: 1 - tanh**2."""
    return 4.0 * sigmoid_slope(2.0 * (f / soft_cap))


def bend(f, soft_cap):
    """The second derivative of ``capped``."""
    return -8.0 * tanh(f / soft_cap) * sigmoid_slope(2.0 * (f / soft_cap)) / soft_cap
