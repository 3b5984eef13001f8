"""A model as a document: JSON and the arrays beside it; and back, each piece checked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from lossary.choosing.comparison.study import FUNCTIONALS, Want
from lossary.choosing.models.content import Class, Content, Training
from lossary.choosing.models.nodes import Malformed, Node
from lossary.choosing.models.predictor_document import MOST_CLASSES, Document, predictor_document, predictor_in
from lossary.choosing.models.promise import Promise
from lossary.choosing.models.summaries import Summary
from lossary.choosing.models.tables import CATEGORY, DATE, KINDS, NUMBER, Column, Schema
from lossary.choosing.table.features import PARTS, Source
from lossary.choosing.table.frames import MOMENT
from lossary.tables import readings
from lossary.tables.dates import FORMS
from lossary.tables.readings import Reading

DECIMALS = ("", ".", ",")


def document_of(content: Content) -> tuple[Document, list[np.ndarray]]:
    """A model as a document, and the arrays that stand beside it. Raises ValueError for one that no data describes."""
    arrays: list[np.ndarray] = []

    def keep(array: np.ndarray) -> int:
        arrays.append(array)
        return len(arrays) - 1

    schema = content.schema
    document = {
        "label": content.label,
        "want": asdict(content.want),
        "target": _column_document(content.target),
        "classes": list(content.classes),
        "threshold": content.threshold,
        "is_probable": content.is_probable,
        "names": list(schema.names),
        "columns": [_column_document(column) for column in schema.columns],
        "sources": [list(source) for source in schema.sources],
        "predictor": predictor_document(content.predictor, keep),
        "promise": {**asdict(content.promise), "scores": dict(content.promise.scores)},
        "summaries": {name: _summary_document(summary) for name, summary in content.summaries.items()},
        "training": asdict(content.training),
        "notes": list(content.notes),
    }
    return document, arrays


def content_of(node: Node) -> Content:
    """The model of a document. Raises Malformed, a ValueError, for what is none."""
    node.only(*(name for name in Content.__dataclass_fields__ if name != "schema"), "names", "columns", "sources")
    schema = _schema_in(node)
    content = Content(
        label=node["label"].text(),
        want=_want_in(node["want"]),
        target=_column_in(node["target"]),
        classes=tuple(_class_in(each) for each in node["classes"].items()),
        threshold=node["threshold"].number(),
        is_probable=node["is_probable"].flag(),
        schema=schema,
        predictor=predictor_in(node["predictor"], len(schema.sources)),
        promise=_promise_in(node["promise"]),
        summaries={name: _summary_in(each) for name, each in node["summaries"].named()},
        training=_training_in(node["training"]),
        notes=_texts(node["notes"]),
    )
    _require_predictions(content)
    return content


def _require_predictions(content: Content) -> None:
    """Predict a row of nothing: what does not fit together fails here, and not with the first table."""
    classes = len(content.classes)
    ends = (2,) if content.want.functional == "interval" else ()
    shape = (1, *ends) if not classes else (1,) if classes == 2 else (1, classes)
    if classes == 1 or classes > MOST_CLASSES or (classes > 0) != (content.want.functional in ("probability", "label")):
        raise Malformed(f"model.classes are {classes}, which does not fit the question")
    if content.target.kind == CATEGORY and content.target.levels != content.classes:
        raise Malformed("model.classes are not those of the target")
    try:
        with np.errstate(all="ignore"):
            p = content.predictor.predict(np.full((1, len(content.schema.sources)), np.nan))
    except (ValueError, TypeError, IndexError, ArithmeticError) as error:
        raise Malformed(f"model.predictor cannot predict: {' '.join(str(error).split())}") from None
    if p.shape != shape or (classes and not ((p >= 0.0) & (p <= 1.0)).all()):
        raise Malformed("model.predictor does not predict what the question asks for")


# Small pieces.


def _want_in(node: Node) -> Want:
    node.only(*Want.__dataclass_fields__)
    level = node["level"].optional()
    want = Want(
        node["functional"].one_of(FUNCTIONALS),
        None if level is None else level.number(),
        node["cost_under"].number(),
        node["cost_over"].number(),
        node["stated"].flag(),
        node["positive"].text(),
    )
    if want.level is not None and not 0.0 < want.level < 1.0:
        node["level"].refuse("between 0 and 1")
    if not (want.cost_under > 0.0 and want.cost_over > 0.0):
        node.refuse("a question with costs above zero")
    return want


def _class_in(node: Node) -> Class:
    if isinstance(node.value, str):
        return node.text()
    node.number()
    value: float | int = node.value
    return value


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(each.text() for each in node.items())


def _training_in(node: Node) -> Training:
    node.only(*Training.__dataclass_fields__)
    versions = {name: each.text() for name, each in node["versions"].named()}
    return Training(node["rows"].integer(1), node["seed"].integer(-(1 << 63), 1 << 64), versions)


def _promise_in(node: Node) -> Promise:
    node.only(*Promise.__dataclass_fields__)
    return Promise(
        yardstick=node["yardstick"].text(),
        shown=node["shown"].text(),
        scores={name: each.number() for name, each in node["scores"].named()},
        rows=node["rows"].integer(1),
        **{name: _number_or_none(node[name]) for name in ("score", "low", "high", "constant", "coverage", "meant")},
    )


def _number_or_none(node: Node) -> float | None:
    return None if node.optional() is None else node.number()


def _summary_document(summary: Summary) -> Document:
    return {**asdict(summary), "quantiles": list(summary.quantiles), "shares": dict(summary.shares)}


def _summary_in(node: Node) -> Summary:
    node.only(*Summary.__dataclass_fields__)
    return Summary(
        node["kind"].one_of(KINDS),
        node["rows"].integer(),
        node["missing"].integer(),
        tuple(each.number() for each in node["quantiles"].items()),
        {name: each.number() for name, each in node["shares"].named()},
    )


# Columns.


def _schema_in(node: Node) -> Schema:
    columns = tuple(_column_in(each) for each in node["columns"].items())
    kinds = {column.name: column.kind for column in columns}
    if len(kinds) != len(columns):
        node["columns"].refuse("of different names")
    return Schema(_texts(node["names"]), columns, tuple(_source_in(each, kinds) for each in node["sources"].items()))


def _source_in(node: Node, kinds: dict[str, str]) -> Source:
    pair = node.items()
    if len(pair) != 2:
        node.refuse("a column and its part")
    column, part = pair[0].one_of(tuple(kinds)), pair[1].text()
    if part not in (PARTS if kinds[column] == DATE else ("",)):
        pair[1].refuse("a part of that column")
    return Source(column, part)


def _column_document(column: Column) -> Document:
    start = None if column.start is None else int(column.start.astype(MOMENT).astype(np.int64))
    reading = None if column.reading is None else asdict(column.reading)
    return {**vars(column), "levels": list(column.levels), "start": start, "reading": reading}


def _column_in(node: Node) -> Column:
    node.only(*Column.__dataclass_fields__)
    kind = node["kind"].one_of(KINDS)
    start, reading = node["start"].optional(), node["reading"].optional()
    if (start is None) is (kind == DATE):
        node["start"].refuse("the first moment of a column of dates")
    levels = _texts(node["levels"])
    if len(set(levels)) != len(levels):
        node["levels"].refuse("of different categories")
    return Column(
        node["name"].text(),
        kind,
        None if reading is None else _reading_in(reading, kind),
        node["lenient"].flag(),
        node["flag"].flag() and kind == NUMBER,
        levels,
        None if start is None else np.datetime64(start.integer(-(1 << 62), 1 << 62), "us"),
    )


HOLDS = {NUMBER: (readings.NUMBERS, readings.FLAGS), DATE: (readings.DATES,), CATEGORY: (readings.WORDS,)}
"""How text is read that holds what a column does."""


def _reading_in(node: Node, kind: str) -> Reading:
    node.only(*Reading.__dataclass_fields__)
    read = node["kind"].one_of(HOLDS[kind])
    form = node["form"].one_of(FORMS if read == readings.DATES else ("",))
    return Reading(read, node["decimal"].one_of(DECIMALS), node["percent"].flag(), form, node["trimmed"].flag())


def plain(document: Any) -> Any:
    """The document in what JSON has: numbers of NumPy as Python's own."""
    if isinstance(document, dict):
        return {str(name): plain(value) for name, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [plain(value) for value in document]
    return document.item() if isinstance(document, np.generic) else document
