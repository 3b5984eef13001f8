"""The questions that the page answers, each with a picture, and which cells answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.neighbour.run import allowed_over_taken
from bench.pages import real
from bench.racing.providers import COST, NEWTON, is_peer
from bench.racing.records import Record

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """A contestant against ours in one or more cells; below one, ours is behind."""

    label: str
    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        return median(self.values)

    @property
    def lost(self) -> int:
        return sum(value < 1.0 for value in self.values)


@dataclass(frozen=True)
class Group:
    """Bars that stand together under a heading."""

    heading: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Question:
    """A question, the part whose record answers it, what it is about in few words, and what a ratio is."""

    name: str
    part: str
    subject: str
    title: str
    ratio: str
    groups: Callable[[Record], Sequence[Group]]
    behind: str = "the other is faster"
    ahead: str = "ours is faster"


@dataclass(frozen=True)
class Tally:
    """The cells of a picture, counted."""

    cells: int
    lost: int
    middle: float
    lowest: float
    highest: float


def tally(groups: Sequence[Group]) -> Tally:
    values = [value for group in groups for bar in group.bars for value in bar.values]
    return Tally(len(values), sum(value < 1.0 for value in values), median(values), min(values), max(values))


def _against(cells: Sequence[Cell], heading: Callable[[Cell], str]) -> list[Group]:
    """A group for each heading, in it a bar for each peer."""
    found: dict[str, dict[str, list[float]]] = {}
    for cell in cells:
        bars = found.setdefault(heading(cell), {})
        for name, over in cell["over_ours"].items():
            if is_peer(name):
                bars.setdefault(name, []).append(over[0])
    return [
        Group(title, tuple(Bar(name, tuple(values)) for name, values in bars.items()))
        for title, bars in found.items()
        if bars
    ]


def _pointwise(discipline: str) -> Callable[[Record], Sequence[Group]]:
    def groups(record: Record) -> Sequence[Group]:
        cells = [c for c in record["cells"] if c["discipline"] == discipline and c["dtype"] == "float32"]
        return _against(cells, lambda cell: f"{cell['size']:,} examples, a mark a loss")

    return groups


def _rows(record: Record) -> Sequence[Group]:
    def heading(cell: Cell) -> str:
        rows, classes = cell["shape"]
        alone = cell["label"] == cell["loss"]  # a table of losses at one shape
        return f"{'other losses' if alone else cell['loss']}, {rows:,} x {classes:,}"

    return _against([c for c in record["cells"] if c["dtype"] == "float32"], heading)


def _linear(record: Record) -> Sequence[Group]:
    return _against(record["cells"], lambda cell: "{:,} x {:,}, {:,} classes".format(*cell["shape"]))


def _torch(record: Record) -> Sequence[Group]:
    def heading(cell: Cell) -> str:
        if "shape" in cell:
            return f"{cell['loss']}, {cell['label']}"
        return f"{cell['size']:,} examples, a mark a loss"

    return _against(record["cells"], heading)


def _fit(record: Record) -> Sequence[Group]:
    return _against(record["cells"], lambda cell: cell["label"])


def _boosting(record: Record) -> Sequence[Group]:
    """A group for each booster, in it a bar for each loss."""
    found: dict[str, list[Bar]] = {}
    for cell in record["cells"]:
        (over,) = (ratio[0] for name, ratio in cell["over_ours"].items() if is_peer(name))
        found.setdefault(f"{cell['table']}: its own objective", []).append(Bar(cell["label"], (over,)))
    return [Group(host, tuple(bars)) for host, bars in found.items()]


def _startup(record: Record) -> Sequence[Group]:
    """What is allowed over what was taken."""
    starting, small = [], []
    for cell in record["cells"]:
        (numbers,) = cell["measures"].values()
        taken = numbers.get("taken", numbers.get("over the kernel"))
        if "allowed" not in numbers:
            continue
        if "taken" in numbers:
            starting.append(Bar(cell["label"], (numbers["allowed"] / taken,)))
        else:
            small.append(numbers["allowed"] / taken)
    calls = (Bar("a call beyond its kernel", tuple(small)),)
    return [Group("as soon as allowed", tuple(starting)), Group("4 us allowed, a mark a loss", calls)]


def _neighbour(record: Record) -> Sequence[Group]:
    """What is allowed beside a busy process over what was taken."""
    found = allowed_over_taken(record["cells"])
    bars = (Bar(table.partition(", ")[2], tuple(values)) for table, values in found.items())
    return [Group("twice the time alone allowed, a mark a loss or shape", tuple(bars))]


def _choosing(record: Record) -> Sequence[Group]:
    """What the other rules lose over what following the advice loses."""
    own, *others = record["summary"]
    groups = []
    for what, least in record["summary"][own].items():
        if what != "best" and least > 0.0:
            bars = (Bar(rule, (record["summary"][rule][what] / least,)) for rule in others)
            groups.append(Group(f"{what} regret", tuple(bars)))
    return groups


def _real(record: Record) -> Sequence[Group]:
    """How far behind the best the others are, over how far following the advice is; of the half not tuned on."""
    trials = real.of_half(record, real.HALVES[0])
    groups = [_behind(record, trials, what, f"{what} distance, all questions") for what in ("median", "mean", "worst")]
    groups += [_behind(record, of, "mean", f"mean distance, {name}") for name, of in real.questions(trials).items()]
    return [group for group in groups if group.bars]


def _behind(record: Record, trials: Sequence[Cell], what: str, heading: str) -> Group:
    own = real.excess(trials, real.OURS).get(what, 0.0)
    bars = []
    for name in record["methods"]:
        other = real.excess(trials, name).get(what, 0.0)
        if name != real.OURS and own > 0.0 and other > 0.0:
            bars.append(Bar(name, (other / own,)))
    return Group(heading, tuple(bars))


QUESTIONS = (
    Question(
        "pointwise",
        "pointwise",
        "losses of one prediction",
        "How fast are losses of one prediction?",
        "Cost and gradient in one call, float32; the other's time over ours.",
        _pointwise(COST),
    ),
    Question(
        "newton",
        "pointwise",
        "gradient and Hessian for boosters",
        "How fast are gradient and Hessian, as boosters ask for them?",
        "Gradient and Hessian of every example, float32; time of the NumPy objectives that users write, over ours.",
        _pointwise(NEWTON),
    ),
    Question(
        "rowwise",
        "rowwise",
        "class losses",
        "How fast are class losses?",
        "Mean cost and gradient of rows of scores (rows x classes), float32; the other's time over ours.",
        _rows,
    ),
    Question(
        "linear",
        "linear",
        "linear cross-entropy",
        "How fast is linear cross-entropy, the last layer of a language model?",
        "Cost and both gradients, examples x features by classes, float32; the other's time over ours.",
        _linear,
    ),
    Question(
        "torch",
        "torch",
        "losses in PyTorch",
        "How fast are the losses in PyTorch?",
        "Forward and backward on float32 tensors; the other's time over that of lossary.torch.",
        _torch,
    ),
    Question(
        "fit",
        "fit",
        "whole fits",
        "How fast are whole fits?",
        "Rows x features, float64, to a certified optimum; the other's time over ours.",
        _fit,
    ),
    Question(
        "boosting",
        "boosting",
        "boosters under our objectives",
        "How fast do boosters train under our objectives?",
        "The built-in objective's training time over ours.",
        _boosting,
    ),
    Question(
        "choosing",
        "choosing",
        "following `lossary choose`",
        "What does following `lossary choose` cost?",
        "Regret: risk beyond that of the best candidate in hindsight, where that is known; another rule's over ours.",
        _choosing,
        "the other loses less",
        "ours loses less",
    ),
    Question(
        "real",
        "real",
        "following `lossary choose` on real data",
        "What does following `lossary choose` cost on real data?",
        "How far the held-out score is from the best of all methods', on the sets not tuned on; another's over ours.",
        _real,
        "the other is nearer the best",
        "ours is nearer the best",
    ),
    Question(
        "startup",
        "startup",
        "import and first call",
        "How soon is the first answer there?",
        "The time allowed over the time taken.",
        _startup,
        "over the limit",
        "within the limit",
    ),
    Question(
        "neighbour",
        "neighbour",
        "calls on a busy machine",
        "What does a busy process beside it cost?",
        "Cost and gradient, float32; the time allowed, twice that alone, over the time taken.",
        _neighbour,
        "over the limit",
        "within the limit",
    ),
)
