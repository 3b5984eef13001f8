"""Every public loss of torch beside the one of its name here, on random options: the same number, or it is documented.

The losses are torch's own list of them. One that a new torch brings fails here until it is in a table below.
"""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.support.places import DOCS  # noqa: E402

import lossary  # noqa: E402
import lossary.torch as ours  # noqa: E402
from lossary.elsewhere import DIFFERENT, LIBRARIES, SAME, plain  # noqa: E402
from lossary.torch import functional  # noqa: E402

F = torch.nn.functional
CLASSES = [
    name
    for name, each in vars(torch.nn).items()
    if "Loss" in name and isinstance(each, type) and issubclass(each, torch.nn.Module)
]
FUNCTIONS = [
    name
    for name, each in vars(F).items()
    if callable(each) and not name.startswith("_") and re.search(r"_loss$|cross_entropy|kl_div", name)
]
NOT_HERE = {"CTCLoss": "ctc_loss", "NLLLoss2d": None}
"""torch's class and function, for which there is none here."""
N, K, D = 6, 5, 3
DRAWS = 12


class Draw:
    """Random inputs and options."""

    def __init__(self, seed):
        self.choose = np.random.default_rng(seed)

    def real(self, *shape):
        return torch.as_tensor(self.choose.normal(size=shape))

    def unit(self, *shape):
        return torch.as_tensor(self.choose.uniform(0.02, 0.98, shape))

    def positive(self, *shape):
        return torch.as_tensor(self.choose.gamma(2.0, size=shape))

    def signs(self, *shape):
        return torch.as_tensor(self.choose.choice([-1.0, 1.0], shape))

    def rows(self, n=N, k=K):
        return torch.as_tensor(self.choose.dirichlet(np.ones(k), n))

    def labels(self, n=N, k=K):
        return torch.as_tensor(self.choose.integers(0, k, n))

    def one_of(self, *these):
        return these[self.choose.integers(len(these))]


def classes_or_rows(d, options):
    """Class indices, of which some may be ignored, or rows of weights."""
    if options.pop("rows", False):
        options.pop("ignore_index", None)
        return d.rows()
    return d.labels()


def label_sets(d):
    """Class indices of any number of labels a row, then -1."""
    sets = [d.choose.permutation(K)[: d.choose.integers(0, K + 1)] for _ in range(N)]
    return torch.tensor([[*labels, *[-1] * (K - len(labels))] for labels in sets])


def per_class(d):
    return d.one_of(None, d.positive(K))


