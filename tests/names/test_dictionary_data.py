"""What the dictionary says of names holds together: losses, parameters, factors, and what lossary.get makes of it."""

from __future__ import annotations

import re

import pytest

import lossary
from lossary import discovery
from lossary.elsewhere import DIFFERENT, LIBRARIES, SAME, known_as, short

ENTRIES = [(library, name, entry) for library, each in LIBRARIES.items() for name, entry in each.names.items()]


def test_an_entry_leads_to_a_loss_with_parameters_that_it_has() -> None:
    for library, name, entry in ENTRIES:
        if not entry.loss:
            assert entry.refused, (library, name)
            continue
        loss = lossary.get(entry.loss)  # the nearest, where the name is refused
        assert {*entry.parameters.values()} <= {p.name for p in loss.parameters}, (library, name)
        assert not entry.parameters or len({*entry.parameters.values()}) == len(entry.parameters)
        if not entry.refused:
            assert str(lossary.get(f"{library}:{name}")) == str(loss)
        else:
            with pytest.raises(ValueError, match=re.escape(entry.refused)):
                lossary.get(f"{library}:{name}")


def test_factors_are_numbers_or_those_of_the_classes() -> None:
    for library, name, entry in ENTRIES:
        assert re.fullmatch(r"\d+(/(\d+|k|\(k - 1\)))?", entry.factor) or (entry.refused and not entry.factor), name
        if library in ("torch", "keras", "optax"):  # there a name gives its number, or is refused
            assert entry.refused or (entry.factor == "1" and not entry.shifted), name


def test_texts_are_sentences_and_reasons_read_on() -> None:
    for library, name, entry in ENTRIES:
        assert not entry.trap or entry.trap.endswith("."), (library, name)
        assert not entry.refused or (entry.refused[0].islower() and not entry.refused.endswith(".")), (library, name)
    for library in LIBRARIES.values():
        assert library.evidence.endswith(".")
        assert library.title
        assert library.order
        assert library.reduction


def test_no_name_is_there_twice() -> None:
    for library, each in LIBRARIES.items():
        assert not {*SAME[library]} & {*DIFFERENT[library]}
        assert not {*each.names} & {*each.no_losses}, library


def test_every_loss_has_a_name_in_some_library_or_says_by_its_record_where_it_is_from() -> None:
    named = {entry.loss.partition(":")[0] for *_, entry in ENTRIES if entry.loss}
    for record in discovery.every_record():
        assert record.name in named or record.elsewhere or record.sources, record.name


def test_names_without_their_package() -> None:
    assert [short(name) for name in ("MASS::psi.huber", "norms.HuberT", "special.huber", "Huber")] == [
        *("psi.huber", "HuberT", "huber", "Huber"),
    ]
    assert str(lossary.get("statsmodels:HuberT")) == "huber(delta=1.345)"
    assert str(lossary.get("r:quantreg::rq:0.9")) == str(lossary.get("R:rq:tau=0.9")) == "quantile(tau=0.9)"
    assert str(lossary.get("pytorch:HuberLoss:2")) == "huber(delta=2)"


def test_a_name_that_is_known_after_its_library_alone_is_pointed_to() -> None:
    assert known_as("HuberT") == ["statsmodels:norms.HuberT"]
    with pytest.raises(ValueError, match=r"did you mean statsmodels:norms\.HuberT, huber"):
        lossary.get("HuberT")
    with pytest.raises(ValueError, match="R has several 'gaussian' that is a loss here; say which: stats::gaussian, "):
        lossary.get("R:gaussian")


RELATED = {
    ("torch", "NLLLoss"): {"categorical_cross_entropy"},  # of which it takes the logarithms
    ("sklearn", "log_loss"): {"categorical_cross_entropy"},  # of more than two classes
    ("sklearn", "brier_score_loss"): {"multiclass_brier"},
    ("sklearn", "hinge_loss"): {"multiclass_hinge"},
    ("catboost", "RMSE"): {"half_squared_error"},  # what it trains on; it reports the root
    ("catboost", "MultiLogloss"): {"multilabel_soft_margin"},  # which has the factor 1/k
}
"""Names that records of other losses begin with too, and why they may."""


def test_records_name_no_loss_that_the_dictionary_leads_elsewhere() -> None:
    checked = 0
    for record in discovery.every_record():
        for library, said in record.elsewhere.items():
            key = {"scikit-learn": "sklearn"}.get(library, library)
            name = re.match(r"(?:robust\.|metrics\.|optimize\.)?([\w.:-]*\w)", said)[1]
            entry = LIBRARIES[key].names.get(name) if key in LIBRARIES else None
            if entry is None or entry.refused or re.search("half of|times this|1/k of|=True|resid", said):
                continue
            checked += 1
            assert record.name in {entry.loss.partition(":")[0], *RELATED.get((key, name), ())}, (library, said)
    assert checked > 60
