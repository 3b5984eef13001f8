"""What a loss's page says: when to take it, what its claims mean, which other losses to look at, and why."""

from __future__ import annotations

import html as entities
import re
from dataclasses import replace

import numpy as np
import pytest

import lossary
from lossary import discovery
from lossary.evaluate.claims_in_words import WORDS, claims_in_words
from lossary.evaluate.html_page import document
from lossary.evaluate.page import formulas, page
from lossary.evaluate.see_also import see_also
from lossary.formula import POSITIVE, Claims, Loss, Parameter
from lossary.rowwise import RowClaims, RowLoss

LOSSES = lossary.catalogue()
EACH = pytest.mark.parametrize("record", discovery.every_record(), ids=lambda record: record.name)
EACH_LOSS = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)


def missing(record: Loss | RowLoss) -> list[str]:
    """What keeps a record from saying when to take its loss and when another."""
    wrong = []
    for field in ("use_when", "avoid_when"):
        sentences = getattr(record, field)
        if not (20 <= len(sentences) <= 320 and re.fullmatch(r"[A-Z-].*\.", sentences)):
            wrong.append(f"{field} is one to four sentences")
    named = re.findall(r"`(\w+)`", record.avoid_when)
    wrong += [f"avoid_when names {name}" for name in named if name not in discovery.names() or name == record.name]
    return wrong if named else [*wrong, "avoid_when names no better loss"]


@EACH
def test_every_loss_says_when_to_take_it_and_when_another(record: Loss | RowLoss) -> None:
    assert not missing(record)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ({"use_when": ""}, "use_when is one"),
        ({"avoid_when": ""}, "avoid_when is one"),
        ({"avoid_when": "Targets are counts, for which others are made."}, "names no better loss"),
        ({"avoid_when": "Targets are counts, for which take `poison`."}, "names poison"),
        ({"avoid_when": "Targets are counts, for which take `huber`."}, "names huber"),
    ],
)
def test_a_record_that_does_not_is_found(planted: dict, said: str) -> None:
    assert any(said in wrong for wrong in missing(replace(discovery.record("huber"), **planted)))


@EACH
def test_prose_does_not_say_it_again(record: Loss | RowLoss) -> None:
    assert not re.search(r"\bprefer\b", record.prose, re.IGNORECASE)


# Claims.


def test_every_claim_has_its_words() -> None:
    assert set(WORDS) == {*Claims.__dataclass_fields__, *RowClaims.__dataclass_fields__}


def test_claims_say_what_is_claimed() -> None:
    short = {claim.name: claim.short for claim in claims_in_words(lossary.quantile.using(tau=0.9).claims)}
    assert short["lipschitz"] == "gradient at most 0.9"
    assert short["even"] == "not even in the residual"
    assert short["bounded"] == "no bound on the value"
    assert {c.short for c in claims_in_words(lossary.welsch.claims)} >= {"not convex", "value at most 0.5"}


@EACH_LOSS
def test_a_page_has_all_claims_at_these_parameters(loss) -> None:
    assert {claim.name: claim.claim for claim in page(loss).claims} == loss.claims


# See also.


@EACH
def test_other_losses_are_named_once_with_a_reason(record: Loss | RowLoss) -> None:
    related = see_also(record)
    names = [other.name for other in related]
    assert len(set(names)) == len(names)
    assert record.name not in names
    assert set(names) <= set(discovery.names())
    assert set(re.findall(r"`(\w+)`", record.avoid_when)) <= set(names)
    assert all(other.why for other in related)


@EACH
def test_a_relation_is_seen_from_both_sides(record: Loss | RowLoss) -> None:
    for fact in record.facts:
        other = getattr(fact, "other", record.name)
        if other != record.name:
            assert other in [x.name for x in see_also(record)]
            assert record.name in [x.name for x in see_also(discovery.record(other))]


@pytest.mark.parametrize(
    ("name", "other", "why"),
    [
        ("half_squared_error", "squared_error", "twice this"),
        ("squared_error", "half_squared_error", "half of this"),
        ("quantile", "absolute_error", "twice this at tau = 0.5"),
        ("absolute_error", "quantile", "half of this at its tau = 0.5"),
        ("barron", "geman_mcclure", "the same at alpha = -2 and at its c = 2"),
        ("huber", "tukey_biweight", "where gross errors should have no say at all"),
        ("generalized_cross_entropy", "softmax_cross_entropy", "nearly the same as q nears 0"),
        ("poisson", "poisson_deviance", "twice this, of predictions on another scale, but for a term that no"),
        ("softmax_cross_entropy", "logistic", "the same for two classes"),
        ("categorical_cross_entropy", "softmax_cross_entropy", "the same, of scores"),
        ("one_vs_rest_logistic", "multilabel_soft_margin", "the same, but for one more term"),
        ("brier", "logistic", "where the model trains from logits"),
        ("binary_cross_entropy", "categorical_cross_entropy", "the same for two classes"),
        ("exponential", "logistic_margin", "where labels are noisy"),
    ],
)
def test_reasons_are_the_records(name: str, other: str, why: str) -> None:
    reasons = {related.name: related.why for related in see_also(discovery.record(name))}
    assert reasons[other].startswith(why), reasons


def test_nothing_is_known_beside_a_user_s_own() -> None:
    assert see_also(lossary.define(lambda y, f: (f - y) ** 4, name="mine").record) == ()


# The page, and what shows it.


@EACH_LOSS
def test_a_page_begins_with_the_textbook_s_value(loss) -> None:
    said = page(loss)
    assert said.formulas[0].name == "value"
    assert all(formula.latex for formula in said.formulas)
    forms = [getattr(loss.record, name, None) for name in ("textbook", "textbook_grad", "textbook_hess")]
    assert bool(said.as_computed) == any(forms)
    shown = {formula.name for formula in (*said.formulas, *said.as_computed)}
    assert {"value", "gradient", "curvature"} <= shown


@pytest.mark.parametrize("name", ["huber", "softmax_cross_entropy", "poisson", "absolute_error"])
def test_help_notebook_and_file_say_the_same(name: str) -> None:
    loss = lossary.get(name)
    said = page(loss)
    html = document(loss)
    texts = {
        "help": " ".join(loss.__doc__.replace("`", "").split()),
        "file": _text(html),
        "card": _text(loss._repr_html_()),
    }
    for sentences in (said.use_when, said.avoid_when, said.formulas[0].text):
        for where, text in texts.items():
            assert sentences.replace("`", "") in text, where
    for related in said.related:
        assert related.why in texts["help"]
        assert related.why in texts["file"]
    assert "http" not in re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)


def _text(html: str) -> str:
    return entities.unescape(re.sub(r"<[^>]+>", "", html))


def test_a_page_of_a_user_s_own_loss_is_short_and_safe() -> None:
    mine = lossary.define(
        lambda y, f, c=1.0: (f - y) ** 4 / c, name="mine", parameters=[Parameter("c", 1.0, POSITIVE, "<b>size</b>")]
    )
    assert formulas(mine.record)[0].text == "(f - y)^4 / c"
    assert "<b>size" not in document(mine)
    assert "Use it when" not in document(mine)


def test_a_parameter_for_each_example_has_no_value_and_no_claims() -> None:
    said = page(lossary.huber.using(delta=np.ones(3)))
    assert said.parameters[0].value is None
    assert said.claims == ()