# What each takes, of which all but the last (the target) is differentiated; and its options but for ``reduction``.
OPTIONS = {
    "SmoothL1Loss": lambda d: {"beta": d.one_of(0.0, 0.3, 1.0)},
    "HuberLoss": lambda d: {"delta": d.one_of(0.3, 1.0)},
    "BCELoss": lambda d: {"weight": d.one_of(None, d.positive(K), d.positive(N, K))},
    "BCEWithLogitsLoss": lambda d: {
        "weight": d.one_of(None, d.positive(K), d.positive(N, K)),
        "pos_weight": d.one_of(None, d.positive(K)),
    },
    "CrossEntropyLoss": lambda d: {
        "weight": per_class(d),
        "ignore_index": d.one_of(-100, 2),
        "label_smoothing": d.one_of(0.0, 0.2),
        "rows": d.one_of(False, False, True),
    },
    "LinearCrossEntropyLoss": lambda d: {"weight": per_class(d), "ignore_index": d.one_of(-100, 2)},
    "NLLLoss": lambda d: {"weight": per_class(d), "ignore_index": d.one_of(-100, 2)},
    "KLDivLoss": lambda d: {"log_target": d.one_of(False, True)},
    "MultiMarginLoss": lambda d: {"p": d.one_of(1, 2), "margin": d.one_of(0.4, 1.0), "weight": per_class(d)},
    "MultiLabelSoftMarginLoss": lambda d: {"weight": per_class(d)},
    "PoissonNLLLoss": lambda d: {
        "log_input": d.one_of(False, True),
        "full": d.one_of(False, False, True),
        "eps": d.one_of(1e-8, 0.1),
    },
    "GaussianNLLLoss": lambda d: {"full": d.one_of(False, True), "eps": d.one_of(1e-6, 0.5)},
    "MarginRankingLoss": lambda d: {"margin": d.one_of(0.0, 0.3)},
    "HingeEmbeddingLoss": lambda d: {"margin": d.one_of(0.5, 1.0)},
    "CosineEmbeddingLoss": lambda d: {"margin": d.one_of(0.0, 0.2)},
    "TripletMarginLoss": lambda d: {
        "margin": d.one_of(0.5, 1.0),
        "p": d.one_of(1.5, 2.0),
        "swap": d.one_of(False, True),
        "eps": d.one_of(1e-6, 1e-3),
    },
    "TripletMarginWithDistanceLoss": lambda d: {
        "margin": d.one_of(0.5, 1.0),
        "swap": d.one_of(False, True),
        "distance_function": d.one_of(None, lambda a, b: (a - b).abs().amax(dim=-1)),
    },
}
INPUTS = {
    "SoftMarginLoss": lambda d, o: (d.real(N, K), d.signs(N, K)),
    "BCELoss": lambda d, o: (d.unit(N, K), d.unit(N, K)),
    "BCEWithLogitsLoss": lambda d, o: (d.real(N, K), d.unit(N, K)),
    "CrossEntropyLoss": lambda d, o: (d.real(N, K), classes_or_rows(d, o)),
    "LinearCrossEntropyLoss": lambda d, o: (d.real(N, D), d.labels()),
    "AdaptiveLogSoftmaxWithLoss": lambda d, o: (d.real(N, D), d.labels()),
    "NLLLoss": lambda d, o: (torch.log_softmax(d.real(N, K), 1), d.labels()),
    "KLDivLoss": lambda d, o: (d.rows().log(), d.rows().log() if o["log_target"] else d.rows()),
    "MultiMarginLoss": lambda d, o: (d.real(N, K), d.labels()),
    "MultiLabelMarginLoss": lambda d, o: (d.real(N, K), label_sets(d)),
    "MultiLabelSoftMarginLoss": lambda d, o: (d.real(N, K), d.unit(N, K).round()),
    "PoissonNLLLoss": lambda d, o: (d.positive(N, K), 2.0 + d.positive(N, K)),
    "GaussianNLLLoss": lambda d, o: (d.real(N, K), d.real(N, K), d.positive(N, K)),
    "MarginRankingLoss": lambda d, o: (d.real(N), d.real(N), d.signs(N)),
    "HingeEmbeddingLoss": lambda d, o: (d.positive(N, K), d.signs(N, K)),
    "CosineEmbeddingLoss": lambda d, o: (d.real(N, K), d.real(N, K), d.signs(N)),
    "TripletMarginLoss": lambda d, o: (d.real(N, K), d.real(N, K), d.real(N, K)),
    "TripletMarginWithDistanceLoss": lambda d, o: (d.real(N, K), d.real(N, K), d.real(N, K)),
    **dict.fromkeys(("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss"), lambda d, o: (d.real(N, K), d.real(N, K))),
}
# When a number is another than torch's, each a line of the table in docs/torch.md.
DIFFERENCES = {
    "CrossEntropyLoss": lambda o, y: (
        o["weight"] is not None and (o["label_smoothing"] > 0.0 or (y.is_floating_point() and o["reduction"] == "mean"))
    ),
    "KLDivLoss": lambda o, y: o["reduction"] != "sum",
    "PoissonNLLLoss": lambda o, y: o["full"],
}
FUNCTION_OF = {
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "KLDivLoss": "kl_div",
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll_loss",
    "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "LinearCrossEntropyLoss": "linear_cross_entropy",
    "AdaptiveLogSoftmaxWithLoss": None,
    **NOT_HERE,
}
LAYERS = {
    "LinearCrossEntropyLoss": ((D, K), {"bias": True}),
    "AdaptiveLogSoftmaxWithLoss": ((D, K, [2, 3]), {"div_value": 1.5}),
}
"""What losses that have weights of their own are made with."""


def function_of(name):
    return FUNCTION_OF[name] if name in FUNCTION_OF else plain(name)


def drawn(name, seed):
    d = Draw(seed)
    options = OPTIONS.get(name, lambda d: {})(d)
    inputs = INPUTS[name](d, options)
    if name != "AdaptiveLogSoftmaxWithLoss":
        options["reduction"] = d.one_of("mean", "sum", "none")
    return inputs, options


def result(loss, inputs):
    """The loss and its gradient by all that may be learned but for the target."""
    learned = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs[:-1]]
    cost = loss(*learned, inputs[-1])
    cost = cost.loss if isinstance(cost, tuple) else cost
    return [cost, *torch.autograd.grad(cost.sum(), [x for x in learned if x.requires_grad])]


