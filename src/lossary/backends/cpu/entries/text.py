"""The entries to a kernel from Python, as LLVM's own language: builtin functions that take arrays, or addresses.

``lossary_entry`` looks at each array's header (``array_addresses.has_usual_headers`` proves where its fields are);
``lossary_entry_at`` takes addresses and how many examples there are, of memory that its caller has looked at. Both
``enter`` (in ``enter_text``): run the kernel and hand back what it summed, divided if asked for. What is not the usual
call, or raised a flag, gives False. None refers to a symbol: whatever they call comes as an address in ``settings``,
the words that ``entry.WORDS`` names. Calls that are not usual, with weights or options, pack a record themselves and
go to ``lossary_shared`` (in ``share_text``).
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
"""
