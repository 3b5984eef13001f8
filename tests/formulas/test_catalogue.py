"""The catalogue as a whole: names approved, files complete and readable, every word known."""

from __future__ import annotations

import inspect
import keyword
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.places import REFERENCE

import lossary
from lossary import discovery, losses
from lossary.formula import Choice, Claims, Interval, Loss, Point
from lossary.proof.pointwise.exact_loss import INVERSE_LINKS

APPROVED = REFERENCE / "names.txt"
LONGEST = 150
HOSTS = {
    "torch", "keras", "optax", "jax", "scikit-learn", "scipy", "statsmodels", "xgboost", "lightgbm", "catboost",
    "kornia", "glum", "R", "scoringrules", "robust_loss_pytorch",
}  # fmt: skip
FUNCTIONALS = {
    "mean", "median", "quantile", "expectile", "probability", "label", "m-estimate", "huber", "location", "none",
    "beta-median", "shifted geometric mean", "smoothed_hinge", "focal",
}  # fmt: skip


def file_of(loss: Loss) -> Path:
    return Path(losses.__path__[0]) / loss.family / f"{loss.name}.py"


def line(loss: Loss) -> str:
    return f"{loss.family}/{loss.name}: {', '.join(loss.aliases)}"


def test_names_are_the_approved_ones() -> None:
    """A name once published is a promise: add a line to tests/reference/names.txt, drop none that tells the truth."""
    assert [line(loss) for loss in discovery.records()] == APPROVED.read_text().splitlines()


def test_a_changed_name_would_be_seen() -> None:
    first, *rest = discovery.records()
    changed = [replace(first, aliases=(*first.aliases, "another")), *rest]
    assert [line(loss) for loss in changed] != APPROVED.read_text().splitlines()


def test_every_loss_is_a_public_name(each_loss: Loss) -> None:
    function = getattr(lossary, each_loss.name)
    assert function is lossary.get(each_loss.name)
    assert all(lossary.get(alias) is function for alias in each_loss.aliases)
    assert function in lossary.catalogue(family=each_loss.family)
    assert function in lossary.catalogue(functional=each_loss.functional)


def test_facts_sources_and_prose_are_there(each_loss: Loss) -> None:
    assert len(each_loss.facts) >= 2
    assert any(isinstance(fact, Point) for fact in each_loss.facts)
    assert all(re.search(r"\d{4}|user guide", source) for source in each_loss.sources), each_loss.sources
    assert each_loss.sources
    headline, _, rest = each_loss.prose.partition("\n\n")
    assert 20 <= len(headline) <= 120, headline
    assert headline.endswith(".")
    assert len(rest) >= 200


def test_every_word_is_known(each_loss: Loss) -> None:
    assert each_loss.link in INVERSE_LINKS
    assert each_loss.functional in FUNCTIONALS
    assert set(each_loss.elsewhere) <= HOSTS, set(each_loss.elsewhere) - HOSTS
    assert each_loss.family in discovery.FAMILIES
    assert isinstance(each_loss.target, Interval | Choice)
    assert (each_loss.functional_level is not None) == (each_loss.functional in ("quantile", "expectile"))


def test_names_are_words_in_one_spelling(each_loss: Loss) -> None:
    words = [each_loss.name, *each_loss.aliases, *(p.name for p in each_loss.parameters)]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", word) and not keyword.iskeyword(word) for word in words), words


def test_every_loss_has_a_title_of_its_own_that_can_stand_in_a_sentence() -> None:
    titles = [loss.title for loss in discovery.every_record()]
    assert len(set(titles)) == len(titles)
    assert all(re.fullmatch(r"[A-Za-z1][A-Za-z0-9.-]*( [A-Za-z0-9.-]+)*", title) for title in titles), titles
    assert all(lossary.get(loss.name).title == loss.title for loss in discovery.every_record())


def test_parameters_say_what_they_mean(each_loss: Loss) -> None:
    for parameter in each_loss.parameters:
        assert parameter.default in parameter.within
        assert len(parameter.meaning) >= 10
        assert "\n" not in parameter.meaning


def test_callables_of_a_record_take_the_parameters(each_loss: Loss) -> None:
    defaults = each_loss.defaults()
    if each_loss.kinks is not None:
        assert all(isinstance(k, float) for k in each_loss.kinks(1.0, *defaults))
    if each_loss.functional_level is not None:
        assert 0.0 < each_loss.functional_level(*defaults) < 1.0
    for name in Claims.__dataclass_fields__:
        claim = getattr(each_loss.claims, name)
        if callable(claim):
            taken = list(inspect.signature(claim).parameters)
            assert len(taken) == len(defaults), f"{name}: {taken}"


def test_files_can_be_read_in_one_sitting(each_loss: Loss) -> None:
    text = file_of(each_loss).read_text()
    assert len(text.splitlines()) <= LONGEST
    assert max(len(x) for x in text.splitlines()) <= 120
    assert text.startswith('"""')


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean pseudo_huber"):
        lossary.get("psuedo_huber")
    with pytest.raises(AttributeError, match="no 'hubert'"):
        lossary.hubert  # noqa: B018  the lookup itself raises


@pytest.mark.parametrize("written", ["huber", "Huber", " huber ", "huber_loss", "HUBER-LOSS", "huber loss"])
def test_names_are_found_however_they_are_written(written: str) -> None:
    assert lossary.get(written) is lossary.huber


def test_two_losses_cannot_share_an_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = (*discovery.records(), replace(discovery.record("hinge"), name="other"))
    monkeypatch.setattr(discovery, "every_record", lambda: twice)
    with pytest.raises(ImportError, match="already names hinge"):
        discovery.aliases.__wrapped__()


def test_a_file_and_its_loss_share_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "names", lambda: {"other": "lossary.losses.robust.huber"})
    with pytest.raises(ImportError, match="must share a name"):
        discovery.record.__wrapped__("other")
