"""Takes the numerics out of a formula, for readers.

A formula in the dialect holds choices that mathematics does not need: they dodge overflow, or pick the form that rounds
less. Whether a choice is one of those is found out by trial: where an arm gives the same numbers on the other arm's
side as well, it is printed alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from lossary import primitives
from lossary.backends.trace.expression.simplify import neg
from lossary.backends.trace.expression.symbols import (
    ARITHMETIC,
    COMPARISONS,
    Expression,
    literal,
    node,
    variables,
    walk,
)
from lossary.formula import REALS, Choice, Domain, Interval

TRUE, FALSE = literal(1.0), literal(0.0)
ZERO = FALSE
ROWS = 3000

_APPLY = {
    **{name: getattr(np, name) for name in (*ARITHMETIC, *COMPARISONS, "negative")},
    "both": np.logical_and,
    "either": np.logical_or,
    "invert": np.logical_not,
}


def readable(expression: Expression, within: Mapping[str, Domain] | None = None) -> Expression:
    """The same function, for variables within these domains, with as few choices as it needs."""
    domains = within or {}
    sample = _sample(tuple((name, domains.get(name, REALS)) for name in sorted(variables(expression))))
    expression = assume(expression, {})
    for question in _questions(expression):
        expression = _without(question, expression, sample)
    return expression


def _questions(expression: Expression) -> list[Expression]:
    """The conditions that decide something in it, from the outside in."""
    conditions: dict[Expression, None] = {}
    for at in reversed(list(walk(expression))):
        if at.operation == "where":
            conditions[at.arguments[0]] = None
        elif at.operation in ("minimum", "maximum"):
            conditions[node("less", *at.arguments)] = None
        elif at.operation == "absolute":
            conditions[node("greater", at.arguments[0], ZERO)] = None
    return list(conditions)


def _without(question: Expression, expression: Expression, sample: dict[str, np.ndarray]) -> Expression:
    """The expression with the question answered for good, if either answer serves everywhere."""
    before, holds = values((expression, question), sample)
    serving = []
    for answer in (True, False):
        candidate = assume(expression, _consequences(question, answer))
        if candidate is expression:
            continue
        (after,) = values((candidate,), sample)
        # An overflow on both sides is agreement. Where the candidate alone fails, few places may do so: those of an
        # overflow that the choice prevents, not half of the line, as where |x|**1.5 loses its bars.
        other_side = np.isfinite(before) & (holds.astype(bool) != answer)
        telling = (other_side & np.isfinite(after)) | ((holds.astype(bool) != answer) & (before == after))
        same = np.isclose(before, after, rtol=1e-7, atol=1e-12)
        if telling.sum() >= max(3, 0.5 * other_side.sum()) and same[telling].all():
            serving.append(candidate)
    return min(serving, key=lambda x: sum(1 for _ in walk(x)), default=expression)


def values(wanted: tuple[Expression, ...], sample: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Expressions evaluated under NumPy, node by node, without a function being made of them."""
    done: dict[Expression, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for expression in wanted:
            for at in walk(expression):
                if at not in done:
                    done[at] = _value(at, [done[a] for a in at.arguments], sample)
    shape = next(iter(sample.values())).shape if sample else (1,)
    return [np.broadcast_to(done[expression], shape) for expression in wanted]


def _value(at: Expression, arguments: list[np.ndarray], sample: dict[str, np.ndarray]) -> np.ndarray:
    if at.operation == "variable":
        return sample[str(at.leaf)]
    if at.operation == "literal":
        return np.asarray(at.leaf)
    if at.operation == "constant":
        return np.asarray(primitives.CONSTANTS[str(at.leaf)])
    function = _APPLY.get(at.operation) or getattr(primitives, at.operation)
    return np.asarray(function(*arguments))


@lru_cache(maxsize=32)
def _sample(domains: tuple[tuple[str, Domain], ...]) -> dict[str, np.ndarray]:
    """Numbers of every kind that losses take: scores, labels, counts, shares, ties and near ties, large and small."""
    rng = np.random.default_rng(20240229)
    drawn = {name: _numbers(rng, domain) for name, domain in domains}
    if "y" in drawn and "f" in drawn:
        near = drawn["y"] + rng.choice([0.0, 1e-12, -1e-6, 1e-3], ROWS)
        fits = _inside(near, dict(domains)["f"]) & (rng.random(ROWS) < 0.2)
        drawn["f"] = np.where(fits, near, drawn["f"])
    return drawn


def _numbers(rng: np.random.Generator, domain: Domain) -> np.ndarray:
    kinds = (
        rng.normal(0.0, 3.0, ROWS),
        rng.random(ROWS),
        rng.exponential(2.0, ROWS),
        rng.integers(0, 6, ROWS).astype(float),
        rng.choice([-1.0, 0.0, 1.0], ROWS),
        rng.choice([-1.0, 1.0], ROWS) * 10.0 ** rng.uniform(-3.0, 4.5, ROWS),
    )
    if isinstance(domain, Interval) and np.isfinite(domain.high - domain.low):
        kinds = (rng.uniform(domain.low, domain.high, ROWS), *kinds[:-1])
    mixed = np.choose(rng.integers(0, len(kinds), ROWS), kinds)
    valid = mixed[_inside(mixed, domain)]
    return rng.choice(valid if valid.size else np.asarray(_some(domain)), ROWS)


def _inside(numbers: np.ndarray, domain: Domain) -> np.ndarray:
    return np.array([number in domain for number in numbers], dtype=bool)


def _some(domain: Domain) -> tuple[float, ...]:
    return domain.values if isinstance(domain, Choice) else (max(domain.low, 0.0) + 1.0,)


def assume(at: Expression, known: dict[Expression, Expression]) -> Expression:
    """The expression where some parts have a known value: in an arm of a choice its condition does.

    A reader's numbers are finite, so that guards against infinity go, too.
    """
    if at in known:
        return known[at]
    if not at.arguments:
        return at
    if at.operation != "where":
        return _settled(node(at.operation, *(assume(a, known) for a in at.arguments)))
    asked = assume(at.arguments[0], known)
    if asked is TRUE or asked is FALSE:
        return assume(at.arguments[1 if asked is TRUE else 2], known)
    yes = assume(at.arguments[1], known | _consequences(asked, True))
    no = assume(at.arguments[2], known | _consequences(asked, False))
    return yes if yes is no else node("where", asked, yes, no)


def _settled(at: Expression) -> Expression:
    """A condition that always holds for finite numbers, or never, as TRUE or FALSE."""
    if at.operation in ("both", "either"):
        decisive, idle = (FALSE, TRUE) if at.operation == "both" else (TRUE, FALSE)
        for one, other in (at.arguments, at.arguments[::-1]):
            if one is decisive or one is idle:
                return decisive if one is decisive else other
    if at.operation in COMPARISONS and all(a.operation == "literal" for a in at.arguments):
        return TRUE if _APPLY[at.operation](*(a.leaf for a in at.arguments)) else FALSE
    if at.operation == "not_equal" and at.arguments[1] is ZERO and at.arguments[0].operation == "where":
        asked, yes, no = at.arguments[0].arguments
        if yes is TRUE and no is FALSE:
            return asked  # a condition that was carried as a number
    infinite = [a.operation == "constant" and a.leaf == "INFINITY" for a in at.arguments]
    if at.operation in COMPARISONS and infinite in ([True, False], [False, True]):
        holds = {"less": infinite[1], "less_equal": infinite[1], "equal": False, "not_equal": True}
        return TRUE if holds.get(at.operation, infinite[0]) else FALSE
    return at


def _consequences(asked: Expression, holds: bool) -> dict[Expression, Expression]:
    """What a condition settles: itself, and which of its two sides is the smaller."""
    settled = {asked: TRUE if holds else FALSE}
    if asked.operation in ("both", "either"):
        if holds == (asked.operation == "both"):
            settled |= _consequences(asked.arguments[0], holds) | _consequences(asked.arguments[1], holds)
    elif asked.operation in ("less", "less_equal", "greater", "greater_equal"):
        a, b = asked.arguments
        low, high = (a, b) if holds == asked.operation.startswith("less") else (b, a)
        for first, second in ((a, b), (b, a)):
            settled |= {node("minimum", first, second): low, node("maximum", first, second): high}
        if b is ZERO:
            settled[node("absolute", a)] = neg(a) if low is a else a
    return settled
