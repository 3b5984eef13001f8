"""Code that fits a candidate for classes, in one host."""

from __future__ import annotations

from lossary.choosing.report.code import hosts, networks
from lossary.choosing.report.code.hosts import Host
from lossary.choosing.report.code.winner import Winner
from lossary.choosing.training.trees import BUILT_IN
from lossary.formula import SIGNS


def code(winner: Winner, host: str) -> str:
    """The code, or "" where a host cannot train it."""
    weights = _weights(winner)
    host_code = _host(winner, host, "counts" if weights else "")
    if host_code is None:
        return ""
    by_hand = bool(host_code.scores)
    trained = "\n".join([*host_code.training, *(host_code.stopping("") if host_code.stopping else [])])
    held = by_hand or "[held]" in trained
    body = hosts.class_codes(winner.study.classes, winner.has_own_order)
    if winner.study.want.positive and not winner.has_own_order:
        positive = repr(winner.study.want.positive)
        body += [f"classes, codes = classes[::-1], 1 - codes  # the second class is the positive one, {positive}"]
        body += ["y = codes"]
    body += [f"loss = {winner.written}"] if by_hand or "loss" in trained else []
    body += [_targets(winner)] if by_hand else []
    body += [f"counts = {weights}"] if "counts" in trained else []
    body += hosts.split(winner) if held else []
    body += [*host_code.training, *_predicting(winner, host_code)]
    if by_hand or winner.gives_probabilities:
        body += decided(winner)
    elif winner.study.want.positive and not winner.has_own_order:
        body += ["labels = classes[labels]"]
    imports = ["import numpy as np", "import lossary", *host_code.imports]
    imports += hosts.split_imports(winner) if held else []
    imports += winner.imports
    if by_hand:
        imports.append(f"from sklearn.metrics import {'zero_one_loss' if _is_label(winner) else 'log_loss'}")
    if "probabilities(" in "\n".join(body):
        imports.append("from lossary.evaluate.predictions.probabilities import probabilities")
    return "\n".join([*hosts.import_lines(imports), "", *body])


def _host(winner: Winner, host: str, weights: str) -> Host | None:
    if host == "LightGBM":
        return hosts.lightgbm(winner, "t", weights)
    if host == "XGBoost":
        return hosts.xgboost(winner, "t", weights)
    if host == "PyTorch":
        return networks.torch(winner, "t", weights)
    if winner.candidate.model == "boosting":
        built_in = winner.candidate.loss in BUILT_IN and not winner.candidate.parameters
        return hosts.histogram_of_classes(winner, weights) if built_in else None
    scoring = '"neg_log_loss"' if winner.gives_probabilities else '"accuracy"'
    return _with_predictions(
        winner, hosts.estimator(winner, winner.labels, "weight" if winner.weighted else "", scoring)
    )


def _with_predictions(winner: Winner, host: Host) -> Host:
    """With what the estimator predicts: probabilities, or labels alone."""
    if winner.candidate.loss == "logistic":  # of smoothed labels too: undone, they would be sure again
        means = "loss.mean(model.decision_function({Z}))"
    elif winner.gives_probabilities:
        means = "model.predict_proba({Z})" + ("" if winner.many else "[:, 1]")
    else:
        means = "classes[model.predict({Z})]" if winner.has_own_order else "model.predict({Z})"
    return Host(host.imports, host.training, "", means)


def _is_label(winner: Winner) -> bool:
    return winner.study.want.functional == "label"


def _weights(winner: Winner) -> str:
    """What each row weighs in training, as an expression; "" if all weigh the same."""
    factors = ["weight"] if winner.weighted else []
    if winner.candidate.weights is not None:
        none, one = winner.candidate.weights
        factors.append(f"np.where(codes == 1, {one:g}, {none:g})")
    return " * ".join(factors)


def _targets(winner: Winner) -> str:
    if winner.of_rows:
        return "t = codes"
    return "t = 2.0 * codes - 1.0" if winner.trained.target == SIGNS else "t = 1.0 * codes"


def _predicting(winner: Winner, host: Host) -> list[str]:
    if host.stopping is None:
        told = "predictions" if winner.gives_probabilities else "labels"
        return [*host.refitting, f"{told} = {host.means.format(Z='X_new')}"]
    argument = f", {host.argument}" if host.argument else ""
    return [
        "",
        f"def predicted(Z{argument}):",
        f"    f = {host.scores.format(Z='Z')}",
        f"    return {_read(winner)}",
        "",
        *_costs(winner),
        *host.stopping(_cost(winner, f"predicted(X[held]{argument})")),
        *host.refitting,
        f"predictions = predicted(X_new{argument})",
    ]


def _read(winner: Winner) -> str:
    """Probabilities of the scores ``f``, or zeros and ones where the loss settles the label alone."""
    if winner.candidate.loss == "logistic":
        return "loss.mean(f)"
    if winner.gives_probabilities:
        return "probabilities(loss, f)" + ("[:, 1]" if winner.of_rows and not winner.many else "")
    return "np.eye(len(classes))[np.argmax(f, axis=1)]" if winner.many else "1.0 * (f > 0.0)"


def _costs(winner: Winner) -> list[str]:
    """What a wrong label costs, where that differs."""
    want = winner.study.want
    if not _is_label(winner) or winner.many or want.cost_under == want.cost_over:
        return []
    return [f"costs = np.where(codes == 1, {want.cost_under:g}, {want.cost_over:g})"]


def _cost(winner: Winner, prediction_code: str) -> str:
    factors = ["weight"] if winner.weighted else []
    factors += ["costs"] if _costs(winner) else []
    weight_argument = f", sample_weight=({' * '.join(factors)})[held]" if factors else ""
    if not _is_label(winner):
        return f"log_loss(codes[held], {prediction_code}, labels=range(len(classes)){weight_argument})"
    decided = f"np.argmax({prediction_code}, axis=1)" if winner.many else f"{prediction_code} > {winner.threshold:.6g}"
    return f"zero_one_loss(codes[held], {decided}{weight_argument})"


def decided(winner: Winner) -> list[str]:
    """The labels, where they are wanted."""
    if not _is_label(winner):
        return []
    if winner.many:
        return ["labels = classes[np.argmax(predictions, axis=1)]"]
    return [f"labels = classes[(predictions > {winner.threshold:.6g}).astype(int)]"]
