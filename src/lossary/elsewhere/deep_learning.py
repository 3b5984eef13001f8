"""Names of PyTorch, Keras and Optax."""

from __future__ import annotations

from lossary.elsewhere.name import Library, Name, refused

_IN_TORCH = "takes {}; lossary.torch has it under this name, and the catalogue has no such loss"
_SCORES = "takes probabilities and clips them; here {} takes scores"

TORCH = Library(
    "PyTorch",
    "(input, target): prediction first",
    "mean over all elements",
    "Each class and function runs beside the one of its name in lossary.torch, on random options, gradients too.",
    {
        "L1Loss": Name("absolute_error"),
        "MSELoss": Name("squared_error", trap="Without the factor 1/2: its gradient is twice the residual."),
        "SmoothL1Loss": Name(
            "smooth_l1",
            parameters={"beta": "beta"},
            trap="Huber's loss over its bend: huber_loss(delta) is delta * smooth_l1_loss(beta=delta). "
            "Huber's delta is smooth L1's beta is LightGBM's alpha.",
        ),
        "HuberLoss": Name("huber", parameters={"delta": "delta"}, trap="With weight=, its mean divides by the number."),
        "SoftMarginLoss": Name("logistic_margin", trap="Labels are -1 and 1; overflows at margins below -88."),
        "BCELoss": Name(
            "binary_cross_entropy", trap="Takes probabilities, and stops at 100, where the gradient is lost."
        ),
        "BCEWithLogitsLoss": Name("logistic", parameters={"pos_weight": "pos_weight"}),
        "CrossEntropyLoss": Name(
            "softmax_cross_entropy",
            trap="Takes scores, not probabilities: softmax before it is one too many. With weight=, the mean over "
            "class indices divides by the weights, that over distributions by rows.",
        ),
        "NLLLoss": Name(
            "kl_target_prediction_log_probabilities",
            trap="Takes log-probabilities (log_softmax before it); anything else gives a number without a meaning.",
        ),
        "MultiLabelSoftMarginLoss": Name("multilabel_soft_margin", also=("multilabel_soft_margin_loss",)),
        "PoissonNLLLoss": Name(
            "poisson",
            trap="log_input=True is its default: it takes the logarithm of the mean. full=True adds Stirling's "
            "approximation of log(y!).",
        ),
        "binary_cross_entropy": Name("binary_cross_entropy"),
        "binary_cross_entropy_with_logits": Name("logistic", parameters={"pos_weight": "pos_weight"}),
        "cross_entropy": Name("softmax_cross_entropy"),
        "GaussianNLLLoss": refused(
            "takes variances, and leaves log(2 pi)/2 out; here gaussian_nll takes scale, their root", "gaussian_nll"
        ),
        "KLDivLoss": refused(
            "divides its mean by the number of classes too; kl_target_prediction_log_probabilities does not",
            "kl_target_prediction_log_probabilities",
            also=("kl_div",),
            trap="Takes log-probabilities, and the target second: KL(target || prediction). reduction='batchmean' "
            "gives the divergence.",
        ),
        "MultiMarginLoss": refused(
            "is weston_watkins over the number of classes", "weston_watkins", parameters={"margin": "margin", "p": "p"}
        ),
        "MarginRankingLoss": refused(_IN_TORCH.format("two predictions, and which is to be the larger")),
        "HingeEmbeddingLoss": refused(_IN_TORCH.format("a distance, and whether it is to be small")),
        "CosineEmbeddingLoss": refused(_IN_TORCH.format("two vectors, and whether they are to be alike")),
        "TripletMarginLoss": refused(_IN_TORCH.format("three vectors")),
        "TripletMarginWithDistanceLoss": refused(_IN_TORCH.format("three vectors and a distance")),
        "MultiLabelMarginLoss": refused(_IN_TORCH.format("a list of labels"), also=("multilabel_margin_loss",)),
        "LinearCrossEntropyLoss": refused(
            "has weights of its own; lossary.linear_cross_entropy is the function",
            "softmax_cross_entropy",
            also=("linear_cross_entropy",),
        ),
        "AdaptiveLogSoftmaxWithLoss": refused(_IN_TORCH.format("inputs of a layer of its own")),
        "CTCLoss": refused("sums over alignments of two sequences, which no loss here does"),
        "NLLLoss2d": refused("is an old name of NLLLoss, given up by torch", "kl_target_prediction_log_probabilities"),
    },
)

_LOGITS = "Takes probabilities unless from_logits=True; scores given without it are clipped in silence."

