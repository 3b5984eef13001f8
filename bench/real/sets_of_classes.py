"""Sets of which the probabilities of classes, or labels, are asked."""

from __future__ import annotations

from collections.abc import Sequence

from bench.real.question import RealSet

_TWO_CLASSES = (
    RealSet("modeldata", "credit_data", "Status", "probability", "two classes"),
    RealSet("modeldata", "lending_club", "Class", "probability", "two classes"),
    RealSet("modeldata", "mlc_churn", "churn", "probability", "two classes"),
    RealSet("modeldata", "taxi", "tip", "probability", "two classes"),
    RealSet("openintro", "email", "spam", "probability", "two classes", drop=("time",)),
    RealSet("MASS", "Pima.tr2", "type", "probability", "two classes"),
    # An injury of severity 4 is a death; the weight is a survey's, and was set by how bad the crash was.
    RealSet("DAAG", "nassCDS", "dead", "probability", "two classes", drop=("injSeverity", "caseid", "weight")),
    RealSet("carData", "Wells", "switch", "probability", "two classes"),
    # Times, and whether it recurred, are known after.
    RealSet("survival", "rotterdam", "death", "probability", "two classes", drop=("pid", "rtime", "recur", "dtime")),
)  # fmt: skip
_MANY_CLASSES = (
    RealSet("carData", "Chile", "vote", "probability", "four classes"),
    RealSet("MASS", "fgl", "type", "probability", "six classes"),
    # A region is a set of areas.
    RealSet("dslabs", "olive", "area", "probability", "nine classes", drop=("region",)),
    RealSet("modeldata", "hpc_data", "class", "probability", "four classes"),
)
_RATINGS = (
    RealSet("pscl", "politicalInformation", "y", "probability", "rating in words", group="id"),
    RealSet("ordinal", "soup", "SURENESS", "probability", "rating", drop=("PROD",), group="RESP"),
)
_LABELS = (
    RealSet("modeldata", "wa_churn", "churn", "label", "two classes"),
    RealSet("sklearn", "digits", "target", "label", "ten classes"),
    RealSet("DAAG", "headInjury", "clinically.important.brain.injury", "label", "two classes", costs=(10.0, 1.0)),
)

CLASSES: Sequence[RealSet] = (*_TWO_CLASSES, *_MANY_CLASSES, *_RATINGS, *_LABELS)
