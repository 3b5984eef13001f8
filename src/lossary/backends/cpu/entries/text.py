"""The entries to a kernel from Python, as LLVM's own language: builtin functions that take arrays, or addresses.

``lossary_entry`` looks at each array's header (``array_addresses.has_usual_headers`` proves where its fields are);
``lossary_entry_at`` takes addresses and how many examples there are, of memory that its caller has looked at. Both
``enter``: run the kernel and hand back what it summed, divided if asked for. What is not the usual call, or raised a
flag, gives False. None refers to a symbol: whatever they call comes as an address in ``settings``, the words that
``entry.WORDS`` names.
"""

ENTRY = """
define ptr @lossary_entry(ptr %self, ptr %arguments, i64 %count) {
start:
  %addresses = alloca i64, i64 {most_arguments}
  %self.data = getelementptr i8, ptr %self, i64 16
  %settings = load ptr, ptr %self.data
  %bool.at = getelementptr i64, ptr %settings, i64 {bool}
  %bool = load ptr, ptr %bool.at
  %wanted.at = getelementptr i64, ptr %settings, i64 {arguments}
  %wanted = load i64, ptr %wanted.at
  %right.count = icmp eq i64 %count, %wanted
  br i1 %right.count, label %shape, label %no

shape:
  %dtype.at = getelementptr i64, ptr %settings, i64 {dtype}
  %dtype = load i64, ptr %dtype.at
  %type.at = getelementptr i64, ptr %settings, i64 {type}
  %type = load i64, ptr %type.at
  %step.at = getelementptr i64, ptr %settings, i64 {step}
  %step = load i64, ptr %step.at
  %y_step.at = getelementptr i64, ptr %settings, i64 {y_step}
  %y_step = load i64, ptr %y_step.at
  %y_dtype.at = getelementptr i64, ptr %settings, i64 {y_dtype}
  %y_dtype = load i64, ptr %y_dtype.at
  %y_fewer_axes.at = getelementptr i64, ptr %settings, i64 {y_fewer_axes}
  %y_fewer_axes = load i32, ptr %y_fewer_axes.at
  %rows.at = getelementptr i64, ptr %settings, i64 {rows}
  %rows = load i64, ptr %rows.at
  %width.at = getelementptr i64, ptr %settings, i64 {width}
  %width = load i64, ptr %width.at
  %f.at = getelementptr ptr, ptr %arguments, i64 1
  %f = load ptr, ptr %f.at
  %f.type.at = getelementptr i8, ptr %f, i64 8
  %f.type = load i64, ptr %f.type.at
  %f.is.array = icmp eq i64 %f.type, %type
  br i1 %f.is.array, label %sizes, label %no
sizes:
  %f.axes.at = getelementptr i8, ptr %f, i64 24
  %axes = load i32, ptr %f.axes.at
  %f.shape.at = getelementptr i8, ptr %f, i64 32
  %f.shape = load ptr, ptr %f.shape.at
  %has.axes = icmp sgt i32 %axes, 0
  %is.rows = icmp ne i64 %rows, 0
  br i1 %has.axes, label %kind, label %no
kind:
  %n = load i64, ptr %f.shape
  br i1 %is.rows, label %row, label %product
row:
  %is.table = icmp eq i32 %axes, 2
  br i1 %is.table, label %columns, label %no
columns:
  %columns.at = getelementptr i64, ptr %f.shape, i64 1
  %columns.found = load i64, ptr %columns.at
  %right.width = icmp eq i64 %columns.found, %width
  br i1 %right.width, label %product, label %no
product:
  %i = phi i32 [ 0, %kind ], [ 0, %columns ], [ %i.next, %product ]
  %size.before = phi i64 [ 1, %kind ], [ 1, %columns ], [ %size, %product ]
  %length.at = getelementptr i64, ptr %f.shape, i32 %i
  %length = load i64, ptr %length.at
  %size = mul i64 %size.before, %length
  %i.next = add i32 %i, 1
  %more.axes = icmp slt i32 %i.next, %axes
  br i1 %more.axes, label %product, label %bounds
bounds:
  %most.at = getelementptr i64, ptr %settings, i64 {most}
  %most = load i64, ptr %most.at
  %size.less = sub i64 %size, 1
  %most.less = sub i64 %most, 1
  %fits = icmp ult i64 %size.less, %most.less
  %f.nbytes = mul i64 %size, %step
  %y.nbytes = mul i64 %n, %y_step
  %y.is.larger = icmp sgt i64 %y.nbytes, %f.nbytes
  %nbytes = select i1 %y.is.larger, i64 %y.nbytes, i64 %f.nbytes
  %examples = select i1 %is.rows, i64 %n, i64 %size
  %y.axes = sub i32 %axes, %y_fewer_axes
  br i1 %fits, label %array, label %no

array:
  %k = phi i64 [ 0, %bounds ], [ %k.next, %accepted ]
  %array.at = getelementptr ptr, ptr %arguments, i64 %k
  %array.object = load ptr, ptr %array.at
  %a.type.at = getelementptr i8, ptr %array.object, i64 8
  %a.type = load i64, ptr %a.type.at
  %is.array = icmp eq i64 %a.type, %type
  br i1 %is.array, label %header, label %no
header:
  %a.dtype.at = getelementptr i8, ptr %array.object, i64 56
  %a.dtype = load i64, ptr %a.dtype.at
  %is.y = icmp eq i64 %k, 0
  %dtype.here = select i1 %is.y, i64 %y_dtype, i64 %dtype
  %same.dtype = icmp eq i64 %a.dtype, %dtype.here
  %a.axes.at = getelementptr i8, ptr %array.object, i64 24
  %a.axes = load i32, ptr %a.axes.at
  %axes.here = select i1 %is.y, i32 %y.axes, i32 %axes
  %same.axes = icmp eq i32 %a.axes, %axes.here
  %a.flags.at = getelementptr i8, ptr %array.object, i64 64
  %a.flags = load i32, ptr %a.flags.at
  %is.output = icmp sgt i64 %k, 1
  %mask = select i1 %is.output, i32 {writable}, i32 {readable}
  %masked = and i32 %a.flags, %mask
  %same.flags = icmp eq i32 %masked, %mask
  %good.1 = and i1 %same.dtype, %same.axes
  %good = and i1 %good.1, %same.flags
  br i1 %good, label %shapes, label %no
shapes:
  %a.shape.at = getelementptr i8, ptr %array.object, i64 32
  %a.shape = load ptr, ptr %a.shape.at
  %a.data.at = getelementptr i8, ptr %array.object, i64 16
  %a.data = load i64, ptr %a.data.at
  br label %axis
axis:
  %j = phi i32 [ 0, %shapes ], [ %j.next, %same.length ]
  %mine.at = getelementptr i64, ptr %a.shape, i32 %j
  %mine = load i64, ptr %mine.at
  %theirs.at = getelementptr i64, ptr %f.shape, i32 %j
  %theirs = load i64, ptr %theirs.at
  %equal = icmp eq i64 %mine, %theirs
  br i1 %equal, label %same.length, label %no
same.length:
  %j.next = add i32 %j, 1
  %further = icmp slt i32 %j.next, %axes.here
  br i1 %further, label %axis, label %place
place:
  br i1 %is.output, label %apart, label %accepted
apart:
  %b = phi i64 [ 0, %place ], [ %b.next, %no.overlap ]
  %other.at = getelementptr ptr, ptr %arguments, i64 %b
  %other = load ptr, ptr %other.at
  %other.data.at = getelementptr i8, ptr %other, i64 16
  %other.data = load i64, ptr %other.data.at
  %after = sub i64 %a.data, %other.data
  %before = sub i64 %other.data, %a.data
  %is.after = icmp sge i64 %after, %nbytes
  %is.before = icmp sge i64 %before, %nbytes
  %is.apart = or i1 %is.after, %is.before
  br i1 %is.apart, label %no.overlap, label %no
no.overlap:
  %b.next = add i64 %b, 1
  %more.others = icmp slt i64 %b.next, %k
  br i1 %more.others, label %apart, label %accepted
accepted:
  %address.at = getelementptr i64, ptr %addresses, i64 %k
  store i64 %a.data, ptr %address.at
  %k.next = add i64 %k, 1
  %more.arrays = icmp slt i64 %k.next, %count
  br i1 %more.arrays, label %array, label %run
run:
  %answer = call ptr @enter(ptr %settings, ptr %addresses, i64 %count, i64 %examples, i64 %size)
  ret ptr %answer
no:
  %false = call ptr %bool(i64 0)
  ret ptr %false
}

define ptr @lossary_entry_at(ptr %self, ptr %arguments, i64 %count) {
start:
  %numbers = alloca i64, i64 {most_arguments}
  %self.data = getelementptr i8, ptr %self, i64 16
  %settings = load ptr, ptr %self.data
  %bool.at = getelementptr i64, ptr %settings, i64 {bool}
  %bool = load ptr, ptr %bool.at
  %integer.at = getelementptr i64, ptr %settings, i64 {integer}
  %integer = load ptr, ptr %integer.at
  %step.at = getelementptr i64, ptr %settings, i64 {step}
  %step = load i64, ptr %step.at
  %width.at = getelementptr i64, ptr %settings, i64 {width}
  %width = load i64, ptr %width.at
  %rows.at = getelementptr i64, ptr %settings, i64 {rows}
  %rows = load i64, ptr %rows.at
  %is.rows = icmp ne i64 %rows, 0
  %arrays.at = getelementptr i64, ptr %settings, i64 {arguments}
  %arrays = load i64, ptr %arrays.at
  %arrays.found = sub i64 %count, 1
  %right.count = icmp eq i64 %arrays.found, %arrays
  br i1 %right.count, label %number, label %no

number:
  %k = phi i64 [ 0, %start ], [ %k.next, %is.number ]
  %any.before = phi i64 [ 0, %start ], [ %any, %is.number ]
  %all.before = phi i1 [ true, %start ], [ %all, %is.number ]
  %object.at = getelementptr ptr, ptr %arguments, i64 %k
  %object = load ptr, ptr %object.at
  %found = call i64 %integer(ptr %object)
  %wrong = icmp eq i64 %found, -1
  br i1 %wrong, label %raise, label %is.number
raise:
  ret ptr null
is.number:
  %number.at = getelementptr i64, ptr %numbers, i64 %k
  store i64 %found, ptr %number.at
  %is.size = icmp eq i64 %k, %arrays
  %bits = select i1 %is.size, i64 0, i64 %found
  %any = or i64 %any.before, %bits
  %is.something = icmp ne i64 %found, 0
  %all = and i1 %all.before, %is.something
  %k.next = add i64 %k, 1
  %more.numbers = icmp slt i64 %k.next, %count
  br i1 %more.numbers, label %number, label %look
look:
  %below.step = sub i64 %step, 1
  %odd = and i64 %any, %below.step
  %is.aligned = icmp eq i64 %odd, 0
  %scores = mul i64 %found, %width
  %size = select i1 %is.rows, i64 %scores, i64 %found
  %most.at = getelementptr i64, ptr %settings, i64 {most}
  %most = load i64, ptr %most.at
  %examples.fit = icmp ult i64 %found, %most
  %size.fits = icmp ult i64 %size, %most
  %fits = and i1 %examples.fit, %size.fits
  %good.1 = and i1 %is.aligned, %all
  %good = and i1 %good.1, %fits
  br i1 %good, label %run, label %no
run:
  %answer = call ptr @enter(ptr %settings, ptr %numbers, i64 %arrays, i64 %found, i64 %size)
  ret ptr %answer
no:
  %false = call ptr %bool(i64 0)
  ret ptr %false
}

define internal ptr @enter(ptr %settings, ptr %addresses, i64 %count, i64 %examples, i64 %size) {
start:
  %bool.at = getelementptr i64, ptr %settings, i64 {bool}
  %bool = load ptr, ptr %bool.at
  %record.at = getelementptr i64, ptr %settings, i64 {record}
  %record = load ptr, ptr %record.at
  %busy.at.at = getelementptr i64, ptr %settings, i64 {busy}
  %busy.at = load ptr, ptr %busy.at.at
  %busy = load i64, ptr %busy.at
  %is.free = icmp eq i64 %busy, 0
  br i1 %is.free, label %pack, label %no
pack:
  store i64 1, ptr %busy.at
  %y.data = load i64, ptr %addresses
  %f.data.at = getelementptr i64, ptr %addresses, i64 1
  %f.data = load i64, ptr %f.data.at
  %divided.at = getelementptr i64, ptr %settings, i64 {divided}
  %divided = load i64, ptr %divided.at
  %is.divided = icmp ne i64 %divided, 0
  %size.float = sitofp i64 %examples to double
  %reciprocal = fdiv double 1.0, %size.float
  %scale = select i1 %is.divided, double %reciprocal, double 1.0
  %scale_word.at = getelementptr i64, ptr %settings, i64 {scale_word}
  %scale_word = load i64, ptr %scale_word.at
  %scale.at = getelementptr i64, ptr %record, i64 %scale_word
  store double %scale, ptr %scale.at
  %y_word.at = getelementptr i64, ptr %settings, i64 {y_word}
  %y_word = load i64, ptr %y_word.at
  %y.place = getelementptr i64, ptr %record, i64 %y_word
  store i64 %y.data, ptr %y.place
  %f_word.at = getelementptr i64, ptr %settings, i64 {f_word}
  %f_word = load i64, ptr %f_word.at
  %f.place = getelementptr i64, ptr %record, i64 %f_word
  store i64 %f.data, ptr %f.place
  %first.at = getelementptr i64, ptr %settings, i64 {first}
  %first = load i64, ptr %first.at
  %tally.at = getelementptr i64, ptr %settings, i64 {tally}
  %tally = load ptr, ptr %tally.at
  br label %outputs
outputs:
  %o = phi i64 [ 2, %pack ], [ %o.next, %output ]
  %more.outputs = icmp slt i64 %o, %count
  br i1 %more.outputs, label %output, label %clear
output:
  %out.at = getelementptr i64, ptr %addresses, i64 %o
  %out.data = load i64, ptr %out.at
  %out.word = add i64 %first, %o
  %out.place = getelementptr i64, ptr %record, i64 %out.word
  store i64 %out.data, ptr %out.place
  %o.next = add i64 %o, 1
  br label %outputs
clear:
  %c = phi i64 [ 0, %outputs ], [ %c.next, %clear ]
  %clear.at = getelementptr i64, ptr %tally, i64 %c
  store i64 0, ptr %clear.at
  %c.next = add i64 %c, 1
  %more.bins = icmp slt i64 %c.next, {words_of_tally}
  br i1 %more.bins, label %clear, label %begin

begin:
  %kernel.at = getelementptr i64, ptr %settings, i64 {kernel}
  %kernel = load ptr, ptr %kernel.at
  %is.long = icmp sge i64 %size, {long}
  br i1 %is.long, label %without.lock, label %with.lock
without.lock:
  %save.at = getelementptr i64, ptr %settings, i64 {save}
  %save = load ptr, ptr %save.at
  %restore.at = getelementptr i64, ptr %settings, i64 {restore}
  %restore = load ptr, ptr %restore.at
  %thread = call ptr %save()
  call void %kernel(ptr %record, i64 0, i64 %examples)
  call void %restore(ptr %thread)
  br label %over
with.lock:
  call void %kernel(ptr %record, i64 0, i64 %examples)
  br label %over

over:
  store i64 0, ptr %busy.at
  %flags.at = getelementptr i64, ptr %tally, i64 {flags}
  %flags = load i64, ptr %flags.at
  %is.clear = icmp eq i64 %flags, 0
  br i1 %is.clear, label %answer, label %no
answer:
  %summed.at = getelementptr i64, ptr %settings, i64 {summed}
  %summed = load i64, ptr %summed.at
  %is.summed = icmp ne i64 %summed, 0
  br i1 %is.summed, label %sum, label %yes

sum:
  %bytes.at = getelementptr i64, ptr %settings, i64 {bytes}
  %bytes = load ptr, ptr %bytes.at
  %buffer.at = getelementptr i64, ptr %settings, i64 {buffer}
  %buffer = load ptr, ptr %buffer.at
  br label %lowest
lowest:
  %low = phi i64 [ 0, %sum ], [ %low.next, %lower ]
  %low.at = getelementptr i64, ptr %tally, i64 %low
  %low.bin = load i64, ptr %low.at
  %low.used = icmp ne i64 %low.bin, 0
  br i1 %low.used, label %highest, label %lower
lower:
  %low.next = add i64 %low, 1
  %any = icmp slt i64 %low.next, {bins}
  br i1 %any, label %lowest, label %zero
zero:
  store i64 0, ptr %buffer
  br label %special
highest:
  %high = phi i64 [ {last}, %lowest ], [ %high.next, %higher ]
  %high.at = getelementptr i64, ptr %tally, i64 %high
  %high.bin = load i64, ptr %high.at
  %high.used = icmp ne i64 %high.bin, 0
  br i1 %high.used, label %digits, label %higher
higher:
  %high.next = sub i64 %high, 1
  br label %highest
digits:
  %low.byte = trunc i64 %low to i8
  store i8 %low.byte, ptr %buffer
  %first.digit = getelementptr i8, ptr %buffer, i64 1
  br label %digit
digit:
  %d = phi i64 [ %low, %digits ], [ %d.next, %digit ]
  %carry = phi i64 [ 0, %digits ], [ %carry.next, %digit ]
  %some.before = phi i64 [ 0, %digits ], [ %some, %digit ]
  %digit.place = phi ptr [ %first.digit, %digits ], [ %next.place, %digit ]
  %bin.at = getelementptr i64, ptr %tally, i64 %d
  %bin = load i64, ptr %bin.at
  %carried = add i64 %bin, %carry
  %forty = and i64 %carried, 1099511627775
  store i64 %forty, ptr %digit.place, align 1
  store i64 %forty, ptr %bin.at
  %some = or i64 %some.before, %forty
  %carry.next = ashr i64 %carried, 40
  %next.place = getelementptr i8, ptr %digit.place, i64 5
  %d.next = add i64 %d, 1
  %more.digits = icmp sle i64 %d.next, %high
  br i1 %more.digits, label %digit, label %signed
signed:
  store i64 %carry.next, ptr %next.place, align 1
  br label %special
special:
  %end = phi ptr [ %buffer, %zero ], [ %next.place, %signed ]
  %top = phi i64 [ -1, %zero ], [ %high, %signed ]
  %bottom = phi i64 [ 0, %zero ], [ %low, %signed ]
  %above = phi i64 [ 0, %zero ], [ %carry.next, %signed ]
  %any.digit = phi i64 [ 0, %zero ], [ %some, %signed ]
  %end.number = ptrtoint ptr %end to i64
  %buffer.number = ptrtoint ptr %buffer to i64
  %written = sub i64 %end.number, %buffer.number
  %length.of.sum = add i64 %written, 8
  %nans.at = getelementptr i64, ptr %tally, i64 {bins}
  %nans = load i64, ptr %nans.at
  %positive.at = getelementptr i64, ptr %nans.at, i64 1
  %positive = load i64, ptr %positive.at
  %negative.at = getelementptr i64, ptr %nans.at, i64 2
  %negative = load i64, ptr %negative.at
  %infinite = or i64 %positive, %negative
  %unusual = or i64 %infinite, %nans
  %is.finite = icmp eq i64 %unusual, 0
  br i1 %is.finite, label %finite, label %no
finite:
  %is.written = icmp ne i64 %any.digit, 0
  %is.positive = icmp eq i64 %above, 0
  %divisible = and i1 %is.written, %is.positive
  br i1 %divisible, label %divide, label %exact

; Digit by digit, until there are three digits of the quotient: 81 bits or more, of which a double has 53.
divide:
  %divisor = select i1 %is.divided, i64 %examples, i64 1
  br label %step
step:
  %place = phi i64 [ %top, %divide ], [ %place.next, %stepped ]
  %rest = phi i64 [ 0, %divide ], [ %rest.next, %stepped ]
  %quotient = phi i128 [ 0, %divide ], [ %quotient.next, %stepped ]
  %found.digits = phi i64 [ 0, %divide ], [ %found.next, %stepped ]
  %is.below = icmp slt i64 %place, %bottom
  br i1 %is.below, label %stepped, label %read
read:
  %read.at = getelementptr i64, ptr %tally, i64 %place
  %read.digit = load i64, ptr %read.at
  br label %stepped
stepped:
  %next.digit = phi i64 [ 0, %step ], [ %read.digit, %read ]
  %rest.high = shl i64 %rest, 40
  %dividend = or i64 %rest.high, %next.digit
  %one.digit = udiv i64 %dividend, %divisor
  %rest.next = urem i64 %dividend, %divisor
  %quotient.high = shl i128 %quotient, 40
  %wide.digit = zext i64 %one.digit to i128
  %quotient.next = or i128 %quotient.high, %wide.digit
  %has.begun = icmp ne i128 %quotient.next, 0
  %one.more = zext i1 %has.begun to i64
  %found.next = add i64 %found.digits, %one.more
  %place.next = sub i64 %place, 1
  %not.enough = icmp slt i64 %found.next, 3
  br i1 %not.enough, label %step, label %left
; Whether anything is left below: it decides a tie.
left:
  %place.left = phi i64 [ %place.next, %stepped ], [ %left.next, %leave ]
  %is.left = phi i64 [ %rest.next, %stepped ], [ %is.left.next, %leave ]
  %is.any.below = icmp sge i64 %place.left, %bottom
  br i1 %is.any.below, label %leave, label %round
leave:
  %left.at = getelementptr i64, ptr %tally, i64 %place.left
  %left.digit = load i64, ptr %left.at
  %is.left.next = or i64 %is.left, %left.digit
  %left.next = sub i64 %place.left, 1
  br label %left

; The first 62 bits, the last of them set if anything is below, are rounded once, as an integer becomes a double.
round:
  %zeros = call i128 @llvm.ctlz.i128(i128 %quotient.next, i1 true)
  %shifted = shl i128 %quotient.next, %zeros
  %upper.wide = lshr i128 %shifted, 66
  %upper = trunc i128 %upper.wide to i64
  %lower.wide = and i128 %shifted, 73786976294838206463
  %lower.any = icmp ne i128 %lower.wide, 0
  %rest.any = icmp ne i64 %is.left, 0
  %anything = or i1 %lower.any, %rest.any
  %sticky = zext i1 %anything to i64
  %rounded.in = or i64 %upper, %sticky
  %mantissa = sitofp i64 %rounded.in to double
  %zeros.64 = trunc i128 %zeros to i64
  %lowest.place = add i64 %place.next, 1
  %lowest.bits = mul i64 %lowest.place, 40
  %exponent.1 = sub i64 %lowest.bits, 1008
  %exponent = sub i64 %exponent.1, %zeros.64
  %not.small = icmp sgt i64 %exponent, -1000
  %not.large = icmp slt i64 %exponent, 900
  %is.usual = and i1 %not.small, %not.large
  br i1 %is.usual, label %number, label %exact
number:
  %biased = add i64 %exponent, 1023
  %power.bits = shl i64 %biased, 52
  %power = bitcast i64 %power.bits to double
  %mean = fmul double %mantissa, %power
  %float.at = getelementptr i64, ptr %settings, i64 {float}
  %float = load ptr, ptr %float.at
  %mean.object = call ptr %float(double %mean)
  ret ptr %mean.object
exact:
  %total = call ptr %bytes(ptr %buffer, i64 %length.of.sum)
  ret ptr %total

yes:
  %true = call ptr %bool(i64 1)
  ret ptr %true
no:
  %false = call ptr %bool(i64 0)
  ret ptr %false
}

declare i128 @llvm.ctlz.i128(i128, i1)
"""
