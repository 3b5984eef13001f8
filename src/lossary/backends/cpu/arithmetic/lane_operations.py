"""Vectors read, written, turned and reduced: what the rowwise kernels do with lanes."""

from llvmlite import ir

from lossary.backends.cpu.arithmetic.loads_and_stores import element_address, integer
from lossary.backends.cpu.arithmetic.operations import select
from lossary.backends.cpu.arithmetic.values import (
    BOOLEAN,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    WIDTH,
    Value,
    builder,
    converted,
    spread,
)


def _lanes_at(base, index, kind):
    """The address of ``WIDTH`` numbers from ``index`` on."""
    vector = ir.VectorType(kind.llvm, WIDTH)
    return builder().bitcast(element_address(base, index, kind.llvm), vector.as_pointer())


def _loaded(base, index, kind):
    return Value(builder().load(_lanes_at(base, index, kind), align=kind.bits // 8), kind, True)


def _stored(base, index, numbers, kind):
    builder().store(_lanes_of(numbers, kind), _lanes_at(base, index, kind), align=kind.bits // 8)


def _lanes_of(numbers, kind):
    """The instruction behind lanes of a kind."""
    return spread(converted(numbers, kind)).ir


def load_lanes_f32(base, index):
    """The floats at ``base`` from element ``index`` on, one a lane."""
    return _loaded(base, index, FLOAT32)


def load_lanes_f64(base, index):
    """The doubles at ``base`` from element ``index`` on, one a lane."""
    return _loaded(base, index, FLOAT64)


def store_lanes_f32(base, index, numbers):
    """Write floats side by side."""
    _stored(base, index, numbers, FLOAT32)


def store_lanes_f64(base, index, numbers):
    """Write doubles side by side."""
    _stored(base, index, numbers, FLOAT64)


def any_lane(mask):
    """Whether a condition holds in a lane."""
    whole = builder().bitcast(mask.ir, ir.IntType(WIDTH))
    return Value(builder().icmp_unsigned("!=", whole, ir.Constant(whole.type, 0)), BOOLEAN)


def _place(lane):
    return ir.Constant(INT32.llvm, lane)


def _long(addresses, lane):
    """The 64-bit integer of a lane in a list of them."""
    return Value(builder().load(element_address(addresses, lane, INT64.llvm)), INT64)


def _from_places(kind, place):
    """Lanes of single numbers; ``place`` gives each lane's address and index."""
    vector = ir.Constant(ir.VectorType(kind.llvm, WIDTH), ir.Undefined)
    for lane in range(WIDTH):
        number = builder().load(element_address(*place(lane), kind.llvm))
        vector = builder().insert_element(vector, number, _place(lane))
    return Value(vector, kind, True)


def _gathered(base, places, shift, kind):
    return _from_places(kind, lambda lane: (base, (_long(places, lane) + shift) * WIDTH + lane))


def gather_f32(base, places, shift):
    """Of floats held score by score, ``WIDTH`` rows side by side: each row's at the place that ``places`` holds for it,
    plus ``shift``.
    """
    return _gathered(base, places, shift, FLOAT32)


def gather_f64(base, places, shift):
    """The same for doubles."""
    return _gathered(base, places, shift, FLOAT64)


def column_f32(rows, column):
    """One score of each of the rows whose addresses lie at ``rows``."""
    return _from_places(FLOAT32, lambda lane: (_long(rows, lane), column))


def column_f64(rows, column):
    """The same for doubles."""
    return _from_places(FLOAT64, lambda lane: (_long(rows, lane), column))


def _scattered(target, rows, column, numbers, kind):
    vector = _lanes_of(numbers, kind)
    for lane in range(WIDTH):
        number = builder().extract_element(vector, _place(lane))
        builder().store(number, element_address(target, _long(rows, lane) + column, kind.llvm))


def scatter_f32(target, rows, column, numbers):
    """Write one score of each row to ``target``, where ``rows`` says that the row begins."""
    _scattered(target, rows, column, numbers, FLOAT32)


def scatter_f64(target, rows, column, numbers):
    """The same for doubles."""
    _scattered(target, rows, column, numbers, FLOAT64)


def _transposed(vectors):
    """``WIDTH`` vectors as the columns of what they were the rows of: blocks change places, each size in turn."""
    step = 1
    while step < WIDTH:
        low = [i + WIDTH - step if i & step else i for i in range(WIDTH)]
        high = [i + WIDTH if i & step else i + step for i in range(WIDTH)]
        turned = list(vectors)
        for i in range(WIDTH):
            if not i & step:
                for place, mask in ((i, low), (i + step, high)):
                    chosen = ir.Constant(ir.VectorType(INT32.llvm, WIDTH), mask)
                    turned[place] = builder().shuffle_vector(vectors[i], vectors[i + step], chosen)
        vectors = turned
        step *= 2
    return vectors


def _turned_in(rows, column, target, kind):
    vectors = [_loaded(_long(rows, lane), column, kind).ir for lane in range(WIDTH)]
    for i, vector in enumerate(_transposed(vectors)):
        _stored(target, (column + i) * WIDTH, Value(vector, kind, True), kind)


def _turned_out(source, column, target, rows, kind):
    vectors = [_loaded(source, (column + i) * WIDTH, kind).ir for i in range(WIDTH)]
    for lane, vector in enumerate(_transposed(vectors)):
        _stored(target, _long(rows, lane) + column, Value(vector, kind, True), kind)


def turn_in_f32(rows, column, target):
    """Of ``WIDTH`` rows of floats, whose addresses lie at ``rows``, the scores from ``column`` on, turned: a score of
    all rows side by side, the next after them. As many scores as rows.
    """
    _turned_in(rows, column, target, FLOAT32)


def turn_in_f64(rows, column, target):
    """The same for doubles."""
    _turned_in(rows, column, target, FLOAT64)


def turn_out_f32(source, column, target, rows):
    """The way back: each row's floats from ``column`` on to ``target``, where ``rows`` says that the row begins."""
    _turned_out(source, column, target, rows, FLOAT32)


def turn_out_f64(source, column, target, rows):
    """The same for doubles."""
    _turned_out(source, column, target, rows, FLOAT64)


def spread_f32(x):
    """The same float in all lanes; lanes stay what they are."""
    return spread(converted(x, FLOAT32))


def spread_f64(x):
    """The same double in all lanes; lanes stay what they are."""
    return spread(converted(x, FLOAT64))


def _each(numbers):
    return [Value(builder().extract_element(numbers.ir, _place(i)), numbers.kind) for i in range(WIDTH)]


def _reduced(numbers, combine):
    numbers = _each(numbers)
    while len(numbers) > 1:
        numbers = [combine(a, b) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    return numbers[0]


def lane_sum(numbers):
    """The sum of all lanes, doubles."""
    return _reduced(numbers, lambda a, b: a + b)


def highest_lane(numbers):
    """The largest of all lanes; a NaN is none."""
    return _reduced(numbers, lambda a, b: select(a > b, a, b))


def lane_of(numbers, lane):
    """One lane."""
    return Value(builder().extract_element(numbers.ir, integer(lane)), numbers.kind)


def _steps(kind):
    return Value(ir.Constant(ir.VectorType(kind.llvm, WIDTH), [float(i) for i in range(WIDTH)]), kind, True)


def steps_f32():
    """Zero in the first lane, one in the next, and so on."""
    return _steps(FLOAT32)


def steps_f64():
    """The same in doubles."""
    return _steps(FLOAT64)
