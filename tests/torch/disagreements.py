"""What goes wrong between ranks: all of them run each case, the last being the odd one out, and what came is told.

Imported by ``ranks.py``, in processes of its own; the tests read what each case must raise.
"""

from __future__ import annotations

import contextlib

import numpy as np
import torch
import torch.distributed as dist

import lossary
import lossary.torch as ours

N, K = 6, 8
Y, F = torch.arange(6.0), torch.tensor([0.5, 3.0, 2.0, 3.0, 9.0, 5.0])
CLASSES = torch.arange(N)
SCORES = torch.linspace(-2.0, 3.0, N * K).reshape(N, K)
WEIGHT = torch.arange(1.0, K + 1.0)


class Interrupting:
    """A parameter that is interrupted when it is looked at, as a key press would."""

    def __float__(self):
        raise KeyboardInterrupt


def cost(loss="huber", y=Y, f=F, **options):
    return ours.global_cost(loss, f, y, **options)


def rows(f=SCORES, y=CLASSES, **options):
    return ours.global_cost("softmax_cross_entropy", f, y, **options)


def denominator(batch=CLASSES, **options):
    return ours.global_denominator(batch, **{"averaged": False, **options})


def vocabulary(rank, size, y=CLASSES, f=SCORES, **options):
    width = K // size
    return ours.vocabulary_parallel_cross_entropy(f[:, rank * width : (rank + 1) * width], y, **options)


def changed(numbers, to, at=1):
    return torch.where(torch.arange(len(numbers)) == at, torch.as_tensor(to, dtype=numbers.dtype), numbers)


def interrupted(odd):
    if odd:
        with contextlib.suppress(KeyboardInterrupt):
            cost(delta=Interrupting())
    return cost()


def mine(scale):
    return cost(lossary.define(lambda y, f: scale * (f - y) ** 2, name="mine"))


def in_group(rank, size, odd):
    members = [0, 1] if size == 2 else [1, 3]
    group = dist.new_group(members)
    return cost(delta=2.0 if odd else 1.0, group=group) if rank in members else None


