"""The parameters of one call: named, in range, numbers or arrays of one value an example."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping

import numpy as np

from lossary.evaluate.arrays.inputs import kernel_dtype, plain
from lossary.formula import Loss, Parameter
from lossary.rowwise import RowLoss


def checked(loss: Loss | RowLoss, arguments: Mapping[str, object]) -> dict[str, float | np.ndarray]:
    """Parameters by name; an unknown name or a value out of range raises and says what is allowed."""
    known = {p.name: p for p in loss.parameters}
    values: dict[str, float | np.ndarray] = {}
    for name, value in arguments.items():
        if name not in known:
            raise TypeError(f"{loss.name} has no parameter {name!r}; {_has(loss, name)}")
        values[name] = _valid(loss, known[name], value)
    return values


_LEAST, _MOST = 2.0**-30, 2.0**30


def needs_double(parameter: Parameter, value: float | np.ndarray) -> bool:
    """Whether float32 arithmetic would lose a parameter: so small or large that it, its square or its fourth power is
    beyond the range of float32, or so near to an end of its own range that it would be rounded to that.
    """
    if isinstance(value, np.ndarray):
        return value.size > 0 and _array_needs_double(parameter, value)
    size = abs(value)
    if not (_LEAST <= size <= _MOST or size == 0.0):
        return True
    within, resolved = parameter.within, size * 2.0**-23
    return 0.0 < within.high - value < resolved or 0.0 < value - within.low < resolved


def any_needs_double(parameters: Iterable[Parameter], values: Mapping[str, float | np.ndarray]) -> bool:
    """Whether one of these does."""
    # A generator would cost a call on few examples a percent.
    for parameter in parameters:  # noqa: SIM110
        if needs_double(parameter, values[parameter.name]):
            return True
    return False


def _array_needs_double(parameter: Parameter, values: np.ndarray) -> bool:
    least, most = float(values.min()), float(values.max())
    if least <= 0.0 <= most:
        sizes = np.abs(values[values != 0.0])
        if sizes.size and sizes.min() < _LEAST:
            return True
    return any(needs_double(parameter, end) for end in (least, most))


def _has(loss: Loss | RowLoss, name: str) -> str:
    names = [p.name for p in loss.parameters]
    if not names:
        return "it has none"
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}"


def _valid(loss: Loss | RowLoss, parameter: Parameter, value: object) -> float | np.ndarray:
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return _valid_array(loss, parameter, value)
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{loss.name}: {parameter.name} must be a number, not {value!r}") from None
    if number not in parameter.within or math.isnan(number):
        raise ValueError(f"{loss.name}: {parameter.name} must be in {parameter.within}, not {number:g}")
    return number


def _valid_array(loss: Loss | RowLoss, parameter: Parameter, value: np.ndarray) -> np.ndarray:
    from lossary.evaluate.arrays.refusals import inside  # noqa: PLC0415  only array parameters need it

    numbers = kernel_dtype(plain(parameter.name, value), parameter.name).astype(np.float64, copy=False)
    wrong = ~inside(parameter.within, numbers).reshape(-1)
    if wrong.any():
        first = int(np.argmax(wrong))
        place = ", ".join(str(i) for i in np.unravel_index(first, numbers.shape))
        raise ValueError(
            f"{loss.name}: {parameter.name} must be in {parameter.within}, "
            f"but {parameter.name}[{place}] is {numbers.reshape(-1)[first]:g}"
        )
    return numbers
