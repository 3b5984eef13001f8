"""The tracing back end: what it prints, derives and writes agrees with the formulas it was given."""

from __future__ import annotations

import inspect
import math
import pickle
import traceback

import mpmath
import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

from lossary import primitives
from lossary.backends import reference
from lossary.backends.trace import derivative, function, latex, loss_latex, loss_text, source, text, trace, variable
from lossary.backends.trace.deriving.derive import WHOLE_RULES, lacking_rule
from lossary.backends.trace.deriving.rules import RULES
from lossary.backends.trace.expression.symbols import COMPARISONS, Expression, literal, node, walk
from lossary.backends.trace.expression.table import arity, table
from lossary.backends.trace.printing.forms import FORMS, lacking_form, spelled_out
from lossary.backends.trace.printing.readable import readable
from lossary.discovery import records
from lossary.formula import QUANTITIES, Choice, Domain, Loss
from lossary.primitives import absolute, hypot1, log1p, maximum, minimum, power, softplus, square, where

LOSSES = [pytest.param(loss, id=loss.name) for loss in records()]
FUNCTIONS = [name for name in primitives.NAMES if name not in primitives.CONSTANTS]


def names_of(loss: Loss) -> list[str]:
    return ["y", "f", *(p.name for p in loss.parameters)]


def draw(domain: Domain, rng: np.random.Generator, count: int) -> np.ndarray:
    """Ordinary members of a domain, none of them at an end or a round number."""
    if isinstance(domain, Choice):
        return rng.choice(np.asarray(domain.values), count)
    low, high = max(domain.low, -7.0), min(domain.high, 7.0)
    return low + (high - low) * rng.uniform(0.02, 0.98, count)


def points(loss: Loss, count: int) -> np.ndarray:
    """Rows ``(y, f, *parameters)``: half of them at the defaults."""
    rng = np.random.default_rng(1729)
    columns = [draw(d, rng, count) for d in (loss.target, loss.prediction, *(p.within for p in loss.parameters))]
    rows = np.stack(columns, axis=1)
    rows[: count // 2, 2:] = loss.defaults()
    return rows


def referee(expression: Expression, names: list[str], row: np.ndarray) -> mpmath.mpf:
    return reference.exact(function(expression, names), row.tolist(), digits=40)


def relative_error(got: mpmath.mpf, want: mpmath.mpf) -> float:
    if not mpmath.isfinite(want):
        return 0.0 if got == want or (mpmath.isnan(got) and mpmath.isnan(want)) else math.inf
    return float(abs(got - want) / max(abs(want), mpmath.mpf(10) ** -25))


# Regenerated functions.


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a[a == a]), np.signbit(b[b == b])))


def regenerated_like_original(loss: Loss, quantity: str, change: float = 1.0) -> bool:
    names, formula = names_of(loss), loss.quantity(quantity)
    expression = trace(formula, names)
    copy = function(expression if change == 1.0 else expression * change, names, quantity)
    columns = points(loss, 200).T
    with np.errstate(all="ignore"):
        got, want = (np.broadcast_to(np.asarray(f(*columns), dtype=float), 200) for f in (copy, formula))
    return same_bits(got, want)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_regenerated_formula_rounds_like_the_original(loss):
    for quantity in QUANTITIES:
        if getattr(loss, quantity) is not None:
            assert regenerated_like_original(loss, quantity), quantity


@pytest.mark.parametrize("loss", LOSSES)
def test_that_comparison_sees_one_rounding_more(loss):
    assert not regenerated_like_original(loss, "value", change=1.0 + 2.0**-52)


