"""Code that fits the recommended candidate, host by host, as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

from lossary.choosing.study import Candidate, Study
from lossary.choosing.yardsticks import cost_threshold, interval_levels, many_classes, quantile_level
from lossary.discovery import names
from lossary.evaluate.registry import get

OWN_LINKS = {"logit": ("logit", "half_logit"), "softmax": ("identity", "softmax")}
BEST_CONSTANTS = {"mean": "squared_error", "median": "absolute_error", "probability": "brier", "label": "brier"}


@dataclass(frozen=True)
class Recipe:
    """A host, code for it, and what one must know."""

    host: str
    code: str
    note: str = ""


def recipes(study: Study, candidate: Candidate | None) -> tuple[Recipe, ...]:
    """How to fit a candidate in each host; nothing where none is recommended."""
    if candidate is None:
        return ()
    if candidate.kind == "constant":
        return (Recipe("Python", _constant(study)),)
    if study.want.functional == "interval":
        return (Recipe("scikit-learn", _interval(study, candidate)),)
    return tuple(_single(study, candidate))


def specification(candidate: Candidate) -> str:
    """A candidate's loss as ``lossary.get`` takes it.

    Examples
    --------
    >>> specification(Candidate("", "huber", {"delta": 1.5}, "linear", "identity"))
    'huber:delta=1.5'
    """
    given = ",".join(f"{name}={float(value)!r}" for name, value in candidate.parameters.items())
    return f"{candidate.loss}:{given}" if given else candidate.loss


def camel(name: str) -> str:
    """A torch class's name for a loss's."""
    return "".join(word.capitalize() for word in name.split("_"))


def _single(study: Study, candidate: Candidate) -> Iterator[Recipe]:
    yield Recipe("scikit-learn", _after(study, candidate, _sklearn(study, candidate)), _transformed(candidate))
    if many_classes(study) or not _has_own_link(candidate) or candidate.target:
        return
    yield Recipe("LightGBM", _after(study, candidate, _lightgbm(candidate)))
    yield Recipe("XGBoost", _after(study, candidate, _xgboost(candidate)))
    yield Recipe("PyTorch", _torch(candidate))


def _constant(study: Study) -> str:
    name = BEST_CONSTANTS.get(study.want.functional, "")
    if study.want.functional == "quantile":
        name = f"quantile:{quantile_level(study.want)!r}"
    if many_classes(study) or not name:
        return "predictions = ...  # the same for every row: the classes' shares, or the target's quantiles"
    return f"import lossary\n\nprediction = lossary.get({name!r}).optimal_constant(y)  # the same for every row"


def _interval(study: Study, candidate: Candidate) -> str:
    low, high = interval_levels(study.want)
    return dedent(f"""\
        import numpy as np
        from lossary.sklearn import LinearRegressor

        ends = [LinearRegressor(loss={candidate.loss + ":"!r} + str(tau)).fit(X, y) for tau in ({low:g}, {high:g})]
        intervals = np.sort(np.column_stack([end.predict(X_new) for end in ends]), axis=1)""")


def _has_own_link(candidate: Candidate) -> bool:
    """Whether the link is the one that the loss itself has."""
    if candidate.loss not in names():
        return True
    own = get(candidate.loss).link
    return candidate.link == own or own in OWN_LINKS.get(candidate.link, ())


def _sklearn(study: Study, candidate: Candidate) -> str:
    if candidate.loss == "squared_error" and candidate.link == "log":
        return dedent("""\
            from sklearn.linear_model import TweedieRegressor

            model = TweedieRegressor(power=0, link="log", alpha=0.0, max_iter=1000)  # squared error, log link
            predictions = model.fit(X, y).predict(X_new)""")
    spec = specification(candidate)
    if study.want.functional in ("label", "probability"):
        asked = "predict_proba(X_new)" + ("" if many_classes(study) else "[:, 1]")
        return dedent(f"""\
            from lossary.sklearn import LinearClassifier

            model = LinearClassifier(loss={spec!r})
            predictions = model.fit(X, y).{asked}""")
    if candidate.target == "log1p, smeared":
        return dedent(f"""\
            import numpy as np
            from lossary.sklearn import LinearRegressor

            model = LinearRegressor(loss={spec!r}).fit(X, np.log1p(y))
            smear = np.mean(np.exp(np.log1p(y) - model.predict(X)))
            predictions = np.exp(model.predict(X_new)) * smear - 1.0""")
    if candidate.target == "log1p":
        return dedent(f"""\
            import numpy as np
            from sklearn.compose import TransformedTargetRegressor
            from lossary.sklearn import LinearRegressor

            model = TransformedTargetRegressor(LinearRegressor(loss={spec!r}), func=np.log1p, inverse_func=np.expm1)
            predictions = model.fit(X, y).predict(X_new)""")
    return dedent(f"""\
        from lossary.sklearn import LinearRegressor

        model = LinearRegressor(loss={spec!r})
        predictions = model.fit(X, y).predict(X_new)""")


def _lightgbm(candidate: Candidate) -> str:
    return dedent(f"""\
        import lightgbm as lgb
        import numpy as np
        import lossary
        import lossary.lightgbm

        loss = lossary.get({specification(candidate)!r})
        start = loss.optimal_constant(y)  # LightGBM starts a custom objective from zero
        data = lgb.Dataset(X, y, init_score=np.full(len(y), start))
        model = lgb.train({{"objective": lossary.lightgbm.objective(loss), "learning_rate": 0.05}}, data, 300)
        predictions = loss.mean(start + model.predict(X_new))""")


def _xgboost(candidate: Candidate) -> str:
    return dedent(f"""\
        import numpy as np
        import xgboost as xgb
        import lossary
        import lossary.xgboost

        loss = lossary.get({specification(candidate)!r})
        start = loss.optimal_constant(y)
        data = xgb.DMatrix(X, y, base_margin=np.full(len(y), start))
        model = xgb.train({{"eta": 0.05}}, data, 300, obj=lossary.xgboost.objective(loss))
        new = xgb.DMatrix(X_new, base_margin=np.full(len(X_new), start))
        predictions = loss.mean(model.predict(new, output_margin=True))""")


def _torch(candidate: Candidate) -> str:
    given = ", ".join(f"{name}={float(value)!r}" for name, value in candidate.parameters.items())
    return dedent(f"""\
        import lossary.torch

        criterion = lossary.torch.{camel(candidate.loss)}({given})
        for inputs, targets in batches:
            optimizer.zero_grad()
            criterion(network(inputs).squeeze(-1), targets).backward()
            optimizer.step()""")


def _after(study: Study, candidate: Candidate, code: str) -> str:
    """With the decision appended, where a label of two classes is wanted."""
    if study.want.functional != "label" or many_classes(study):
        return code
    level = cost_threshold(study.want) if candidate.threshold is None else candidate.threshold
    return f"{code}\nlabels = predictions > {level:.6g}"


def _transformed(candidate: Candidate) -> str:
    if candidate.target == "log1p, smeared":
        return "Predictions are brought back to the mean by the residuals on the log scale (Duan 1983)."
    if candidate.target:
        return "Predictions are turned back without correction: on average they are too low."
    return "" if candidate.model == "linear" else "A line, where another model was compared: see the boosters."
