"""The few machine operations that Numba does not offer by name, as LLVM instructions."""

import functools

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from lossary.backends.cpu.lanes import ELEMENTS, WIDTH, Lanes

_DOUBLE, _FLOAT, _LONG, _INT = ir.DoubleType(), ir.FloatType(), ir.IntType(64), ir.IntType(32)
LANES = 8
_DOUBLES, _LONGS = ir.VectorType(_DOUBLE, LANES), ir.VectorType(_LONG, LANES)


def _place(builder, base, index, kind):
    """The address of element ``index``: a pointer plus an offset, which LLVM can follow through a loop."""
    return builder.gep(builder.inttoptr(base, kind.as_pointer()), [index])


@intrinsic
def load_f64(typingctx, base, index):
    """Element ``index`` of the doubles at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(_place(builder, *args, _DOUBLE))

    return types.float64(types.int64, types.int64), generate


@intrinsic
def load_f32(typingctx, base, index):
    """Element ``index`` of the floats at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(_place(builder, *args, _FLOAT))

    return types.float32(types.int64, types.int64), generate


@intrinsic
def store_f64(typingctx, base, index, number):
    """Write a double to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], _place(builder, args[0], args[1], _DOUBLE))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate


@intrinsic
def store_f32(typingctx, base, index, number):
    """Write a float, or a double rounded to float, to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], _place(builder, args[0], args[1], _FLOAT))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float32), generate


@intrinsic
def load_i64(typingctx, base, index):
    """Element ``index`` of the 64-bit integers at ``base``."""

    def generate(context, builder, signature, args):
        return builder.load(_place(builder, *args, _LONG))

    return types.int64(types.int64, types.int64), generate


@intrinsic
def store_i64(typingctx, base, index, number):
    """Write a 64-bit integer to element ``index``."""

    def generate(context, builder, signature, args):
        builder.store(args[2], _place(builder, args[0], args[1], _LONG))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def stream(typingctx, target, source, index):
    """Copy line ``index`` of 64 bytes past the caches; ``target`` must be a multiple of 64."""

    def generate(context, builder, signature, args):
        target, source, index = args
        line = builder.load(_place(builder, source, index, _LONGS), align=8)
        written = builder.store(line, _place(builder, target, index, _LONGS), align=64)
        written.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _alike(kind, element):
    """Lanes of ``element`` where ``kind`` is lanes, else ``element`` itself."""
    return Lanes(element) if isinstance(kind, Lanes) else element


def _element(kind):
    return kind.element if isinstance(kind, Lanes) else kind


def _common(*kinds):
    """Integers stay integers and floats floats; anything else is computed in double. Lanes if any are."""
    elements = [types.int64 if isinstance(e, types.IntegerLiteral) else e for e in map(_element, kinds)]
    lanes = [kind for kind in kinds if isinstance(kind, Lanes)]
    if lanes:
        return lanes[0]
    if all(isinstance(element, types.Integer) for element in elements):
        return types.int32 if all(element == types.int32 for element in elements) else types.int64
    return types.float32 if all(element == types.float32 for element in elements) else types.float64


def _reinterpreted(kind, given, wanted):
    given, wanted = _alike(kind, given), _alike(kind, wanted)

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(wanted))

    return wanted(given), generate


@intrinsic
def bits(typingctx, number):
    """The bit pattern of a double, or of a float as a 32-bit integer."""
    if _element(number) == types.float32:
        return _reinterpreted(number, types.float32, types.int32)
    return _reinterpreted(number, types.float64, types.int64)


@intrinsic
def from_bits(typingctx, pattern):
    """The double of a 64-bit pattern."""
    return _reinterpreted(pattern, types.int64, types.float64)


@intrinsic
def from_bits_32(typingctx, pattern):
    """The float of a 32-bit pattern; only the low half of a wider integer counts."""
    return _reinterpreted(pattern, types.int32, types.float32)


def _converted(kind, element):
    """A number, or each of the lanes, in another type."""
    given, wanted = _element(kind), _alike(kind, element)

    def generate(context, builder, signature, args):
        target = context.get_value_type(wanted)
        if not isinstance(kind, Lanes):
            return context.cast(builder, args[0], kind, element)
        if given == element:
            return args[0]
        if isinstance(given, types.Float) and isinstance(element, types.Float):
            return (builder.fpext if element == types.float64 else builder.fptrunc)(args[0], target)
        if isinstance(given, types.Integer) and isinstance(element, types.Integer):
            return (builder.sext if element == types.int64 else builder.trunc)(args[0], target)
        return (builder.sitofp if isinstance(element, types.Float) else builder.fptosi)(args[0], target)

    return wanted(kind), generate


