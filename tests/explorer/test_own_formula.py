"""One's own formula: against what ``lossary.define`` makes of it, and against what people mistype."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np
import pytest
from tests.support.browser import Shown
from tests.support.explorer import ADDRESS, bring_into_sight, drawn, output_of, state_of
from tests.support.scripts import computed

import lossary
from lossary.backends import trace
from lossary.explorer.functions import OF_TWO, OPERATORS, TYPED, _function

AWKWARD = "points=0.5,1.7;2,2.4,2;3.1,2.9;4,1.1,0;4.6,4.2,0.5;6,4.4;7,5.3;8,7.9;9,0.6"
FORMULAS = [
    ("log(1 + (f-y)^2/c)", "c:2"),
    ("where(abs(f - y) < d, 0.5*(f - y)**2, d*abs(f - y) - d^2/2)", "d:0.75"),
    ("max(tau*(y - f), (tau - 1)*(y - f)) + max(abs(f - y) - w, 0)", "tau:0.7,w:0.5"),
    ("abs(f-y) + k*(f - y)^2", "k:0.1"),
    ("exp(a*(f-y)) - a*(f-y) + softplus(f - y) + softplus(y - f)", "a:0.3"),
    ("sqrt(1 + (f - y)^2) ^ p + log_cosh(f-y)/2 + -(y - f)^2*-0.01", "p:1.5"),
    ("min((f-y)^2, 9)", ""),
]


def address(formula: str, constants: str = "", more: str = "") -> str:
    return f"#{AWKWARD}&formula={quote(formula)}&constants={constants}{more}"


def test_what_is_copied_gives_the_numbers_of_the_page(browser, path):
    """All formulas in one page and one process: each in a process of its own would take half a minute."""
    codes, pages = [], []
    with Shown(browser, path, 1280) as shown:
        bring_into_sight(shown, "own")
        for formula, constants in FORMULAS:
            there = address(formula, constants, "&at=-1.5")
            shown.page.evaluate("address => { location.hash = address; }", there[1:])
            drawn(shown)
            pages.append(state_of(shown, "own-figure"))
            codes.append(shown.page.locator("#python-own").text_content())
    printed = output_of("\n".join(codes))
    for (formula, _), page, numbers, line in zip(FORMULAS, pages, printed[::2], printed[1::2], strict=True):
        fit = page["fit"]
        assert [float(each) for each in numbers] == pytest.approx(page["numbers"], rel=1e-9, abs=1e-9), formula
        wanted = [fit["intercept"], fit["slope"]] if len(line) == 2 else [fit["cost"]]  # no solver: the line's cost
        assert [float(each) for each in line] == pytest.approx(wanted, abs=1e-6), formula


def test_a_corner_between_curves_has_its_best_line(browser, path):
    """The page's own answer, which the library has no solver for: no line beside it costs less."""
    formula, k = "abs(f-y) + k*(f - y)^2", 0.1
    with Shown(browser, path, 1280, address(formula, f"k:{k}")) as shown:
        bring_into_sight(shown, "own")
        fit = state_of(shown, "own-figure")["fit"]
    points = AWKWARD.removeprefix("points=").split(";")
    x, y, w = np.array([[*map(float, point.split(",")), 1.0][:3] for point in points]).T

    def cost(a: float, b: float) -> float:
        r = a + b * x - y
        return float(np.average(np.abs(r) + k * r**2, weights=w))

    least = cost(fit["intercept"], fit["slope"])
    assert least == pytest.approx(fit["cost"], rel=1e-12)
    for turn in np.linspace(0.0, 2.0 * np.pi, 60):
        for far in (1e-5, 1e-3, 0.1):
            beside = cost(fit["intercept"] + far * np.cos(turn), fit["slope"] + far * np.sin(turn))
            assert beside >= least - 1e-12


SAME = [
    ("(y - f)^2", "squared_error."),
    ("3*(f - y)^2 + 7", "half_squared_error times 6."),
    ("log(1 + (f-y)^2/c)", "cauchy:c=2 times 0.5."),
    ("where(abs(f - y) < 0.75, 0.5*(f - y)^2, 0.75*abs(f - y) - 0.28125)", "huber:delta=0.75."),
    ("max(0.7*(y - f), -0.3*(y - f))", "quantile:tau=0.7."),
    ("abs(f - y)^1.5 + y", ""),
    ("abs(f - y) + 0.001*(f-y)^2", ""),
]


def test_a_loss_that_the_catalogue_has_is_named(browser, path):
    with Shown(browser, path, 1280, address("f", "c:4")) as shown:
        bring_into_sight(shown, "own")
        for formula, same in SAME:
            shown.page.get_by_label("A loss of the target y").fill(formula)
            drawn(shown)
            told = shown.page.locator("#own-same").inner_text()
            assert told == (f"The catalogue has it: {same}" if same else ""), formula


