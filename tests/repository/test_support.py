"""What tests share does what it says: a loss's own tests are chosen, and memory is given back in between."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tests.support import memory, resources
from tests.support.selection import outside_tests, subjects

import lossary
from lossary.proof.accuracy import exact_at


@pytest.mark.parametrize("record", [lossary.huber.record], ids=["it"])
def test_a_test_concerns_the_loss_among_its_parameters(record, request):
    assert "huber" in set(subjects(request.node))
    assert "log_cosh" not in set(subjects(request.node))


@pytest.mark.parametrize("number", [1], ids=["focal_softmax-value"])
def test_a_test_concerns_the_loss_in_its_id(number, request):
    assert "focal_softmax" in set(subjects(request.node))
    assert "softmax" not in set(subjects(request.node))


@pytest.mark.parametrize("call", [("quantile:0.9", 3), ["log_cosh"]], ids=["first", "second"])
def test_a_test_concerns_a_loss_that_a_parameter_spells(call, request):
    wanted = "quantile" if isinstance(call, tuple) else "log_cosh"
    assert {"quantile", "log_cosh"} & set(subjects(request.node)) == {wanted}


def test_a_test_named_after_log_cosh_concerns_it(request):
    assert "log_cosh" in set(subjects(request.node))


def test_a_loss_in_the_body_of_a_test_is_no_reason_to_read_its_file():
    text = '@mark("huber")\ndef test_hinge(it):\n    """barron"""\n    call("cauchy")\n\n\nNAMES = ["fair"]\n'
    names = [name for name in ("huber", "hinge", "barron", "cauchy", "fair") if name in outside_tests(text)]
    assert names == ["huber", "hinge", "fair"]


def test_what_referees_keep_is_given_back():
    exact_at(lossary.huber.record.value, (0.0, 1.0, 1.0))
    assert exact_at.cache_info().currsize
    memory.give_back()
    assert not exact_at.cache_info().currsize


def test_memory_is_given_back_where_a_process_has_grown_and_not_after_every_test(monkeypatch):
    times: list[float] = []
    now = SimpleNamespace(used=0.5)
    monkeypatch.setattr(memory, "memory", lambda: now.used)
    monkeypatch.setattr(memory, "give_back", lambda: times.append(now.used))
    watch = memory.Memory()
    for used in (0.5, 1.2, 1.2, 1.3, 1.5):
        now.used = used
        watch.pytest_runtest_logfinish()
    assert times == [1.2, 1.5]


def test_the_peak_is_no_less_than_what_is_used_now():
    assert 0.0 <= memory.memory() <= resources.peak_memory() * 1.01
