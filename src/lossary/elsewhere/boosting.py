"""Names of XGBoost, LightGBM and CatBoost: objectives, and metrics that are losses."""

from __future__ import annotations

from lossary.elsewhere.name import Library, Name, metric, refused

_PAIRS = "compares rows of a group with each other; here listwise_softmax compares lists"
_CENSORED = "takes times that may be censored, which no loss here does"
_RAW = "Custom objectives see raw scores, before the link; predict() applies it."

XGBOOST = Library(
    "XGBoost",
    "custom: (predictions, DMatrix) natively, (labels, predictions) in the estimators",
    "objectives: none, the sum is minimised; metrics: weighted mean",
    "Gradients, hence factors, are read off the leaves of a tree that has one for each row; metrics are evaluated "
    "beside the losses. The names are those that the library lists when it is given one that it does not know.",
    {
        "reg:squarederror": Name("half_squared_error", also=("reg:linear",), trap="Gradient f - y: half of MSE."),
        "reg:squaredlogerror": Name(
            "squared_log_error", "1/2", trap="Targets above -1; predictions are kept above it."
        ),
        "reg:absoluteerror": Name("absolute_error", trap="Leaves are set to medians after each tree."),
        "reg:pseudohubererror": Name("pseudo_huber", parameters={"huber_slope": "delta"}),
        "reg:quantileerror": Name(
            "quantile", parameters={"quantile_alpha": "tau"}, trap="quantile_alpha must be given, and may be a list."
        ),
        "reg:expectileerror": Name("expectile", parameters={"expectile_alpha": "tau"}, trap="From XGBoost 3.3 on."),
        "reg:logistic": Name("logistic", trap="Targets are shares between 0 and 1, not only labels."),
        "reg:gamma": Name("gamma", trap=_RAW),
        "reg:tweedie": Name("tweedie:p=1.5", parameters={"tweedie_variance_power": "p"}, trap=_RAW),
        "count:poisson": Name("poisson", trap=f"Its Hessian is e**(f + max_delta_step), 0.7 unless told. {_RAW}"),
        "binary:logistic": Name("logistic", parameters={"scale_pos_weight": "pos_weight"}, trap=_RAW),
        "binary:logitraw": Name(
            "logistic", parameters={"scale_pos_weight": "pos_weight"}, trap="predict() gives scores."
        ),
        "binary:hinge": Name("hinge", trap="Labels are 0 and 1 there, -1 and 1 here; predict() gives labels."),
        "multi:softmax": Name("softmax_cross_entropy", trap="Its Hessian is 2 p (1 - p); predict() gives classes."),
        "multi:softprob": Name(
            "softmax_cross_entropy", trap="Its Hessian is 2 p (1 - p); predict() gives probabilities."
        ),
        "rank:pairwise": refused("compares pairs; here listwise_softmax compares lists", "listwise_softmax"),
        "rank:ndcg": refused(_PAIRS, "listwise_softmax", alone=False),
        "rank:map": refused(_PAIRS, "listwise_softmax", alone=False),
        "survival:cox": refused(_CENSORED, alone=False),
        "survival:aft": refused(_CENSORED, alone=False),
        "rmse": metric("root_mean_squared_error"),
        "rmsle": metric("root_mean_squared_log_error"),
        "mae": metric("absolute_error"),
        "mape": metric("absolute_percentage_error", trap="A fraction; infinite where y is 0."),
        "mphe": metric("pseudo_huber", parameters={"huber_slope": "delta"}),
        "logloss": metric("binary_cross_entropy", trap="Clips probabilities."),
        "mlogloss": metric("categorical_cross_entropy", trap="Clips probabilities."),
        "poisson-nloglik": metric("poisson", shifted=True, trap="Adds log(y!)."),
        "gamma-nloglik": metric("gamma"),
        "gamma-deviance": metric("gamma_deviance"),
        "tweedie-nloglik": metric("tweedie:p=1.5", call="tweedie-nloglik@1.5"),
    },
    no_losses=("error", "merror", "auc", "aucpr", "pre", "ndcg", "map", "cox-nloglik", "aft-nloglik"),
)

