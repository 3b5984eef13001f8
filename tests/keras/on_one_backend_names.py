"""Every public loss of Keras beside the one of its name here: the same number, or no such name."""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import lossary
import lossary.keras
from lossary.elsewhere import DIFFERENT, LIBRARIES, SAME, plain

DOCS = Path(__file__).parents[2] / "docs"
BACKEND = keras.backend.backend()
CHOSEN = np.random.default_rng(1933)
N, K = 5, 4
F = CHOSEN.normal(size=(N, K)).astype(np.float32)
P = CHOSEN.dirichlet(np.full(K, 2.0), N).astype(np.float32)
T = CHOSEN.dirichlet(np.full(K, 2.0), N).astype(np.float32)
Y = CHOSEN.integers(0, K, N)
BITS = CHOSEN.integers(0, 2, (N, K)).astype(np.float32)
PUBLIC = [
    name
    for name, each in vars(keras.losses).items()
    if isinstance(each, type) and issubclass(each, keras.Loss) and each is not keras.Loss
]
ARRAYS = {
    "BinaryCrossentropy": (BITS, P),
    "CategoricalCrossentropy": (T, P),
    "SparseCategoricalCrossentropy": (Y, P),
    "KLDivergence": (T, P),
    "Hinge": (2.0 * BITS - 1.0, F),
    "SquaredHinge": (2.0 * BITS - 1.0, F),
    "MeanSquaredLogarithmicError": (T, P),
}
OPTIONS = {
    "BinaryCrossentropy": [
        (BITS, P, {"label_smoothing": 0.2, "axis": 0}),
        (BITS, F, {"from_logits": True, "label_smoothing": 0.3}),
        (BITS, P, {"label_smoothing": 1.0}),
    ],
    "CategoricalCrossentropy": [
        (T, P, {"label_smoothing": 0.2}),
        (T, F, {"from_logits": True, "label_smoothing": 0.3}),
        (T.T, F.T, {"from_logits": True, "axis": 0}),
    ],
    "SparseCategoricalCrossentropy": [
        (Y, F, {"from_logits": True}),
        (Y, P, {"ignore_class": int(Y[0])}),
        (Y, F, {"from_logits": True, "ignore_class": int(Y[1])}),
    ],
    "Huber": [(T, F, {"delta": 0.4})],
}


def quickly():
    """JAX without compilation, where a loss would take seconds."""
    if BACKEND != "jax":
        return contextlib.nullcontext()
    import jax  # noqa: PLC0415

    return jax.disable_jit()


def same(name: str, y: np.ndarray, f: np.ndarray, **options: object) -> None:
    for reduction in ("sum_over_batch_size", None):
        with quickly():
            ours = getattr(lossary.keras, name)(reduction=reduction, **options)
            theirs = getattr(keras.losses, name)(reduction=reduction, **options)
            found, wanted = (keras.ops.convert_to_numpy(loss(y, f)) for loss in (ours, theirs))
            again = keras.losses.deserialize(keras.losses.serialize(ours))
            assert type(again) is type(ours)
            assert again.get_config() == ours.get_config()
            np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-6, err_msg=f"{name} {options}")


def test_a_name_of_keras_gives_its_number_or_is_none() -> None:
    for name in PUBLIC:
        if name in SAME["keras"]:
            same(name, *ARRAYS.get(name, (T, F)))
            continue
        assert name in DIFFERENT["keras"], name
        with pytest.raises(AttributeError, match=f"lossary.keras has no '{name}'"):
            getattr(lossary.keras, name)


def test_options_of_keras_mean_the_same() -> None:
    for name, cases in OPTIONS.items():
        for y, f, options in cases:
            same(name, y, f, **options)


def test_every_difference_is_in_the_docs() -> None:
    listed = set(re.findall(r"`(\w+)`", (DOCS / "keras.md").read_text()))
    assert {name for name, entry in LIBRARIES["keras"].names.items() if entry.refused and entry.loss} <= listed
    assert set(SAME["keras"]) | set(DIFFERENT["keras"]) == set(PUBLIC)  # none that Keras has not


def test_functions_are_classes_in_other_letters() -> None:
    functions = {
        name
        for name, each in vars(keras.losses).items()
        if callable(each) and not isinstance(each, type) and not name.startswith("_")
    }
    assert functions - {"get", "serialize", "deserialize"} == {plain(name) for name in LIBRARIES["keras"].names}


def test_parameters_are_those_of_keras_and_so_are_their_defaults() -> None:
    for name, entry in LIBRARIES["keras"].names.items():
        taken = inspect.signature(getattr(keras.losses, name)).parameters
        assert set(entry.parameters) <= set(taken)
        ours = (
            {} if entry.refused else {p.name: p.default for p in lossary.get(f"keras:{name}").parameters} | entry.fixed
        )
        for theirs, here in entry.parameters.items():
            assert entry.refused or taken[theirs].default == ours[here], name


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="label_smoothing must be in"):
        lossary.keras.BinaryCrossentropy(label_smoothing=1.5)
    with pytest.raises(TypeError, match="has no parameter 'label_smothing'"):
        lossary.keras.CategoricalCrossentropy(label_smothing=0.1)


def test_keras_s_functions_are_no_classes_here() -> None:
    for name in ("huber", "mean_squared_error", "poisson", "binary_focal_crossentropy"):
        with pytest.raises(AttributeError, match=r"lossary\.keras has"):
            getattr(lossary.keras, name)


def test_a_model_saved_when_poisson_had_its_plain_name_is_loaded() -> None:
    saved = keras.losses.serialize(lossary.keras.PoissonLog())
    saved |= {"class_name": "Poisson", "registered_name": "lossary>Poisson"}
    assert type(keras.losses.deserialize(saved)) is lossary.keras.PoissonLog
    assert type(keras.losses.get("lossary>poisson")) is lossary.keras.PoissonLog
    assert keras.losses.get("poisson") is keras.losses.poisson


if __name__ == "__main__":
    for name, check in [*globals().items()]:
        if name.startswith("test_") and (len(sys.argv) == 1 or name in sys.argv[1:]):
            check()
            print(f"{BACKEND}: {name}", flush=True)