# What each case is, and what all ranks must say; {odd} is the last rank.
OTHERWISE = {
    "loss": (
        lambda odd: cost("log_cosh" if odd else "huber"),
        "global_cost: ranks do not do the same: rank {odd} has loss=log_cosh where rank 0 has loss=huber; let all",
    ),
    "parameter": (lambda odd: cost(delta=2.0 if odd else 1.0), "rank {odd} has delta=2 where rank 0 has delta=1;"),
    "parameter as tensor": (
        lambda odd: cost(delta=torch.tensor(2.0 if odd else 3.0)),
        "rank {odd} has delta=2 where rank 0 has delta=3;",
    ),
    "class weight": (
        lambda odd: rows(class_weight=changed(WEIGHT, 1.5) if odd else WEIGHT),
        "rank {odd} has class_weight=[1, 1.5, 3, 4, 5, 6, 7, 8] where rank 0 has class_weight=[1, 2, 3, 4, 5, 6, 7, 8]",
    ),
    "smoothing": (lambda odd: rows(label_smoothing=0.5 if odd else 0.25), "has label_smoothing=0.5 where"),
    "ignored": (lambda odd: rows(ignore_index=-1 if odd else -100), "has ignore_index=-1 where"),
    "temperature": (
        lambda odd: rows(temperature=2.0 if odd else 1.0),
        "has temperature=2 where rank 0 has temperature=1;",
    ),
    "classes": (lambda odd: rows(SCORES[:, :7] if odd else SCORES), "has classes=7 where rank 0 has classes=8;"),
    "dtype": (lambda odd: cost(f=F.double() if odd else F), "has dtype=torch.float64 where"),
    "divided": (lambda odd: cost(denominator=5 if odd else 4.0), "has denominator=5 where rank 0 has denominator=4;"),
    "averaged cost": (lambda odd: cost(averaged=odd), "has averaged=True where rank 0 has averaged=False;"),
    "step": (lambda odd: cost(step=1 if odd else 0), "rank {odd} has step=1 where rank 0 has step=0;"),
    "formula": (lambda odd: mine(2.0 if odd else 1.0), "rank {odd} has loss=mine of formula "),
    "operation": (
        lambda odd: cost() if odd else denominator(),
        "global_denominator and global_cost: ranks do not do the same: rank {odd} has operation=global_cost",
    ),
    "interrupted": (interrupted, "rank {odd} has number of exchanges="),
    "counted weight": (lambda odd: denominator(weight=2.0 * WEIGHT if odd else WEIGHT), "rank {odd} has weight=[2, 4,"),
    "counted without": (lambda odd: denominator(ignore_index=1 if odd else 2), "rank {odd} has ignore_index=1 where"),
    "averaging unsaid": (
        lambda odd: denominator(averaged=None if odd else True),
        "global_denominator: rank {odd} failed: ValueError: say what becomes of the ranks' gradients: averaged=True",
    ),
    "nobody says averaging": (
        lambda odd: cost(f=F.clone().requires_grad_()),
        "global_cost: every rank failed: ValueError: say what becomes of the ranks' gradients",
    ),
    "averaged count": (lambda odd: denominator(averaged=odd), "rank {odd} has averaged=True where"),
}
FAILED = {
    "target": (lambda odd: cost(y=changed(Y, torch.nan) if odd else Y), "DomainError: huber.* target\\[1\\] is nan"),
    "class": (lambda odd: rows(y=changed(CLASSES, 9) if odd else CLASSES), "DomainError: .* target\\[1\\] is 9"),
    "weights": (lambda odd: cost(sample_weight=Y - 1.0 if odd else Y), "DomainError: .*\\[0\\] is -1"),
    "name": (lambda odd: cost("hubert" if odd else "huber"), "ValueError: .*hubert"),
    "option name": (lambda odd: cost(**{"detla" if odd else "delta": 1.0}), "TypeError: .*detla"),
    "shape": (lambda odd: cost(f=F[1:] if odd else F), "ShapeError"),
    "divisor": (lambda odd: cost(denominator=float("nan") if odd else 4.0), "ValueError: denominator must be"),
    "counted class": (
        lambda odd: denominator([CLASSES, changed(CLASSES, 8) if odd else CLASSES], weight=WEIGHT),
        "DomainError: batches\\[1\\]: class indices must be from 0 to 7, as there are 8 weights, but .* is 8$",
    ),
    "counted below": (
        lambda odd: denominator(changed(CLASSES, -1) if odd else CLASSES, weight=WEIGHT),
        "DomainError: batches: class indices must .* is -1$",
    ),
    "counted unweighted": (
        lambda odd: denominator(changed(CLASSES, -1) if odd else CLASSES),
        "DomainError: batches: class indices must not be negative, but number 1 of it is -1$",
    ),
    "class weight of NaN": (
        lambda odd: denominator(weight=changed(WEIGHT, torch.nan) if odd else WEIGHT),
        "DomainError: weight must be finite and not negative, but weight\\[1\\] is nan$",
    ),
    "class weight below 0": (
        lambda odd: denominator(weight=-WEIGHT if odd else WEIGHT),
        "DomainError: weight must be finite and not negative, but weight\\[0\\] is -1$",
    ),
    "weights as batch": (
        lambda odd: denominator([WEIGHT, changed(WEIGHT, torch.nan) if odd else WEIGHT]),
        "DomainError: batches\\[1\\] must be finite and not negative, but batches\\[1\\]\\[1\\] is nan$",
    ),
    "count": (lambda odd: denominator(-3 if odd else 3), "DomainError: batches must be .* is -3$"),
    "mask as batch": (lambda odd: denominator(Y > 0 if odd else CLASSES), "TypeError: batches has dtype torch.bool"),
}
# Each takes (rank, size, odd).
SPREAD = {
    "overlap": (
        lambda rank, size, odd: vocabulary(rank, size, start=rank * (K // size) - odd),
        "the slices of the ranks overlap: the classes of rank {odd} begin at {before}, but",
    ),
    "gap": (
        lambda rank, size, odd: vocabulary(rank, size, start=rank * (K // size) + odd),
        "the slices of the ranks leave classes out: the classes of rank {odd} begin at {after}, but",
    ),
    "unequal slices": (
        lambda rank, size, odd: ours.vocabulary_parallel_cross_entropy(SCORES[:, : 3 + odd], CLASSES),
        "the slices of the ranks leave classes out: the classes of rank {odd} begin at",
    ),
    "unequal rows": (
        lambda rank, size, odd: vocabulary(rank, size, CLASSES[odd:], SCORES[odd:]),
        "rank {odd} has shape of target=(5,), digest of target=",
    ),
    "other targets": (
        lambda rank, size, odd: vocabulary(rank, size, changed(CLASSES, 5) if odd else CLASSES),
        "rank {odd} has digest of target=",
    ),
    "other dtype": (
        lambda rank, size, odd: vocabulary(rank, size, f=SCORES.double() if odd else SCORES),
        "rank {odd} has dtype=torch.float64 where",
    ),
    "z_loss": (lambda rank, size, odd: vocabulary(rank, size, z_loss=0.1 * odd), "has z_loss=0.1 where"),
    "label_smoothing": (
        lambda rank, size, odd: vocabulary(rank, size, label_smoothing=0.1 * odd),
        "has label_smoothing=0.1 where rank 0 has label_smoothing=0;",
    ),
    "reduction": (
        lambda rank, size, odd: vocabulary(rank, size, reduction="sum" if odd else "mean"),
        "has reduction=sum where",
    ),
    "weight": (
        lambda rank, size, odd: vocabulary(rank, size, weight=WEIGHT + odd),
        "has weight=[2, 3, 4, 5, 6, 7, 8, 9] where",
    ),
    "sample weight": (
        lambda rank, size, odd: vocabulary(rank, size, sample_weight=Y + odd),
        "has sample_weight=[1, 2, 3, 4, 5, 6] where",
    ),
    "step of classes": (lambda rank, size, odd: vocabulary(rank, size, step=3 + odd), "has step=4 where"),
    "part of the group": (in_group, "has delta=2 where rank {first} has delta=1"),
}
SPREAD_FAILED = {
    "missing rows": (lambda rank, size, odd: vocabulary(rank, size, f=SCORES[odd:]), "ShapeError: .*target has shape"),
    "float target": (
        lambda rank, size, odd: vocabulary(rank, size, y=Y if odd else CLASSES),
        "TypeError: .* integer dtype",
    ),
    "weight of NaN": (
        lambda rank, size, odd: vocabulary(rank, size, weight=changed(WEIGHT, torch.nan) if odd else WEIGHT),
        "DomainError: .*weight\\[1\\] is nan",
    ),
    "smoothing of all": (
        lambda rank, size, odd: vocabulary(rank, size, label_smoothing=float(odd)),
        "ValueError: .*label_smoothing must be in",
    ),
}


def alike(odd):
    """The same written in two ways: no disagreement."""
    written = {"delta": np.float64(2.0), "denominator": torch.tensor(6.0), "averaged": np.True_}
    return cost(**written if odd else {"delta": 2, "denominator": 6, "averaged": True}, step=np.int64(3) if odd else 3)


def outcome(work):
    try:
        found = work()
    except Exception as error:
        return type(error).__name__, str(error), type(error.__cause__).__name__
    return None if found is None else found.item()


def outcomes(rank, size):
    """What came of each case on this rank, and of a sound call after it: ranks must be of one step again."""
    odd = rank == size - 1
    found = {"alike": (outcome(lambda: alike(odd)), cost(delta=2.0).item())}
    for name, (work, _) in {**OTHERWISE, **FAILED}.items():
        found[name] = outcome(lambda work=work: work(odd)), cost(delta=2.0).item()
    for name, (work, _) in {**SPREAD, **SPREAD_FAILED}.items():
        found[name] = outcome(lambda work=work: work(rank, size, odd)), cost(delta=2.0).item()
    return found
