"""Names of other libraries: each leads to the loss with that library's number, or to none and to an answer why."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary import discovery
from lossary.elsewhere import ALSO, DIFFERENT, LIBRARIES, SAME, plain

CHOSEN = np.random.default_rng(1951)
REAL = CHOSEN.normal(size=40), CHOSEN.normal(size=40)
POSITIVE = CHOSEN.gamma(2.0, size=40), CHOSEN.gamma(2.0, size=40)
BITS = CHOSEN.integers(0, 2, 40)
P = CHOSEN.uniform(0.01, 0.99, 40)
ARRAYS = {
    "brier_score_loss": (BITS, P),
    "log_loss": (BITS, P),
    "hinge_loss": (2 * BITS - 1, REAL[0]),
    **dict.fromkeys(
        (
            *("mean_poisson_deviance", "mean_gamma_deviance", "mean_tweedie_deviance"),
            *("mean_squared_log_error", "root_mean_squared_log_error"),
        ),
        POSITIVE,
    ),
}
NO_LOSSES = {"hamming_loss", "zero_one_loss", "max_error", "median_absolute_error", "coverage_error"} | {
    "label_ranking_loss"
}
"""What scikit-learn's metrics end in a loss's word for, and no mean of a catalogue's loss is."""


def test_a_metric_of_scikit_learn_gives_its_number_or_is_no_name() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    public = [name for name in metrics.__all__ if name.endswith(("_loss", "_error", "_deviance"))]
    assert set(public) <= set(SAME["sklearn"]) | set(DIFFERENT["sklearn"]) | NO_LOSSES
    for name in public:
        if name in SAME["sklearn"]:
            y, f = ARRAYS.get(name, REAL)
            wanted = getattr(metrics, name)(y, f)
            assert lossary.get(f"sklearn:{name}").cost(y, f) == pytest.approx(wanted, rel=1e-12), name
            assert lossary.get(name).cost(y, f) == pytest.approx(wanted, rel=1e-12), name
        else:
            with pytest.raises(ValueError, match=name):
                lossary.get(f"scikit-learn:{name}")


def test_every_name_known_leads_to_a_loss_with_its_parameters() -> None:
    for library, names in SAME.items():
        for name, spec in names.items():
            loss, _, parameters = spec.partition(":")
            assert loss in discovery.names(), spec
            assert lossary.get(f"{library}:{name}") == lossary.get(spec) or parameters
            assert str(lossary.get(f"{library}:{name}")) == str(lossary.get(spec))


def test_every_name_that_means_something_else_says_what_to_use() -> None:
    for library, names in DIFFERENT.items():
        assert not set(names) & set(SAME[library])
        for name, reason in names.items():
            with pytest.raises(ValueError, match=f"^{library}:{name} ") as raised:
                lossary.get(f"{library}:{name}")
            assert str(raised.value).endswith(reason)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("reg:squarederror", "half_squared_error"),
        ("multi:softprob", "softmax_cross_entropy"),
        ("binary", "logistic"),
        ("MultiClass", "softmax_cross_entropy"),
        ("Logloss", "logistic"),
        ("RMSE", "root_mean_squared_error"),
        ("HuberLoss", "huber"),
        ("Huber", "huber"),
        ("torch:NLLLoss", "kl_target_prediction_log_probabilities"),
        ("catboost:CrossEntropy", "logistic"),
        ("jax:kl_divergence", "kl_target_prediction_log_probabilities"),
        ("keras:KLDivergence", "kl_target_prediction"),
        ("cross_entropy", "softmax_cross_entropy"),
        ("poisson", "poisson"),
        ("Poisson", "poisson"),
        ("Quantile", "quantile"),
        ("reg:quantileerror:0.9", "quantile:0.9"),
        ("lightgbm:quantile", "quantile:0.9"),
        ("lightgbm:quantile:0.25", "quantile:0.25"),
        ("optax:huber_loss:delta=2", "huber:2"),
    ],
)
def test_names_of_libraries(name: str, meant: str) -> None:
    assert str(lossary.get(name)) == str(lossary.get(meant))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NLLLoss", "say torch:NLLLoss or categorical_cross_entropy"),
        ("CrossEntropy", "say catboost:CrossEntropy or softmax_cross_entropy"),
        ("keras:Poisson", "keras:Poisson takes means"),
        ("BinaryFocalCrossentropy", "keras:BinaryFocalCrossentropy takes probabilities"),
        ("binary_focal_crossentropy", "keras:binary_focal_crossentropy takes probabilities"),
        ("categorical_hinge", "here MulticlassHinge takes it as it is"),
        ("sparsemax_loss", "optax:sparsemax_loss is for labels"),
        ("torch:Huberloss", "torch has no 'Huberloss' that is a loss here; known are L1Loss"),
        ("kearas:Huber", "no loss is named 'kearas'"),
    ],
)
def test_names_by_which_libraries_differ_are_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        lossary.get(name)