def test_source_names_what_is_used_twice_and_is_found_by_inspect():
    def formula(y, f, delta):
        r = absolute(f - y)
        return 0.5 * minimum(r, delta) + delta * (r - minimum(r, delta))

    copy = function(trace(formula), ["y", "f", "delta"], "value", label="test")
    want = """def value(y, f, delta):
    t0 = absolute(f - y)
    t1 = minimum(t0, delta)
    return 0.5 * t1 + delta * (t0 - t1)
"""
    assert inspect.getsource(copy) == want
    with pytest.raises(TypeError) as caught:
        copy("a", 1.0, 1.0)
    assert "t0 = absolute(f - y)" in "".join(traceback.format_exception(caught.value))


def test_source_keeps_literals_association_and_names_apart():
    f, t0 = variable("f"), variable("t0")
    assert source(f * 0.1 - (f - (2.0 - -1e-300)), ["f"]).endswith("return f * 0.1 - (f - 2.0)\n")
    assert "(-0.5)" in source(f - literal(-0.5), ["f"])
    assert "INFINITY" in source(node("minimum", f, literal(math.inf)), ["f"])
    assert source((f + t0) * (f + t0), ["f", "t0"]).startswith("def value(f, t0):\n    t1 = f + t0\n")
    shadow = source(node("power", f, variable("power")), ["f", "power"])
    assert shadow == "def value(f, power_):\n    return power(f, power_)\n"
    with pytest.raises(ValueError, match="does not know t0"):
        source(f + t0, ["f"])


def test_source_lines_stay_short():
    f = variable("f")
    long = f
    for i in range(60):
        long = long * (f + float(i)) + node("softplus", f - float(i))
    lines = source(long, ["f"]).splitlines()
    assert max(map(len, lines)) < 200
    assert len(lines) > 10


# Derivatives.


def worst_slope_error(loss: Loss, of: str, against: str, sign: float = 1.0) -> float:
    names = names_of(loss)
    slope = derivative(trace(loss.quantity(of), names), "f") * sign
    stated = trace(loss.quantity(against), names)
    return max(relative_error(referee(slope, names, row), referee(stated, names, row)) for row in points(loss, 16))


@pytest.mark.parametrize(("of", "against"), [("value", "grad"), ("grad", "hess")])
@pytest.mark.parametrize("loss", LOSSES)
def test_symbolic_slopes_are_the_stated_ones(loss, of, against):
    assert worst_slope_error(loss, of, against) < 1e-9


@pytest.mark.parametrize("loss", LOSSES)
def test_that_comparison_notices_a_wrong_slope(loss):
    assert worst_slope_error(loss, "value", "grad", sign=1.0 + 1e-7) > 1e-9


def test_every_primitive_has_a_rule_and_a_form():
    assert lacking_rule() == []
    assert lacking_form() == []


def test_a_missing_rule_or_form_is_noticed(monkeypatch):
    monkeypatch.delitem(RULES, "softplus")
    monkeypatch.delitem(FORMS, "softplus")
    assert lacking_rule() == lacking_form() == ["softplus"]


def operands(name: str, numbers: tuple[float, ...]) -> tuple[Expression, list[str], list[float]]:
    """A primitive of variables; operands that repeat others are made of these: y - x in relative_entropy."""
    letters = list("abcd")[: arity(name)]
    if name == "relative_entropy":
        a, b = variable("a"), variable("b")
        return node(name, a, b, b - a), ["a", "b"], list(numbers[:2])
    first = [variable(x) for x in letters]
    if name == "with_slope_of":
        same = node("softplus", first[0])
        return node(name, same, same), letters[:1], list(numbers[:1])
    if name == "where":
        first[0] = first[0] < 0.5
    return node(name, *first), letters, list(numbers[: len(letters)])


NUMBERS = [(0.375, 0.828125, 1.90625, 0.6171875), (0.8125, 0.40625, 0.328125, 1.5), (2.65625, 1.40625, 0.8, 0.7)]


