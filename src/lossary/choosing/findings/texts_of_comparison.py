"""LY041 to LY079: what a comparison of candidates may show."""

from lossary.choosing.findings.kind import Kind

KINDS = (
    Kind(
        "LY041",
        "winner",
        "One candidate is better than all others",
        "Every other candidate scores worse: by the corrected t-test over folds, by the model confidence set over "
        "rows, and by enough to matter; or it is far behind, or fails badly in a fold.",
        "no other candidate is tied with the best",
        "another question, other candidates, or data from elsewhere",
        (
            "Nadeau and Bengio (2003), doi:10.1023/A:1024068626366",
            "Hansen, Lunde and Nason (2011), doi:10.3982/ECTA5771",
        ),
    ),
    Kind(
        "LY042",
        "tie",
        "Several candidates predict about equally well",
        "Their scores differ by what may be chance, or by too little to matter. That is an answer: choose among them "
        "by simplicity, calibration or speed, and the price is at most the interval that is shown.",
        "a candidate is out only if the model confidence set leaves it out, the corrected p is below 0.05, and the "
        "difference is not too small to matter; or if it fails badly in a fold (LY065), or has over twice the best "
        "score, or half as much again and that in every fold or beyond the constant's",
        "more rows, or more repeats of the folds (which help less than they seem to)",
        ("Hansen, Lunde and Nason (2011), doi:10.3982/ECTA5771", "Benavoli et al. (2017), JMLR 18:77"),
    ),
    Kind(
        "LY043",
        "nothing_to_gain",
        "No other loss is clearly better than the usual one",
        "The usual loss is among the best of its model. What another is ahead of it is about what chance does to the "
        "best of several, or that other aims at something else. Keeping it costs nothing that can be shown, and every "
        "other loss is more to explain.",
        "the usual loss is among those that may be the best, behind the best of its model by at most 5% of the score, "
        "and at most 0.5% of that lead is to be expected on new rows (it is shrunk by its standard error, as losses "
        "differ by 2% as a rule); 1% is excused beside a loss that aims at something else or predicts the impossible",
        "more rows, or another question",
        ("Efron and Morris (1973), doi:10.2307/2284155",),
    ),
    Kind(
        "LY044",
        "nothing_beats_constant",
        "Nothing beats the best constant",
        "No candidate predicts unseen rows better than one number for all, as far as these rows can show. The choice "
        "of a loss is then not the problem: the features say nothing about the target, or there are too few rows to "
        "hear it.",
        "no candidate scores better; or one does, but random signs of what all of them save of the constant's score, "
        "by any of the question's yardsticks, do as well in over 5% of draws (of rows, whole groups, or blocks of "
        "neighbours in time); nor (rows in no order of time) does the order of its predictions go with that of the "
        "targets, by Spearman's correlation at 5% over the number of candidates",
        "other features, or more rows; another yardstick, if one sees a skill: --primary",
        ("Romano and Wolf (2005), doi:10.1198/016214504000000539",),
    ),
    Kind(
        "LY045",
        "link_gain",
        "The gain came from the link, not from the loss",
        "The usual loss with the other link already has most of the gain; changing the loss then adds little. A "
        "report that credits the loss would be wrong about the reason, and the next data set would show it.",
        "under one model, over half of the gain over the usual loss is there with the link alone",
        "a candidate of the same loss under both links that scores alike",
        ("Santos Silva and Tenreyro (2006), doi:10.1162/rest.88.4.641",),
    ),
    Kind(
        "LY046",
        "model_gain",
        "The gain came from the model, not from the loss",
        "Another model has most of the gain, whichever loss it is trained with, and no loss has it under the usual "
        "model. Losses are compared fairly only under the same model, which is what the decision does.",
        "the reference is out, and over half of the gain over it is the model's (on average over both losses, where "
        "both were compared), and at most half is there with another loss under its own model",
        "features with which a line does as well",
        ("by arithmetic: the scores of two losses under two models", "Shapley (1953), Annals of Math. Studies 28:307"),
    ),
    Kind(
        "LY047",
        "threshold_gain",
        "What costs ask for is a threshold, not another loss",
        "Good probabilities from the usual loss, cut where the costs say instead of at 1/2, cost as little as any "
        "loss made for the costs; and the threshold can follow the costs later, without training anew.",
        "the usual loss is kept, and its costs fall by over 1% of the constant's when the threshold moves",
        "probabilities that are not calibrated: then calibrate, or tune the threshold on data kept apart",
        ("Elkan (2001), IJCAI 17:973", "van den Goorbergh et al. (2022), doi:10.1093/jamia/ocac093"),
    ),
    Kind(
        "LY048",
        "optimism",
        "The best score is a little too good",
        "The best of several scores is best partly by chance. Choosing on rows drawn again, and scoring on those left "
        "out, shows what to expect of it on new rows.",
        "the corrected score is worse by over 1%",
        "fewer candidates, or more rows",
        (
            "Tsamardinos, Greasidou and Borboudakis (2018), doi:10.1007/s10994-018-5714-4",
            "Varma and Simon (2006), doi:10.1186/1471-2105-7-91",
        ),
    ),
    Kind(
        "LY049",
        "naive_test_over_claims",
        "A plain t-test would have claimed a difference",
        "Folds share most of their training rows, so their scores are no independent evidence; repeated folds are "
        "counted as if they were new data. With the variance corrected for that, the difference may well be chance.",
        "plain p below 0.05 and corrected p above",
        "a fresh test set",
        ("Nadeau and Bengio (2003), doi:10.1023/A:1024068626366", "Bengio and Grandvalet (2004), JMLR 5:1089"),
    ),
    Kind(
        "LY050",
        "yardsticks_disagree",
        "Another yardstick would choose another candidate",
        "All yardsticks shown suit the question, but weigh errors differently: squared error the large ones, "
        "deviances those that are large beside the prediction. No candidate is exactly right, so they may rank "
        "differently, and rightly.",
        "by another yardstick a candidate is better than the recommended one, by over 1% of the constant's score",
        "choosing the yardstick by what an error costs you: --primary",
        ("Patton (2020), doi:10.1080/07350015.2019.1585256",),
    ),
    Kind(
        "LY051",
        "dominance",
        "One candidate serves every decision at least as well",
        "A decision is taken where the prediction passes a threshold. At every threshold its cost (its Murphy curve) "
        "is nowhere above the other's on these rows.",
        "nowhere above the other curve, and somewhere below, by over 1% of the height",
        "other rows: the curves are those of this sample",
        ("Ehm, Gneiting, Jordan and Krueger (2016), doi:10.1111/rssb.12154",),
    ),
    Kind(
        "LY052",
        "murphy_curves_cross",
        "Which is better depends on the decision",
        "The two may be equally good on average. But decisions that are taken where the prediction passes some "
        "threshold are served better by the one, and others by the other (their Murphy curves cross).",
        "the two are tied, and each curve lies below the other's by over 1% of its height somewhere",
        "knowing at which thresholds you decide: look only there",
        ("Ehm, Gneiting, Jordan and Krueger (2016), doi:10.1111/rssb.12154",),
    ),
    Kind(
        "LY053",
        "impossible_predictions",
        "Some predictions are impossible",
        "Less than zero for a target that is never negative, or a share outside 0 to 1. Scores that need possible "
        "predictions have no number then. A link (log, logit) makes such predictions impossible.",
        "any prediction below zero where no target is negative, or outside [0, 1] where all targets are inside",
        "a link; cutting the predictions off hides the fault, and biases the mean",
        ("James et al. (2021), An Introduction to Statistical Learning, section 4.6",),
        ("poisson", "tweedie", "gamma", "logistic"),
    ),
    Kind(
        "LY054",
        "biased",
        "Predictions are off on average",
        "Over unseen rows the candidate is too high or too low on average: it predicts something other than what is "
        "wanted, as a typical value where the mean is wanted, or a quantile of another level.",
        "p below 0.01, and over 2% of the mean target (or 0.02 of the level)",
        "recalibration, or a loss for what is wanted",
        ("Nolde and Ziegel (2017), doi:10.1214/17-AOAS1041",),
    ),
    Kind(
        "LY055",
        "log_target_bias",
        "A model of the log under-predicts the mean",
        "Squared error on the log of the target (RMSLE, MSLE) is least at the geometric mean, which lies below the "
        "mean, the further the more the target scatters. Totals of such predictions come out too small.",
        "p below 0.01, and over 2% below the mean target",
        "a log link in place of the log of the target (Poisson, gamma), or smearing",
        (
            "Duan (1983), doi:10.1080/01621459.1983.10478017",
            "Manning and Mullahy (2001), doi:10.1016/S0167-6296(01)00086-8",
        ),
        ("poisson", "gamma", "tweedie"),
    ),
    Kind(
        "LY056",
        "miscalibrated",
        "Recalibrating would gain more than another loss",
        "Its ranking of rows is good but the scale of its predictions is not: isotonic recalibration takes a good "
        "part of the score away. Mend that first; the difference between losses may vanish with it.",
        "it takes over 5% off the score, with p below 0.05",
        "recalibration on data kept apart (isotonic from about 1,000 rows, Platt's sigmoid below)",
        (
            "Dimitriadis, Gneiting and Jordan (2021), doi:10.1073/pnas.2016191118",
            "Niculescu-Mizil and Caruana (2005), doi:10.1145/1102351.1102430",
        ),
    ),
    Kind(
        "LY057",
        "coverage_off",
        "Fewer or more targets are covered than was asked",
        "The share of unseen targets below the predicted quantile, or inside the interval, is not the one asked for, "
        "though predictions were moved until rows held out of training were covered as asked (conformal adjustment). "
        "So rows are unlike those held out, in time or by groups, or too few, or many targets are equal.",
        "off by over 0.02 and by more than 3 standard errors, those of groups or neighbours if there are any",
        "more rows, and such as those to come (--time, --group)",
        (
            "Romano, Patterson and Candes (2019), arXiv:1905.03222",
            "Barber, Candes, Ramdas and Tibshirani (2023), doi:10.1214/23-AOS2276",
        ),
    ),
    Kind(
        "LY058",
        "crossing",
        "Predicted quantiles cross",
        "Some lower ends lie above their upper ends, as both were fitted apart. Sorting never makes the score worse.",
        "any crossing",
        "sorting, or fitting both ends together",
        ("Chernozhukov, Fernandez-Val and Galichon (2010), doi:10.3982/ECTA7880",),
    ),
    Kind(
        "LY059",
        "other_functional",
        "This loss aims at something other than what is wanted",
        "What it predicts best is not what was asked for: where the target is lopsided, more data makes it not better "
        "but surer of the wrong number. It may still score well on small or clean data, and was therefore compared.",
        "the loss aims at something else, and the candidate may be the best, or is the usual one",
        "symmetric residuals, for which mean, median and Huber's functional are the same",
        ("Gneiting (2011), doi:10.1198/jasa.2011.r10138", "Taggart (2022), doi:10.1214/21-EJS1957"),
    ),
    Kind(
        "LY060",
        "distorted_probability",
        "What this loss gives is not the probability as it stands",
        "Focal, robust and label-smoothed losses rank rows well but are least at a distorted probability; hinge losses "
        "give a sign alone. Distortions that the loss's own gradient undoes were undone before scoring; code of your "
        "own must do so too, or calibrate.",
        "a loss that is not proper, where a probability is wanted",
        "only labels being wanted",
        ("Charoenphakdee et al. (2021), arXiv:2011.09172", "Bartlett and Tewari (2007), JMLR 8:775"),
    ),
    Kind(
        "LY061",
        "candidate_failed",
        "A candidate could not be compared",
        "Training failed or gave numbers that are not finite, so it has no scores. It is listed so that nobody thinks "
        "it was never tried.",
        "an error, or a prediction that is not finite",
        "the reason given with it",
        ("by definition",),
    ),
    Kind(
        "LY062",
        "trained_on_another_yardstick",
        "A candidate trained on something else did best",
        "The best by this yardstick was not trained on it. That is common in boosting, whose steps a smooth loss "
        "guides better, and on small data, where an efficient wrong loss beats a right noisy one.",
        "the best candidate's loss aims at something else, and leads by enough to matter",
        "more rows, or a better optimiser for the loss that fits the question",
        ("Patton (2020), doi:10.1080/07350015.2019.1585256", "dmlc/xgboost issue 12351 (2026), on 18 data sets"),
    ),
    Kind(
        "LY063",
        "few_folds",
        "Few folds were scored",
        "With few folds the t-tests have few degrees of freedom, and only large differences show.",
        "fewer than 5 folds in all",
        "repeated folds",
        ("Bouckaert and Frank (2004), doi:10.1007/978-3-540-24775-3_3",),
    ),
    Kind(
        "LY064",
        "lone_row",
        "One row makes most of the score",
        "A single unseen row costs more than all others together, as where a log link's exponential runs on to a row "
        "far beyond the rest. Folds with it and folds without it differ wildly, and no test can tell such a candidate "
        "from any other: what it is behind in score decides. Judge it by that row: is it right, and will its like "
        "come again?",
        "one row has over half of a candidate's score",
        "the row turning out to be wrong; a yardstick that grows more slowly; a feature on a log scale",
        ("by arithmetic: the rows' shares of the score",),
    ),
    Kind(
        "LY065",
        "unstable",
        "A candidate fails badly in a fold, and is out",
        "On the unseen rows of one fold it is several times worse than one number for all, and others are not. The "
        "next rows may do the same to it. Its mean score says nothing, and its error would hide every difference; so "
        "it does not take part in the comparison with the best.",
        "in a fold it has over 3 times the score of the constant there, of the constant overall, and of the best "
        "candidate there",
        "the rows of that fold turning out to be wrong; a feature on a log scale; a penalty",
        ("by arithmetic: the scores of each fold",),
    ),
)