def modules(name, options):
    """Ours and torch's, with the same weights if they have any."""
    places, made_with = LAYERS.get(name, ((), {}))
    both = [getattr(each, name)(*places, **made_with, **options).double() for each in (ours, torch.nn)]
    both[0].load_state_dict(both[1].state_dict())
    return both


def close(found, expected):
    shapes = all(a.shape == b.shape for a, b in zip(found, expected, strict=True))
    return shapes and all(torch.allclose(a, b, rtol=1e-9, atol=1e-11) for a, b in zip(found, expected, strict=True))


def test_each_of_torch_s_losses_is_in_one_table():
    assert {*INPUTS} | {*NOT_HERE} == {*CLASSES}
    assert not {*INPUTS} & {*NOT_HERE}
    assert {function_of(name) for name in CLASSES} - {None} == {*FUNCTIONS}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("name", INPUTS)
def test_a_name_of_torch_gives_its_number(name):
    told_apart = 0
    for seed in range(DRAWS):
        inputs, options = drawn(name, seed)
        mine, theirs = modules(name, options)
        found, expected = result(mine, inputs), result(theirs, inputs)
        differs = name in DIFFERENCES and DIFFERENCES[name](options, inputs[-1])
        assert close(found, expected) != differs, (seed, options)
        told_apart += differs
        if function_of(name) is None or name in LAYERS:
            continue
        function, theirs = getattr(functional, function_of(name)), getattr(F, function_of(name))
        assert close(result(lambda *x, f=function, o=options: f(*x, **o), inputs), found), (seed, options)
        places = [options.get(p.name, p.default) for p in placed(name)]
        assert close(result(getattr(ours, name)(*places), inputs), found) or not places, (seed, options)
        assert close(result(getattr(torch.nn, name)(*places), inputs), expected) or not places, (seed, options)
    assert told_apart or name not in DIFFERENCES


def placed(name):
    """What torch's class takes by its place."""
    parameters = inspect.signature(getattr(torch.nn, name)).parameters.values()
    return [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]


def test_weights_of_examples():
    d = Draw(0)
    x, y, weight = d.real(N), d.real(N), d.positive(N)
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        assert "weight" in inspect.signature(getattr(F, name)).parameters
        for reduction in ("mean", "sum"):
            found = getattr(functional, name)(x, y, weight=weight, reduction=reduction)
            same = torch.allclose(found, getattr(F, name)(x, y, weight=weight, reduction=reduction))
            assert same != (name == "huber_loss" and reduction == "mean")


def test_what_is_not_here_says_so_and_why():
    for name, function in NOT_HERE.items():
        with pytest.raises(AttributeError, match=f"torch:{name} "):
            getattr(ours, name)
        if function is not None:
            with pytest.raises(AttributeError, match=f"torch:{function} "):
                getattr(functional, function)


def test_every_difference_is_in_the_docs():
    page = (DOCS / "torch.md").read_text()
    listed = set(re.findall(r"`(\w+)", page))
    assert {*DIFFERENCES, *NOT_HERE} <= listed
    known = {*SAME["torch"], *DIFFERENT["torch"]}
    assert {*CLASSES} <= known <= {*CLASSES, *FUNCTIONS}  # none that torch has not


def test_functions_of_torch_are_in_the_dictionary():
    names = LIBRARIES["torch"].names
    known = {
        *names,
        *(plain(name) for name in names),
        *(spelling for entry in names.values() for spelling in entry.also),
    }
    assert {*FUNCTIONS} <= known


def test_parameters_are_those_of_torch_and_so_are_their_defaults():
    for name, entry in LIBRARIES["torch"].names.items():
        taken = inspect.signature(getattr(torch.nn, name, None) or getattr(F, name)).parameters
        assert {*entry.parameters} <= {*taken}
        if not entry.refused:
            defaults = {p.name: p.default for p in lossary.get(f"torch:{name}").parameters} | entry.fixed
            for theirs, here in entry.parameters.items():
                assert taken[theirs].default in (defaults[here], None), name


def test_names_of_torch_s_functions_and_ours_are_names_of_classes_too():
    for name, function in FUNCTION_OF.items():
        if function is not None and name not in NOT_HERE and name not in LAYERS:
            assert getattr(ours, function) is getattr(ours, name)
    # Other libraries mean something else by these, which is no business of torch's users.
    assert ours.CrossEntropy is ours.CrossEntropyLoss
    assert ours.MAPE is ours.AbsolutePercentageError