def worst_rule_error(name: str) -> float:
    worst = 0.0
    for numbers in NUMBERS:
        expression, names, at = operands(name, numbers)
        formula = function(expression, names)
        for i, letter in enumerate(names):
            got = reference.exact(function(derivative(expression, letter), names), at, digits=40)
            want = reference.derivative(formula, at, i)
            worst = max(worst, float(abs(got - want) / max(abs(want), mpmath.mpf(1) / 1000)))
    return worst


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_rule_is_the_referees_derivative(name):
    assert worst_rule_error(name) < 1e-12


@pytest.mark.parametrize("name", ["softplus", "power", "scaled_exp_product"])
def test_that_comparison_notices_a_wrong_rule(name, monkeypatch):
    *others, last = RULES[name]
    monkeypatch.setitem(RULES, name, (*others, lambda *x: last(*x) * (1.0 + 2.0**-30)))
    assert worst_rule_error(name) > 1e-12


def test_every_rule_is_used_once():
    shared = set(RULES) & set(WHOLE_RULES)
    assert shared <= {"where", "minimum", "maximum", "multiply", "divide", "square"}


@pytest.mark.parametrize(
    ("name", "order", "at"),
    [
        ("softplus", 1, -40.0),
        ("softplus", 2, 300.0),
        ("log_cosh", 2, 40.0),
        ("hypot1", 2, 1e8),
        ("log1p_square", 1, 1e200),
        ("log1p_over", 1, 1e-9),
        ("log1p_over", 1, 0.0),
        ("expm1_over", 1, 1e-9),
        ("expm1_over", 1, -50.0),
        ("log1pmx", 1, 1e-12),
        ("hypot1_ratio", 1, 1e150),
    ],
)
def test_derived_functions_keep_their_digits(name, order, at):
    slope = node(name, variable("f"))
    for _ in range(order):
        slope = derivative(slope, "f")
    with np.errstate(all="ignore"):
        got = float(function(slope, ["f"])(np.float64(at)))
    want = reference.exact(function(slope, ["f"]), [at], digits=400)
    assert abs(got - want) <= abs(want) * 1e-14


def test_simplification_leaves_readable_slopes():
    f, y, c = variable("f"), variable("y"), variable("c")
    r = f - y
    cases = {
        "f - y": 0.5 * r * r,
        "3 r^2 sign(r), where r = f - y": abs(r) ** 3,
        "6 |f - y|": derivative(abs(r) ** 3, "f"),
        "c (c - 1) |f - y|^(c - 2)": derivative(abs(r) ** c, "f"),
        "0": y * c,
    }
    assert [text(derivative(expression, "f")) for expression in cases.values()] == list(cases)


def test_a_primitive_without_a_rule_is_derived_through_its_definition(monkeypatch):
    f = variable("f")
    monkeypatch.delitem(RULES, "softplus")
    slope = function(derivative(node("softplus", 3.0 * f), "f"), ["f"])
    assert slope(0.25) == pytest.approx(3.0 / (1.0 + math.exp(-0.75)), rel=1e-14)
    with pytest.raises(NotImplementedError, match="bessel"):
        derivative(node("bessel", f), "f")


# Print.


def mp_value(expression: Expression, values: dict[str, float]) -> mpmath.mpf:
    functions = reference.TABLE | {
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b,
        "negative": lambda a: -a,
        "cosh": mpmath.cosh,
        "gamma": mpmath.gamma,
    }
    functions |= {name: getattr(np, name) for name in COMPARISONS}
    done: dict[Expression, object] = {}
    for at in walk(expression):
        if at.operation == "variable":
            done[at] = mpmath.mpf(values[str(at.leaf)])
        elif at.operation == "literal":
            done[at] = mpmath.mpf(at.leaf)
        else:
            done[at] = functions[at.operation](*(done[a] for a in at.arguments))
    return done[expression]


def form_error(name: str) -> float:
    worst = 0.0
    for numbers in NUMBERS:
        expression, names, at = operands(name, numbers)
        values = dict(zip(names, at, strict=True))
        with mpmath.workdps(40):
            got, want = mp_value(spelled_out(expression), values), mp_value(expression, values)
            worst = max(worst, float(abs(got - want)))
    return worst


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_form_means_what_its_primitive_does(name):
    assert form_error(name) < 1e-15