MISTAKES = [
    ("(f - y", 7, "here “)” is expected, not the end"),
    ("(f - y)^2 +", 12, "something is missing at the end"),
    ("2(f - y)", 2, "“(” is too much here"),
    ("2 f", 3, "a sign is missing"),
    ("sin(f)", 1, "sin is no function here; there are abs, "),
    ("f $ y", 3, "“$” means nothing here"),
    ("log + f", 1, "log is a function: write log(…)"),
    ("max(f)", 1, "max takes two numbers, not 1"),
    ("2^f", 3, "an exponent cannot contain f"),
    ("where(f, 1, 2)", 8, "a comparison is expected"),
    ("lambda*f", 1, "lambda means something else in Python"),
    ("check*f", 1, "check means something else in Python or to a loss"),
    ("c*y", 1, "a loss depends on the prediction"),
    ("", 1, "something is missing"),
]


def test_mistakes_are_told_with_their_column(browser, path):
    with Shown(browser, path, 1280) as shown:
        bring_into_sight(shown, "own")
        before, field = state_of(shown, "own-figure"), shown.page.get_by_label("A loss of the target y")
        for formula, column, words in MISTAKES:
            field.fill(formula)
            drawn(shown)
            told = shown.page.locator("#own-mistake").inner_text()
            assert f"Column {column}: " in told
            assert words in told
            assert shown.page.locator("#own-pointer").text_content() == " " * (column - 1) + "^"
            assert field.get_attribute("aria-invalid") == "true"
            assert state_of(shown, "own-figure") == before  # what was sound stays
        field.fill("abs(f - y) * k")
        shown.page.get_by_label("k =").fill("3")
        drawn(shown)
        assert shown.page.locator("#own-mistake").inner_text() == ""
        assert field.get_attribute("aria-invalid") is None
        assert state_of(shown, "own-figure")["numbers"] == [3, 3, 0]


def test_the_address_holds_the_formula(browser, path):
    formula, constants = "where(f < y, a*(f - y)^2, exp(b*(f-y)) % 1)".replace(" % 1", " + 1"), "a:2,b:0.5"
    with Shown(browser, path, 1280, address(formula, constants, "&at=2")) as shown:
        bring_into_sight(shown, "own")
        found = shown.page.evaluate(ADDRESS)
        first = state_of(shown, "own-figure")
    with Shown(browser, path, 1280, f"#{found}") as shown:
        bring_into_sight(shown, "own")
        assert shown.page.get_by_label("A loss of the target y").input_value() == formula
        assert state_of(shown, "own-figure") == first


def test_its_task_is_done_by_a_loss_that_leans(browser, path):
    with Shown(browser, path, 1280) as shown:
        bring_into_sight(shown, "own")
        assert shown.page.locator("#own-done").inner_text() == "Not yet."
        shown.page.get_by_label("A loss of the target y").fill("max(3*(f-y), y-f)")
        drawn(shown)
        assert shown.page.locator("#own-done").inner_text().startswith("Done")


def test_every_function_that_can_be_typed_has_its_derivatives(tmp_path):
    """Printed slopes and curvatures against differences, in the engine, away from corners."""
    places = {"a": [0.3, 0.7, 1.9, 3.2], "b": [0.4, 1.3, 2.5, 0.9]}
    step, scripts, given = 1e-4, {}, {}
    for name in (*OPERATORS, *TYPED.values()):
        operands = ("a", "b") if name in OF_TWO else ("a",)
        for i in range(len(operands)):
            moved = ", ".join(f"{each} + SIGN" if j == i else each for j, each in enumerate(operands))
            called = f"({', '.join(operands)}) => {{ const f = {_function(name)}; "
            up, down = (moved.replace("SIGN", sign) for sign in (f"{step}", f"-{step}"))
            here = ", ".join(operands)
            scripts[f"{name} {i}"] = (
                f"{called} return (f.value({up}) - f.value({down})) / {2 * step} - f.slopes[{i}]({here}); }}"
            )
            for j in range(len(operands)):
                bent = f"(f.slopes[{j}]({up}) - f.slopes[{j}]({down})) / {2 * step} - f.curvatures[{j}][{i}]({here})"
                scripts[f"{name} {i} {j}"] = f"{called} return {bent}; }}"
        calls = [list(each) for each in zip(*(places[operand] for operand in operands), strict=True)]
        given |= {key: calls for key in scripts if key.split()[0] == name}
    errors = computed(trace.primitives_script(), scripts, given, tmp_path)
    assert len(errors) == 6 * len(OF_TWO) + 2 * (len(OPERATORS) + len(TYPED) - len(OF_TWO))
    worst = max(errors, key=lambda key: float(np.max(np.abs(errors[key]))))
    assert np.max(np.abs(errors[worst])) < 1e-5, (worst, errors[worst])


def test_what_the_page_refuses_as_a_name_define_refuses_too():
    for name in ("check", "out", "mask", "y_true"):
        scope: dict = {}
        exec(f"def mine(y, f, {name}=1.0): return (f - y) ** 2 * {name}", scope)
        with pytest.raises(ValueError, match="which a loss's methods use for something else"):
            lossary.define(scope["mine"])