@intrinsic
def as_f32(typingctx, x):
    """As a float."""
    return _converted(x, types.float32)


@intrinsic
def as_f64(typingctx, x):
    """As a double."""
    return _converted(x, types.float64)


@intrinsic
def as_i32(typingctx, x):
    """As a 32-bit integer."""
    return _converted(x, types.int32)


def _called(builder, name, args):
    """A call of an LLVM intrinsic whose arguments and result are of one type."""
    kind = args[0].type
    width = f"v{kind.count}" if isinstance(kind, ir.VectorType) else ""
    element = kind.element if width else kind
    full = f"llvm.{name}.{width}{'f32' if element == _FLOAT else 'f64'}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * len(args)), full)
    return builder.call(function, args)


@intrinsic
def fma(typingctx, a, b, c):
    """a*b + c with one rounding."""
    kind = _common(a, b, c)

    def generate(context, builder, signature, args):
        return _called(builder, "fma", args)

    return kind(kind, kind, kind), generate


@intrinsic
def root(typingctx, x):
    """The square root, as the one machine instruction."""
    kind = _common(x)

    def generate(context, builder, signature, args):
        return _called(builder, "sqrt", args)

    return kind(kind), generate


@intrinsic
def magnitude(typingctx, x):
    """The absolute value."""
    kind = _common(x)

    def generate(context, builder, signature, args):
        return _called(builder, "fabs", args)

    return kind(kind), generate


@intrinsic
def select(typingctx, condition, a, b):
    """``a`` where the condition holds, else ``b``: one instruction, no branch."""
    kind = _common(a, b)
    if isinstance(condition, Lanes) and not isinstance(kind, Lanes):
        kind = Lanes(kind)
    chosen = _alike(kind, types.boolean)

    def generate(context, builder, signature, args):
        return builder.select(*args)

    return kind(chosen, kind, kind), generate


def _split_sum(builder, levels, number, buffer, lines, rounders):
    """Emit the loop of ``split_sum`` and ``split_sum_finer`` over lines of 8 numbers, doubles or floats."""
    places = [ir.Constant(_LONG, i) for i in range(2 * levels + 1)]
    first, lane_zero = ir.Constant(ir.IntType(32), 0), ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    starts = []
    for i in range(levels):
        rounder = builder.load(_place(builder, rounders, places[i], _DOUBLE))
        single = builder.insert_element(ir.Constant(_DOUBLES, ir.Undefined), rounder, first)
        starts.append(builder.shuffle_vector(single, single, lane_zero))
    sums = [cgutils.alloca_once_value(builder, start) for start in starts]
    left = cgutils.alloca_once_value(builder, ir.Constant(_LONGS, [0] * LANES))
    with cgutils.for_range(builder, lines) as loop:
        x = builder.load(_place(builder, buffer, loop.index, ir.VectorType(number, LANES)), align=4)
        x = builder.fpext(x, _DOUBLES) if number is _FLOAT else x
        for place in sums:
            before = builder.load(place)
            after = builder.fadd(before, x)
            builder.store(after, place)
            x = builder.fsub(x, builder.fsub(after, before))
        builder.store(builder.or_(builder.load(left), builder.bitcast(x, _LONGS)), left)
    for i, (place, start) in enumerate(zip(sums, starts, strict=True)):
        units = builder.sub(builder.bitcast(builder.load(place), _LONGS), builder.bitcast(start, _LONGS))
        total = functools.reduce(builder.add, _lanes(builder, units))
        builder.store(total, _place(builder, rounders, places[levels + i], _LONG))
    # The sign of a zero is no remainder: shift it out.
    remainder = functools.reduce(builder.or_, _lanes(builder, builder.load(left)))
    builder.store(builder.shl(remainder, places[1]), _place(builder, rounders, places[2 * levels], _LONG))


