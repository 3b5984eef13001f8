"""How the arguments of a rowwise loss lie in memory changes no bit of any answer, whichever of them it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from tests.support.layouts import layouts, places, same, unlike

import lossary
from lossary.evaluate.rows import pair

Method = Callable[..., object]
DOUBLE, SINGLE = np.dtype(np.float64), np.dtype(np.float32)
LOSS = lossary.softmax_cross_entropy
N = 6

PLAIN = ("y", "f", "class_weight", "class_prior", "class_mask")
WEIGHTED = (*PLAIN, "w", "mask")

METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "call": (lambda y, f, **options: LOSS(y, f, **options), PLAIN),
    "gradient": (lambda y, f, **options: LOSS.gradient(y, f, **options), PLAIN),
    "hessian": (lambda y, f, **options: LOSS.hessian(y, f, **options), PLAIN),
    "full_hessian": (lambda y, f, **options: LOSS.full_hessian(y, f, **options), PLAIN),
    "hessian_product": (lambda y, f, way, **options: LOSS.hessian_product(y, f, way, **options), (*PLAIN, "way")),
    # A mask or class weights make new weights of those given: alone, they are read as they lie.
    "cost by weights alone": (lambda y, f, w: LOSS.cost(y, f, w), ("y", "f", "w")),
    "accumulator by weights alone": (lambda y, f, w: LOSS.accumulator().update(y, f, w).value, ("y", "f", "w")),
    "cost_and_gradient by weights alone": (lambda y, f, w: LOSS.cost_and_gradient(y, f, w), ("y", "f", "w")),
    "cost": (lambda y, f, w, mask, **options: LOSS.cost(y, f, w, mask, **options), WEIGHTED),
    "parts": (lambda y, f, w, mask, **options: LOSS.parts(y, f, w, mask=mask, **options)[0], WEIGHTED),
    "accumulator": (
        lambda y, f, w, mask, **options: LOSS.accumulator().update(y, f, w, mask=mask, **options).value,
        WEIGHTED,
    ),
    "cost_and_gradient": (lambda y, f, w, mask, **options: LOSS.cost_and_gradient(y, f, w, mask, **options), WEIGHTED),
    "gradient_and_hessian": (
        lambda y, f, w, mask, **options: LOSS.gradient_and_hessian(y, f, w, mask, **options),
        WEIGHTED,
    ),
}


def arguments(dtype: np.dtype, k: int, indexed: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(k)
    shares = rng.integers(0, 8, (N, k)).astype(np.float64)
    shares[:, 0] = 64.0 - shares[:, 1:].sum(axis=1) if k < 20 else 2048.0 - shares[:, 1:].sum(axis=1)
    return {
        "y": rng.integers(0, k, N) if indexed else (shares / shares.sum(axis=1, keepdims=True)).astype(dtype),
        "f": rng.normal(size=(N, k)).astype(dtype),
        "w": np.array([2.0, 0.5, 0.0, 1.0, 3.0, 0.25], dtype),
        "mask": np.array([True, True, True, False, True, True]),
        "class_weight": rng.integers(1, 5, k).astype(dtype),
        "class_prior": rng.integers(1, 5, k).astype(dtype),
        "class_mask": np.ones((N, k), bool),
        "way": rng.normal(size=(N, k)).astype(dtype),
    }


@pytest.mark.parametrize("method", METHODS)
def test_no_argument_of_any_method_depends_on_its_layout(method: str) -> None:
    no_argument_depends_on_its_layout(method, DOUBLE, 5, True)


ANY_METHOD = "tests/rowwise/test_row_layouts.py::test_no_argument_of_any_method_depends_on_its_layout"


@pytest.mark.parametrize(
    "method",
    [pytest.param(name, marks=() if name == "cost_and_gradient" else pytest.mark.slow(ANY_METHOD)) for name in METHODS],
)
def test_nor_does_one_of_wide_rows_of_floats(method: str) -> None:
    no_argument_depends_on_its_layout(method, SINGLE, 270, False)


def no_argument_depends_on_its_layout(method: str, dtype: np.dtype, k: int, indexed: bool) -> None:
    call, taken = METHODS[method]
    given = arguments(dtype, k, indexed)
    if method == "call":
        given["class_mask"] = given["class_mask"][0]
    assert unlike(call, {name: given[name] for name in taken}) == []


@pytest.mark.parametrize("whole", [np.uint8, np.int16, np.uint64, np.longlong])
def test_class_indices_of_any_dtype_lie_as_they_like(whole: type) -> None:
    given = arguments(DOUBLE, 5, True)
    given["y"] = given["y"].astype(whole)
    call, taken = METHODS["cost_and_gradient"]
    assert unlike(call, {name: given[name] for name in taken}) == []
    plain = arguments(DOUBLE, 5, True)
    assert same(call(**{n: given[n] for n in taken}), call(**{n: plain[n] for n in taken}))


@pytest.mark.parametrize("name", ["y", "f", "w", "mask", "class_weight", "class_prior", "class_mask"])
def test_one_number_for_all_is_read_as_if_it_stood_there_each_time(name: str) -> None:
    call, taken = METHODS["cost_and_gradient"]
    given = {each: array for each, array in arguments(DOUBLE, 5, True).items() if each in taken}
    given[name] = np.broadcast_to(given[name].max(), given[name].shape)
    assert same(call(**given), call(**{each: array.copy() for each, array in given.items()}))


@pytest.mark.parametrize("k", [5, 270])
def test_any_place_takes_a_result(k: int) -> None:
    given = arguments(DOUBLE, k, True)
    y, f, w = given["y"], given["f"], given["w"]
    wanted = LOSS.cost_and_gradient(y, f, w)
    both = LOSS.gradient_and_hessian(y, f, w)
    for layout, place in places(f).items():
        got = LOSS.cost_and_gradient(y, f, w, out=place)
        assert got[1] is place
        assert same(got, wanted), layout
        assert same(LOSS.gradient_and_hessian(y, f, w, out=(np.empty_like(f), place)), both), layout


def test_a_result_over_class_weights_does_not_eat_them() -> None:
    given = arguments(DOUBLE, 5, False)
    y, f = (np.tile(given[name], (400, 1)) for name in ("y", "f"))  # more rows than are read before some are written
    out = np.zeros_like(f)
    out[0] = given["class_weight"]
    wanted = LOSS.cost_and_gradient(y, f, class_weight=given["class_weight"])
    assert same(LOSS.cost_and_gradient(y, f, class_weight=out[0], out=out), wanted)


def test_what_is_read_in_place_and_what_is_copied_first_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    call, taken = METHODS["cost_and_gradient"]
    given = {name: array for name, array in arguments(DOUBLE, 5, False).items() if name in taken}
    others = {name: layouts(array) for name, array in given.items()}
    everything = {layout for laid in others.values() for layout in laid}
    laid = {layout: {name: others[name].get(layout, array) for name, array in given.items()} for layout in everything}
    quick = {layout: call(**arrays) for layout, arrays in laid.items()}
    monkeypatch.setattr(pair.inputs, "readable", lambda array: False)
    for layout, arrays in laid.items():
        assert same(call(**arrays), quick[layout]), layout


@pytest.mark.parametrize("argument", ["class_weight", "class_prior", "class_mask", "mask", "sample_weight", "y_true"])
def test_a_masked_array_is_refused_wherever_it_comes(argument: str) -> None:
    given: dict[str, object] = {"y_true": np.array([0, 1, 1]), "y_pred": np.zeros((3, 3))}
    whole = np.ones(3, bool) if "mask" in argument else given.get(argument, np.ones(3))
    given[argument] = np.ma.masked_array(whole, [True, False, False])
    with pytest.raises(TypeError, match=f"{argument} is a masked array"):
        LOSS.cost(**given)
    del given["y_pred"]
    with pytest.raises(TypeError, match=f"{argument} is a masked array"):
        lossary.linear_cross_entropy(np.zeros((3, 2)), np.zeros((3, 2)), **given)


# The last layer of a large model.


def linear_arguments() -> dict[str, np.ndarray]:
    given, rng = arguments(DOUBLE, 5, True), np.random.default_rng(9)
    return {
        # Whole numbers: products are exact, so that an order of summation shows in nothing.
        "x": rng.integers(-2, 3, (N, 4)).astype(DOUBLE),
        "weight": rng.integers(-2, 3, (5, 4)).astype(DOUBLE),
        "y_true": given["y"],
        "bias": rng.integers(-2, 3, 5).astype(DOUBLE),
        "sample_weight": given["w"],
        "mask": given["mask"],
        "class_weight": given["class_weight"],
        "class_mask": np.ones((N, 5), bool),
    }


def test_no_argument_of_a_linear_layer_depends_on_its_layout() -> None:
    given = linear_arguments()
    costs = partial(lossary.linear_cross_entropy, gradient=False)
    assert unlike(lambda **laid: costs(**laid).cost, given) == []
    assert unlike(lambda **laid: lossary.linear_cross_entropy(**laid, reduction="none"), given) == []
    weighted = {name: given[name] for name in ("x", "weight", "y_true", "sample_weight")}
    weighted["sample_weight"] = weighted["sample_weight"] + 1.0
    assert unlike(lambda **laid: costs(**laid).cost, weighted) == []
    fixed = {name: given[name] for name in ("x", "weight")}
    laid = {name: array for name, array in given.items() if name not in fixed}
    assert unlike(lambda **arrays: tuple(lossary.linear_cross_entropy(**fixed, **arrays)), laid) == []


def test_softmax_and_its_kin_do_not_depend_on_layout_either() -> None:
    scores = arguments(DOUBLE, 5, True)["f"]
    for function in (lossary.softmax, lossary.log_softmax, lossary.logsumexp, lossary.sigmoid):
        assert unlike(lambda f, of=function: of(f), {"f": scores}) == []
    for function in (lossary.softmax, lossary.log_softmax, lossary.sigmoid):
        wanted = function(scores)
        for layout, place in places(scores).items():
            assert function(scores, out=place) is place
            assert same(place, wanted), layout
