"""Vectors read, written, turned and reduced, as LLVM instructions: what the rowwise kernels do with ``lanes``."""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from lossary.backends.cpu.arithmetic.lanes import ELEMENTS, WIDTH, Lanes
from lossary.backends.cpu.arithmetic.loads_and_stores import INT, LONG, element_address


def _lanes_at(builder, base, index, element):
    """The address of ``WIDTH`` numbers from ``index`` on."""
    vector = ir.VectorType(ELEMENTS[element], WIDTH)
    return builder.bitcast(element_address(builder, base, index, ELEMENTS[element]), vector.as_pointer())


def _size(element):
    return element.bitwidth // 8


def _lanes_loaded(element):
    def generate(context, builder, signature, args):
        return builder.load(_lanes_at(builder, *args, element), align=_size(element))

    return Lanes(element)(types.int64, types.int64), generate


def _lanes_stored(element):
    def generate(context, builder, signature, args):
        builder.store(args[2], _lanes_at(builder, args[0], args[1], element), align=_size(element))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, Lanes(element)), generate


@intrinsic
def load_lanes_f32(typingctx, base, index):
    """The floats at ``base`` from element ``index`` on, one a lane."""
    return _lanes_loaded(types.float32)


@intrinsic
def load_lanes_f64(typingctx, base, index):
    """The doubles at ``base`` from element ``index`` on, one a lane."""
    return _lanes_loaded(types.float64)


@intrinsic
def store_lanes_f32(typingctx, base, index, numbers):
    """Write floats side by side."""
    return _lanes_stored(types.float32)


@intrinsic
def store_lanes_f64(typingctx, base, index, numbers):
    """Write doubles side by side."""
    return _lanes_stored(types.float64)


