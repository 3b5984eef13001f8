"""Code that turns a table into the matrix that the comparison's models were given: scikit-learn's own parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

from lossary.choosing.table.encoding import FEWEST, MOST_CATEGORIES

WIDTH = 100


@dataclass(frozen=True)
class Columns:
    """What is known of the table that was compared on.

    names, kinds   of the features: "number", "category" or "levels" (numbers that a line takes for categories)
    dates          the first moments of columns whose parts are features, such as "when.month"
    encoded        how many columns a line's matrix has
    ill_posed      whether a line's rows would be enough, but one of these columns nearly follows from others
    read           columns of text that were read as numbers or dates, the target's too
    """

    names: Sequence[str]
    kinds: Sequence[str]
    dates: Mapping[str, str] = field(default_factory=dict)
    encoded: int = 0
    ill_posed: bool = False
    read: Sequence[str] = ()


@dataclass(frozen=True)
class Source:
    """Where rows come from: the file ("" for tables at hand), and the columns of the target, of weights and of times.

    The file is a path that can be opened from any folder, for code is pasted elsewhere than where it was compared.

    ``weight`` is None without weights, ``time`` where rows have no order; either is "" where it is no column.
    """

    target: str
    data: str = ""
    weight: str | None = None
    time: str | None = None
    incomplete: bool = False
    """Whether some rows of the table have no target."""
    group: str | None = None
    """The column of groups that must not be split; None if there are none, "" where they are no column."""

    @property
    def file_name(self) -> str:
        """The file's name alone; "" for tables at hand."""
        return Path(self.data).name


def loading(columns: Columns | None, source: Source) -> str:
    """The code from a file, or a table, to ``y``, and to ``weight`` where rows are weighted."""
    if columns is None:
        return f"# y: the target as an array{_also_weights(source)}"
    return "\n".join(["import numpy as np", "", _table(source, ()), *_counted(source), *_arrays(source)])


def encoding(columns: Columns | None, source: Source, for_trees: bool) -> str:
    """The code: from a file, or tables, to ``X``, ``y`` and ``X_new``."""
    if columns is None:
        comment = "# X, X_new: matrices of numbers, none of them missing; y: the target as an array"
        return comment + _also_weights(source)
    as_numbers = [n for n, k in zip(columns.names, columns.kinds, strict=True) if k == "number" or _is(k, for_trees)]
    as_levels = [name for name in columns.names if name not in as_numbers]
    parts = []
    if as_numbers:
        parts.append(f'("numbers", {_numbers(for_trees)}, {_listed(as_numbers)}),')
    if as_levels:
        parts.append(f'("categories", {_categories(for_trees)}, {_listed(as_levels)}),')
    lines = [_imports(bool(as_numbers), bool(as_levels), for_trees), "", _table(source, columns.read)]
    lines += [_of_dates(columns.dates, source.data)] if columns.dates else []
    lines += ["encode = ColumnTransformer([", indent("\n".join(parts), "    "), "])"]
    lines += [*_counted(source), "X, X_new = encode.fit_transform(table), encode.transform(new)", *_arrays(source)]
    return "\n".join(lines)


def _also_weights(source: Source) -> str:
    return "" if source.weight is None else "; weight: those of the comparison, one a row"


def _counted(source: Source) -> list[str]:
    """Without the rows that took no part; in order of time, where there is one."""
    lines = [OF_THOSE_WITH_A_TARGET.format(repr(source.target))] if source.incomplete else []
    if not source.data:
        return lines
    lines += [f"table = table.filter(pl.col({source.weight!r}) > 0)"] if source.weight else []
    lines += [f"table = table.sort({source.time!r}, maintain_order=True)"] if source.time else []
    return lines


OF_THOSE_WITH_A_TARGET = """\
there = [value is not None and value == value for value in table[{}].to_list()]
table = table.filter(there) if hasattr(table, "with_columns") else table[there]  # the rows that have a target"""


def _arrays(source: Source) -> list[str]:
    lines = [f"y = np.asarray(table[{source.target!r}])"]
    if source.weight:
        lines.append(f"weight = np.asarray(table[{source.weight!r}], dtype=float)")
    elif source.weight is not None:
        lines.append("weight = weights_of_the_comparison  # fill in: the array of weights, one for each row of table")
    if source.group:
        lines.append(f"groups = np.asarray(table[{source.group!r}])")
    elif source.group is not None:
        lines.append("groups = groups_of_the_comparison  # fill in: the array of groups, one for each row of table")
    return lines


