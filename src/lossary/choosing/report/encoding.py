"""Code that turns a table into the matrix that the comparison's models were given: scikit-learn's own parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent, fill, indent

from lossary.choosing.encode import FEWEST, MOST_CATEGORIES, RAREST

WIDTH = 100


@dataclass(frozen=True)
class Columns:
    """What is known of the table that was compared on.

    names, kinds   of the features: "number", "category" or "levels" (numbers that a line takes for categories)
    dates          columns whose parts are features, such as "when.month"
    encoded        how many columns a line's matrix has
    """

    names: Sequence[str]
    kinds: Sequence[str]
    dates: Sequence[str] = ()
    encoded: int = 0


def encoding(columns: Columns | None, target: str, data: str, for_trees: bool, rows: int, weighted: bool) -> str:
    """The code: from a file, or tables, to ``X``, ``y`` and ``X_new``."""
    if columns is None:
        return "# X, X_new: matrices of numbers, none of them missing; y: the target as an array"
    as_numbers = [n for n, k in zip(columns.names, columns.kinds, strict=True) if k == "number" or _is(k, for_trees)]
    as_levels = [name for name in columns.names if name not in as_numbers]
    parts = []
    if as_numbers:
        parts.append(f'("numbers", {_numbers(for_trees)}, {_listed(as_numbers)}),')
    if as_levels:
        parts.append(f'("categories", {_categories(for_trees, rows)}, {_listed(as_levels)}),')
    lines = [_imports(bool(as_numbers), bool(as_levels), for_trees), "", _table(data, target)]
    lines += [_of_dates(columns)] if columns.dates else []
    lines += ["encode = ColumnTransformer([", indent("\n".join(parts), "    "), "])"]
    lines += [f"table = table.drop_nulls({target!r})  # of pandas: dropna(subset=...)"] if data else []
    lines += ["X, X_new = encode.fit_transform(table), encode.transform(new)"]
    lines += [f"y = np.asarray(table[{target!r}])"]
    lines += ["weight = np.ones(len(y))  # put the weights of the comparison here"] if weighted else []
    return "\n".join(lines)


def _is(kind: str, for_trees: bool) -> bool:
    return kind == "levels" and for_trees


def _imports(numbers: bool, levels: bool, for_trees: bool) -> str:
    made = ["import numpy as np", "from sklearn.compose import ColumnTransformer"]
    made += ["from sklearn.impute import SimpleImputer"] if numbers else []
    made += ["from sklearn.pipeline import make_pipeline"] if numbers and not for_trees else []
    names = (["OneHotEncoder"] if levels else []) + (["StandardScaler"] if numbers and not for_trees else [])
    made += [f"from sklearn.preprocessing import {', '.join(names)}"] if names else []
    return "\n".join(made)


def _table(data: str, target: str) -> str:
    if not data:
        return (
            f"# table: rows to learn from, with the target {target!r}; new: rows to predict; both of polars or pandas"
        )
    if data.lower().endswith((".parquet", ".pq")):
        read = f"pl.read_parquet({data!r})"
    else:
        read = f'pl.read_csv({data!r}, null_values=["", "NA", "N/A", "NULL", "null", "None", "?"], '
        read += "infer_schema_length=None)"
    return dedent(f"""\
        import polars as pl

        table = {read}
        new = table  # the rows to predict: a table of the same columns""")


def _of_dates(columns: Columns) -> str:
    made = [name for name in columns.names if any(name.startswith(f"{date}.") for date in columns.dates)]
    told = f"First add the columns {', '.join(made)}: days since the first date, month, weekday (Monday is 0), hour"
    return fill(" ".join(told.split()), WIDTH, initial_indent="# ", subsequent_indent="# ")


def _numbers(for_trees: bool) -> str:
    filled = 'SimpleImputer(strategy="median", add_indicator=True)'
    return filled if for_trees else f"make_pipeline({filled}, StandardScaler())"


def _categories(for_trees: bool, rows: int) -> str:
    first = "" if for_trees else 'drop="first", '
    rare = max(FEWEST, int(RAREST * rows))
    return (
        f'OneHotEncoder({first}handle_unknown="infrequent_if_exist", min_frequency={rare}, '
        f"max_categories={MOST_CATEGORIES}, sparse_output=False)"
    )


def _listed(names: Sequence[str]) -> str:
    short = repr(list(names))
    if len(short) <= WIDTH:
        return short
    lines, line = [], ""
    for name in names:
        if len(line) + len(repr(name)) > WIDTH:
            lines.append(line.rstrip())
            line = ""
        line += f"{name!r}, "
    return "[\n" + indent("\n".join([*lines, line.rstrip()]), "    ") + "\n]"
