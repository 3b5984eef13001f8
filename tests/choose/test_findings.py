"""Every code is explained, sourced, and never stands for two things."""

from __future__ import annotations

import json
import re

import pytest

from lossary import discovery
from lossary.choosing.findings.catalogue import codes, explain, kind, kinds
from lossary.choosing.findings.finding import new_finding


def test_codes_and_names_are_unique_and_in_order():
    assert list(codes()) == sorted(set(codes()))
    assert len({k.name for k in kinds()}) == len(kinds()) >= 40
    assert all(re.fullmatch(r"LY\d{3}", code) for code in codes())


@pytest.mark.parametrize("each", kinds(), ids=lambda k: k.code)
def test_every_kind_is_complete(each):
    sentences = len(re.findall(r"[.!?](\s|$)", each.explanation))
    assert 1 <= sentences <= 4
    assert len(each.explanation) > 40
    assert each.threshold
    assert each.change
    assert each.sources
    assert not each.title.endswith(".")
    assert set(each.suggests) <= set(discovery.names())
    text = explain(each.code)
    assert all(part in text for part in (each.code, each.title, each.explanation, each.threshold, *each.sources))
    assert explain(each.name) == explain(each.code.lower()) == text


def test_what_choosing_needs_has_a_code():
    wanted = {
        *("heavy_tails", "asymmetry", "heteroscedasticity", "mean_variance_power", "many_zeros", "overdispersion"),
        *("leverage", "label_noise", "imbalance", "time_order", "groups", "duplicates_across_folds"),
        *("impossible_predictions", "log_target_bias", "link_gain", "threshold_gain", "optimism", "tie"),
        *("nothing_beats_constant", "nothing_to_gain"),
    }
    assert {kind(name).name for name in wanted} == wanted


def test_a_wrong_code_names_the_nearest():
    with pytest.raises(ValueError, match=r"no finding is called 'LY02'; did you mean LY0\d2 or"):
        explain("LY02")
    with pytest.raises(ValueError, match="did you mean heavy_tails"):
        kind("heavy_tail")
    with pytest.raises(ValueError, match=r"codes go from LY001 to LY\d+"):
        kind("%")


def test_a_finding_is_data():
    finding = new_finding("heavy_tails", "text", 0.02, float("inf"), about="y", effect="none")
    data = json.loads(json.dumps(finding.to_dict()))
    assert (data["code"], data["name"], data["number"], data["threshold"]) == ("LY021", "heavy_tails", 0.02, None)
    assert data["rule"] == kind("LY021").threshold
    assert data["sources"]