def test_a_wrong_form_is_noticed(monkeypatch):
    monkeypatch.setitem(FORMS, "softplus", lambda x: node("log", 1.0 + node("exp", -x)))
    assert form_error("softplus") > 1e-3


def readable_error(loss: Loss, quantity: str, change: float = 0.0) -> float:
    names = names_of(loss)
    expression = trace(loss.quantity(quantity), names)
    domains = {"y": loss.target, "f": loss.prediction, **{p.name: p.within for p in loss.parameters}}
    plain = readable(expression, domains) + change * variable("f")
    pairs = ((referee(plain, names, row), referee(expression, names, row)) for row in points(loss, 8))
    return max(relative_error(got, want) for got, want in pairs)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_readable_form_has_the_same_values(loss):
    for quantity in ("value", "grad", "hess"):
        assert readable_error(loss, quantity) < 1e-9, quantity


def test_a_readable_form_with_other_values_is_noticed():
    assert all(readable_error(loss, "value", change=1e-6) > 1e-9 for loss in records())


def test_readable_drops_guards_but_no_real_choice():
    y, f, c = variable("y"), variable("f"), variable("c")
    r, size = f - y, node("absolute", f - y)
    guarded = where_(size < c, (node("minimum", size, c) / c) ** 2, (node("maximum", size, c) / c) ** 2)
    assert text(readable(guarded)) == "(f - y)^2 / c^2"
    for kept in (abs(r) ** 1.5, where_(f > y, r, -0.5 * r), node("minimum", size, c), where_(r == 0.0, c, 0.0 * c)):
        assert readable(kept) is kept


def where_(condition: Expression, a: Expression, b: Expression) -> Expression:
    return node("where", condition, a, b)


def balanced(formula: str) -> bool:
    """Braces that match, and as many opening fences as closing ones."""
    depth = 0
    for mark in formula.replace(r"\{", "").replace(r"\}", ""):
        depth += (mark == "{") - (mark == "}")
        if depth < 0:
            return False
    return depth == 0 and formula.count(r"\left") == formula.count(r"\right")


@pytest.mark.parametrize("loss", LOSSES)
def test_latex_is_well_formed(loss):
    for quantity in ("value", "grad", "hess"):
        formula = loss_latex(loss, quantity)
        assert balanced(formula), formula
        if "cases" not in formula:
            MathTextParser("path").parse(f"${formula}$")
        line = loss_text(loss, quantity)
        assert line.count("(") == line.count(")")
        assert "\\" not in line


def test_malformed_latex_is_noticed():
    assert balanced(r"\left(\frac{1}{x \leq y}\right)")
    assert not any(map(balanced, (r"\frac{1}{x", "}{", r"\left(x)")))
    with pytest.raises(ValueError, match="Expected"):
        MathTextParser("path").parse(r"$\frac{1}{$")


def huber(y, f, delta):
    r = absolute(f - y)
    inside = minimum(r, delta)
    return 0.5 * inside * inside + delta * (r - inside)


