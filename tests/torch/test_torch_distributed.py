"""Costs over ranks and micro-batches: the number of one process, the same bits on every rank."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import lossary.torch as ours  # noqa: E402
from lossary.torch import functional  # noqa: E402
from lossary.torch.distributed import exchange  # noqa: E402

RANKS = Path(__file__).with_name("ranks.py")
_SHARED = runpy.run_path(str(RANKS))
WRONG = runpy.run_path(str(RANKS.with_name("disagreements.py")))
TRAINING = runpy.run_path(str(RANKS.with_name("training.py")))
N, VOCABULARY, data = _SHARED["N"], _SHARED["VOCABULARY"], _SHARED["data"]


@pytest.fixture(scope="module", params=[2, 4])
def ran(request):
    """What the ranks computed, and what came of their disagreements: all in one set of processes."""
    size = request.param
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(RANKS), str(size), folder], check=True, timeout=300)
        return [
            [torch.load(f"{folder}/{name}{rank}") for rank in range(size)] for name in ("", "disagreements", "training")
        ]


@pytest.fixture
def ranks(ran):
    return ran[0]


@pytest.fixture
def disagreements(ran):
    return ran[1]


def _slopes(batches, averaged):
    """The gradient of the page's loop in one process, over these batches."""
    model = TRAINING["model"]()
    loop = TRAINING["loop"]()
    assert "averaged=True" in loop
    code = loop if averaged else loop.replace(", averaged=True", "")
    exec(code, {"losses": ours, "model": model, "batches": batches})
    return [p.grad for p in model.parameters()]


@pytest.mark.parametrize("name", ["DDP", "FSDP"])
def test_the_documented_loop_has_the_gradient_of_one_process(ran, name):
    # Of two ranks it was half of that.
    ranks = ran[2]
    everything = [batch for rank in range(len(ranks)) for batch in TRAINING["batches"](rank)]
    model = TRAINING["model"]()
    x, y = (torch.cat(parts) for parts in zip(*everything, strict=True))
    torch.nn.functional.cross_entropy(model(x), y).backward()
    for each in ranks:
        for found, parameter in zip(each[name], model.parameters(), strict=True):
            torch.testing.assert_close(found, parameter.grad, rtol=1e-12, atol=1e-15)


def test_the_documented_loop_is_for_one_process_too():
    batches = TRAINING["batches"](0)
    for found, expected in zip(_slopes(batches, True), _slopes(batches, False), strict=True):
        assert torch.equal(found, expected)


def test_shares_add_up_to_the_mean_of_one_process(ranks):
    f, y, weight = data()
    f.requires_grad_()
    whole = functional.cross_entropy(f, y, weight)
    torch.testing.assert_close(sum(each["share"] for each in ranks), whole.detach())
    by_rows = torch.cat([each["by_share"] for each in ranks])
    torch.testing.assert_close(by_rows, torch.autograd.grad(whole, f)[0])


def test_the_exact_cost_has_the_bits_of_one_process(ranks):
    f, y, weight = data()
    f.requires_grad_()
    whole = functional.cross_entropy(f, y, weight)
    assert {each["exact"].item() for each in ranks} == {whole.item()}
    by_rows = torch.cat([each["by_exact"] for each in ranks])
    torch.testing.assert_close(by_rows, torch.autograd.grad(whole, f)[0])


@pytest.mark.parametrize("name", list(VOCABULARY))
def test_classes_may_be_spread_over_ranks(ranks, name):
    f, y, _ = data()
    f.requires_grad_()
    whole = functional.cross_entropy(f, y, **VOCABULARY[name])
    assert len({each[name].item() for each in ranks}) == 1
    torch.testing.assert_close(ranks[0][name], whole.detach(), rtol=1e-6, atol=0.0)
    by_classes = torch.cat([each[f"by_{name}"] for each in ranks], dim=1)
    torch.testing.assert_close(by_classes, torch.autograd.grad(whole, f)[0], rtol=1e-5, atol=1e-8)


def test_gradients_that_will_be_averaged(ranks):
    f, y, weight = data()
    f.requires_grad_()
    whole = functional.cross_entropy(f, y, weight)
    slopes = torch.autograd.grad(whole, f)[0]
    assert {each["averaged"].item() for each in ranks} == {whole.item()}
    for name in ("by_averaged", "by_share_of_average"):
        by_rows = torch.cat([each[name] for each in ranks])
        torch.testing.assert_close(by_rows / len(ranks), slopes)
    assert {(each["divided"] * len(ranks)).item() for each in ranks} == {each["denominator"].item() for each in ranks}
    assert {each["counted"].item() for each in ranks} == {(len(ranks) + 1) / 2 + 0.5}


def test_a_users_own_loss_over_ranks(ranks):
    f, y, _ = data()
    assert {each["own"].item() for each in ranks} == {functional.mse_loss(f[:, 0], y.float()).item()}


def test_numbers_too_long_for_a_record(ranks):
    assert all(each["long"] == ["x" * 3000 * rank for rank in range(len(ranks))] for each in ranks)


