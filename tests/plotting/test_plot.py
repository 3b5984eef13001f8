"""``lossary.plot``: lines are the loss's own numbers, for every loss; axes in, axes out; refusals speak."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from tests.support.kernels import together
from tests.support.processes import run_python

import lossary
from lossary.evaluate.notebook import EDGE
from lossary.evaluate.registry import named
from lossary.plotting.series import FORMULAS, QUANTITIES, scene_of
from lossary.rowwise import RowLoss

EVERY = 97
"""Of 1,200 points of a line so many are apart that a test looks at; 97 is prime, so that pieces are hit anywhere."""


def axes():
    return Figure().subplots()


def drawn(loss, quantity, **options):
    """Where a loss's line is, and how high, where it is not broken."""
    ax = lossary.plot(loss, quantity, ax=axes(), **options)
    (line,) = (each for each in ax.get_lines() if each.get_label() == str(lossary.get(loss)))
    x, heights = line.get_data()
    there = np.isfinite(x)
    return x[there][::EVERY], heights[there][::EVERY]


def rows(record: RowLoss, y: float, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of two classes, of which the first one's varies."""
    targets = np.tile((y, 1.0 - y), (x.size, 1))
    if "probabilities" in record.prediction:
        both = np.column_stack([x, 1.0 - x])
        return targets, np.log(both) if record.prediction == "log_probabilities" else both
    return targets, np.column_stack([x, np.zeros(x.size)])[:, : 2 - record.more_classes]


def lines(loss):
    """Every quantity's line, where it is not broken: places, and heights by the formula's name; and the target."""
    scenes = {FORMULAS[quantity]: scene_of([loss], quantity) for quantity in FORMULAS}
    (x,) = {line.x[np.isfinite(line.x)][::EVERY].tobytes() for scene in scenes.values() for line in scene.lines}
    heights = {
        name: line.heights[np.isfinite(line.x)][::EVERY] for name, scene in scenes.items() for line in scene.lines
    }
    return scenes["value"].y, np.frombuffer(x), heights


def test_lines_are_the_loss(each_loss):
    loss = named(each_loss.name)
    y, f, heights = lines(loss)
    exact = together(loss, np.full(f.size, y), f)
    for name, line in heights.items():
        np.testing.assert_allclose(line, exact[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_lines_of_rows_are_the_loss(each_row_loss):
    loss = named(each_row_loss.name)
    y, x, heights = lines(loss)
    exact = together(loss, *rows(each_row_loss, y, x))
    for name, line in heights.items():
        of_first = exact[name] if exact[name].ndim == 1 else exact[name][:, 0]
        np.testing.assert_allclose(line, of_first, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_what_is_drawn_are_these_lines(quantity):
    losses = ["huber", "tukey_biweight"]
    ax = lossary.plot(losses, quantity, ax=axes())
    on_axes = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    for line, expected in zip(on_axes, scene_of([*map(lossary.get, losses)], quantity).lines, strict=True):
        assert line.get_label() == expected.label
        np.testing.assert_array_equal(line.get_data(), (expected.x, expected.heights))


def test_a_planted_error_would_be_seen(monkeypatch):
    monkeypatch.setitem(FORMULAS, "gradient", "value")
    f, heights = drawn("huber", "gradient")
    assert not np.allclose(heights, lossary.huber.gradient(np.zeros(f.size), f))


@pytest.mark.parametrize("name", ["squared_error", "huber:delta=2", "quantile:0.9", "tukey_biweight", "log_cosh"])
def test_the_weight_is_the_gradient_over_the_residual(name):
    f, weights = drawn(name, "weight", y=1.5)
    loss = lossary.get(name)
    np.testing.assert_allclose(weights * (f - 1.5), loss.gradient(np.full(f.size, 1.5), f), rtol=1e-9, atol=1e-12)


def test_without_a_residual_the_weight_is_its_limit():
    loss = lossary.log_cosh
    (line,) = scene_of([loss], "weight", 0.0, (-1.0, 1.0)).lines
    middle = np.nanargmin(np.abs(line.x))
    assert line.heights[middle] == pytest.approx(1.0, rel=1e-5)


def test_parameters_and_own_losses_are_drawn():
    mine = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 4, name="mine")
    ax = lossary.plot(["huber:delta=2", mine, mine.using(c=3.0)], "gradient", y=1.0, span=(0.0, 4.0), ax=axes())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["huber(delta=2)", "mine(c=1)", "mine(c=3)"]
    assert ax.get_xlim() == (0.0, 4.0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("prediction f; target y = 1", "gradient")
    f, heights = drawn(mine, "gradient", y=1.0)
    np.testing.assert_allclose(heights, 4.0 * (f - 1.0) ** 3, rtol=1e-12, atol=1e-12)


def test_a_second_call_draws_beside_the_first():
    ax = lossary.plot("squared_error", span=(-2, 2), ax=axes())
    assert lossary.plot("cauchy", span=(-3, 1), ax=ax) is ax
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == ["squared_error", str(lossary.cauchy)]
    assert len({line.get_color() for line in lines}) == len({str(line.get_linestyle()) for line in lines}) == 2
    assert ax.get_xlim() == (-3.0, 2.0)


def test_a_kink_without_curvature_is_marked():
    ax = lossary.plot(["absolute_error", "squared_error"], "curvature", ax=axes())
    assert [note.xy[0] for note in ax.texts] == [0.0]
    assert "kink" in ax.get_ylabel()
    assert not lossary.plot("huber", "curvature", ax=axes()).texts


def test_a_figure_is_made_only_where_no_axes_are_given_and_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(pyplot, "_get_backend_mod", pyplot._get_backend_mod)
    with mpl.rc_context({"backend": "agg"}):
        lossary.plot("huber", ax=axes())
        with pytest.raises(ValueError, match="quantity"):
            lossary.plot("huber", "slope")
        assert pyplot.get_fignums() == []
        ax = lossary.plot("huber")
        assert pyplot.gcf() is ax.figure
        pyplot.close(ax.figure)


def test_probabilities_stay_inside_their_interval():
    ax = lossary.plot("kl_target_prediction", ax=axes())
    x = ax.get_lines()[-1].get_xdata()
    assert (x.min(), x.max()) == (EDGE, 1.0 - EDGE)


@pytest.mark.parametrize(
    ("losses", "options", "told"),
    [
        ("hubr", {}, "did you mean huber"),
        ([], {}, "no loss to draw"),
        ("huber", {"quantity": "slope"}, "one of value, gradient, curvature, weight, not 'slope'"),
        ("poisson", {"y": -1.0}, r"poisson takes targets in \[0, inf\), and y=-1 is none"),
        ("huber", {"y": float("nan")}, "y=nan is none"),
        ("huber", {"span": (1, 1)}, "empty"),
        ("huber", {"span": (0, float("inf"))}, "empty"),
        ("huber", {"span": (0, 1, 2)}, "two ends"),
        ("brier", {"span": (2, 3)}, "none is between 2 and 3"),
        (["gamma", "squared_error"], {"y": 0.0}, "takes targets in"),
        (["logistic", "softmax_cross_entropy"], {}, "draw them apart"),
        (["multiclass_brier", "softmax_cross_entropy"], {}, "draw them apart"),
        ("softmax_cross_entropy", {"y": 2.0}, r"in \[0, 1\], not 2"),
        ("multiclass_brier", {"span": (-1, 1)}, "where probabilities are"),
        ("kl_prediction_target", {"y": 1.0}, "nowhere finite"),
        ("logistic", {"quantity": "weight"}, "no weight"),
        ("softmax_cross_entropy", {"quantity": "weight"}, "no weight"),
        (lossary.huber.using(delta=np.ones(3)), {}, "a delta for each example"),
    ],
)
def test_what_cannot_be_drawn_is_said(losses, options, told):
    with pytest.raises(ValueError, match=told):
        lossary.plot(losses, ax=axes(), **options)


def test_things_that_are_no_losses_and_no_axes_are_refused():
    with pytest.raises(TypeError, match=r"lossary\.define makes a loss"):
        lossary.plot(3)
    with pytest.raises(TypeError, match="not Figure; figure"):
        lossary.plot("huber", ax=Figure())
    with pytest.raises(TypeError, match="not ndarray; take one"):
        lossary.plot("huber", ax=Figure().subplots(1, 2))


def test_without_matplotlib_it_says_what_to_install():
    code = "import sys; sys.modules['matplotlib'] = None; import lossary; lossary.plot('huber')"
    answer = run_python(code)
    assert "pip install matplotlib" in answer.stderr.splitlines()[-1]


def test_drawing_compiles_nothing():
    code = (
        "import lossary, sys; from matplotlib.figure import Figure; ax = Figure().subplots()\n"
        "lossary.plot(['huber', 'absolute_error'], 'curvature', ax=ax)\n"
        "print('lossary.backends.cpu.arithmetic.translate' in sys.modules)"
    )
    assert run_python(code).stdout == "False\n"


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_pictures_are_drawn_without_a_warning(quantity, tmp_path):
    figure = Figure(layout="constrained")
    lossary.plot(["squared_error", "huber", "absolute_error", "tukey_biweight"], quantity, ax=figure.subplots())
    figure.savefig(tmp_path / "picture.svg")