LIGHTGBM = Library(
    "LightGBM",
    "custom: (predictions, Dataset) natively, (labels, predictions) in the estimators",
    "objectives: none, the sum is minimised; metrics: weighted mean",
    "Gradients, hence factors, are read off the leaves of a tree that has one for each row, or where leaves are set "
    "anew (L1, quantile, MAPE) off its metric. The library cannot list its names: that none is missing is from its "
    "documentation.",
    {
        "regression": Name(
            "half_squared_error",
            also=("l2", "mse", "mean_squared_error", "rmse", "l2_root"),
            trap="Gradient f - y: half of its own metric l2.",
        ),
        "regression_l1": Name("absolute_error", also=("l1", "mae"), trap="Leaves are set to medians after each tree."),
        "huber": Name(
            "huber:delta=0.9",
            parameters={"alpha": "delta"},
            trap="alpha is the bend, in units of y, and shares its name with the quantile's level. Its Hessian is 1.",
        ),
        "fair": Name("fair:c=1", parameters={"fair_c": "c"}),
        "poisson": Name(
            "poisson",
            trap=f"Its Hessian is e**(f + poisson_max_delta_step), 0.7 unless told. {_RAW}",
        ),
        "quantile": Name(
            "quantile:tau=0.9", parameters={"alpha": "tau"}, trap="The level is 0.9 unless told, not 0.5."
        ),
        "mape": Name(
            "absolute_percentage_error:floor=1",
            trap="Errors are divided by max(1, |y|): small targets count as if they were 1.",
        ),
        "gamma": Name("gamma", trap=_RAW),
        "tweedie": Name("tweedie:p=1.5", parameters={"tweedie_variance_power": "p"}, trap=_RAW),
        "binary": Name("logistic", parameters={"scale_pos_weight": "pos_weight"}, trap=_RAW),
        "cross_entropy": Name(
            "logistic", also=("xentropy",), trap="Targets are shares between 0 and 1. One score, no softmax."
        ),
        "multiclass": Name("softmax_cross_entropy", also=("softmax",), trap="Its Hessian is k/(k-1) p (1 - p)."),
        "multiclassova": Name("one_vs_rest_logistic", also=("multiclass_ova", "ova", "ovr")),
        "cross_entropy_lambda": refused(
            "has another link; logistic is the usual one", "logistic", also=("xentlambda",)
        ),
        "lambdarank": refused(_PAIRS, "listwise_softmax", alone=False),
        "rank_xendcg": refused(
            "draws targets anew in every round; here listwise_softmax takes them as they are",
            "listwise_softmax",
            also=("xendcg",),
            alone=False,
        ),
        "l1": metric("absolute_error"),
        "l2": metric("squared_error", trap="Twice what the objective regression minimises."),
        "rmse": metric("root_mean_squared_error"),
        "binary_logloss": metric("binary_cross_entropy", trap="Clips probabilities."),
        "multi_logloss": metric("categorical_cross_entropy", trap="Clips probabilities."),
        "gamma_deviance": metric("gamma_deviance", trap="The sum over rows, where the other metrics are means."),
        "kullback_leibler": metric(
            "logistic", shifted=True, trap="Less the entropy of the targets, which are shares between 0 and 1."
        ),
    },
    no_losses=("auc", "average_precision", "binary_error", "multi_error", "auc_mu", "ndcg", "map", "r2"),
)

_PAIRWISE = "compares pairs of rows in a group, which no loss here does"
_SEVERAL = "No loss has several outputs here: take one loss each."
_GIVEN = "Its parameter must be given: there is no default."