def _raised(disagreements, name, kind="RankError"):
    """The words of the one error that all ranks raised; after it a sound call gave the right number."""
    found = [each[name] for each in disagreements]
    after = {number for _, number in found}
    whole = functional.huber_loss(WRONG["F"].double(), WRONG["Y"].double(), delta=2.0).item()
    assert after == {whole}
    said = [outcome for outcome, _ in found if outcome is not None]
    assert {each[0] for each in said} == {kind}
    assert len({each[1] for each in said}) == 1
    return said[0][1], [each[2] for each in said]


@pytest.mark.parametrize("name", [*WRONG["OTHERWISE"], *WRONG["SPREAD"]])
def test_ranks_that_do_not_do_the_same_all_raise(disagreements, name):
    # Most gave means of what does not belong together; unequal rows ended the process, other operations hung.
    last = len(disagreements) - 1
    width = WRONG["K"] // len(disagreements)
    says = {**WRONG["OTHERWISE"], **WRONG["SPREAD"]}[name][1]
    first, at = 0 if last == 1 else 1, last * width
    says = says.format(odd=last, first=first, before=at - 1, after=at + 1)
    assert says in _raised(disagreements, name)[0]


def test_the_same_may_be_written_in_two_ways(disagreements):
    number, after = disagreements[0]["alike"]
    assert number == len(disagreements) * after  # all ranks' sums over one rank's count
    assert all(each["alike"] == (number, after) for each in disagreements)


@pytest.mark.parametrize("name", [*WRONG["FAILED"], *WRONG["SPREAD_FAILED"]])
def test_a_rank_that_fails_tells_the_others(disagreements, name):
    # It left, and they waited for it or took its next step for this one.
    last = len(disagreements) - 1
    says, causes = _raised(disagreements, name)
    pattern = {**WRONG["FAILED"], **WRONG["SPREAD_FAILED"]}[name][1]
    assert re.search(rf"^[a-z_]+: rank {last} failed: {pattern}", says), says
    assert causes[:-1] == ["NoneType"] * last
    assert causes[-1] in pattern


def test_micro_batches_add_up():
    f, y, weight = data()
    f.requires_grad_()
    whole = torch.autograd.grad(functional.cross_entropy(f, y, weight), f)[0]
    parts = [slice(0, 2), slice(2, 17), slice(17, N)]
    denominator = ours.global_denominator([y[rows] for rows in parts], weight=weight)
    for rows in parts:
        functional.cross_entropy(f[rows], y[rows], weight, denominator=denominator).backward()
    torch.testing.assert_close(f.grad, whole)


def test_counts_and_weights_as_denominators():
    assert ours.global_denominator(7).item() == 7.0
    assert ours.global_denominator([torch.tensor([0.5, 0.25]), 2]).item() == 2.75


def test_a_class_that_no_rank_has():
    f, y, _ = data()
    with pytest.raises(ValueError, match="no rank has the class 9 of row 1"):
        ours.vocabulary_parallel_cross_entropy(f, torch.where(y == y[1], 9, y))
    with pytest.raises(ValueError, match="weight has 3 numbers, but the ranks have 8 classes"):
        ours.vocabulary_parallel_cross_entropy(f, y, weight=torch.ones(3))
    with pytest.raises(
        ValueError, match=r"leave classes out: the classes of rank 0 begin at 2, but the first class is 0"
    ):
        ours.vocabulary_parallel_cross_entropy(f, y, start=2)


def test_records_go_where_the_back_end_can_read_them(monkeypatch):
    cpu, cuda = torch.device("cpu"), torch.device("cuda", 1)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    for backends, preferred, chosen in (
        ("cuda:nccl", cpu, cuda),
        ("cuda:nccl", cuda, cuda),
        ("cpu:gloo,cuda:nccl", cpu, cpu),
        ("cpu:gloo,cuda:gloo", cuda, cuda),
        ("cpu:mpi", cpu, cpu),
    ):
        monkeypatch.setattr(exchange.dist, "get_backend_config", lambda group, found=backends: found)
        assert exchange._device(preferred, None) == chosen


def test_one_process_raises_its_own_error():
    with pytest.raises(ValueError, match=r"target\[1\] is nan") as raised:
        ours.global_cost("huber", torch.zeros(2), torch.tensor([0.0, torch.nan]))
    assert not isinstance(raised.value, ours.RankError)


def test_a_mask_has_the_layout_of_the_scores():
    # The classes are along dim=1 of both; that of the mask was taken for the last.
    drawn = torch.Generator().manual_seed(0)
    f, mask = torch.randn(2, 3, 3, generator=drawn), torch.rand(2, 3, 3, generator=drawn) < 0.7
    mask[:, 0] = True
    y = torch.zeros(2, 3, dtype=torch.long)
    cost = ours.global_cost("softmax_cross_entropy", f, y, class_mask=mask)
    torch.testing.assert_close(cost, functional.cross_entropy(torch.where(mask, f, -torch.inf), y))
