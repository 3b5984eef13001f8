"""Features as a careful user would hand them to each kind of model; learned from the training rows alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MOST_CATEGORIES = 200
"""Of a column for trees, the most frequent; scikit-learn's take 255 at most."""

MOST_INDICATORS = 40
"""Of a column for lines; the rarer ones are joined."""

IDENTIFIER = 0.5
"""Text with more different values than this share of the rows names rows."""


def tidy(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numbers and categories: dates as their parts, text and flags as categories, what is missing as missing."""
    learned, new = _without_dates(train), _without_dates(test)
    columns_of_train, columns_of_test = {}, {}
    for name in learned.columns:
        known, fresh = learned[name], new[name]
        if known.nunique() < 2 and not known.isna().any():
            continue
        if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known):
            columns_of_train[name], columns_of_test[name] = known.astype(float), fresh.astype(float)
        elif known.nunique() <= max(MOST_CATEGORIES / 4, IDENTIFIER * known.notna().sum()):
            columns_of_train[name], columns_of_test[name] = _categories(known, fresh)
    return pd.DataFrame(columns_of_train, index=train.index), pd.DataFrame(columns_of_test, index=test.index)


def _categories(known: pd.Series, fresh: pd.Series) -> tuple[pd.Series, pd.Series]:
    kept = sorted(map(str, known.value_counts().index[:MOST_CATEGORIES]))
    dtype = pd.CategoricalDtype(kept)

    def coded(column: pd.Series) -> pd.Series:
        text = column.astype(object).map(str, na_action="ignore")
        return text.where(text.isin(kept)).astype(dtype)

    return coded(known), coded(fresh)


def _without_dates(frame: pd.DataFrame) -> pd.DataFrame:
    parts: dict[str, pd.Series] = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            since = (column - pd.Timestamp(2000, 1, 1)) / pd.Timedelta(1, "D")
            of = column.dt
            parts |= {f"{name} days": since, f"{name} day of year": of.day_of_year, f"{name} month": of.month}
            parts |= {f"{name} weekday": of.day_of_week, f"{name} hour": of.hour}
        else:
            parts[name] = column
    return pd.DataFrame(parts, index=frame.index)


def for_lines(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Standardised numbers, the missing ones as their median and an indicator; an indicator for each category."""
    train, test = tidy(train, test)
    numbers = [name for name in train.columns if train[name].dtype == np.float64]
    categories = [name for name in train.columns if name not in numbers]
    fill = SimpleImputer(strategy="median", add_indicator=True)
    indicate = OneHotEncoder(max_categories=MOST_INDICATORS, handle_unknown="infrequent_if_exist", sparse_output=False)
    encode = make_column_transformer((make_pipeline(fill, StandardScaler()), numbers), (indicate, categories))
    known, fresh = _as_text(train, categories), _as_text(test, categories)
    return np.asarray(encode.fit_transform(known)), np.asarray(encode.transform(fresh))


def _as_text(frame: pd.DataFrame, categories: list[str]) -> pd.DataFrame:
    text = {name: frame[name].astype(object).where(frame[name].notna(), "missing") for name in categories}
    return frame.assign(**text)