@pytest.mark.parametrize(
    ("formula", "line", "set_"),
    [
        (
            huber,
            "0.5 min(|r|, delta)^2 + delta (|r| - min(|r|, delta)), where r = f - y",
            r"\frac{1}{2} \min(\left|r\right|, \delta)^{2} + \delta \, (\left|r\right| - \min(\left|r\right|, \delta))"
            r" \quad \text{where}\; r = f - y",
        ),
        (
            lambda y, f, pos_weight: pos_weight * y * softplus(-f) + (1.0 - y) * softplus(f),
            "pos_weight y log(1 + exp(-f)) + (1 - y) log(1 + exp(f))",
            r"\mathrm{pos\_weight} \, y \, \log\left(1 + e^{-f}\right) + (1 - y) \, \log\left(1 + e^{f}\right)",
        ),
        (
            lambda y, f: where(f > y, 0.75, 0.25) * square(f - y),
            "0.75 r^2 if f > y, else 0.25 r^2, where r = f - y",
            r"\begin{cases} \frac{3}{4} r^{2} & \text{if } f > y \\ \frac{1}{4} r^{2} & \text{otherwise} \end{cases}"
            r" \quad \text{where}\; r = f - y",
        ),
        (
            lambda y, f, alpha: power(f, 2.0 - alpha) / (2.0 - alpha) - y * power(f, 1.0 - alpha) / (1.0 - alpha),
            "f^(2 - alpha) / (2 - alpha) - y f^(1 - alpha) / (1 - alpha)",
            r"\frac{f^{2 - \alpha}}{2 - \alpha} - \frac{y \, f^{1 - \alpha}}{1 - \alpha}",
        ),
        (lambda y, f: -0.5 * (f * f) / y, "-f^2 / (2 y)", r"-\frac{f^{2}}{2 y}"),
        (lambda y, f: log1p(f) - 1e-7 * f, "log(1 + f) - 1e-07 f", r"\log(1 + f) - 10^{-7} f"),
        (lambda y, f: 1.345 * hypot1(f), "1.345 sqrt(1 + f^2)", r"1.345 \sqrt{1 + f^{2}}"),
        (lambda y, f: maximum(0.0, maximum(f, -y)), "max(0, f, -y)", r"\max(0, f, -y)"),
        (lambda y, f: f * 3.141592653589793 + (f / 3.0), "pi f + 1/3 f", None),
    ],
)
def test_print(formula, line, set_):
    assert text(trace(formula)) == line
    if set_ is not None:
        assert latex(trace(formula)) == set_


# Expressions.


def test_equal_expressions_are_one_object_and_unequal_ones_are_not():
    f = variable("f")
    assert f - 1.0 is f - 1.0
    assert f - 1.0 is not 1.0 - f
    assert literal(0.0) is not literal(-0.0)
    assert pickle.loads(pickle.dumps(f / (f - 2.0))) is f / (f - 2.0)


def test_expressions_refuse_what_only_a_number_can_do():
    f = variable("f")
    for wrong, message in [
        (lambda: bool(f > 0.0), "where"),
        (lambda: 0.0 < f < 1.0, "where"),
        (lambda: math.exp(f), "primitives"),
        (lambda: np.asarray(f), "array"),
        (lambda: np.add.reduce(f), "reduce"),
        (lambda: np.mean(f), "joins examples"),
        (lambda: np.arctan(f), "not among"),
        (lambda: f * np.ones(2), "ndarray"),
        (lambda: f * "2", "str"),
        (lambda: softplus_of_two(f), "1 argument"),
    ]:
        with pytest.raises(TypeError, match=message):
            wrong()
    with pytest.raises(AttributeError):
        f.leaf = "g"
    with pytest.raises(ValueError, match="NaN"):
        literal(math.nan)


def softplus_of_two(f: Expression) -> object:
    return table()["softplus"](f, f)


def test_numpy_functions_mean_their_primitives():
    f, y = variable("f"), variable("y")
    assert np.exp(f) is node("exp", f)
    assert np.float64(2.0) * f is 2.0 * f
    assert np.where(f > y, f, 0.0) is node("where", f > y, f, literal(0.0))
    assert np.clip(f, -1.0, y) is node("minimum", node("maximum", f, literal(-1.0)), y)
    assert np.logaddexp(0.0, f) is node("softplus", f)
    assert f**2 is node("square", f)
    assert f**-0.5 is 1.0 / node("sqrt", f)
    assert math.e**f is node("exp", f)
    assert (f > y) * f is node("where", f > y, literal(1.0), literal(0.0)) * f