@intrinsic
def split_sum(typingctx, buffer, lines, rounders):
    """Sum ``lines`` of 8 doubles exactly, in two parts; LLVM would not vectorise this recurrence by itself.

    ``rounders`` holds two doubles 1.5 * 2**52 u, the first with |x| < 2**44 u, the second with u at least 2**-44 of
    that, and room for three integers behind. To each lane of an accumulator that starts at a rounder, x is added and so
    rounded to a multiple of u; what was lost is exactly x - (after - before), and goes to the next. Left behind
    ``rounders``: the two sums in their units u, and zero if and only if nothing was lost in the end. At most 128 lines.
    """

    def generate(context, builder, signature, args):
        _split_sum(builder, 2, _DOUBLE, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def split_sum_finer(typingctx, buffer, lines, rounders):
    """The same in three parts, for numbers further apart."""

    def generate(context, builder, signature, args):
        _split_sum(builder, 3, _DOUBLE, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def split_sum_32(typingctx, buffer, lines, rounders):
    """``split_sum`` of floats."""

    def generate(context, builder, signature, args):
        _split_sum(builder, 2, _FLOAT, *args)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _lanes(builder, vector):
    return [builder.extract_element(vector, ir.Constant(ir.IntType(32), i)) for i in range(LANES)]


@intrinsic
def fence(typingctx):
    """Make streamed stores visible to other threads."""

    def generate(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


def _lanes_at(builder, base, index, element):
    """The address of ``WIDTH`` numbers from ``index`` on."""
    vector = ir.VectorType(ELEMENTS[element], WIDTH)
    return builder.bitcast(_place(builder, base, index, ELEMENTS[element]), vector.as_pointer())


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
        found = ir.Constant(ir.VectorType(ELEMENTS[element], WIDTH), ir.Undefined)
        for lane in range(WIDTH):
            place = builder.load(_place(builder, places, ir.Constant(_LONG, lane), _LONG))
            at = builder.mul(builder.add(place, shift), ir.Constant(_LONG, WIDTH))
            number = builder.load(_place(builder, base, builder.add(at, ir.Constant(_LONG, lane)), ELEMENTS[element]))
            found = builder.insert_element(found, number, ir.Constant(_INT, lane))
        return found

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
                    chosen = ir.Constant(ir.VectorType(_INT, WIDTH), mask)
                    turned[place] = builder.shuffle_vector(vectors[i], vectors[i + step], chosen)
        vectors = turned
        step *= 2
    return vectors


def _turned_in(element):
    def generate(context, builder, signature, args):
        rows, column, target = args
        vectors = []
        for lane in range(WIDTH):
            row = builder.load(_place(builder, rows, ir.Constant(_LONG, lane), _LONG))
            vectors.append(builder.load(_lanes_at(builder, row, column, element), align=_size(element)))
        for i, vector in enumerate(_transposed(builder, vectors)):
            place = builder.mul(builder.add(column, ir.Constant(_LONG, i)), ir.Constant(_LONG, WIDTH))
            builder.store(vector, _lanes_at(builder, target, place, element), align=_size(element))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _turned_out(element):
    def generate(context, builder, signature, args):
        source, column, target, rows = args
        vectors = []
        for i in range(WIDTH):
            place = builder.mul(builder.add(column, ir.Constant(_LONG, i)), ir.Constant(_LONG, WIDTH))
            vectors.append(builder.load(_lanes_at(builder, source, place, element), align=_size(element)))
        for lane, vector in enumerate(_transposed(builder, vectors)):
            row = builder.load(_place(builder, rows, ir.Constant(_LONG, lane), _LONG))
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
        found = ir.Constant(ir.VectorType(ELEMENTS[element], WIDTH), ir.Undefined)
        for lane in range(WIDTH):
            row = builder.load(_place(builder, rows, ir.Constant(_LONG, lane), _LONG))
            number = builder.load(_place(builder, row, column, ELEMENTS[element]))
            found = builder.insert_element(found, number, ir.Constant(_INT, lane))
        return found

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
            row = builder.load(_place(builder, rows, ir.Constant(_LONG, lane), _LONG))
            number = builder.extract_element(numbers, ir.Constant(_INT, lane))
            builder.store(number, _place(builder, target, builder.add(row, column), ELEMENTS[element]))
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


@intrinsic
def opposite(typingctx, condition):
    """Where a condition does not hold."""

    def generate(context, builder, signature, args):
        return builder.not_(args[0])

    kind = _alike(condition, types.boolean)
    return kind(kind), generate


@intrinsic
def nan_bits(typingctx, x):
    """All bits where a number is NaN, none elsewhere: cheaper to gather over a loop than conditions are."""
    kind = _alike(x, types.int32 if _element(x) == types.float32 else types.int64)

    def generate(context, builder, signature, args):
        return builder.sext(builder.fcmp_unordered("uno", *args, *args), context.get_value_type(kind))

    return kind(x), generate


def _reduced(element, combine):
    def generate(context, builder, signature, args):
        numbers = [builder.extract_element(args[0], ir.Constant(_INT, i)) for i in range(WIDTH)]
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