CATBOOST = Library(
    "CatBoost",
    "custom: calc_ders_range(approxes, targets, weights): prediction first, derivatives of minus the loss",
    "weighted mean",
    "Each is evaluated by catboost.utils.eval_metric beside ours. The names are those that the library lists when it "
    "is given one that it does not know.",
    {
        "RMSE": Name(
            "root_mean_squared_error",
            trap="Trains on half the squared error; the root is what it reports.",
        ),
        "MAE": Name("absolute_error"),
        "MAPE": Name(
            "absolute_percentage_error:floor=1",
            trap="Errors are divided by max(1, |y|): small targets count as if they were 1.",
        ),
        "Quantile": Name("quantile:tau=0.5", parameters={"alpha": "tau"}),
        "Expectile": Name("expectile:tau=0.5", parameters={"alpha": "tau"}),
        "LogCosh": Name("log_cosh", trap="Computed to four digits or so."),
        "Huber": Name("huber", parameters={"delta": "delta"}, call="Huber:delta=1", trap=_GIVEN),
        "Lq": Name("lp", parameters={"q": "p"}, call="Lq:q=1.5", trap=_GIVEN),
        "Tweedie": Name("tweedie", parameters={"variance_power": "p"}, call="Tweedie:variance_power=1.5", trap=_GIVEN),
        "Focal": Name(
            "focal",
            parameters={"focal_alpha": "alpha", "focal_gamma": "gamma"},
            call="Focal:focal_alpha=0.25;focal_gamma=2",
            trap="Both parameters must be given: there are no defaults.",
        ),
        "Poisson": Name("poisson", trap="predict() gives logarithms of means unless prediction_type='Exponent'."),
        "Logloss": Name("logistic", trap="Cuts targets in two at target_border, 0.5 unless told."),
        "CrossEntropy": Name("logistic", trap="Targets are shares between 0 and 1. One score, no softmax."),
        "MultiClass": Name("softmax_cross_entropy"),
        "MultiClassOneVsAll": Name("one_vs_rest_logistic", "1/k"),
        "MultiLogloss": Name(
            "one_vs_rest_logistic", "1/k", trap="Targets are a row of labels: multilabel_soft_margin."
        ),
        "MultiCrossEntropy": Name("one_vs_rest_logistic", "1/k", trap="Targets are a row of shares between 0 and 1."),
        "MultiRMSE": refused(
            "is the root of a sum over columns; here root_mean_squared_error takes one column",
            "root_mean_squared_error",
        ),
        "MultiRMSEWithMissingValues": refused(
            "is the root of a sum over columns; here root_mean_squared_error takes one column",
            "root_mean_squared_error",
            alone=False,
        ),
        "MultiQuantile": refused(
            "takes several levels; here quantile takes one", "quantile", alone=False, trap=_SEVERAL
        ),
        "LogLinQuantile": refused("is quantile of e**f: give quantile that", "quantile", alone=False),
        "GroupQuantile": refused("is of the errors of whole groups; here quantile is of rows", "quantile", alone=False),
        "RMSEWithUncertainty": refused(
            "predicts the scale too; here gaussian_nll is given it", "gaussian_nll", alone=False, trap=_SEVERAL
        ),
        "RMSPE": refused("is the root of squared relative errors, which no loss here is", alone=False),
        "Cox": refused(_CENSORED, alone=False),
        "SurvivalAft": refused(_CENSORED, alone=False),
        "PairLogit": refused(_PAIRWISE, "listwise_softmax", alone=False),
        "PairLogitPairwise": refused(_PAIRWISE, "listwise_softmax", alone=False),
        "YetiRank": refused(_PAIRWISE, "listwise_softmax", alone=False),
        "YetiRankPairwise": refused(_PAIRWISE, "listwise_softmax", alone=False),
        "LambdaMart": refused(_PAIRWISE, "listwise_softmax", alone=False),
        "StochasticRank": refused(_PAIRWISE, "listwise_softmax", alone=False),
        "StochasticFilter": refused(_PAIRWISE, "listwise_softmax", alone=False),
        "QueryRMSE": refused("is of errors less their mean in a group, which no loss here is", alone=False),
        "QuerySoftMax": refused(
            "divides by the sum of all targets and takes them times beta; here listwise_softmax takes one list",
            "listwise_softmax",
            alone=False,
        ),
        "QueryCrossEntropy": refused("shifts the scores of each group first, which no loss here does", alone=False),
        "MSLE": metric("squared_log_error"),
        "SMAPE": metric("symmetric_absolute_percentage_error", "100", trap="In percent, where ours is a fraction."),
        "FairLoss": metric("fair", parameters={"smoothness": "c"}, call="FairLoss:smoothness=1"),
        "BrierScore": metric("brier"),
        "HingeLoss": metric("hinge", trap="Labels are 0 and 1 there, -1 and 1 here."),
    },
    no_losses=(
        *("CtrFactor", "MedianAbsoluteError", "PythonUserDefinedPerObject", "PythonUserDefinedMultiTarget"),
        *("UserPerObjMetric", "UserQuerywiseMetric", "R2", "NumErrors", "AUC", "Accuracy", "BalancedAccuracy"),
        *("BalancedErrorRate", "Precision", "Recall", "F1", "TotalF1", "F", "MCC", "ZeroOneLoss", "HammingLoss"),
        *("Kappa", "WKappa", "LogLikelihoodOfPrediction", "NormalizedGini", "PRAUC", "PairAccuracy", "AverageGain"),
        *("QueryAverage", "QueryAUC", "PFound", "PrecisionAt", "RecallAt", "MAP", "NDCG", "DCG", "FilteredDCG"),
        *("MRR", "ERR", "Combination"),
    ),
)
