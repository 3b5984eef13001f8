"""What ranks tell each other, without ranks: the words of what differs, and a process on its own."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from lossary.torch.distributed import exchange  # noqa: E402

SAME = {"number of exchanges": 3, "operation": "global_cost", "step": None, "loss": "huber", "delta": 1.0}


def said(*facts: dict[str, object]) -> str:
    return exchange._differences([{**SAME, **each} for each in facts], list(range(len(facts))))


def test_the_odd_one_out_is_told_beside_most():
    assert said({}, {"delta": 2.0}, {}) == "rank 1 has delta=2 where rank 0 has delta=1"
    assert said({"delta": 2.0}, {}, {}) == "rank 0 has delta=2 where rank 1 has delta=1"
    assert said({}, {}, {}) == ""
    assert said({}, {"delta": 2.0, "step": 4}) == "rank 1 has step=4, delta=2 where rank 0 has step=None, delta=1"
    both = said({}, {"delta": 2.0}, {}, {"delta": 3.0})
    assert both == "rank 1 has delta=2 where rank 0 has delta=1; rank 3 has delta=3 where rank 0 has delta=1"


def test_ranks_are_called_by_their_places_among_all():
    found = exchange._differences([SAME, {**SAME, "delta": 2.0}], [4, 7])
    assert found == "rank 7 has delta=2 where rank 4 has delta=1"


def test_what_only_one_has_is_told_if_the_other_has_a_default_for_it():
    # Another loss's parameter says no more than the loss's name.
    other = {**SAME, "loss": "quantile", "tau": 0.5}
    del other["delta"]
    assert (
        exchange._differences([SAME, SAME, other], [0, 1, 2]) == "rank 2 has loss=quantile where rank 0 has loss=huber"
    )
    smoothed = said({}, {"label_smoothing": 0.1}, {})
    assert smoothed == "rank 1 has label_smoothing=0.1 where rank 0 has label_smoothing=0"
    # Of another operation the options are another matter.
    elsewhere = said({}, {"operation": "global_denominator", "label_smoothing": 0.1}, {})
    assert "label_smoothing" not in elsewhere
    assert "operation=global_denominator where rank 0 has operation=global_cost" in elsewhere


def test_numbers_are_the_same_however_they_are_written():
    plain = exchange._plain
    assert plain(2) == plain(2.0)
    assert type(plain(2)) is float
    assert plain(True) is True
    assert plain("weights") == "weights"
    assert plain(None) is None


def test_a_process_on_its_own_is_a_group_of_one():
    assert exchange.ranks(None) == (0, 1)
    assert exchange.names(None) == [0]
    assert exchange.exchanged("test", lambda: ({"a": 1}, "found"), None) == ["found"]
    with pytest.raises(KeyError, match="its own"):
        exchange.exchanged("test", lambda: {}["its own"], None)


def test_a_process_outside_the_group_may_not_call(monkeypatch):
    monkeypatch.setattr(exchange.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(exchange.dist, "get_world_size", lambda group: 4)
    for rank in (0, 3):
        monkeypatch.setattr(exchange.dist, "get_rank", lambda group, rank=rank: rank)
        assert exchange.ranks("some") == (rank, 4)
    monkeypatch.setattr(exchange.dist, "get_rank", lambda group: -1)
    with pytest.raises(ValueError, match="not in the group"):
        exchange.ranks("some")
