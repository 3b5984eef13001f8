"""Sets of which the mean is asked: prices, amounts, counts, shares, durations, measurements and ratings."""

from __future__ import annotations

from collections.abc import Sequence

from bench.real.question import RealSet

_PRICES = (
    RealSet("modeldata", "ames", "Sale_Price", "mean", "price"),
    RealSet("modeldata", "Sacramento", "price", "mean", "price"),
    RealSet("modeldata", "car_prices", "Price", "mean", "price"),
    RealSet(
        "modeldata", "hotel_rates", "avg_price_per_room", "mean", "price", time="arrival_date", dates=("arrival_date",)
    ),
    RealSet("mosaicData", "SaratogaHouses", "price", "mean", "price"),
    RealSet("Ecdat", "Computers", "price", "mean", "price"),
    RealSet("Ecdat", "Diamond", "price", "mean", "price"),
)
_AMOUNTS = (
    RealSet("modeldata", "stackoverflow", "Salary", "mean", "amount"),
    RealSet("carData", "Salaries", "salary", "mean", "amount"),
    RealSet("openintro", "acs12", "income", "mean", "amount"),
    RealSet("Ecdat", "MedExp", "med", "mean", "amount"),
    RealSet("Ecdat", "Workinghours", "hours", "mean", "amount"),
    RealSet("plm", "RiceFarms", "goutput", "mean", "amount", drop=("noutput",), group="id"),
    RealSet("nlme", "Remifentanil", "conc", "mean", "amount", drop=("Subject",), group="ID"),
    # The grades are the rate in steps; the rest is known only once the loan runs.
    RealSet(
        "openintro", "loans_full_schema", "interest_rate", "mean", "amount",
        drop=("grade", "sub_grade", "installment", "loan_status", "balance", "paid_total", "paid_principal",
              "paid_interest", "paid_late_fees", "emp_title", "issue_month"),
    ),
)  # fmt: skip
_COUNTS = (
    RealSet("examples", "bikeshare", "bikers", "mean", "count", time="day"),
    # What else was spent or counted in the same year is no feature, nor is what is derived from it.
    RealSet(
        "sampleSelection", "RandHIE", "mdvis", "mean", "count",
        drop=("tookphys", "outpdol", "drugdol", "suppdol", "mentdol", "inpdol", "meddol", "totadm", "inpmis", "mentvis",
              "notmdvis", "lnmeddol"),
        group="zper",
    ),
    # `weeks` is how long bids came in: known after.
    RealSet("Ecdat", "Bids", "numbids", "mean", "count", drop=("docno", "takeover", "weeks")),
    RealSet("MASS", "quine", "Days", "mean", "count"),
    RealSet("carData", "Ornstein", "interlocks", "mean", "count"),
    RealSet("mosaicData", "Births", "births", "mean", "count", time="date", dates=("date",)),
)  # fmt: skip
_SHARES = (
    RealSet("Ecdat", "BudgetFood", "wfood", "mean", "share"),
    # The other shares add up with this one to 1.
    RealSet("Ecdat", "BudgetUK", "wfood", "mean", "share", drop=("wfuel", "wcloth", "walc", "wtrans", "wother")),
    RealSet("Ecdat", "Tobacco", "stobacco", "mean", "share", drop=("salcohol",)),
    RealSet("pscl", "presidentialElections", "demVote", "mean", "share in percent"),
    RealSet("DAAG", "frogs", "pres.abs", "mean", "zero or one"),
)
_DURATIONS = (
    RealSet("modeldata", "deliveries", "time_to_delivery", "mean", "duration"),
    # How the spell ended is known after.
    RealSet("Ecdat", "UnempDur", "spell", "mean", "duration", drop=("censor1", "censor2", "censor3", "censor4")),
)
_MEASUREMENTS = (
    RealSet("modeldata", "concrete", "compressive_strength", "mean", "measurement"),
    RealSet("modeldata", "Chicago", "ridership", "mean", "measurement", time="date", dates=("date",)),
    RealSet("MASS", "cpus", "perf", "mean", "measurement", drop=("name", "estperf")),
    RealSet("MASS", "nlschools", "lang", "mean", "measurement", group="class"),
    RealSet("openintro", "bdims", "wgt", "mean", "measurement"),
    RealSet("openintro", "cpu", "tdp", "mean", "measurement", drop=("name",), dates=("released",)),
    # The tax on guzzlers is set by the mileage.
    RealSet(
        "openintro", "epa2021", "comb_mpg", "mean", "measurement",
        drop=("city_mpg", "hwy_mpg", "guzzler", "carline", "model_type_index", "model_yr"), dates=("release_date",),
    ),
    RealSet("openintro", "fastfood", "sodium", "mean", "measurement", drop=("item", "salad")),
    # Children are numbered by their heights.
    RealSet("HistData", "GaltonFamilies", "childHeight", "mean", "measurement", drop=("childNum",), group="family"),
    RealSet("sklearn", "diabetes", "target", "mean", "measurement"),
)  # fmt: skip
_RATINGS = (
    RealSet("DAAG", "science", "like", "mean", "rating", drop=("Class", "class"), group="school"),
    RealSet(
        "stevedata", "ESSBE5", "trstplc", "mean", "rating", drop=("essround", "edition", "idno", "cntry")
    ),
)  # fmt: skip

MEANS: Sequence[RealSet] = (*_PRICES, *_AMOUNTS, *_COUNTS, *_SHARES, *_DURATIONS, *_MEASUREMENTS, *_RATINGS)
