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


def _transposed(vectors):
    """Vectors as the columns of what they were the rows of: blocks change places, each size in turn.

    Where they are fewer than their lanes, each holds several rows, and ``_row_at`` says which.
    """
    step = 1
    while step < len(vectors):
        low = [i + WIDTH - step if i & step else i for i in range(WIDTH)]
        high = [i + WIDTH if i & step else i + step for i in range(WIDTH)]
        turned = list(vectors)
        for i in range(len(vectors)):
            if not i & step:
                for place, mask in ((i, low), (i + step, high)):
                    turned[place] = _chosen(vectors[i], vectors[i + step], mask)
        vectors = turned
        step *= 2
    return vectors


def _chosen(one, other, lanes):
    """Lanes of two vectors side by side."""
    return builder().shuffle_vector(one, other, ir.Constant(ir.VectorType(INT32.llvm, len(lanes)), lanes))


def _row_at(vector, part, size):
    """Which row is part of a vector of several rows of ``size`` scores, if there are ``size`` such vectors to turn."""
    return part * size + vector


def _some(count, size):
    """The first ``count`` of ``size`` lanes."""
    lanes = ir.VectorType(INT64.llvm, size)
    each = _chosen(
        *[builder().insert_element(ir.Constant(lanes, ir.Undefined), converted(count, INT64).ir, _place(0))] * 2,
        [0] * size,
    )
    return builder().icmp_signed("<", ir.Constant(lanes, list(range(size))), each)


def _masked(operation, kind, size, returns, takes):
    """LLVM's load or store of some lanes; what it leaves out need not be there."""
    name = f"llvm.masked.{operation}.v{size}f{kind.bits}.p0"
    module = builder().module
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(returns, takes), name)


def _few_loaded(base, column, mask, kind, size):
    vector, flags = ir.VectorType(kind.llvm, size), ir.VectorType(ir.IntType(1), size)
    address = builder().bitcast(element_address(base, column, kind.llvm), vector.as_pointer())
    load = _masked("load", kind, size, vector, [address.type, INT32.llvm, flags, vector])
    align = ir.Constant(INT32.llvm, kind.bits // 8)
    return builder().call(load, [address, align, mask, ir.Constant(vector, [0.0] * size)])


def _few_stored(base, column, mask, numbers, kind, size):
    vector, flags = ir.VectorType(kind.llvm, size), ir.VectorType(ir.IntType(1), size)
    address = builder().bitcast(element_address(base, column, kind.llvm), vector.as_pointer())
    store = _masked("store", kind, size, ir.VoidType(), [vector, address.type, INT32.llvm, flags])
    builder().call(store, [numbers, address, ir.Constant(INT32.llvm, kind.bits // 8), mask])


def _joined(parts):
    """Vectors one after another in one."""
    while len(parts) > 1:
        lanes = list(range(2 * parts[0].type.count))
        parts = [_chosen(one, other, lanes) for one, other in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _few_turned_in(rows, count, target, size, kind):
    mask, parts = _some(count, size), range(WIDTH // size)
    vectors = [
        _joined([_few_loaded(_long(rows, _row_at(i, part, size)), 0, mask, kind, size) for part in parts])
        for i in range(size)
    ]
    for i, vector in enumerate(_transposed(vectors)):
        _stored(target, i * WIDTH, Value(vector, kind, True), kind)


def _few_turned_out(source, count, target, rows, size, kind):
    mask = _some(count, size)
    vectors = [_loaded(source, i * WIDTH, kind).ir for i in range(size)]
    for i, vector in enumerate(_transposed(vectors)):
        for part in range(WIDTH // size):
            numbers = _chosen(vector, vector, list(range(part * size, (part + 1) * size)))
            _few_stored(target, _long(rows, _row_at(i, part, size)), mask, numbers, kind, size)


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


def turn_few_in_f32(rows, count, target, size):
    """``turn_in_f32`` of rows of ``count`` scores, at most ``size``: a power of two of lanes that a vector has."""
    _few_turned_in(rows, count, target, size, FLOAT32)


def turn_few_in_f64(rows, count, target, size):
    """The same for doubles."""
    _few_turned_in(rows, count, target, size, FLOAT64)


def turn_few_out_f32(source, count, target, rows, size):
    """The way back."""
    _few_turned_out(source, count, target, rows, size, FLOAT32)


def turn_few_out_f64(source, count, target, rows, size):
    """The same for doubles."""
    _few_turned_out(source, count, target, rows, size, FLOAT64)


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
