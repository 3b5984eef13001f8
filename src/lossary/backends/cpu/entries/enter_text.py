"""What the entries of ``text`` share: run the kernel, add up what it summed, exactly, and divide it.

The sum is a row of digits of forty bits. A mean of a sum above zero is divided digit by digit, and rounded once.
"""

ENTER = """
define internal ptr @enter(ptr %settings, ptr %addresses, i64 %count, i64 %examples, i64 %size) {
start:
  %bool.at = getelementptr i64, ptr %settings, i64 {bool}
  %bool = load ptr, ptr %bool.at
  %record.at = getelementptr i64, ptr %settings, i64 {record}
  %record = load ptr, ptr %record.at
  %shared.at = getelementptr i64, ptr %settings, i64 {shared}
  %shared = load ptr, ptr %shared.at
  %busy = load i64, ptr %shared
  %is.free = icmp eq i64 %busy, 0
  br i1 %is.free, label %pack, label %no
pack:
  store i64 1, ptr %shared
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
  %is.long = icmp sge i64 %size, {long}
  br i1 %is.long, label %without.lock, label %with.lock
without.lock:
  %is.done = call i1 @run(ptr %settings, ptr %record, ptr %tally, i64 %examples)
  br i1 %is.done, label %over, label %raised
raised:
  store i64 0, ptr %shared
  ret ptr null
with.lock:
  %kernel.at = getelementptr i64, ptr %settings, i64 {kernel}
  %kernel = load ptr, ptr %kernel.at
  call void %kernel(ptr %record, i64 0, i64 %examples)
  br label %over

over:
  store i64 0, ptr %shared
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