KERAS = Library(
    "Keras",
    "(y_true, y_pred): target first",
    "mean over the last axis, then over the batch (sum_over_batch_size)",
    "Each class runs beside the one of its name in lossary.keras, on torch and JAX, options too.",
    {
        "BinaryCrossentropy": Name(
            "binary_cross_entropy",
            trap=f"{_LOGITS} With it, the loss is logistic. Clips p to [1e-7, 1 - 1e-7].",
        ),
        "CategoricalCrossentropy": Name(
            "categorical_cross_entropy", trap=f"{_LOGITS} With it, the loss is softmax_cross_entropy."
        ),
        "SparseCategoricalCrossentropy": Name(
            "categorical_cross_entropy",
            trap=f"Takes class indices. {_LOGITS} With it, the loss is softmax_cross_entropy.",
        ),
        "Hinge": Name("hinge", trap="Turns labels 0 and 1 into -1 and 1 if it sees no other."),
        "SquaredHinge": Name("squared_hinge", trap="Turns labels 0 and 1 into -1 and 1 if it sees no other."),
        "Huber": Name("huber", parameters={"delta": "delta"}),
        "KLDivergence": Name("kl_target_prediction", trap="Clips both to [1e-7, 1]."),
        "LogCosh": Name("log_cosh"),
        "MeanAbsoluteError": Name("absolute_error"),
        "MeanSquaredError": Name("squared_error"),
        "MeanSquaredLogarithmicError": Name("squared_log_error"),
        "BinaryFocalCrossentropy": refused(
            _SCORES.format("Focal (of scores in {0, 1}, balanced by alpha)"),
            "focal",
            parameters={"alpha": "alpha", "gamma": "gamma"},
            trap="alpha does nothing unless apply_class_balancing=True.",
        ),
        "CategoricalFocalCrossentropy": refused(
            _SCORES.format("FocalSoftmax, without the factor alpha,"), "focal_softmax", parameters={"gamma": "gamma"}
        ),
        "CategoricalGeneralizedCrossEntropy": refused(
            _SCORES.format("GeneralizedCrossEntropy"), "generalized_cross_entropy", parameters={"q": "q"}
        ),
        "CategoricalHinge": refused(
            "takes the largest wrong score with 0; here MulticlassHinge takes it as it is", "multiclass_hinge"
        ),
        "MeanAbsolutePercentageError": refused(
            "is in percent; here AbsolutePercentageError is a fraction", "absolute_percentage_error"
        ),
        "Poisson": refused(
            "takes means; here PoissonLog takes their logarithms, and PoissonDeviance means", "poisson_deviance"
        ),
        "CTC": refused("sums over alignments of two sequences, which no loss here does"),
        "Circle": refused("compares embeddings of a whole batch, which no loss here does"),
        "CosineSimilarity": refused("is of the directions of two vectors, which no loss here is"),
        "Dice": refused("is of the overlap of two whole arrays, which no loss here is"),
        "Tversky": refused("is of the overlap of two whole arrays, which no loss here is"),
    },
)

_OVERLAP = "is of the overlap of two whole arrays, which no loss here is"

OPTAX = Library(
    "Optax",
    "(predictions, targets): prediction first",
    "none: one number an example or element",
    "Each function runs beside the one of its name in lossary.jax; options of those for rows too.",
    {
        "hinge_loss": Name("hinge", trap="Labels are -1 and 1; 0 and 1 give a number without a meaning."),
        "huber_loss": Name("huber", parameters={"delta": "delta"}),
        "kl_divergence": Name(
            "kl_target_prediction_log_probabilities", trap="Takes log-probabilities, and targets as probabilities."
        ),
        "l2_loss": Name("half_squared_error", trap="Has the factor 1/2, which squared_error has not."),
        "log_cosh": Name("log_cosh"),
        "multiclass_hinge_loss": Name("multiclass_hinge"),
        "multiclass_perceptron_loss": Name("multiclass_perceptron"),
        "multiclass_sparsemax_loss": Name("sparsemax"),
        "perceptron_loss": Name("perceptron", trap="Labels are -1 and 1."),
        "poly_loss_cross_entropy": Name(
            "poly1:epsilon=2",
            parameters={"epsilon": "epsilon"},
            trap="epsilon is 2 unless told; the paper's, and ours, is 1.",
        ),
        "safe_softmax_cross_entropy": Name("softmax_cross_entropy"),
        "sigmoid_binary_cross_entropy": Name("logistic"),
        "softmax_cross_entropy": Name("softmax_cross_entropy", trap="Takes scores and distributions over the classes."),
        "softmax_cross_entropy_with_integer_labels": Name(
            "softmax_cross_entropy", trap="The label -1 is the last class there, and refused here."
        ),
        "squared_error": Name("squared_error"),
        "kl_divergence_with_log_targets": refused(
            "takes logarithms of targets; give kl_divergence their exponentials",
            "kl_target_prediction_log_probabilities",
        ),
        "ranking_softmax_loss": refused("is a mean; listwise_softmax gives the loss of every list", "listwise_softmax"),
        "sigmoid_focal_loss": refused(
            "has no alpha unless told: that is twice focal with alpha=0.5",
            "focal",
            parameters={"alpha": "alpha", "gamma": "gamma"},
        ),
        "sparsemax_loss": refused(
            "is for labels {0, 1} and one score; here sparsemax takes a row of scores", "sparsemax"
        ),
        "convex_kl_divergence": refused(
            "is an old name of generalized_kl_divergence, which adds the difference of the two sums",
            "kl_target_prediction_log_probabilities",
        ),
        "generalized_kl_divergence": refused(
            "adds the difference of the two sums, for what sums to no one", "kl_target_prediction_log_probabilities"
        ),
        "binary_dice_loss": refused(_OVERLAP),
        "dice_loss": refused(_OVERLAP),
        "multiclass_generalized_dice_loss": refused(_OVERLAP),
        "cosine_distance": refused("is of the directions of two vectors, which no loss here is"),
        "cosine_similarity": refused("is of the directions of two vectors, which no loss here is"),
        "ctc_loss": refused("sums over alignments of two sequences, which no loss here does"),
        "ctc_loss_with_forward_probs": refused("sums over alignments of two sequences, which no loss here does"),
        "ntxent": refused("compares embeddings of a whole batch, which no loss here does"),
        "triplet_margin_loss": refused("takes three vectors, which no loss of the catalogue does"),
    },
    no_losses=("make_fenchel_young_loss", "smooth_labels"),
)