@intrinsic
def any_lane(typingctx, mask):
    """Whether a condition holds in a lane."""

    def generate(context, builder, signature, args):
        whole = builder.bitcast(args[0], ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", whole, ir.Constant(whole.type, 0))

    return types.boolean(Lanes(types.boolean)), generate


def _gathered(element):
    """Of numbers held score by score, ``WIDTH`` rows side by side: each row's at its own place plus ``shift``."""

    def generate(context, builder, signature, args):
        base, places, shift = args
        gathered = ir.Constant(ir.VectorType(ELEMENTS[element], WIDTH), ir.Undefined)
        for lane in range(WIDTH):
            place = builder.load(element_address(builder, places, ir.Constant(LONG, lane), LONG))
            at = builder.mul(builder.add(place, shift), ir.Constant(LONG, WIDTH))
            number = builder.load(
                element_address(builder, base, builder.add(at, ir.Constant(LONG, lane)), ELEMENTS[element])
            )
            gathered = builder.insert_element(gathered, number, ir.Constant(INT, lane))
        return gathered

    return Lanes(element)(types.int64, types.int64, types.int64), generate


@intrinsic
def gather_f32(typingctx, base, places, shift):
    """Of floats held score by score, each row's at the place that ``places`` holds for it, plus ``shift``."""
    return _gathered(types.float32)


@intrinsic
def gather_f64(typingctx, base, places, shift):
    """The same for doubles."""
    return _gathered(types.float64)


def _transposed(builder, vectors):
    """``WIDTH`` vectors as the columns of what they were the rows of: blocks change places, each size in turn."""
    step = 1
    while step < WIDTH:
        low = [i + WIDTH - step if i & step else i for i in range(WIDTH)]
        high = [i + WIDTH if i & step else i + step for i in range(WIDTH)]
        turned = list(vectors)
        for i in range(WIDTH):
            if not i & step:
                for place, mask in ((i, low), (i + step, high)):
                    chosen = ir.Constant(ir.VectorType(INT, WIDTH), mask)
                    turned[place] = builder.shuffle_vector(vectors[i], vectors[i + step], chosen)
        vectors = turned
        step *= 2
    return vectors


def _turned_in(element):
    def generate(context, builder, signature, args):
        rows, column, target = args
        vectors = []
        for lane in range(WIDTH):
            row = builder.load(element_address(builder, rows, ir.Constant(LONG, lane), LONG))
            vectors.append(builder.load(_lanes_at(builder, row, column, element), align=_size(element)))
        for i, vector in enumerate(_transposed(builder, vectors)):
            place = builder.mul(builder.add(column, ir.Constant(LONG, i)), ir.Constant(LONG, WIDTH))
            builder.store(vector, _lanes_at(builder, target, place, element), align=_size(element))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _turned_out(element):
    def generate(context, builder, signature, args):
        source, column, target, rows = args
        vectors = []
        for i in range(WIDTH):
            place = builder.mul(builder.add(column, ir.Constant(LONG, i)), ir.Constant(LONG, WIDTH))
            vectors.append(builder.load(_lanes_at(builder, source, place, element), align=_size(element)))
        for lane, vector in enumerate(_transposed(builder, vectors)):
            row = builder.load(element_address(builder, rows, ir.Constant(LONG, lane), LONG))
            place = builder.add(row, column)
            builder.store(vector, _lanes_at(builder, target, place, element), align=_size(element))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


@intrinsic
def turn_in_f32(typingctx, rows, column, target):
    """Of ``WIDTH`` rows of floats, whose addresses lie at ``rows``, the scores from ``column`` on, turned: a score of
    all rows side by side, the next after them. As many scores as rows.
    """
    return _turned_in(types.float32)


@intrinsic
def turn_in_f64(typingctx, rows, column, target):
    """The same for doubles."""
    return _turned_in(types.float64)


@intrinsic
def turn_out_f32(typingctx, source, column, target, rows):
    """The way back: each row's floats from ``column`` on to ``target``, where ``rows`` says that the row begins."""
    return _turned_out(types.float32)


@intrinsic
def turn_out_f64(typingctx, source, column, target, rows):
    """The same for doubles."""
    return _turned_out(types.float64)


def _spread(element):
    def generate(context, builder, signature, args):
        return args[0]

    return Lanes(element)(Lanes(element)), generate


@intrinsic
def spread_f32(typingctx, x):
    """The same float in all lanes; lanes stay what they are."""
    return _spread(types.float32)


@intrinsic
def spread_f64(typingctx, x):
    """The same double in all lanes; lanes stay what they are."""
    return _spread(types.float64)


def _column(element):
    def generate(context, builder, signature, args):
        rows, column = args
        vector = ir.Constant(ir.VectorType(ELEMENTS[element], WIDTH), ir.Undefined)
        for lane in range(WIDTH):
            row = builder.load(element_address(builder, rows, ir.Constant(LONG, lane), LONG))
            number = builder.load(element_address(builder, row, column, ELEMENTS[element]))
            vector = builder.insert_element(vector, number, ir.Constant(INT, lane))
        return vector

    return Lanes(element)(types.int64, types.int64), generate


@intrinsic
def column_f32(typingctx, rows, column):
    """One score of each of the rows whose addresses lie at ``rows``."""
    return _column(types.float32)


@intrinsic
def column_f64(typingctx, rows, column):
    """The same for doubles."""
    return _column(types.float64)


def _scattered(element):
    def generate(context, builder, signature, args):
        target, rows, column, numbers = args
        for lane in range(WIDTH):
            row = builder.load(element_address(builder, rows, ir.Constant(LONG, lane), LONG))
            number = builder.extract_element(numbers, ir.Constant(INT, lane))
            builder.store(number, element_address(builder, target, builder.add(row, column), ELEMENTS[element]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, Lanes(element)), generate


@intrinsic
def scatter_f32(typingctx, target, rows, column, numbers):
    """Write one score of each row to ``target``, where ``rows`` says that the row begins."""
    return _scattered(types.float32)


@intrinsic
def scatter_f64(typingctx, target, rows, column, numbers):
    """The same for doubles."""
    return _scattered(types.float64)


def _reduced(element, combine):
    def generate(context, builder, signature, args):
        numbers = [builder.extract_element(args[0], ir.Constant(INT, i)) for i in range(WIDTH)]
        while len(numbers) > 1:
            numbers = [combine(builder, a, b) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
        return numbers[0]

    return element(Lanes(element)), generate


@intrinsic
def lane_sum(typingctx, numbers):
    """The sum of all lanes, doubles."""
    return _reduced(types.float64, lambda builder, a, b: builder.fadd(a, b))


@intrinsic
def highest_lane(typingctx, numbers):
    """The largest of all lanes; a NaN is none."""
    return _reduced(numbers.element, lambda builder, a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))


@intrinsic
def lane_of(typingctx, numbers, lane):
    """One lane."""

    def generate(context, builder, signature, args):
        return builder.extract_element(*args)

    return numbers.element(numbers, types.int64), generate


def _steps(element):
    def generate(context, builder, signature, args):
        return ir.Constant(ir.VectorType(ELEMENTS[element], WIDTH), [float(i) for i in range(WIDTH)])

    return Lanes(element)(), generate


@intrinsic
def steps_f32(typingctx):
    """Zero in the first lane, one in the next, and so on."""
    return _steps(types.float32)


@intrinsic
def steps_f64(typingctx):
    """The same in doubles."""
    return _steps(types.float64)
