"""What ranks exchange: numbers, and with them what was done to get these, so that only like is added to like.

Each operation begins with one exchange of a record of fixed size, whatever it does and whether it worked. So ranks that
do different things, or of which one has failed, still meet, and all see it; only then are words exchanged as well.
"""

from __future__ import annotations

import hashlib
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import torch
import torch.distributed as dist
from torch import Tensor

from lossary.evaluate.registry import OPTIONS
from lossary.evaluate.settings import shown

Facts: TypeAlias = Mapping[str, object]
"""What must be the same on all ranks, by the name that errors call it."""

SIZE = 1024
# Whether it failed, how many exchanges there were, a digest of what was done, how long the numbers are that follow.
_HEAD = struct.Struct("<?q32sq")
_counts: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


class RankError(ValueError):
    """Ranks cannot compute together: one failed, or they do not do the same. Every rank raises it, in the same words.

    On the rank that failed, ``__cause__`` is its own error.
    """


def ranks(group: Any) -> tuple[int, int]:
    """This process's place in the group, and its size; a process without a group is one of one."""
    if not (dist.is_available() and dist.is_initialized()):
        return 0, 1
    rank = dist.get_rank(group)
    if rank < 0:
        raise ValueError("this process is not in the group: only the group's ranks may call")
    return rank, dist.get_world_size(group)


def known_averaging(averaged: bool | None, group: Any) -> bool:
    """Whether gradients are averaged over the ranks; where there are several, somebody must have said so.

    Whoever guesses is wrong by a factor of the number of ranks, and no error tells.
    """
    if averaged is None and ranks(group)[1] > 1:
        raise ValueError(
            "say what becomes of the ranks' gradients: averaged=True where they are averaged, as by "
            "DistributedDataParallel and FSDP, averaged=False where they are added up"
        )
    return bool(averaged)


def names(group: Any) -> list[int]:
    """What the group's ranks are called: their places among all processes."""
    initialised = dist.is_available() and dist.is_initialized()
    return dist.get_process_group_ranks(group) if initialised else [0]


@dataclass
class _Account:
    """One rank's answer to what it is doing."""

    facts: Facts
    payload: bytes = b""
    failure: str = ""


def exchanged(operation: str, work: Callable[[], tuple[Facts, Any]], group: Any, step: int | None = None) -> list[Any]:
    """What ``work`` gave on each rank, in their order; ``work`` also says what must be the same on all.

    The other ranks learn of an exception in ``work``: each rank raises a RankError that names the rank and its message,
    as it does where what must be the same is not. A process on its own raises the exception itself.
    """
    _, size = ranks(group)
    if size == 1:
        return [work()[1]]
    over = group if group is not None else dist.group.WORLD
    # Counted before the work: a call that is interrupted is missed at the next, by all ranks.
    count = _counts[over] = _counts.get(over, 0) + 1
    request: Facts = {"operation": operation, "step": step}
    error: Exception | None = None
    try:
        facts, result = work()
        own = _Account({name: _plain(value) for name, value in {**request, **facts}.items()}, pickle.dumps(result))
    except Exception as failure:  # whatever it is, the others must not wait for it
        error, own = failure, _Account(request, failure=f"{type(failure).__name__}: {failure}")
    digest = hashlib.sha256(repr(sorted(own.facts.items())).encode()).digest()
    head = _HEAD.pack(error is not None, count, digest, len(own.payload))
    records = _bytes_of_all((head + own.payload)[:SIZE], SIZE, group)
    heads = [_HEAD.unpack_from(each) for each in records]
    _counts[over] = max(each[1] for each in heads)
    if any(each[0] for each in heads) or len({each[1:3] for each in heads}) > 1:
        raise RankError(_explained(own, [each[1] for each in heads], group)) from error
    payloads, longest = [each[_HEAD.size :] for each in records], max(each[3] for each in heads)
    if longest > SIZE - _HEAD.size:  # as all ranks know by now
        payloads = _bytes_of_all(own.payload, longest, group)
    return [pickle.loads(each) for each in payloads]


def _bytes_of_all(content: bytes, size: int, group: Any) -> list[bytes]:
    """The bytes of all ranks, filled up to ``size``."""
    own = torch.frombuffer(bytearray(content.ljust(size, b"\0")), dtype=torch.uint8)
    everywhere = gathered(own, group).numpy().tobytes()
    return [everywhere[at : at + size] for at in range(0, len(everywhere), size)]


def gathered(own: Tensor, group: Any) -> Tensor:
    """The tensors of all ranks, of one shape and dtype, stacked."""
    _, size = ranks(group)
    sent = own.contiguous().to(_device(own.device, group))
    everywhere = sent.new_empty((size, *sent.shape))
    dist.all_gather(list(everywhere), sent, group=group)
    return everywhere.to(own.device)


def _device(preferred: torch.device, group: Any) -> torch.device:
    """Where the group's back end can read a tensor: NCCL reads no memory of the processor."""
    if preferred.type == "cpu" and dist.get_backend_config(group).find("cpu:") < 0:
        return torch.device("cuda", torch.cuda.current_device())
    return preferred


def _plain(value: object) -> object:
    """One form of each number: ranks may write 2 or 2.0."""
    if isinstance(value, bool):
        return value
    return float(value) if isinstance(value, Real) else value


def _explained(own: _Account, counts: list[int], group: Any) -> str:
    """The error's words, the same on all ranks."""
    accounts: list[Any] = [None] * len(counts)
    dist.all_gather_object(accounts, (dict(own.facts), own.failure), group=group)
    operation = " and ".join(dict.fromkeys(str(facts["operation"]) for facts, _ in accounts))
    failed = [f"rank {rank} failed: {why}" for rank, (_, why) in zip(names(group), accounts, strict=True) if why]
    if failed:
        reasons = {why for _, why in accounts}
        alike = f"every rank failed: {reasons.pop()}" if len(reasons) == 1 else "; ".join(failed)
        return f"{operation}: {alike}"
    facts = [{"number of exchanges": n, **each} for n, (each, _) in zip(counts, accounts, strict=True)]
    return (
        f"{operation}: ranks do not do the same: {_differences(facts, names(group))}; let all ranks make the same "
        "calls, and start again from a step that all have"
    )


def _differences(facts: list[dict[str, object]], ranks: list[int]) -> str:
    """The ranks that differ from most, and in what."""
    alike = [sum(each == other for other in facts) for each in facts]
    model = alike.index(max(alike))
    differences = []
    for rank, each in zip(ranks, facts, strict=True):
        usual = facts[model]
        same_operation = each["operation"] == usual["operation"]
        # What only one has, as another loss's parameter, says no more than the loss's name; an option has a default.
        shared = [n for n in {**usual, **each} if (n in each and n in usual) or (same_operation and n in OPTIONS)]
        pairs = [(n, each.get(n, OPTIONS.get(n)), usual.get(n, OPTIONS.get(n))) for n in shared]
        differing = [(n, one, other) for n, one, other in pairs if one != other]
        if differing:
            has = ", ".join(f"{n}={shown(one)}" for n, one, _ in differing)
            others = ", ".join(f"{n}={shown(other)}" for n, _, other in differing)
            differences.append(f"rank {rank} has {has} where rank {ranks[model]} has {others}")
    return "; ".join(differences)
