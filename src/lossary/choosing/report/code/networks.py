"""How PyTorch trains a network, or a line: lines of code, and expressions for what it predicts."""

from __future__ import annotations

from lossary.boosting.activation import activation_of
from lossary.choosing.report.code.hosts import Host
from lossary.choosing.report.code.winner import Winner

EPOCHS = 300
PATIENCE = 20
"""Epochs without a better held-out cost after which training ends."""

IN_TORCH = {"identity": "{}", "exp": "torch.exp({})", "sigmoid": "torch.sigmoid({})", "softmax": "torch.softmax({}, 1)"}
"""Activations in torch's words; there is none for rows that increase."""


def torch(winner: Winner, t: str, weights: str) -> Host | None:
    """A network (a line, where that won) and the loop that trains it; None for losses that no layer serves."""
    activation = activation_of(winner.trained).name
    if activation not in IN_TORCH or winner.candidate.own_loss is not None:
        return None
    lines = [
        "# Columns of one size: gradients are no better than the worst of them.",
        "middle, spread = X.mean(axis=0), X.std(axis=0)",
        "spread[spread == 0.0] = 1.0",
        "",
        "def as_inputs(Z):",
        "    return torch.tensor((Z - middle) / spread, dtype=torch.float32)",
        "",
        *_centred(winner, t, activation),
        "def scores(network, inputs):",
        f"    return {IN_TORCH[activation].format(_output(winner, activation))}",
        "",
        f"criterion = lossary.torch.{_criterion(winner)}",
        "inputs = as_inputs(X)",
        f"targets = torch.tensor({t}{'' if winner.of_rows else ', dtype=torch.float32'})",
        *([f"weights = torch.tensor({weights}, dtype=torch.float32)"] if weights else []),
        "",
        *_epochs(winner, bool(weights)),
    ]
    scores = "scores(network, as_inputs({Z})).detach().double().numpy()"
    imports = ("import copy", "import torch", "import lossary.torch")
    refitting = ("for _, network in training(np.arange(len(y)), epochs):", "    pass  # all rows, as many epochs")
    return Host(imports, lines, scores, f"loss.mean({scores})", "network", _stopped, refitting)


def _output(winner: Winner, activation: str) -> str:
    output = "network(inputs)" if winner.of_rows else "network(inputs).squeeze(-1)"
    return output if _is_plain(winner, activation) else f"centre + unit * {output}"


def _is_plain(winner: Winner, activation: str) -> bool:
    """Whether scores need no centre: those of classes and of shares are near zero."""
    return bool(winner.study.classes) or activation == "sigmoid" or winner.candidate.link == "logit"


def _centred(winner: Winner, t: str, activation: str) -> list[str]:
    if _is_plain(winner, activation):
        return []
    if winner.candidate.link == "log":
        return [f"centre, unit = float(np.log(np.mean({t}))), 1.0", ""]
    return [f"centre, unit = float(np.median({t})), float(np.std({t}))", ""]


def _criterion(winner: Winner) -> str:
    candidate = winner.candidate
    parameters = [f"{name}={float(value)!r}" for name, value in candidate.parameters.items()]
    name = "".join(word.capitalize() for word in candidate.loss.split("_"))
    return f"{name}({'tau=level' if winner.has_level else ', '.join(parameters)})"


def _network(winner: Winner) -> list[str]:
    outputs = len(winner.study.classes) if winner.of_rows else 1
    if winner.candidate.model == "linear":
        return [f"    network = torch.nn.Linear(X.shape[1], {outputs})"]
    return [
        "    network = torch.nn.Sequential(",
        "        torch.nn.Linear(X.shape[1], 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(),",
        f"        torch.nn.Linear(64, {outputs}),",
        "    )",
    ]


def _epochs(winner: Winner, weighted: bool) -> list[str]:
    """A generator: whoever asks for the next epoch may have looked at the last."""
    rate = "1e-2" if winner.candidate.model == "linear" else "3e-3"
    batch = max(32, min(512, winner.rows // 64))
    kind = "sample_weight" if winner.of_rows else "weight"
    weight_argument = f", {kind}=weights[rows]" if weighted else ""
    return [
        "def training(learn, epochs):",
        "    torch.manual_seed(0)",
        *_network(winner),
        f"    optimizer = torch.optim.AdamW(network.parameters(), lr={rate}, weight_decay=1e-4)",
        "    for epoch in range(1, epochs + 1):",
        f"        for rows in torch.tensor(learn)[torch.randperm(len(learn))].split({batch}):",
        "            optimizer.zero_grad()",
        f"            criterion(scores(network, inputs[rows]), targets[rows]{weight_argument}).backward()",
        "            optimizer.step()",
        "        yield epoch, network",
    ]


def _stopped(cost: str) -> list[str]:
    """Training on some rows until the cost of the others falls no more."""
    return [
        "best, epochs = np.inf, 0",
        f"for epoch, network in training(learn, {EPOCHS}):",
        f"    cost = {cost}",
        "    if cost < best:",
        "        best, epochs, kept = cost, epoch, copy.deepcopy(network)",
        f"    elif epoch - epochs >= {PATIENCE}:",
        "        break",
        "network = kept",
    ]