OURS_FIRST = {
    *("optax:kl_divergence", "optax:sigmoid_focal_loss", "keras:Poisson"),
    *("lightgbm:huber", "lightgbm:quantile", "lightgbm:mape", "lightgbm:cross_entropy"),
}
"""Names of ours by which a library means another number: alone they are ours, after the library and a colon its own."""


def test_a_name_alone_is_its_library_s_or_ours_or_is_refused_by_all_its_names() -> None:
    ours_first = set()
    for library in SAME:
        for name in [name for name, entry in LIBRARIES[library].names.items() if entry.alone]:
            qualified = f"{library}:{name}"
            try:
                found = str(lossary.get(name))
            except ValueError as error:
                assert qualified in str(error)  # noqa: PT017
                continue
            if name in DIFFERENT[library] or found != str(lossary.get(qualified)):
                assert {plain(name), plain(name).removesuffix("_loss")} & {*discovery.names(), *discovery.aliases()}
                ours_first.add(qualified)
    assert ours_first == OURS_FIRST


def test_a_name_by_which_two_libraries_mean_two_losses_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SAME["torch"], "Wing", "huber")
    monkeypatch.setitem(SAME["keras"], "Wing", "log_cosh")
    monkeypatch.setitem(DIFFERENT["optax"], "wing", "has another bend")
    with pytest.raises(ValueError, match="mean different losses by 'Wing'; say torch:Wing or keras:Wing"):
        lossary.get("Wing")
    assert str(lossary.get("torch:Wing")) == str(lossary.get("huber"))
    assert discovery.find_in("keras", "Wing").name == "log_cosh"


def test_in_a_library_its_own_names_come_first_then_ours() -> None:
    assert discovery.find_in("torch", "CrossEntropy").name == "softmax_cross_entropy"
    assert discovery.find_in("catboost", "CrossEntropy").name == "logistic"
    assert discovery.find_in("torch", "NLLLoss").name == "kl_target_prediction_log_probabilities"
    assert discovery.find_in("torch", "Logloss").name == "logistic"
    with pytest.raises(ValueError, match="torch:MarginRankingLoss takes two predictions"):
        discovery.find_in("torch", "MarginRankingLoss")


def test_a_loss_s_own_name_is_its_own_in_capitals_too() -> None:
    for name in discovery.names():
        assert discovery.find("".join(word.capitalize() for word in name.split("_"))).name == name


def test_no_alias_is_another_loss_in_its_library() -> None:
    """An alias that some library means something else by would answer with another number there."""
    by_design = {"kl_divergence", "cross_entropy", "mape", "kullback_leibler"}  # several libraries', ours is one
    torchvision = {"sigmoid_focal_loss"}
    for alias, loss in discovery.aliases().items():
        for library in SAME if alias not in torchvision else ():
            means = SAME[library].get(alias, loss).partition(":")[0]
            assert alias not in DIFFERENT[library], alias
            assert means == loss or alias in by_design, alias


def test_other_names_of_libraries() -> None:
    assert set(ALSO.values()) <= set(SAME) == set(DIFFERENT)