def _is(kind: str, for_trees: bool) -> bool:
    return kind == "levels" and for_trees


def _imports(numbers: bool, levels: bool, for_trees: bool) -> str:
    lines = ["import numpy as np", "from sklearn.compose import ColumnTransformer"]
    lines += ["from sklearn.impute import SimpleImputer"] if numbers else []
    lines += ["from sklearn.pipeline import make_pipeline"] if numbers and not for_trees else []
    names = (["OneHotEncoder"] if levels else []) + (["StandardScaler"] if numbers and not for_trees else [])
    lines += [f"from sklearn.preprocessing import {', '.join(names)}"] if names else []
    return "\n".join(lines)


def _table(source: Source, read: Sequence[str]) -> str:
    if source.data:
        return "\n".join(_of_file(source))
    order = "" if source.time is None else "; rows in order of time"
    learned = f"# table: rows to learn from, with the target {source.target!r}"
    said = f"{learned}; new: rows to predict; both of polars or pandas{order}"
    return "\n".join([said, *([TEXT_READ.format(_listed(read))] if read else [])])


def _of_file(source: Source) -> Iterator[str]:
    yield "import lossary"
    yield from ["import polars as pl"] if source.weight else []
    yield ""
    yield f'table = lossary.read_table({source.data!r}, stray="missing")'
    yield "new = table  # the rows to predict: a table of the same columns"


TEXT_READ = """\
from lossary.choosing.table.frames import columns_of

def with_text_read(table):
    read = columns_of(table)  # text as numbers and dates, as the comparison took it
    made = {{name: read[name] for name in {} if name in read}}
    return table.with_columns(**made) if hasattr(table, "with_columns") else table.assign(**made)

table, new = with_text_read(table), with_text_read(new)"""


def _of_dates(dates: Mapping[str, str], data: str) -> str:
    """Lines that add the parts of dates, as ``features`` makes them."""
    firsts = "\n".join(f"    {name!r}: {first!r}," for name, first in dates.items())
    with_parts = "table.with_columns(**made)"
    if not data:
        with_parts += ' if hasattr(table, "with_columns") else table.assign(**made)'
    return f"{FIRSTS}\nfirsts = {{\n{firsts}\n}}\n{PARTS}    return {with_parts}\n\n{ADDED}"


FIRSTS = "# The first moment of each date in the data of the comparison: days are counted from it."

PARTS = """
def on_the_clock(moment):
    if moment is None or moment != moment:  # missing
        return None
    return moment.replace(tzinfo=None) if getattr(moment, "tzinfo", None) else moment

def with_parts(table):
    made = {}
    for name, first in firsts.items():
        moments = np.array([on_the_clock(moment) for moment in table[name].to_list()], dtype="datetime64[us]")
        day, month, year = (moments.astype(f"datetime64[{unit}]") for unit in "DMY")
        parts = {
            "days": (moments - np.datetime64(first)) / np.timedelta64(1, "D"),
            "month": month.astype(int) % 12 + 1.0,
            "day": (day - month).astype(int) + 1.0,
            "yearday": (day - year).astype(int) + 1.0,
            "weekday": (day.astype(int) + 3) % 7 + 0.0,  # Monday is 0
            "hour": (moments - day).astype("timedelta64[h]").astype(float),
        }
        for part, values in parts.items():
            made[f"{name}.{part}"] = np.where(np.isnat(moments), np.nan, values)
"""

ADDED = "table, new = with_parts(table), with_parts(new)"


def _numbers(for_trees: bool) -> str:
    filled = 'SimpleImputer(strategy="median", add_indicator=True)'
    return filled if for_trees else f"make_pipeline({filled}, StandardScaler())"


def _categories(for_trees: bool) -> str:
    first = "" if for_trees else 'drop="first", '
    return (
        f'OneHotEncoder({first}handle_unknown="infrequent_if_exist", min_frequency={FEWEST}, '
        f"max_categories={MOST_CATEGORIES}, sparse_output=False)"
    )


def _listed(names: Sequence[str]) -> str:
    on_one_line = repr(list(names))
    if len(on_one_line) <= WIDTH:
        return on_one_line
    lines, line = [], ""
    for name in names:
        if len(line) + len(repr(name)) > WIDTH:
            lines.append(line.rstrip())
            line = ""
        line += f"{name!r}, "
    return "[\n" + indent("\n".join([*lines, line.rstrip()]), "    ") + "\n]"
