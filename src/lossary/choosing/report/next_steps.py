"""What to do with the model that was left beside a report: the commands, as one types them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from lossary.choosing.comparison.study import Want


@dataclass(frozen=True)
class NextStep:
    """What is done, and the command or code that does it."""

    what: str
    code: str
    language: str  # "sh" or "python"


def next_steps(model: str, want: Want) -> tuple[NextStep, ...]:
    """How to predict with the model of a path; nothing where no model was left.

    Examples
    --------
    >>> for step in next_steps("out/model.lossary", Want("mean")):
    ...     print(step.code)
    lossary predict out/model.lossary new.csv -o predictions.csv
    import lossary
    <BLANKLINE>
    model = lossary.load('out/model.lossary')
    table = lossary.read_table('new.csv', stray='missing')
    predictions = model.predict(table)
    """
    if not model:
        return ()
    method = {"interval": "predict_interval", "probability": "predict_proba"}.get(want.functional, "predict")
    return (
        NextStep(
            "Predict new rows: a table with the same columns",
            f"lossary predict {shlex.quote(model)} new.csv -o predictions.csv",
            "sh",
        ),
        NextStep(
            "The same in Python",
            f"import lossary\n\nmodel = lossary.load({model!r})\n"
            f"table = lossary.read_table('new.csv', stray='missing')\npredictions = model.{method}(table)",
            "python",
        ),
    )
