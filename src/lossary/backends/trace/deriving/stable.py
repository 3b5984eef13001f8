"""Spells a plainly written formula in primitives that keep its digits: ``log(1 + exp(x))`` as ``softplus(x)``.

Each rewriting is an identity on the whole domain of what it replaces. Only a user's own functions go through here, and
only those that are not in the dialect yet: the catalogue's are left as their authors made them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lossary.backends.trace.expression.simplify import is_number, value_of
from lossary.backends.trace.expression.symbols import Expression, node, walk

Rewriting = Callable[[Expression], Expression | None]


def _one_plus(at: Expression) -> Expression | None:
    """What is added to 1, if that is all the expression does."""
    if at.operation == "add":
        for one, other in (at.arguments, at.arguments[::-1]):
            if is_number(one, 1.0):
                return other
    if at.operation == "subtract" and is_number(at.arguments[0], 1.0):
        return -at.arguments[1]
    return None


def _squared(at: Expression) -> Expression | None:
    if at.operation == "square":
        return at.arguments[0]
    return at.arguments[0] if at.operation == "multiply" and at.arguments[0] is at.arguments[1] else None


def _log(at: Expression) -> Expression | None:
    """log(1 + x), log(1 + x**2), log(1 + e**x), log(1 / (1 + e**-x))."""
    if at.operation not in ("log", "log1p"):
        return None
    (inside,) = at.arguments
    if at.operation == "log" and inside.operation == "sigmoid":
        return node("log_sigmoid", *inside.arguments)
    added = inside if at.operation == "log1p" else _one_plus(inside)
    if added is None:
        return None
    if added.operation == "exp":
        return node("softplus", *added.arguments)
    root = _squared(added)
    return node("log1p", added) if root is None else node("log1p_square", root)


def _root(at: Expression) -> Expression | None:
    """sqrt(1 + x**2)."""
    added = _one_plus(at.arguments[0]) if at.operation == "sqrt" else None
    root = None if added is None else _squared(added)
    return None if root is None else node("hypot1", root)


def _logistic(at: Expression) -> Expression | None:
    """1 / (1 + e**-x), e**x / (1 + e**x)."""
    added = _one_plus(at.arguments[1]) if at.operation == "divide" else None
    if added is None or added.operation != "exp":
        return None
    (x,) = added.arguments
    if is_number(at.arguments[0], 1.0):
        return node("sigmoid", x.arguments[0] if x.operation == "negative" else -x)
    return node("sigmoid", x) if at.arguments[0] is added else None


def _difference(at: Expression) -> Expression | None:
    """e**x - 1, sqrt(1 + x) - 1, sqrt(1 + x**2) - 1, log(1 + x) - x, and their negatives."""
    if at.operation != "subtract":
        return None
    a, b = at.arguments
    stable = _small(a, b)
    if stable is None:
        stable = _small(b, a)
        return None if stable is None else -stable
    return stable


def _small(a: Expression, b: Expression) -> Expression | None:
    if a.operation == "log1p" and a.arguments[0] is b:
        return node("log1pmx", b)
    if not is_number(b, 1.0):
        return None
    if a.operation == "exp":
        return node("expm1", *a.arguments)
    if a.operation == "hypot1":
        return a.arguments[0] * node("hypot1_ratio", *a.arguments)
    added = _one_plus(a.arguments[0]) if a.operation == "sqrt" else None
    return None if added is None else node("sqrt1pm1", added)


def _scaled_square(at: Expression) -> Expression | None:
    """a x**2 as (a x) x: a square that underflows or overflows has lost its digits before a meets it."""
    if at.operation != "multiply":
        return None
    for scale, other in (at.arguments, at.arguments[::-1]):
        root = None if value_of(scale) is None else _squared(other)
        if root is not None:
            return scale * root * root
    return None


BEFORE_DERIVING: tuple[Rewriting, ...] = (_log, _root, _logistic)
AFTER_DERIVING: tuple[Rewriting, ...] = (_difference, _scaled_square)


def rewritten(expression: Expression, rewritings: Sequence[Rewriting]) -> Expression:
    """The expression with each rewriting applied wherever it fits, from the inside out."""
    done: dict[Expression, Expression] = {}
    for at in walk(expression):
        new = node(at.operation, *(done[a] for a in at.arguments)) if at.arguments else at
        for rewrite in rewritings:
            better = rewrite(new)
            new = new if better is None else better
        done[at] = new
    return done[expression]
