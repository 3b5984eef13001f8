"""LY001 to LY039: what may be found about the question, the data, and the residuals of a pilot fit."""

from lossary.choosing.findings.kind import Kind

KINDS = (
    Kind(
        "LY001",
        "question_by_default",
        "Nobody said what should be predicted",
        "A loss is right or wrong only for a question: the mean, the median, a quantile, an interval, a probability "
        "or a label. None was named, so the usual one for such a target was taken. Another question has other "
        "yardsticks, and may well have another winner.",
        "nothing was asked for",
        "say what is wanted (--want mean, median, quantile:0.9, interval:0.8, probability, label)",
        ("Gneiting (2011), doi:10.1198/jasa.2011.r10138", "Fissler, Lorentzen and Mayer (2022), arXiv:2202.12780"),
    ),
    Kind(
        "LY002",
        "mean_is_not_median",
        "The mean and the median are far apart",
        "What is typical and what preserves the total are different numbers here. Squared error and the deviances go "
        "for the mean, absolute error for the median, Huber's loss for something between. No loss serves both.",
        "the gap is over a tenth of the spread (median absolute deviation / 0.6745)",
        "nothing, while the target is skewed: ask for the one you need",
        ("Gneiting (2011), doi:10.1198/jasa.2011.r10138", "Taggart (2022), doi:10.1214/21-EJS1957"),
    ),
    Kind(
        "LY003",
        "nonnegative_target",
        "The target is never negative",
        "A straight line can predict less than nothing, a log link cannot. Poisson, Tweedie and gamma losses have "
        "that link and allow for more spread where more is expected; their minimiser is the mean, as for squared "
        "error.",
        "no target below zero, and not all of them equal",
        "a target that can be negative: differences, profits, temperatures",
        (
            "Nelder and Wedderburn (1972), doi:10.2307/2344614",
            "Santos Silva and Tenreyro (2006), doi:10.1162/rest.88.4.641",
        ),
        ("poisson", "tweedie", "gamma"),
    ),
    Kind(
        "LY004",
        "counts",
        "The target may count something",
        "Whole numbers from zero up. Poisson losses fit their mean even where the counts are not Poisson at all, as "
        "long as the mean is modelled well; a full distribution needs more (negative binomial).",
        "all targets are whole and not negative, with more than two values",
        "whole numbers that are codes or ranks: then they are classes, not counts",
        ("Gourieroux, Monfort and Trognon (1984), Econometrica 52:701",),
        ("poisson", "negative_binomial"),
    ),
    Kind(
        "LY005",
        "shares",
        "The target is a share, a percentage, or one of two values",
        "Predictions beyond the ends make no sense, and spread shrinks towards both. Binary cross-entropy with "
        "the logit link fits the mean of a share, exact zeros and ones included; a percentage is divided by 100 first. "
        "The mean of zeros and ones is a probability.",
        "all targets in [0, 1]; or in [0, 100], and the target's name says percent; or of two values, and the mean is "
        "wanted",
        "percentages of a known total: model the counts themselves",
        ("Papke and Wooldridge (1996), Journal of Applied Econometrics 11:619",),
        ("binary_cross_entropy", "logistic"),
    ),
    Kind(
        "LY006",
        "ordered_levels",
        "The target has a few ordered levels",
        "Grades and ratings have an order but no distances. Cross-entropy forgets the order, squared error invents "
        "the distances; a cumulative link keeps the one and does not need the other.",
        "between 3 and 10 whole levels, or as many classes whose order is declared or plain from their names",
        "levels that are amounts (use a regression) or names (use classes)",
        ("McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x",),
        ("cumulative_logit", "ranked_probability_score"),
    ),
    Kind(
        "LY007",
        "many_zeros",
        "Many targets are exactly zero",
        "A lump at zero beside a continuous amount, as in claims or rainfall. Tweedie losses with a power between 1 "
        "and 2 belong to such a distribution; gamma refuses zeros, and logs of zeros need an arbitrary shift.",
        "over a tenth of the targets are zero, and the others are positive",
        "zeros that mean 'not recorded': they are missing values",
        ("Jorgensen (1987), doi:10.1111/j.2517-6161.1987.tb01685.x",),
        ("tweedie", "poisson"),
    ),
    Kind(
        "LY008",
        "constant_target",
        "The target is always the same",
        "There is nothing to learn: the constant predicts it perfectly, and every loss does.",
        "one distinct target",
        "other rows, or another target",
        ("by definition",),
    ),
    Kind(
        "LY009",
        "few_rows",
        "There are few rows",
        "With so few rows a test can tell only large differences from chance. A tie then says little about the losses "
        "and much about the data's size.",
        "fewer than 100 rows, or fewer than 10 for each feature",
        "more rows",
        ("Nadeau and Bengio (2003), doi:10.1023/A:1024068626366",),
    ),
    Kind(
        "LY010",
        "time_order",
        "Neighbouring rows are alike, or in order of time",
        "Shuffled folds put yesterday and tomorrow into training when today is tested, and so flatter every "
        "candidate, most of all those that remember. Folds should be blocks of time, the test after the training.",
        "a column of times, or neighbours' residuals correlated by more than 0.2",
        "rows whose order means nothing",
        (
            "Bergmeir and Benitez (2012), doi:10.1016/j.ins.2011.12.028",
            "Roberts et al. (2017), doi:10.1111/ecog.02881",
        ),
    ),
    Kind(
        "LY011",
        "groups",
        "Rows belong to groups",
        "Several rows of one person, shop or machine resemble each other. If they are spread over folds, a candidate "
        "is tested on what it has half seen; folds, and the bootstrap, should keep groups whole.",
        "a column that repeats its values, and explains over a tenth of the variance that a pilot fit leaves; of text, "
        "of a fit without that column",
        "predictions that are only ever wanted for groups that are in the data",
        ("Roberts et al. (2017), doi:10.1111/ecog.02881",),
    ),
    Kind(
        "LY012",
        "duplicates_across_folds",
        "Some rows are copies of others",
        "Copies of a row on both sides of a split are answers known beforehand, which flatters all scores, those of "
        "flexible models most. Copies were therefore kept in one fold.",
        "any row that is there twice, target and features",
        "copies that are honest repetitions: different cases with equal values",
        ("Kapoor and Narayanan (2023), doi:10.1016/j.patter.2023.100804",),
    ),
    Kind(
        "LY013",
        "missing_values",
        "Values are missing",
        "Rows without a target were left out; missing features were filled with the median (or a category of their "
        "own) and marked by a column, inside each training fold.",
        "any missing value",
        "data in which they were recorded",
        ("Rubin (1976), doi:10.1093/biomet/63.3.581",),
    ),
    Kind(
        "LY014",
        "imbalance",
        "One class is rare",
        "A rare class is no problem for a loss in itself: plain cross-entropy gives right probabilities for it. What "
        "is scarce is examples; what needs care is the threshold. Weights and resampling distort the probabilities, "
        "and seldom rank any better.",
        "the rarest class has under a tenth of the rows",
        "a threshold that cannot be moved: then weights by cost are a way to move it",
        ("van den Goorbergh et al. (2022), doi:10.1093/jamia/ocac093", "Elkan (2001), IJCAI 17:973"),
        ("logistic", "softmax_cross_entropy"),
    ),
    Kind(
        "LY015",
        "label_noise",
        "Classes overlap, or labels are wrong",
        "Out-of-fold predictions contradict labels. Where classes overlap that must be so; where they do not, labels "
        "are wrong, and predictions alone cannot tell the two apart. Losses that grow without bound chase wrong "
        "labels; bounded ones such as generalised cross-entropy give them up. Looking at the worst rows comes first.",
        "over 5% of labels are contradicted",
        "labels that were checked: then the contradicted rows are the interesting ones",
        ("Northcutt, Jiang and Chuang (2021), doi:10.1613/jair.1.12125", "Zhang and Sabuncu (2018), arXiv:1805.07836"),
        ("generalized_cross_entropy", "symmetric_cross_entropy"),
    ),
    Kind(
        "LY016",
        "leak",
        "One column nearly gives the target away",
        "A single feature predicts the target almost perfectly. Such columns are mostly filled in after the fact, and "
        "will not be there when a prediction is needed; every loss looks good with them.",
        "one feature alone reaches a skill of 0.98",
        "a column that is truly known beforehand",
        ("Kapoor and Narayanan (2023), doi:10.1016/j.patter.2023.100804",),
    ),
    Kind(
        "LY017",
        "asymmetric_costs",
        "One direction of error is dearer",
        "Costs by unit of c_under and c_over are least at the quantile c_under / (c_under + c_over), not at the mean; "
        "for two classes, at the threshold c_over / (c_under + c_over) for the probability.",
        "the two costs differ",
        "costs that grow faster than the error: then an expectile is wanted",
        ("Koenker and Bassett (1978), doi:10.2307/1913643", "Elkan (2001), IJCAI 17:973"),
        ("quantile",),
    ),
    Kind(
        "LY021",
        "heavy_tails",
        "Residuals have heavy tails",
        "A few errors are far larger than the rest, and squared error lets them decide. Huber's loss and absolute "
        "error do not. But if the mean is wanted, the far targets are part of it, and a robust loss is biased when "
        "they lie on one side.",
        "over 1% of residuals beyond 5 times their robust standard deviation, or a tail index below 3",
        "outliers that are errors of recording (mend them), or a wish for the mean (keep squared error or a deviance)",
        ("Huber (1964), doi:10.1214/aoms/1177703732", "Hill (1975), doi:10.1214/aos/1176343247"),
        ("huber", "absolute_error", "pseudo_huber", "student_t_nll"),
    ),
    Kind(
        "LY022",
        "asymmetry",
        "Residuals are lopsided",
        "Errors reach further to one side than to the other, so that the mean and the median of like rows differ. "
        "Huber and log-cosh losses then aim at neither. Say which is wanted; for a mean of positive targets the gamma "
        "or Poisson loss fits the shape.",
        "a medcouple beyond 0.2 in size",
        "a transformation or a feature that explains the long side",
        ("Brys, Hubert and Struyf (2004), doi:10.1198/106186004X12632",),
        ("gamma", "poisson", "absolute_error"),
    ),
    Kind(
        "LY023",
        "heteroscedasticity",
        "Spread changes with the prediction or a feature",
        "Some rows are far noisier than others. Squared error still finds the mean, but listens most to the noisiest "
        "rows; a deviance or weights do better. Quantiles fan out: one line cannot describe them all.",
        "Koenker's Breusch-Pagan p below 0.01, and the noisiest fifth over 3 times the variance of the calmest",
        "the mean is all that is wanted, and there are rows enough",
        ("Koenker (1981), doi:10.1016/0304-4076(81)90062-2", "Koenker and Bassett (1982), doi:10.2307/1912528"),
        ("quantile", "gamma", "poisson", "gaussian_nll"),
    ),
    Kind(
        "LY024",
        "mean_variance_power",
        "Variance grows as a power of the mean",
        "The modified Park test fits variance = c mean^p. p near 0 speaks for squared error, 1 for Poisson, 2 for "
        "gamma, 3 for inverse Gaussian, and between 1 and 2 for Tweedie with that power. All aim at the mean; the "
        "nearest wastes least.",
        "the 95% interval of p leaves out 0",
        "outliers among large means, which drive the estimate",
        ("Manning and Mullahy (2001), doi:10.1016/S0167-6296(01)00086-8",),
        ("poisson", "tweedie", "gamma", "inverse_gaussian"),
    ),
    Kind(
        "LY025",
        "overdispersion",
        "Counts vary more than Poisson counts",
        "The Pearson statistic over its degrees of freedom is well above one. For the mean that does not matter: the "
        "Poisson loss still finds it. For intervals, probabilities of counts, or standard errors it does.",
        "over 1.5",
        "a feature that explains the extra spread",
        (
            "Cameron and Trivedi (1990), doi:10.1016/0304-4076(90)90014-K",
            "Gourieroux, Monfort and Trognon (1984), Econometrica 52:701",
        ),
        ("negative_binomial",),
    ),
    Kind(
        "LY026",
        "leverage",
        "A few rows far out in the features decide the fit",
        "These rows lie far from all others in the features and far from where the others would put them. They pull "
        "any line towards themselves, so their residuals look small, and no convex loss resists that: not absolute "
        "error, not Huber. What helps is to look at them, or a high-breakdown method (least trimmed squares, MM).",
        "a robust distance in the features beyond the 97.5% point, a residual beyond 2.5 robust standard deviations, "
        "and a line of least absolute errors that fits the other rows a quarter worse for them, by more than chance "
        "explains (p < 0.01)",
        "the rows turning out to be right: then the line is wrong, and needs a bend or another feature",
        (
            "Rousseeuw and van Zomeren (1990), doi:10.1080/01621459.1990.10474920",
            "Rousseeuw and Van Driessen (2006), doi:10.1007/s10618-005-0024-4",
        ),
    ),
    Kind(
        "LY027",
        "contamination",
        "A sizeable share of rows follows something else",
        "More rows lie far off than any tail would send there. Losses that level off (Tukey's biweight, Welsch) give "
        "such rows up altogether; they have several minima, and want a robust start.",
        "over 5% of residuals beyond 5 times their robust standard deviation",
        "a feature that tells the two kinds of rows apart",
        ("Beaton and Tukey (1974), doi:10.1080/00401706.1974.10489171",),
        ("tukey_biweight", "welsch", "huber"),
    ),
    Kind(
        "LY028",
        "heavy_log_tails",
        "Even on the log scale residuals have heavy tails",
        "Deviances with a log link lose much precision to such tails, and least squares on the log of the target "
        "less. But that predicts a geometric mean, and its way back to the mean (smearing) fails where the spread "
        "varies.",
        "kurtosis of log-scale residuals over 3 (in excess of the normal's)",
        "interest in the median: then the log scale costs nothing",
        (
            "Manning and Mullahy (2001), doi:10.1016/S0167-6296(01)00086-8",
            "Duan (1983), doi:10.1080/01621459.1983.10478017",
        ),
    ),
    Kind(
        "LY029",
        "separable_classes",
        "The classes can be told apart without error",
        "A line separates the classes in training. Cross-entropy then has no minimum, coefficients grow until a "
        "penalty or a step limit stops them, and probabilities are more certain than the data are.",
        "training error zero under a linear model",
        "a penalty; more rows",
        ("Albert and Anderson (1984), doi:10.1093/biomet/71.1.1",),
        ("squared_hinge", "logistic"),
    ),
)
